"""Whatever is done, in whatever order it comes: no activity brings more than its limit, and points are the postings."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from stream_loyalty.core import ledger
from tests.unit.support_core import Live, Outcome, customers, engine_of, event, order, program_text, redeem

START = parse_instant("2026-01-01")
SEEDS = st.integers(0, 2**32)
PROGRAM = program_text(
    {"messages = 64": "messages = 2", "expires_after_days = 365": "expires_after_days = 20"},
    """
[[activities]]
name = "review"
event = "Product Reviewed"
points = 7
at_most = 2
within_days = 5

[[activities]]
name = "share"
event = "Product Shared"
points = 3
within_days = 1

[[activities]]
name = "first shares"
event = "Product Shared"
points = 20
at_most = 3
""",
)
LIMITS = {"review": (2, 5), "share": (1, 1), "first shares": (3, 10_000)}
EVENT_OF = {"review": "Product Reviewed", "share": "Product Shared", "first shares": "Product Shared"}


class Did(NamedTuple):
    """Something done: which event, on which day, in which hour."""

    event: str
    day: int
    hour: int


PLANS = st.lists(
    st.builds(Did, st.sampled_from(sorted(set(EVENT_OF.values()))), st.integers(0, 25), st.integers(0, 23)),
    min_size=1,
    max_size=30,
)


def feed(plan: list[Did]) -> list[bytes]:
    """An order that makes a customer, and the plan; each message id is its place in the plan."""
    made = [order(format_instant(START), "o", 5)]
    for number, one in enumerate(plan):
        at = format_instant(START + one.day * DAY_MS + one.hour * HOUR_MS)
        made.append(event(one.event, at, {}, messageId=f"m-{number}"))
        if number % 7 == 3:
            made.append(redeem(at, f"r-{number}", 4))
    return made


def applied(raws: list[bytes], rng: random.Random) -> Outcome:
    """In pieces, with sweeps, commits and crashes between them."""
    live = Live(engine_of(PROGRAM))
    while len(live.fed) < len(raws):
        done = len(live.fed)
        live.feed(*raws[done : done + rng.randint(1, 6)])
        if rng.random() < 0.5:
            live.commit()
        if rng.random() < 0.3:
            live.crash()
            live.apply(live.rest())
    return live.commit()


def granted(outcome: Outcome) -> dict[str, list[tuple[int, str]]]:
    """By activity the day and the message of each time that brought points, in the order in which they were decided."""
    found = defaultdict(list)
    for one in outcome.facts("points.granted"):
        found[one["reason"]].append(((parse_instant(one["at"]) - START) // DAY_MS, one["because"]["input"]))
    return found


def within_limits(outcome: Outcome) -> None:
    posted: Counter[str] = Counter()
    for fact in outcome.facts():
        posted[fact.get("wallet", "points")] += sum(posting["points"] for posting in fact.get("postings", ()))
    assert posted["points"] == outcome.balance == ledger.balance(outcome.state(), "points")
    for name, times in granted(outcome).items():
        at_most, within = LIMITS[name]
        days, messages = [day for day, _ in times], [message for _, message in times]
        assert all(sum(end - within < day <= end for day in days) <= at_most for end in days), (name, sorted(days))
        assert len(set(messages)) == len(messages)
    for name, done in outcome.state().stands.done.items():
        assert len(done.times) <= LIMITS[name][0]


def told(outcome: Outcome) -> list[dict[str, Any]]:
    return sorted(outcome.facts(), key=lambda one: one["id"])


@given(PLANS, SEEDS)
def test_a_limit_holds_in_any_order_and_however_often_it_is_published(plan: list[Did], seed: int) -> None:
    """Late, repeated long after its id was forgotten, cut anywhere: never more than the limit, never twice."""
    rng = random.Random(seed)
    first, *raws = feed(plan)
    raws += rng.choices(raws, k=len(raws) // 2)
    rng.shuffle(raws)
    outcome = applied([first, *raws], rng)
    within_limits(outcome)
    assert told(outcome) == told(Live(engine_of(PROGRAM)).feed(first, *raws).commit())
    assert len({one["id"] for one in outcome.facts("points.granted")}) == len(outcome.facts("points.granted"))


@given(PLANS, SEEDS)
def test_in_their_own_order_all_that_the_limit_allows_is_given(plan: list[Did], seed: int) -> None:
    """As counted by hand: the days so far on which it brought points, in those days in a row that end with this one."""
    plan = sorted(plan, key=lambda one: (one.day, one.hour))
    outcome = applied(feed(plan), random.Random(seed))
    within_limits(outcome)
    for name, (at_most, within) in LIMITS.items():
        expected: list[tuple[int, str]] = []
        for number, one in enumerate(plan):
            recent = [day for day, _ in expected if day > one.day - within]
            if one.event == EVENT_OF[name] and len(recent) < at_most:
                expected.append((one.day, f"m-{number}"))
        assert granted(outcome)[name] == expected
    assert customers(outcome.states) == customers(Live(engine_of(PROGRAM)).feed(*feed(plan)).commit().states)
