"""A version that is published while workers run: who hears of it when changes nothing, and the log says where."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts.instants import DAY_MS, format_instant, parse_instant
from stream_loyalty.contracts.parse import Rejected
from stream_loyalty.engine import Engine
from stream_loyalty.engine.replay import engines_by_digest, follow
from tests.properties.feeds import APPENDED, END, EUR, Step, events, steps
from tests.unit.support_core import Live, Outcome, customers, engine_of, in_any_order, outputs, program_text, version_2

FIRST = program_text(extra=EUR)
CHANGES = {  # everything that another version may say otherwise, and dues above all
    'points_per_unit = "1"': 'points_per_unit = "3"',
    "expires_after_days = 365": "expires_after_days = 90\nactivates_after_days = 5",
    "buying_days = 60": "buying_days = 40",
    "holds_days = 365": "holds_days = 100",
    "from_day = 91": "from_day = 50",
    "days = 7\nevents": "days = 3\nevents",
    "every_days = 7": "every_days = 5",
}
MORE = "\n[guests]\nclaim_within_days = 30\n"


def second(since: int) -> str:
    return version_2(format_instant(since)[:10], CHANGES, EUR + MORE)


def times(raws: list[bytes], engine: Engine) -> list[int]:
    """How far a partition has decided after each event."""
    live, found = Live(engine), []
    for raw in raws:
        content = engine.read(live.log.append(raw, appended=APPENDED))
        at = None if isinstance(content, Rejected) else content.at
        found.append(max([*found[-1:], at or 0]))
    return found


def finish(running: Live) -> Outcome:
    running.apply(running.log.advance_clock(END))
    return running.sweep_all().commit()


def again(running: Live, known: Iterable[Engine]) -> Outcome:
    outcome = Outcome(running.engine)
    engines = engines_by_digest([engine.inputs for engine in known], engine_for)
    for engine in engines.values():
        engine.grants = running.engine.grants
    follow(running.outcome.applied, running.log.sources, engines, outcome.sink)
    return outcome


def go(plan: list[Step], seed: int, ahead: bool) -> tuple[Live, list[Engine], Outcome]:
    """A run that hears of a version somewhere on its way, with sweeps, commits and kills; and one that always knew."""
    rng, raws = random.Random(seed), events(plan)
    alone = engine_of(FIRST)
    reached = times(raws, alone)
    place = rng.randint(0, len(raws) - 1)
    since = reached[place] + rng.randint(1, 40) * DAY_MS if ahead else parse_instant("2020-03-01")
    both = engine_of(FIRST, second(since))
    running, heard = Live(alone), False
    while len(running.fed) < len(raws):
        done = len(running.fed)
        if done >= place and not heard:
            running.engine.go_by(both.programs)
            heard = True
        upto = place if done < place else len(raws)
        running.feed(*raws[done : min(done + rng.randint(1, 6), upto)], appended=APPENDED)
        for _ in range(rng.randint(0, 3)):
            running.partition.sweep(0, True, rng.randint(1, 2), 0.0)
        if rng.random() < 0.4:
            running.commit()
        if rng.random() < 0.2:
            kept = running.engine.programs
            running.crash(engine=engine_of(FIRST))
            running.engine.go_by(kept)
            running.apply(running.rest())
    running.engine.go_by(both.programs)
    finish(running)
    return running, [alone, engine_of(FIRST), both], finish(Live(both).feed(*raws, appended=APPENDED))


@given(steps(), st.integers(0, 2**32))
def test_whoever_hears_in_time_decides_as_if_they_had_always_known(plan: list[Step], seed: int) -> None:
    """Dated ahead of all that is decided, it makes no difference when each chunk, sweep or kill came."""
    running, engines, expected = go(plan, seed, ahead=True)
    assert in_any_order(outputs(running.outcome.commits)) == in_any_order(outputs(expected.commits))
    assert customers(running.outcome.states) == customers(expected.states)
    found = again(running, engines)
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(running.outcome.commits))
    assert customers(found.states) == customers(running.outcome.states)


@given(steps(late=True), st.integers(0, 2**32))
def test_whoever_hears_too_late_does_again_along_the_log(plan: list[Step], seed: int) -> None:
    """What was decided stands, and the log tells exactly from where on the version holds."""
    running, engines, _ = go(plan, seed, ahead=False)
    found = again(running, engines)
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(running.outcome.commits))
    assert customers(found.states) == customers(running.outcome.states)
