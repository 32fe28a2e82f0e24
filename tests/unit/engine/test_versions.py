"""Versions of the program that partitions adopt while they run."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.budgets import HighValueThreshold, ValueSketch
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.programs import Adopted, read_adopted
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.calendar import day_number
from stream_loyalty.engine import Engine
from stream_loyalty.engine.coordinator import Coordinator
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.engine.replay import engines_by_digest, follow
from tests.unit.engine.test_high_value import sketch_of
from tests.unit.support_core import (
    Live,
    Outcome,
    customers,
    engine_of,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    version_2,
    view,
)

QUIET = {  # nothing but the silence of buying wakes anybody in the first months
    "silent_horizons = 3 ": "silent_horizons = 1 ",
    "horizon_days = 60 ": "horizon_days = 1 ",
    '  { name = "growing", from_day = 31, strategy = "Offer growth tasks." },\n': "",
    '[{ fact = "band", is = "growing" }]': '[{ fact = "band", is = "new" }]',
}
FIRST = program_text(QUIET)
SECOND = version_2("2026-01-11", {**QUIET, "buying_days = 60": "buying_days = 20", '_unit = "1"': '_unit = "3"'})
CROWD = [f"user-{n}" for n in range(200)]


def begun(engine: Engine) -> Live:
    """A crowd that bought on the first days of the year."""
    live = Live(engine).feed(*(order("2026-01-01", f"o-{user}", 10, user) for user in CROWD))
    live.feed(view("2026-01-10", "zoe")).sweep_all()
    live.commit()
    return live


def ended(live: Live) -> Outcome:
    """The same customers buy once more after the second version took effect, some of them on its first day."""
    live.feed(*(order(f"2026-01-{11 + n % 20}", f"p-{user}", 10, user) for n, user in enumerate(CROWD)))
    return live.feed(view("2026-03-01", "zoe")).sweep_all().commit()


def adopted(outcome: Outcome) -> list[Adopted]:
    """What the partition said whenever it adopted something."""
    records = [Record(m.topic, 0, 0, 0, m.key, m.value) for m in outcome.messages(topics.PROGRAM)]
    return [one for record in records if (one := read_adopted(record)) is not None]


@pytest.mark.parametrize("slices", range(5))
@pytest.mark.parametrize("killed", [False, True])
def test_it_is_adopted_in_slices_and_whole_when_its_day_comes(slices: int, killed: bool) -> None:
    """Whoever is due sooner by it is woken then, however far the look at all states had come when a kill ended it."""
    both = engine_of(FIRST, SECOND)
    live, expected = begun(engine_of(FIRST)), ended(begun(both))
    live.engine.go_by(both.programs)
    for _ in range(slices):
        live.partition.sweep(0, True, seconds=0.0)
        live.commit()
    assert live.partition.mark.rescheduling == (0 < slices < 4)
    if killed:
        live.crash(engine=both)
    found = ended(live)
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(expected.commits))
    assert customers(found.states) == customers(expected.states)
    earned = {(fact["at"] >= "2026-01-11", fact["points"]) for fact in found.facts("points.earned")}
    assert earned == {(False, 10), (True, 30)}
    assert [one.versions for one in adopted(found)] == [("default/1",), ("default/1", "default/2")]
    again = Outcome(live.engine)
    engines = engines_by_digest([engine_of(FIRST).inputs, both.inputs], engine_for)
    follow(found.applied, live.log.sources, engines, again.sink)
    assert in_any_order(outputs(again.commits)) == in_any_order(outputs(found.commits))
    assert customers(again.states) == customers(found.states)


def test_a_partition_that_is_quiet_adopts_it_too() -> None:
    """In a sweep, once; a commit that tells of it is made, and another sweep makes none."""
    live = begun(engine_of(FIRST))
    live.engine.go_by(engine_of(FIRST, SECOND).programs)
    live.sweep_all().commit()
    [step] = [step for entry in live.outcome.applied[1:] for step in entry.steps if step[0] == "a"]
    assert step == ["a", live.engine.inputs.digest]
    count = len(live.outcome.commits)
    live.sweep_all().commit()
    assert len(live.outcome.commits) == count


def test_what_was_decided_before_a_version_came_stands() -> None:
    """Heard of after its day: from there on it holds, and the partition says how far it had come."""
    live = begun(engine_of(FIRST))
    live.feed(order("2026-01-15", "late", 10, "zoe"))
    live.engine.go_by(engine_of(FIRST, SECOND).programs)
    live.feed(order("2026-01-16", "new", 10, "zoe"))
    outcome = live.commit()
    assert [fact["points"] for fact in outcome.facts("points.earned") if fact["customer"] == "zoe"] == [10, 30]
    assert adopted(outcome)[-1].decided_to == parse_instant("2026-01-15")


def test_a_mark_of_an_earlier_release_has_nothing_to_reckon() -> None:
    """No look at a million states at the first start of this one."""
    live = begun(engine_of(FIRST))
    states = dict(live.outcome.states)
    fields = msgspec.msgpack.decode(states[MARK_KEY])
    del fields["rescheduling"]
    states[MARK_KEY] = msgspec.msgpack.encode(fields)
    partition = live.engine.open(0, states, live.partition.positions, {}, live.log.ends)
    assert not partition.mark.rescheduling
    assert partition.take() is None


def test_a_section_counts_from_its_day_on() -> None:
    """Guests and high value that come with the second version: nothing of them holds before."""
    more = "\n[guests]\n\n[high_value]\ntop_percent = 50\n"
    engine = engine_of(FIRST, SECOND + more)
    live = Live(engine)
    for day in ("2026-01-05", "2026-01-15"):
        live.feed(
            event("Order Completed", day, {"order_id": day, "total": 10, "currency": "USD"}, user=None, anonymousId="a")
        )
        live.feed(event("Product Viewed", day, {}, user=None, anonymousId="b"))
    outcome = live.commit()
    kinds = {(fact["at"][:10], fact["type"]) for fact in outcome.facts()}
    assert ("2026-01-05", "order.counted") in kinds
    assert ("2026-01-15", "guest.order-kept") in kinds
    assert ("2026-01-15", "order.counted") not in kinds
    thresholds = engine.basis.thresholds_of(500)
    assert [thresholds.at(parse_instant(day)) for day in ("1980-01-01", "2026-01-10", "2026-01-11")] == [
        None,
        None,
        500,
    ]


def test_the_coordinator_goes_by_the_day_as_well() -> None:
    """It measures when the version asks for it, and grants budgets of versions that it has heard of meanwhile."""
    budget = '\n[[earning.rules]]\nname = "f"\npoints = 1\nbudget = { points = 8, owner = "crm" }\n'
    coordinator = Coordinator(engine_of(FIRST).programs, 1)
    sketch = sketch_of(0, [100, 200, 300])

    def told(day: str) -> list[str]:
        number = day_number(date.fromisoformat(day))
        coordinator.hear(ValueSketch(partition=0, day=number, sketch=sketch.sketch))
        return ["threshold" if isinstance(one, HighValueThreshold) else one.budget for one in coordinator.decide()]

    assert told("2026-01-05") == []
    coordinator.programs = engine_of(FIRST, SECOND + "\n[high_value]\ntop_percent = 50\n" + budget).programs
    assert told("2026-01-10") == ["campaign/f"]
    assert told("2026-01-11") == ["threshold"]
    assert Mark().decided_to < 0
