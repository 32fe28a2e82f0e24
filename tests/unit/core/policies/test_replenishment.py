"""Care on time: what a customer buys at a steady pace is about to run out."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import cancel, consent, order, refund, run


def buys(days: list[str], category: str = "mask") -> list[bytes]:
    lines = [{"product_id": "m-1", "category": category, "price": 20.0}]
    return [order(day, f"{category}-{day}", 20, products=lines) for day in days]


STEADY = ["2026-01-01", "2026-01-15", "2026-01-28"]


def test_told_some_days_before_the_cycle_is_over() -> None:
    outcome = run(buys(STEADY), "2026-02-20")
    (alert,) = outcome.lines(topics.ALERTS)
    assert (alert["type"], alert["time"][:10]) == ("loyalty.alert.care.raised", "2026-02-07")
    assert (alert["data"]["action"], alert["data"]["ref"]) == ("refill-reminder", "mask")
    assert alert["data"]["reasons"][0] == "buys mask every 14 days, 2 times so far"


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        (buys(STEADY[:2]), "one gap is no cycle"),
        (buys(["2026-01-01", "2026-01-05", "2026-02-20"]), "an unsteady pace is none"),
        (buys(STEADY) + buys(["2026-02-06"]), "who buys in time need not be told"),
    ],
)
def test_not_told(feed: list[bytes], why: str) -> None:
    assert not run(feed, "2026-02-08").lines(topics.ALERTS), why


def test_each_cycle_once_and_never_without_consent() -> None:
    outcome = run([*buys([*STEADY, "2026-02-12"]), consent("2026-02-13", False)], "2026-03-20")
    assert [line["time"][:10] for line in outcome.alerts] == ["2026-02-07"]
    assert [(fact["kind"], fact["ref"]) for fact in outcome.facts("alert.held-back")] == [("care", "mask")]


def test_a_category_that_ran_out_long_ago_is_left_alone() -> None:
    """Coming back for something else does not bring up what was given up."""
    outcome = run(buys(STEADY) + buys(["2026-06-01"], "tea"), "2026-06-02")
    care = [line for line in outcome.lines(topics.ALERTS) if line["type"] == "loyalty.alert.care.raised"]
    assert [line["time"][:10] for line in care] == ["2026-02-07"]


def last_bought(feed: list[bytes]) -> list[tuple[str, str]]:
    """Of the care alerts: the day, and what they say of the pace."""
    told = [
        line for line in run(feed, "2026-04-30").lines(topics.ALERTS) if line["type"] == "loyalty.alert.care.raised"
    ]
    return [(line["time"][:10], line["data"]["reasons"][0]) for line in told]


@pytest.mark.parametrize(
    "undone",
    [
        [cancel("2026-02-02", "mask-2026-02-01")],
        [refund("2026-02-02", "mask-2026-02-01", "r-1", 15), refund("2026-02-03", "mask-2026-02-01", "r-2", 5)],
        [
            *buys(["2026-02-01T10:00:00Z"]),
            cancel("2026-02-02", "mask-2026-02-01"),
            cancel("2026-02-03", "mask-2026-02-01T10:00:00Z"),
        ],
    ],
)
def test_a_purchase_that_was_undone_is_none(undone: list[bytes]) -> None:
    """Cancelled, refunded bit by bit, or two orders of one day that are both cancelled: as if it had not been."""
    assert last_bought([*buys([*STEADY, "2026-02-01"]), *undone]) == last_bought(buys(STEADY))
    assert last_bought(buys(STEADY))[0][0] == "2026-02-07"


@pytest.mark.parametrize(
    "kept",
    [
        [refund("2026-02-02", "mask-2026-02-01", "r-1", 15)],
        [*buys(["2026-02-01T10:00:00Z"]), cancel("2026-02-02", "mask-2026-02-01")],
        [cancel("2026-02-02", "mask-2026-01-21")],
    ],
)
def test_what_is_left_of_the_last_purchase_counts(kept: list[bytes]) -> None:
    """A refund in part, a second order of the day, an older one: the cycle goes on from the last purchase."""
    feed = buys(["2026-01-01", "2026-01-11", "2026-01-21", "2026-02-01"])
    assert last_bought([*feed, *kept]) == last_bought(feed)


def test_bought_again_after_it_was_undone() -> None:
    """The purchase that stands counts from the one before, once."""
    feed = [*buys([*STEADY, "2026-02-01"]), cancel("2026-02-01T12:00:00Z", "mask-2026-02-01"), *buys(["2026-02-11"])]
    assert last_bought(feed) == last_bought(buys([*STEADY, "2026-02-11"]))


def test_a_category_that_was_never_kept_has_no_cycle() -> None:
    feed = [*buys(["2026-01-01"]), cancel("2026-01-02", "mask-2026-01-01")]
    assert not run(feed, "2026-01-03").state().cycles
