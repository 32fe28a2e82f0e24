"""High value as the top so many percent: sketched by each partition, merged by the coordinator, adopted with a step."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import numpy as np
from datasketches import kll_doubles_sketch

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.commands.replay import replay_events
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.budgets import HighValueThreshold, ValueSketch, read_told
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core import codec
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.engine import MemoryStore
from stream_loyalty.engine.coordinator import Coordinator
from stream_loyalty.engine.grants import Grants
from stream_loyalty.engine.mark import Mark
from stream_loyalty.engine.replay import engines_by_digest, follow
from stream_loyalty.engine.survey import K, Survey, exact_threshold, merged_threshold
from stream_loyalty.engine.sweep import WHOLE
from tests.unit.support_core import (
    HIGH_VALUE,
    Live,
    Outcome,
    customers,
    engine_of,
    in_any_order,
    order,
    outputs,
    program_text,
    tallies,
)

TOP = program_text(extra="\n[high_value]\ntop_percent = 20\n")
ERROR = kll_doubles_sketch.get_normalized_rank_error(K, False)


def sketch_of(number: int, values: list[int], slices: float = WHOLE) -> ValueSketch:
    """What a partition with customers of these lifetime values tells."""
    states = {f"user-{i}".encode(): codec.encode(Customer(lifetime_value=v), NEVER) for i, v in enumerate(values)}
    mark = Mark(swept=0)
    survey = Survey(number, MemoryStore(states), mark, engine_of(TOP).basis.survey_calendar)
    more, message = survey.go_on(slices)
    while more:
        more, message = survey.go_on(slices)
    assert message is not None
    told = read_told(Record(topics.TALLIES, 0, 0, 0, message.key, message.value))
    assert isinstance(told, ValueSketch)
    assert survey.go_on(slices) == (False, None)  # once a day
    return told


def test_the_merged_sketch_keeps_its_error() -> None:
    """The threshold's true rank is within the stated error, though partitions are of different sizes and tastes."""
    rng = random.Random(4)
    parts = [[int(rng.lognormvariate(8 + n, 1.2)) for _ in range(size)] for n, size in enumerate((40_000, 9_000, 500))]
    found = merged_threshold((sketch_of(n, values, slices=0) for n, values in enumerate(parts)), 20)
    whole = np.array(sorted(value for values in parts for value in values if value > 0))
    assert found is not None
    assert found[1] == len(whole)
    rank = np.searchsorted(whole, found[0]) / len(whole)
    assert abs(rank - 0.8) < ERROR < 0.004


def test_few_values_are_exact() -> None:
    """Up to the sketch's size it says what sorting says; who has no value is not counted."""
    rng = random.Random(5)
    for count in (1, 2, 5, 10, 99, 400):
        values = [rng.randrange(-10, 1_000_000) for _ in range(count)] + [0]
        for percent in (10, 20, 33.3):
            exact = exact_threshold(np.array(values), percent)
            assert merged_threshold([sketch_of(0, values[::2]), sketch_of(1, values[1::2])], percent) == exact
    assert exact_threshold(np.array([0, -5]), 20) is None
    assert exact_threshold(np.arange(1, 11), 20) == (9, 10)


def test_one_threshold_a_day() -> None:
    """When all who ever told are there; or one of them a day further, so that one that hangs holds nobody up."""
    coordinator = Coordinator(engine_of(TOP).programs, 3)
    sketches = {n: sketch_of(n, [100 * (n + 1)] * 10) for n in range(3)}

    def told(number: int, day: int) -> list[int]:
        coordinator.hear(sketches[number].model_copy(update={"day": day}))
        decided = [one for one in coordinator.decide() if isinstance(one, HighValueThreshold)]
        return [one.day for one in decided]

    steps = [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2), (0, 3), (1, 3), (0, 4), (2, 4), (1, 4)]
    assert [told(*step) for step in steps] == [[1], [], [], [], [], [2], [], [], [3], [], [4]]


def feed(live: Live, number: int, day: int) -> None:
    users = [f"user-{i}" for i in range(60) if partition_of(f"user-{i}".encode(), 2) == number]
    for place, user in enumerate(users):
        live.feed(order(f"2024-03-{day:02}T10:00:00Z", f"o-{user}-{day}", 10 + 10 * place, user=user))


