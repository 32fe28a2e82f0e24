"""Age bands by days since the first purchase, and high value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support_core import HIGH_VALUE, Live, cancel, engine_of, event, order, refund, run


def bands(outcome: Any) -> list[tuple[str, str | None]]:
    return [(fact["at"][:10], fact["after"]) for fact in outcome.facts("band.changed")]


def test_new_growing_mature() -> None:
    """Days 0-30 new, 31-90 growing, from 91 on mature for ever; each crossing at its own time."""
    outcome = run([order("2026-01-01", "a"), order("2026-01-20", "b")], "2030-01-01")
    assert bands(outcome) == [("2026-01-01", "new"), ("2026-02-01", "growing"), ("2026-04-02", "mature")]


@pytest.mark.parametrize(
    ("until", "band"),
    [
        ("2026-01-31T23:59:59.999Z", "new"),
        ("2026-02-01", "growing"),
        ("2026-04-01T23:59:59.999Z", "growing"),
        ("2026-04-02", "mature"),
    ],
)
def test_the_day_of_a_crossing(until: str, band: str) -> None:
    """Day 31 begins exactly 31 days after the first purchase."""
    assert run([order("2026-01-01", "a")], until).profile()["band"] == band


def test_without_the_only_order_there_is_no_band() -> None:
    """A customer whose only order is cancelled never bought."""
    outcome = run([order("2026-01-01", "a"), cancel("2026-01-05", "a")], "2027-01-01")
    assert bands(outcome) == [("2026-01-01", "new"), ("2026-01-05", None)]
    assert outcome.profile()["first_order_at"] is None


@pytest.mark.parametrize("second", ["2026-01-20", "2026-02-10", "2026-05-01"])
def test_without_the_first_order_the_second_is_the_first(second: str) -> None:
    """Cancelling the first order gives the band of the run without it, at once and later."""
    feed = [order("2026-01-01", "a"), order(second, "b"), cancel(f"{second}T12:00:00Z", "a")]
    for until in (f"{second}T13:00:00Z", "2026-12-01"):
        expected = run(feed[1:2], until).profile()
        found = run(feed, until).profile()
        assert (found["band"], found["first_order_at"]) == (expected["band"], expected["first_order_at"])


def test_a_late_order_can_be_the_first() -> None:
    """It makes the customer older at once."""
    live = Live().feed(order("2026-03-01", "a"), order("2026-01-01", "late"))
    outcome = live.commit()
    assert [after for _, after in bands(outcome)] == ["new", "growing"]
    assert outcome.profile()["first_order_at"] == "2026-01-01T00:00:00Z"


def test_high_value_by_a_dated_threshold() -> None:
    """Lifetime value reaches the threshold of the day: up with an order, down with a refund."""
    dated = HIGH_VALUE + '[[high_value]]\nfrom = 2026-06-01\nlifetime_value = "5000"\n'
    feed = [
        order("2026-01-01", "a", 499.99),
        order("2026-01-02", "b", 0.01),
        refund("2026-01-03", "b"),
        order("2026-01-04", "c", 100),
        order("2026-07-01", "d", 100),
    ]
    outcome = run(feed, engine=engine_of(high_value=dated))
    found = [
        (fact["at"][:10], fact["high_value"], fact["saw"]["threshold"]) for fact in outcome.facts("high-value.changed")
    ]
    assert found == [
        ("2026-01-02", True, "500.00 USD"),
        ("2026-01-03", False, "500.00 USD"),
        ("2026-01-04", True, "500.00 USD"),
        ("2026-07-01", False, "5000.00 USD"),
    ]


@pytest.mark.parametrize(("before", "after"), [(400, 500), (500, 499.99)])
def test_a_changed_order_moves_high_value_too(before: float, after: float) -> None:
    """What it consists of now counts; exactly at the threshold is high."""
    changed = event("Order Updated", "2026-01-02", {"order_id": "a", "total": after, "currency": "USD"})
    outcome = run([order("2026-01-01", "a", before), changed], engine=engine_of(high_value=HIGH_VALUE))
    assert outcome.profile()["high_value"] is (after >= 500)
    assert outcome.facts("high-value.changed")[-1]["at"] == "2026-01-02T00:00:00Z"


def test_nobody_is_of_high_value_without_a_threshold() -> None:
    """No threshold file, or a time before its first row."""
    assert not run([order("2026-01-01", "a", 10**9)]).profile()["high_value"]
    early = run([order("2019-12-31", "a", 10**9)], engine=engine_of(high_value=HIGH_VALUE))
    assert not early.profile()["high_value"]
