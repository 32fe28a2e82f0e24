"""What an order earns on, and under which program."""

from __future__ import annotations

from typing import Any

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import EUR, engine_of, order, program_text, redeem, refund, run, version_2

TEA = {"product_id": "tea", "price": 30.0, "quantity": 2}
CARD = {"product_id": "card", "price": 50, "category": "gift card"}


@pytest.mark.parametrize(
    ("total", "more", "points"),
    [
        (99.99, {}, 99),
        (1, {}, 1),
        (0.99, {}, 0),
        (0, {}, 0),
        (64, {"products": [TEA], "shipping": 4.0}, 60),
        (64, {"products": [TEA], "shipping": 4.0, "discount": 10.0}, 50),
        (110, {"products": [TEA, CARD]}, 60),
        (50, {"products": [CARD]}, 0),
        (60, {"products": [TEA], "paid_with_points": 20}, 40),
        (60, {"paid_with_points": 20}, 40),
        (60, {"products": [TEA], "discount": 100}, 0),
        (64, {"products": [], "tax": 4}, 64),
        (60, {"products": [{**TEA, "quantity": 0}]}, 0),
        (11, {"currency": "EUR"}, 12),
        (1000, {"currency": "JPY"}, 0),
    ],
)
def test_what_earns(total: float, more: dict[str, Any], points: int) -> None:
    """Products after discount, without gift cards and what points paid, else the total; a point a whole dollar."""
    outcome = run([order("2026-01-01", "o-1", total, **more)], engine=engine_of(program_text(extra=EUR)))
    assert outcome.balance == points
    assert ("points.not-earned" in outcome.types()) == (points == 0)
    if points:
        (earned,) = outcome.facts("points.earned")
        assert earned["expires_at"] == "2027-01-01T00:00:00Z"
        assert earned["postings"] == [{"lot": earned["lot"], "points": points}]
        assert outcome.lines(topics.REWARDS)[0]["id"] == earned["id"]


def test_an_order_that_earned_nothing_says_why() -> None:
    """The receipt names what was wanted and what was there."""
    (fact,) = run([order("2026-01-01", "o-1", 0.99)]).facts("points.not-earned")
    (missing,) = fact["missing"]
    assert missing.startswith("wanted ")
    assert missing.endswith("; saw 0.99 USD")


@pytest.mark.parametrize(("per_unit", "points"), [("0.5", 49), ("10", 999), ("0.333", 33), ("0.001", 0)])
def test_rounding_is_down_per_order(per_unit: str, points: int) -> None:
    """99.99 USD at different points per unit."""
    text = program_text({'points_per_unit = "1"': f'points_per_unit = "{per_unit}"'})
    assert run([order("2026-01-01", "o-1", 99.99)], engine=engine_of(text)).balance == points


@pytest.mark.parametrize(("per_unit", "left"), [("2", 90), ("0.5", 90)])
def test_a_refund_is_reckoned_by_the_program_of_the_order(per_unit: str, left: int) -> None:
    """An order of 100 earned 100 at one point a unit; giving 10 back takes 10, whatever a later version pays."""
    later = version_2("2026-02-01", {'points_per_unit = "1"': f'points_per_unit = "{per_unit}"'})
    feed = [order("2026-01-01", "o-1", 100), refund("2026-03-01", "o-1", "f-1", 10)]
    assert run(feed, engine=engine_of(program_text(), later)).balance == left


def test_a_version_applies_from_its_day() -> None:
    """An order of the day before earns by the old version, one of the day itself by the new one."""
    later = version_2("2026-02-01", {'points_per_unit = "1"': 'points_per_unit = "3"'})
    feed = [order("2026-01-31T23:59:59.999Z", "o-1", 10), order("2026-02-01", "o-2", 10)]
    outcome = run(feed, engine=engine_of(program_text(), later))
    assert [fact["points"] for fact in outcome.facts("points.earned")] == [10, 30]
    assert [fact["because"]["program"] for fact in outcome.facts("points.earned")] == [
        "default/1",
        "default/2",
    ]


@pytest.mark.parametrize("order_id", ["debt", "whole", "points", "\u200b", "../..", "a|b", "过敏"])
def test_an_order_may_have_any_id(order_id: str) -> None:
    """No order id collides with what the ledger calls its own."""
    feed = [
        order("2026-01-01", order_id, 100),
        redeem("2026-01-02", "r-1", 100),
        redeem("2026-01-03", "r-2", 1),
    ]
    outcome = run(feed)
    assert outcome.types()[-2:] == ["points.spent", "redemption.refused"]
    assert outcome.balance == 0


@pytest.mark.parametrize(
    "more",
    [
        {"products": [{"product_id": "p", "price": 999_999_999_999, "quantity": 1_000_000}]},
        {"products": [{"product_id": "p", "price": 999_999_999_999, "quantity": 1000}] * 100},
        {"currency": "CLF"},
    ],
)
def test_absurd_amounts_stop_nothing(more: dict[str, Any]) -> None:
    """An order of the largest amounts that are accepted is stored, or is a dead letter; the partition goes on."""
    extra = '\n[[rates]]\ncurrency = "CLF"\nfrom = 2020-01-01\nrate = "1000"\n'
    feed = [order(f"2026-01-{day:02}", f"o-{day}", 999_999_999_999, **more) for day in range(1, 20)]
    outcome = run([*feed, order("2026-02-01", "last", 5, user="bob")], engine=engine_of(program_text(extra=extra)))
    assert outcome.profile("bob")["balances"] == {"points": 5}
