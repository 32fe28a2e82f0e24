"""Spending points by command."""

from __future__ import annotations

import pytest

from tests.unit.support_core import order, redeem, run

EARNED = [order("2026-01-01", "a", 60), order("2026-02-01", "b", 50), order("2026-03-01", "c", 40)]


@pytest.mark.parametrize(
    ("points", "postings"),
    [
        (1, {"a": -1}),
        (60, {"a": -60}),
        (61, {"a": -60, "b": -1}),
        (150, {"a": -60, "b": -50, "c": -40}),
    ],
)
def test_the_lots_that_expire_first_go_first(points: int, postings: dict[str, int]) -> None:
    """Postings name the lots; the balance is what is left."""
    outcome = run([*EARNED, redeem("2026-03-02", "r-1", points)])
    (spent,) = outcome.facts("points.spent")
    assert {posting["lot"]: posting["points"] for posting in spent["postings"]} == postings
    assert (spent["balance"], outcome.balance) == (150 - points, 150 - points)


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (redeem("2026-03-02", "r-1", 151), "wanted a balance of at least 151; saw 150"),
        (redeem("2026-03-02", "r-1", 5, wallet="stars"), "wanted wallet points; saw stars"),
        (redeem("2026-01-01", "r-1", 61), "wanted a balance of at least 61; saw 60"),
        (redeem("2025-12-31", "r-1", 1), "wanted a balance of at least 1; saw 0"),
    ],
)
def test_refused_with_what_was_missing(command: bytes, missing: str) -> None:
    """Nothing is spent, and the receipt says why."""
    outcome = run([*EARNED, command])
    (refused,) = outcome.facts("redemption.refused")
    assert refused["missing"] == [missing]
    assert outcome.balance == 150


def test_a_redemption_is_carried_out_once() -> None:
    """A second request under the same redemption id is ignored; one that was refused may be tried again."""
    outcome = run(
        [
            redeem("2025-12-01", "r-1", 50),
            *EARNED,
            redeem("2026-03-02", "r-1", 50),
            redeem("2026-03-03", "r-1", 50),
        ]
    )
    kinds = [t for t in outcome.types() if t.startswith(("redemption", "points.spent", "input"))]
    assert kinds == ["redemption.refused", "points.spent", "input.ignored"]
    assert outcome.balance == 100


def test_points_on_their_last_day() -> None:
    """At the instant of expiry points can still be spent (the wake runs after the events of its time), later not."""
    at_expiry = run([order("2026-01-01", "a", 60), redeem("2027-01-01", "r-1", 60)])
    assert "points.spent" in at_expiry.types()
    after = run([order("2026-01-01", "a", 60), redeem("2027-01-01T00:00:00.001Z", "r-1", 60)])
    assert "points.spent" not in after.types()
    assert after.types()[-2:] == ["points.expired", "redemption.refused"] or "points.expired" in after.types()
    assert after.balance == 0
