"""Levels, benefits, gifts and scores of customers to whom anything happens in any order, by any kind of program."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from tests.unit.support_core import (
    Live,
    Outcome,
    cancel,
    engine_of,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    redeem,
    refund,
    version_2,
)

NEEDS = {"spend": ('"100"', '"300"', '"1000"'), "points": ("100", "300", "1000"), "orders": ("2", "4", "8")}
GRACED = 'grace_days = 20\ndowngrade = "one-step"\non_new_version = "review"\nholds_days = 90'
EXTRA = """
[[wallets]]
name = "status"
kind = "status"

[[earning.rules]]
name = "status"
wallet = "status"
points_per_unit = "1"

[[benefits]]
name = "wrapping"
layer = "basic"
renews = "month"

[[benefits]]
name = "line"
layer = "level"
levels = ["silver", "black gold"]
renews = "year"

[[benefits]]
name = "tasting"
layer = "scene"
event = "Session Attended"
at_least = 2
within_days = 30

[birthday]
points = 100
wallet = "status"

[rfmx]
"""


def _program(by: str, base: Any, says: str, middle: str = "gold") -> str:
    """The default program with levels by something else, gifts, a fast track, benefits and scores."""
    text = base("2026-05-01") if base is version_2 else base()
    for (name, spend), need in zip((("silver", 100), ("gold", 300), ("black gold", 1000)), NEEDS[by], strict=True):
        level = middle if name == "gold" else name
        text = text.replace(f'"{name}", spend = "{spend}"', f'"{level}", {by} = {need}, gift = 30')
    track = f'fast_track = [{{ level = "{middle}", orders = 3, within_days = 20 }}]'
    says = says.replace("holds_days = 90", "")
    text = text.replace("[levels]\n", f'[levels]\nby = "{by}"\n{track}\n{says}\n')
    return (text.replace('by = "points"', 'by = "points"\nwallet = "status"') + EXTRA).replace(
        "holds_days = 365 ", "holds_days = 90 " if says else "holds_days = 365 "
    )


class Step(NamedTuple):
    """What happens, how long after the step before, how late it is told, about which earlier order, how much."""

    gap: int
    kind: str
    amount: int
    back: int
    late: int


KINDS = (
    *("order",) * 6,
    *("refund", "whole", "cancel", "update", "freeze", "adjust", "reverse"),
    *("import", "birthday", "session", "use", "redeem"),
)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from((0, 1, HOUR_MS, DAY_MS, 6 * DAY_MS, 25 * DAY_MS, 90 * DAY_MS)),
        st.sampled_from(KINDS),
        st.sampled_from((0, 1, 50, 100, 150, 300, 1000)),
        st.integers(0, 3),
        st.sampled_from((0, 0, 0, 0, 3 * DAY_MS, 40 * DAY_MS)),
    ),
    min_size=1,
    max_size=40,
)


def _feed(steps: list[Step]) -> list[bytes]:
    now, ids, feed = parse_instant("2026-01-01"), ["o-none"], []
    for number, step in enumerate(steps):
        now += step.gap
        if step.kind == "order":
            ids.append(f"o-{number}")
        feed.append(_event(number, step, now - step.late, ids[-1 - step.back % len(ids)]))
    return [*feed, order(format_instant(now + 900 * DAY_MS), "the last", 1)]


def _event(number: int, step: Step, time: int, about: str) -> bytes:
    at, until = format_instant(time), format_instant(time + step.amount * DAY_MS)
    review = format_instant(time + min(step.amount, 300) * DAY_MS)
    staff = {"actor": "staff-1", "reason": "wrong list", "batch": "b"}
    adjusted = {"adjustment_id": f"a-{number}", "points": step.amount - 100 or 7, "wallet": "status"}
    lots = [{"lot": "l", "points": step.amount + 1, "wallet": "status", "expires_at": until}]
    past = {"order_id": about, "placed_at": format_instant(time - DAY_MS), "total": step.amount, "currency": "USD"}
    level = ("silver", "gold", "platinum", "regular")[step.back]
    member = {"import_id": f"i-{number}", "level": level, "level_review_at": review, "lots": lots, "orders": [past]}
    made: dict[str, tuple[str, dict[str, Any]]] = {
        "update": ("Order Updated", {"order_id": about, "total": step.amount, "currency": "USD"}),
        "freeze": ("Level Frozen", {"freeze_id": f"f-{number}", "until": until}),
        "adjust": ("Points Adjusted", adjusted | staff),
        "reverse": ("Points Adjustments Reversed", staff),
        "import": ("Member Imported", member),
        "birthday": ("Profile Updated", {"birthday": ("02-29", "12-31", "05-01", "01-01")[step.back]}),
        "session": ("Session Attended", {"content_id": f"s-{number}"}),
        "use": ("Benefit Used", {"benefit": ("wrapping", "line", "tasting", "tea")[step.back], "use_id": at}),
    }
    if step.kind == "order":
        return order(at, f"o-{number}", step.amount)
    if step.kind == "refund":
        return refund(at, about, f"r-{number}", step.amount)
    if step.kind == "redeem":
        return redeem(at, f"r-{number}", step.amount + 1)
    if step.kind in ("whole", "cancel"):
        return cancel(at, about) if step.kind == "cancel" else refund(at, about)
    name, properties = made[step.kind]
    return event(name, at, properties)


def _books(outcome: Outcome) -> Counter[str]:
    """The sum of the postings of each wallet."""
    sums: Counter[str] = Counter()
    for fact in outcome.facts():
        for posting in fact.get("postings", ()):
            sums[fact["wallet"]] += posting["points"]
    return sums


@pytest.mark.parametrize("by", ["spend", "points", "orders"])
@given(steps=STEPS, strict=st.booleans(), renamed=st.booleans())
def test_whatever_happens_adds_up_and_chunks_change_nothing(
    by: str, steps: list[Step], strict: bool, renamed: bool
) -> None:
    """Event by event or all at once, the same comes of it; balances are postings, each gift is given once."""
    texts = [_program(by, program_text, GRACED if strict else "")]
    if renamed:
        texts.append(_program(by, version_2, GRACED if strict else "", "gilded"))
    feed = _feed(steps)
    single = Live(engine_of(*texts))
    for raw in feed:
        single.feed(raw)
    one, all_at_once = single.commit(), Live(engine_of(*texts)).feed(*feed, *feed).commit()
    assert in_any_order(outputs(one.commits)) == in_any_order(outputs(all_at_once.commits))
    profile, sums = one.profile(), _books(one)
    assert profile["balances"] == {wallet: sums[wallet] for wallet in profile["balances"]}
    assert all(0 <= score <= 100 for score in profile["rfmx"].values())
    for reason in ("level silver", "level black gold"):
        moves = [fact["type"] for fact in one.facts("points.granted", "points.withdrawn") if fact["reason"] == reason]
        assert all(before != after for before, after in pairwise(moves))
        assert moves[:1] in ([], ["points.granted"])


@pytest.mark.parametrize("by", ["spend", "points", "orders"])
@given(steps=STEPS, strict=st.booleans())
def test_nobody_stands_below_what_they_deserve(by: str, steps: list[Step], strict: bool) -> None:
    """After each event something is missing to the next level; and 900 quiet days later all have the lowest one."""
    live = Live(engine_of(_program(by, program_text, GRACED if strict else "")))
    for raw in _feed(steps):
        outcome = live.feed(raw).commit()
        if b"ada" in outcome.states:
            following = outcome.profile()["next_level"]
            assert following is None or following["missing"] not in (0, "0.00 USD")
    changes = outcome.facts("level.changed")
    assert not changes or changes[-1]["after"] in ("regular", "silver")
