"""Orders that change: exchanges, fewer products, more of them; before and after refunds, spending and expiry."""

from __future__ import annotations

import pytest

from tests.unit.support_core import engine_of, event, order, program_text, redeem, refund, run


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


def test_a_change_that_changes_nothing_posts_nothing() -> None:
    """Products of 100 for which 80 were paid, and no word of a discount: no more earns than was paid."""
    said = {"order_id": "o-1", "total": 80, "currency": "USD", "products": [{"product_id": "tea-7", "price": 100}]}
    feed = [event("Order Completed", "2026-01-01", said), event("Order Updated", "2026-01-02", said)]
    outcome = run(feed)
    assert [fact["points"] for fact in outcome.facts("points.earned", "points.reversed")] == [80]


SHOE = {"product_id": "shoe-1", "category": "shoes", "price": 60}
HAT = {"product_id": "hat-1", "category": "hats", "price": 40}
CARD = {"product_id": "card-1", "category": "gift card", "price": 50}
BARE = {"product_id": "card-1", "price": 50}  # as a refund names it
DOUBLE = '\n[[earning.rules]]\nname = "shoes"\nmultiplier = "2"\ncategories = ["shoes"]\n'


def lines(name: str, at: str, total: float, *products: dict[str, object], **more: object) -> bytes:
    said = {"order_id": "o-1", "total": total, "currency": "USD", "products": products, **more}
    return event(name, at, said)


BOUGHT = lines("Order Completed", "2026-01-01", 120, SHOE, HAT, shipping=20)
WITH_CARD = lines("Order Completed", "2026-01-01", 110, CARD, SHOE)


def back(at: str, ref: str, *products: dict[str, object]) -> bytes:
    return refund(at, "o-1", ref, products=products)


@pytest.mark.parametrize(
    ("feed", "balance"),
    [
        # the same order once more, after a product was given back: 40 of the hat are left
        (
            [BOUGHT, back("2026-01-02", "f", SHOE), lines("Order Updated", "2026-01-03", 120, SHOE, HAT, shipping=20)],
            40,
        ),
        # a second hat comes on top, then a hat is given back too
        ([BOUGHT, back("2026-01-02", "f", SHOE), lines("Order Updated", "2026-01-03", 140, SHOE, HAT, HAT)], 80),
        (
            [
                BOUGHT,
                back("2026-01-02", "f-1", SHOE),
                lines("Order Updated", "2026-01-03", 140, SHOE, HAT, HAT),
                back("2026-01-04", "f-2", HAT),
            ],
            40,
        ),
        # gift cards take nothing back, also where the refund does not say that it is one
        ([WITH_CARD, back("2026-01-02", "f", BARE)], 120),
        ([WITH_CARD, back("2026-01-02", "f", BARE), lines("Order Updated", "2026-01-03", 110, CARD, SHOE)], 120),
        ([BOUGHT, lines("Order Updated", "2026-01-02", 110, CARD, SHOE), back("2026-01-03", "f", BARE)], 120),
        # a test never counts
        ([BOUGHT, lines("Order Updated", "2026-01-02", 200, SHOE, HAT, HAT, HAT, test=True)], 160),
    ],
)
def test_what_was_given_back_stays_given_back(feed: list[bytes], balance: int) -> None:
    """Shoes earn double; an order says again what it consists of after some of it was given back."""
    assert run(feed, engine=engine_of(program_text(extra=DOUBLE))).balance == balance


THREE = {**HAT, "quantity": 3}
BONUS = """
[[earning.rules]]
name = "three of a kind"
points = 50
when = [{ fact = "items", at_least = 3 }]

[[earning.rules]]
name = "spring"
points = 7
when = [{ fact = "coupon", is = "SPRING" }]
"""
TRIO = lines("Order Completed", "2026-01-01", 120, THREE)


@pytest.mark.parametrize(
    ("feed", "balance"),
    [
        ([TRIO], 170),
        ([TRIO, back("2026-01-02", "f", HAT)], 80),
        ([TRIO, back("2026-01-02", "f", HAT), lines("Order Updated", "2026-01-03", 120, THREE)], 80),
        ([TRIO, refund("2026-01-02", "o-1", "f", 40)], 130),  # money for all three of them
        ([TRIO, lines("Order Updated", "2026-01-02", 80, HAT, HAT)], 80),
        (
            [
                TRIO,
                lines("Order Updated", "2026-01-02", 80, HAT, HAT),
                lines("Order Updated", "2026-01-03", 120, THREE),
            ],
            170,
        ),
        ([TRIO, lines("Order Updated", "2026-01-02", 120, THREE, coupon="SPRING")], 177),
        (
            [
                TRIO,
                lines("Order Updated", "2026-01-02", 120, THREE, coupon="SPRING"),
                lines("Order Updated", "2026-01-03", 120, THREE),  # what it does not say stays
            ],
            177,
        ),
    ],
)
def test_conditions_go_by_what_the_order_is_now(feed: list[bytes], balance: int) -> None:
    """A bonus for three pieces goes with the third; a coupon can be named later."""
    assert run(feed, engine=engine_of(program_text(extra=BONUS))).balance == balance
