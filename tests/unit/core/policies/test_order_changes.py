"""Orders that change: exchanges, fewer products, more of them; before and after refunds, spending and expiry."""

from __future__ import annotations

import pytest

from tests.unit.support_core import event, order, redeem, refund, run


def update(at: str, order_id: str, total: float, currency: str = "USD") -> bytes:
    return event("Order Updated", at, {"order_id": order_id, "total": total, "currency": currency})


@pytest.mark.parametrize(
    ("changes", "balance", "spend"),
    [
        ([update("2026-01-02", "o-1", 60)], 60, 6000),
        ([update("2026-01-02", "o-1", 130.5)], 130, 13050),
        ([update("2026-01-02", "o-1", 60), update("2026-01-03", "o-1", 100)], 100, 10000),
        ([update("2026-01-02", "o-1", 0)], 0, 0),
        ([refund("2026-01-02", "o-1", "f-1", 30), update("2026-01-03", "o-1", 80)], 50, 5000),
        ([update("2026-01-03", "o-1", 80), refund("2026-01-04", "o-1", "f-1", 30)], 50, 5000),
        ([update("2026-01-03", "o-1", 80), refund("2026-01-04", "o-1")], 0, 0),
        ([redeem("2026-01-02", "r-1", 90), update("2026-01-03", "o-1", 60)], -30, 6000),
        ([update("2027-01-15", "o-1", 60)], 0, 6000),
    ],
)
def test_the_difference_is_posted(changes: list[bytes], balance: int, spend: int) -> None:
    """An order of 100 that changes: what it earns, and what was spent, is that of what it is now."""
    outcome = run([order("2026-01-01", "o-1", 100), *changes])
    posted = sum(posting["points"] for fact in outcome.facts() for posting in fact.get("postings", ()))
    assert outcome.balance == posted == balance
    assert outcome.profile()["spend"]["USD"] == spend
    assert outcome.profile()["lifetime_value"] == spend


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (update("2026-01-02", "o-9", 60), "alert.data-quality.raised"),
        (update("2026-01-02", "o-1", 60, "EUR"), "alert.data-quality.raised"),
        (update("2026-01-05", "o-1", 20), "input.ignored"),
        (update("2026-01-08", "o-1", 20), "input.ignored"),
    ],
)
def test_a_change_that_does_not_fit_is_told_and_changes_nothing(change: bytes, kind: str) -> None:
    """An unknown order, another currency, less than was given back, nothing left."""
    feed = [order("2026-01-01", "o-1", 100), refund("2026-01-04", "o-1", "f-1", 30), refund("2026-01-07", "o-1")]
    without, outcome = run(feed), run([*feed, change])
    assert outcome.types().count(kind) == without.types().count(kind) + 1
    assert outcome.balance == without.balance