def test_live_partitions_adopt_it_and_their_log_says_where() -> None:
    """From orders to sketches, one threshold for both partitions, flags at the next order; the same along the log."""
    lives = [Live(engine_of(TOP, partitions=2), number) for number in range(2)]
    coordinator = Coordinator(lives[0].engine.programs, 2)
    heard = [0, 0]
    for day in range(1, 5):
        for number, live in enumerate(lives):
            feed(live, number, day)
            live.apply(live.log.advance_clock(f"2024-03-{day + 1:02}"))
            live.sweep_all().commit()
            for one in tallies(live.outcome, heard[number]):
                coordinator.hear(one)
                heard[number] += 1
        for decided in coordinator.decide():
            for live in lives:
                live.engine.hear_of(decided)
    values = sorted(value for live in lives for value in _values(live.outcome))
    assert coordinator.threshold is not None
    assert coordinator.threshold.lifetime_value == values[int(len(values) * 0.8)]
    for live in lives:
        flagged = [fact for fact in live.outcome.facts("high-value.changed") if fact["high_value"]]
        assert flagged
        assert {"h"} <= {step[0] for entry in live.outcome.applied for step in entry.steps}
        engines = engines_by_digest([live.engine.inputs], engine_for)
        for engine in engines.values():
            engine.grants = Grants(_thresholds(live), by_log=True)
        again = Outcome(live.engine)
        follow(live.outcome.applied, live.log.sources, engines, again.sink)
        assert in_any_order(outputs(again.commits)) == in_any_order(outputs(live.outcome.commits))
        assert customers(again.states) == customers(live.outcome.states)


def _values(outcome: Outcome) -> list[int]:
    return [codec.decode(blob).lifetime_value for key, blob in outcome.states.items() if not key.startswith(b"\x00")]


def _thresholds(live: Live) -> list[HighValueThreshold]:
    found = [live.engine.grants.threshold(serial) for serial in range(1, live.engine.grants.serial + 1)]
    return [one for one in found if one is not None]


def test_a_file_of_thresholds_wins() -> None:
    """Then nobody sketches, and what a coordinator says is not asked for."""
    live = Live(engine_of(TOP, high_value=HIGH_VALUE))
    feed(live, 0, 1)
    live.apply(live.log.advance_clock("2024-03-09"))
    live.sweep_all().commit()
    assert live.outcome.messages(topics.TALLIES) == []
    assert {fact["saw"]["threshold"] for fact in live.outcome.facts("high-value.changed")} <= {"500.00 USD"}


def test_a_replay_measures_each_day(tmp_path: Path) -> None:
    """A plain replay has the exact threshold of the evening before, and says the same every time."""
    program, events = tmp_path / "program.toml", tmp_path / "events.ndjson"
    program.write_text(TOP)
    raws = [
        order(f"2024-03-{day:02}", f"o-{user}-{day}", 10 * user, user=f"user-{user}")
        for day in range(1, 4)
        for user in range(1, 11)
    ]
    events.write_bytes(b"\n".join(raws))
    for out in ("one", "two"):
        replay_events([str(events)], tmp_path / out, None, (program,))
    texts = [(tmp_path / out / "decisions.ndjson").read_bytes() for out in ("one", "two")]
    assert texts[0] == texts[1]
    flags = [json.loads(line) for line in texts[0].splitlines() if b"high-value.changed" in line]
    assert [(flag["subject"], flag["data"]["saw"]["threshold"]) for flag in flags] == [
        *((f"user-{user}", "90.00 USD") for user in (5, 6, 7, 8, 9, 10)),
        ("user-5", "180.00 USD"),  # it grew more slowly than the threshold
    ]


def test_marks_of_before_have_no_threshold() -> None:
    """A partition that was written before begins without one."""
    live = Live(engine_of(TOP))
    partition = live.engine.open(0, {b"\x00mark": msgspec.msgpack.encode({"watermark": 5})}, {}, {}, {})
    assert partition.mark.threshold is None
