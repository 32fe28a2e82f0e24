"""Four levels: up at once by the spend of 365 days, held 365 days, then reviewed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support_core import Live, cancel, order, refund, run


def changes(outcome: Any) -> list[tuple[str, str, str]]:
    return [
        (fact["at"][:10], fact.get("before", "="), fact.get("after") or fact["level"])
        for fact in outcome.facts("level.changed", "level.renewed")
    ]


@pytest.mark.parametrize(
    ("total", "level"),
    [
        (99.99, "regular"),
        (100, "silver"),
        (299.99, "silver"),
        (300, "gold"),
        (999.99, "gold"),
        (1000, "black gold"),
        (50_000, "black gold"),
    ],
)
def test_four_levels(total: float, level: str) -> None:
    """By the spend reached, several at once if it suffices."""
    outcome = run([order("2026-01-01", "o-1", total)])
    assert outcome.profile()["level"] == level
    assert len(outcome.facts("level.changed")) == (level != "regular")
    assert outcome.profile()["level_review_at"] == (None if level == "regular" else "2027-01-01T00:00:00Z")


def test_the_window_is_open_at_its_beginning() -> None:
    """An order exactly 365 days old does not count any more, one a millisecond younger does."""
    assert run([order("2025-01-01", "a", 60), order("2026-01-01", "b", 60)]).profile()["level"] == "regular"
    assert (
        run([order("2025-01-01T00:00:00.001Z", "a", 60), order("2026-01-01", "b", 60)]).profile()["level"] == "silver"
    )


def test_held_then_down_to_what_the_window_deserves() -> None:
    """Gold for a year from the day reached; then the spend of that year decides, and again a year later."""
    feed = [order("2026-01-01", "a", 300), order("2026-07-01", "b", 150)]
    assert changes(run(feed, "2029-01-01")) == [
        ("2026-01-01", "regular", "gold"),
        ("2027-01-01", "gold", "silver"),  # 150 in (2026-01-01, 2027-01-01]
        ("2028-01-01", "silver", "regular"),
    ]


def test_renewed_where_still_deserved() -> None:
    """A review that finds the same level holds it for another year."""
    feed = [order("2026-01-01", "a", 100), order("2026-07-01", "b", 100), order("2027-06-01", "c", 90)]
    assert changes(run(feed, "2029-01-01")) == [
        ("2026-01-01", "regular", "silver"),
        ("2027-01-01", "=", "silver"),
        ("2028-01-01", "silver", "regular"),
    ]


def test_rising_again_holds_from_that_day() -> None:
    """A higher level has a year of its own; an order that changes nothing does not lengthen the present one."""
    feed = [order("2026-01-01", "a", 100), order("2026-03-01", "b", 50), order("2026-06-01", "c", 150)]
    outcome = run(feed)
    assert changes(outcome) == [("2026-01-01", "regular", "silver"), ("2026-06-01", "silver", "gold")]
    assert outcome.profile()["level_review_at"] == "2027-06-01T00:00:00Z"


@pytest.mark.parametrize("taken", [cancel("2026-02-01", "a"), refund("2026-02-01", "a", "f", 250)])
def test_a_refund_lowers_the_level_at_the_review_only(taken: bytes) -> None:
    """What was reached is held; the money given back counts for nothing afterwards."""
    outcome = run([order("2026-01-01", "a", 300), taken, order("2026-03-01", "b", 60)])
    assert outcome.profile()["level"] == "gold"
    after = run([order("2026-01-01", "a", 300), taken, order("2026-03-01", "b", 60)], "2027-01-01")
    assert after.profile()["level"] == "regular"


def test_a_refund_counts_against_the_next_rise() -> None:
    """300 spent, 250 given back: 240 more make 290 and no gold for a customer who starts low."""
    outcome = run([order("2026-01-01", "a", 90), cancel("2026-01-02", "a"), order("2026-01-03", "b", 90)])
    assert outcome.profile()["level"] == "regular"


def test_a_late_order_counts_in_the_window_of_the_clock() -> None:
    """It lifts the level at once, as far as it lies within the year that ends with the customer's clock."""
    inside = Live().feed(order("2026-06-01", "a", 60), order("2025-07-01", "late", 60)).commit()
    assert inside.profile()["level"] == "silver"
    outside = Live().feed(order("2026-07-01", "a", 60), order("2025-06-30", "late", 60)).commit()
    assert outside.profile()["level"] == "regular"
