"""Which orders count, and what cancellations and refunds take out again."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import (
    EUR,
    Live,
    cancel,
    engine_of,
    event,
    order,
    program_text,
    redeem,
    refund,
    run,
    version_2,
)


def test_an_order_counts_once_whatever_its_message_id() -> None:
    """The same message is passed over in silence; the same order under another message id gets a receipt."""
    outcome = run(
        [order("2026-01-01", "o-1"), order("2026-01-01", "o-1"), order("2026-01-02", "o-1", 999, mid="other")]
    )
    assert outcome.types() == [
        "order.counted",
        "points.earned",
        "level.changed",
        "band.changed",
        "input.ignored",
    ]
    (ignored,) = outcome.facts("input.ignored")
    assert (ignored["ref"], ignored["rule"]) == ("o-1", "orders.known")
    assert (outcome.balance, outcome.profile()["orders"], outcome.profile()["spend"]) == (
        100,
        1,
        {"USD": 10_000},
    )


def test_an_order_marked_test_never_counts() -> None:
    """It leaves a receipt and nothing else, and its refund finds no order."""
    outcome = run([order("2026-01-01", "o-1", test=True), refund("2026-01-02", "o-1")])
    assert outcome.types() == ["input.ignored", "alert.data-quality.raised"]
    assert outcome.profile()["orders"] == 0
    assert outcome.profile()["first_order_at"] is None


@pytest.mark.parametrize(
    ("feed", "balance", "orders", "spend", "types"),
    [
        ([cancel("2026-01-02", "o-1")], 0, 0, 0, ["order.reversed", "points.reversed"]),
        ([refund("2026-01-02", "o-1")], 0, 0, 0, ["order.reversed", "points.reversed"]),
        ([refund("2026-01-02", "o-1", "f-1", 100)], 0, 0, 0, ["order.reversed", "points.reversed"]),
        # parts: 100 - 30.50 = 69.50 -> 69 points stay
        ([refund("2026-01-02", "o-1", "f-1", 30.5)], 69, 1, 6950, ["order.reversed", "points.reversed"]),
        (
            [refund("2026-01-02", "o-1", "f-1", 30), refund("2026-01-03", "o-1", "f-2", 70)],
            0,
            0,
            0,
            ["order.reversed", "points.reversed"] * 2,
        ),
        (
            [refund("2026-01-02", "o-1", "f-1", 30), cancel("2026-01-03", "o-1")],
            0,
            0,
            0,
            ["order.reversed", "points.reversed"] * 2,
        ),
        ([refund("2026-01-02", "o-1", "f-1", 0)], 100, 1, 10_000, None),
        # rounding is per order, over all its refunds: 100 - 0.40 - 0.40 - 0.40 = 98.80
        ([refund("2026-01-02", "o-1", f"f-{i}", 0.4) for i in range(3)], 98, 1, 9880, None),
        # more than there was
        ([refund("2026-01-02", "o-1", "f-1", 500)], 0, 0, 0, ["order.reversed", "points.reversed"]),
        # the products' prices where the total is missing
        (
            [refund("2026-01-02", "o-1", "f-1", products=[{"product_id": "p", "price": 12.5, "quantity": 2}])],
            75,
            1,
            7500,
            None,
        ),
        ([refund("2026-01-02", "o-1", "f-1", 10, products=[{"product_id": "p", "price": 50}])], 90, 1, 9000, None),
        # the same once more
        (
            [refund("2026-01-02", "o-1", "f-1", 30), refund("2026-01-03", "o-1", "f-1", 30)],
            70,
            1,
            7000,
            ["order.reversed", "points.reversed", "input.ignored"],
        ),
        (
            [refund("2026-01-02", "o-1"), refund("2026-01-03", "o-1")],
            0,
            0,
            0,
            ["order.reversed", "points.reversed", "input.ignored"],
        ),
        (
            [cancel("2026-01-02", "o-1"), cancel("2026-01-03", "o-1")],
            0,
            0,
            0,
            ["order.reversed", "points.reversed", "input.ignored"],
        ),
        (
            [cancel("2026-01-02", "o-1"), refund("2026-01-03", "o-1", "f-1", 5)],
            0,
            0,
            0,
            ["order.reversed", "points.reversed", "input.ignored"],
        ),
        (
            [cancel("2026-01-02", "o-1"), order("2026-01-03", "o-1", mid="x")],
            0,
            0,
            0,
            ["order.reversed", "points.reversed", "input.ignored"],
        ),
        # what fits nothing is told to a person, and changes nothing
        ([refund("2026-01-02", "o-2")], 100, 1, 10_000, ["alert.data-quality.raised"]),
        ([cancel("2026-01-02", "o-2")], 100, 1, 10_000, ["alert.data-quality.raised"]),
        ([refund("2026-01-02", "o-1", "f-1", 5, currency="EUR")], 100, 1, 10_000, ["alert.data-quality.raised"]),
    ],
)
def test_taking_an_order_back(
    feed: list[bytes], balance: int, orders: int, spend: int, types: list[str] | None
) -> None:
    """Points, count and spend after each kind of cancellation and refund of an order of 100 USD."""
    outcome = run([order("2026-01-01", "o-1", 100), *feed])
    found = [kind for kind in outcome.types()[4:] if kind not in ("band.changed", "level.changed")]
    assert types is None or found == types
    assert outcome.balance == balance
    assert (outcome.profile()["orders"], outcome.profile()["spend"]["USD"]) == (orders, spend)
    assert outcome.profile()["lifetime_value"] == spend


def test_what_fits_nothing_is_told_to_whom_the_program_chooses() -> None:
    """By level, band and high value, as everywhere else."""
    own = (
        '[[data_quality.actions]]\nname = "own adviser"\nadvice = "Call."\nowner = "advisers"\ndeadline_hours = 1\n'
        'when = [{ fact = "level", is = "silver" }]\n\n[[data_quality.actions]]'
    )
    engine = engine_of(program_text({"[[data_quality.actions]]": own}))
    feed = [order("2026-01-01", "o-1", 150), refund("2026-01-02", "o-9"), refund("2026-01-02", "o-9", user="bob")]
    owners = {one["subject"]: one["data"]["owner"] for one in run(feed, engine=engine).alerts}
    assert owners == {"ada": "advisers", "bob": "operations"}


@pytest.mark.parametrize("total", [11.777, 0.001, 1e12, 1e15])
def test_a_refund_of_an_amount_that_is_none(total: float) -> None:
    """Only its order tells that 11.777 are no dollars: a person is told, nothing is changed, nothing stops."""
    outcome = run([order("2026-01-01", "o-1", 100), refund("2026-01-02", "o-1", "f-1", total)])
    told = outcome.messages(topics.DEAD_LETTERS) + outcome.messages(topics.ALERTS)
    assert len(told) == 1
    assert outcome.balance == 100


def test_a_refund_id_is_never_taken_for_another() -> None:
    """A part refunded under the id `whole` or `cancellation` does not stand for the whole order."""
    for taken in ("whole", "cancellation"):
        outcome = run([order("2026-01-01", "o-1"), refund("2026-01-02", "o-1", taken, 10), refund("2026-01-03", "o-1")])
        assert outcome.balance == 0, taken


def test_points_already_spent_become_a_debt_that_earnings_repay() -> None:
    """The balance goes below zero, redemptions are refused meanwhile, and later points repay first."""
    outcome = run(
        [
            order("2026-01-01", "o-1", 100),
            redeem("2026-01-02", "r-1", 80),
            cancel("2026-01-03", "o-1"),  # 20 left, 80 owed
            redeem("2026-01-04", "r-2", 1),
            order("2026-01-05", "o-2", 50),  # owed 30
            order("2026-01-06", "o-3", 100),  # 70 in hand
            redeem("2026-01-07", "r-3", 71),
            redeem("2026-01-07", "r-3", 70),
        ]
    )
    balances = [fact["balance"] for fact in outcome.facts() if "balance" in fact]
    assert balances == [100, 20, -80, -30, 70, 0]
    assert [fact["redemption_id"] for fact in outcome.facts("redemption.refused")] == ["r-2", "r-3"]
    assert outcome.profile()["debts"] == {}


def test_points_that_had_expired_are_not_taken_back_again() -> None:
    """Of 100 points 40 were spent and 60 expired; a late refund takes back the 40 only."""
    feed = [order("2026-01-01", "o-1"), redeem("2026-06-01", "r-1", 40), refund("2027-01-10", "o-1")]
    outcome = run(feed)
    assert [fact["points"] for fact in outcome.facts("points.expired")] == [60]
    (taken,) = outcome.facts("points.reversed")
    assert (taken["points"], taken["expired_before"], taken["balance"]) == (40, 60, -40)
    assert outcome.balance == -40


def test_a_refund_after_everything_expired_takes_nothing_back() -> None:
    """The order is out, and no points are owed for it."""
    outcome = run([order("2026-01-01", "o-1"), refund("2027-01-10", "o-1")])
    assert "points.reversed" not in outcome.types()
    assert (outcome.balance, outcome.profile()["orders"]) == (0, 0)


def test_orders_are_remembered_for_the_horizon() -> None:
    """Within 400 days money never counts twice; after them a refund is told to a person."""
    first = order("2026-01-01", "o-1")
    late = run([first, refund("2027-02-04", "o-1")])  # 399 days
    assert "order.reversed" in late.types()
    too_late = run([first, refund("2027-02-06", "o-1")])  # 401 days
    assert too_late.types()[-1] == "alert.data-quality.raised"
    assert too_late.state().orders == {}


def test_what_a_shorter_horizon_has_forgotten_does_not_count_again() -> None:
    """What comes again is decided by the program of its own time, but by what is remembered now."""
    shorter = version_2("2027-01-01", {"orders_days = 400": "orders_days = 370"})
    redemption = {"redemption_id": "r-1", "points": 10}
    adjustment = {"adjustment_id": "a-1", "points": 50, "actor": "staff-1", "reason": "fix"}

    def again(number: int) -> list[bytes]:
        return [
            order("2026-01-01", "o-1", mid=f"order-{number}"),
            event("Points Redemption Requested", "2026-01-02", redemption, messageId=f"redeemed-{number}"),
            event("Points Adjusted", "2026-01-03", adjustment, messageId=f"adjusted-{number}"),
        ]

    live = Live(engine_of(program_text(), shorter))
    live.feed(*again(1)).feed(order("2027-01-20", "o-2"))  # 384 days later
    assert list(live.commit().state().orders) == ["o-2"]
    before = len(live.outcome.types())
    live.feed(*again(2))
    assert [fact["type"] for fact in live.commit().facts()][before:] == [
        "alert.data-quality.raised",
        "redemption.refused",
        "adjustment.refused",
    ]


def test_an_order_with_no_rate_counts_but_earns_nothing_and_says_why() -> None:
    """A foreign currency without a rate: kept, in its own currency, and the receipt names the missing rate."""
    outcome = run([order("2026-01-01", "o-1", 50, currency="EUR")])
    (fact,) = outcome.facts("points.not-earned")
    (missing,) = fact["missing"]
    assert "rate" in missing
    assert "EUR" in missing
    profile = outcome.profile()
    assert (profile["orders"], profile["spend"], profile["lifetime_value"]) == (1, {"EUR": 5000}, 0)


def test_a_foreign_order_counts_by_the_rate_of_its_day() -> None:
    """Half of 100 EUR at 1.10 given back leaves 55 USD and 55 points."""
    rates = EUR + '\n[[rates]]\ncurrency = "EUR"\nfrom = 2026-02-01\nrate = "2"\n'
    feed = [order("2026-01-01", "o-1", 100, currency="EUR"), refund("2026-03-01", "o-1", "f-1", 50)]
    outcome = run(feed, engine=engine_of(program_text(extra=rates)))
    assert [fact["points"] for fact in outcome.facts("points.earned", "points.reversed")] == [110, 55]
    assert (outcome.profile()["lifetime_value"], outcome.profile()["spend"]) == (5500, {"EUR": 5000})


def test_a_refund_whose_goods_have_no_price_in_its_currency_is_told() -> None:
    """Yen have no half, and that of the goods is seen beside a total that could be."""
    yen = EUR.replace("EUR", "JPY").replace("1.10", "0.01")
    goods = {"products": [{"product_id": "tea-7", "price": 10.5}]}
    feed = [order("2026-01-01", "o-1", 1000, currency="JPY"), refund("2026-01-02", "o-1", "f-1", 500, **goods)]
    outcome = run(feed, engine=engine_of(program_text(extra=yen)))
    assert outcome.types()[-1] == "alert.data-quality.raised"
    assert "10.5, which is no amount of JPY" in outcome.alerts[-1]["data"]["summary"]
    assert outcome.balance == 10
