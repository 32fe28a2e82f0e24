"""Care on time: what a customer buys at a steady pace is about to run out."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import consent, order, run


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
