"""Redemptions that somebody confirms, rewards of the catalog, and points that come back with a refunded order."""

from __future__ import annotations

import pytest

from stream_loyalty.core import ledger
from tests.unit.support_core import (
    Live,
    Outcome,
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

BY_HAND = {"actor": "staff-4", "reason": "fix"}
HELD = "\n[redemption]\nconfirm_within_hours = 48\ngrace_days = 30\n"
CATALOG = """
[redemption]
free = false

[[redemption.catalog]]
name = "mug"
kind = "gift"
points = 60
when = [{ fact = "level", is = "silver" }]

[[redemption.catalog]]
name = "ten-off"
kind = "discount"
points = 50
value = "10"
until = 2026-02-28
"""


def confirm(at: str, ref: str) -> bytes:
    return event("Points Redemption Confirmed", at, {"redemption_id": ref})


def release(at: str, ref: str) -> bytes:
    return event("Points Redemption Released", at, {"redemption_id": ref})


def claim(at: str, ref: str, reward: str) -> bytes:
    return event("Points Redemption Requested", at, {"redemption_id": ref, "reward": reward})


def held(*feed: bytes, until: str | None = None) -> Outcome:
    return run([order("2026-01-01", "o-1", 80), *feed], until, engine_of(program_text(extra=HELD)))


def test_held_points_are_spent_when_confirmed() -> None:
    """They stay in the balance until then, and nobody else can spend them."""
    outcome = held(redeem("2026-01-02", "r-1", 50), redeem("2026-01-02T01:00:00Z", "r-2", 50))
    assert (outcome.balance, ledger.spendable(outcome.state(), "points")) == (80, 30)
    assert outcome.facts("redemption.refused")[0]["redemption_id"] == "r-2"
    outcome = held(redeem("2026-01-02", "r-1", 50), confirm("2026-01-03", "r-1"), confirm("2026-01-04", "r-1"))
    assert outcome.balance == 30
    assert outcome.types()[-2:] == ["points.spent", "input.ignored"]


@pytest.mark.parametrize(
    ("ending", "until", "why"),
    [
        ([release("2026-01-03", "r-1")], "2026-01-03", "it was called off"),
        ([], "2026-01-04", "nobody confirmed it in time"),
        ([confirm("2026-01-04T00:00:01Z", "r-1")], "2026-01-05", "nobody confirmed it in time"),
    ],
)
def test_held_points_are_let_go(ending: list[bytes], until: str, why: str) -> None:
    """When it is called off, or at the deadline; a word that comes later changes nothing."""
    outcome = held(redeem("2026-01-02", "r-1", 50), *ending, until=until)
    assert [fact["reason"] for fact in outcome.facts("points.released")] == [why]
    assert ledger.spendable(outcome.state(), "points") == outcome.balance == 80


def test_a_refund_leaves_held_points_and_the_debt_is_repaid_when_they_are_let_go() -> None:
    """Eighty earned, fifty held, the order given back: thirty are taken, fifty owed; released they pay the debt."""
    feed = [redeem("2026-01-02", "r-1", 50), refund("2026-01-02T12:00:00Z", "o-1")]
    before = held(*feed)
    assert before.balance == 0
    assert before.profile()["debts"] == {"points": 50}
    after = held(*feed, release("2026-01-03", "r-1"))
    assert (after.balance, after.profile()["debts"], after.profile()["lots"]) == (0, {}, [])


def test_points_that_expire_while_held_can_still_be_confirmed() -> None:
    """What is free of the lot expires at its time; what is held is spent, or expires when it is let go."""
    feed = [redeem("2026-12-31", "r-1", 50)]
    kept = held(*feed, confirm("2027-01-01T12:00:00Z", "r-1"), until="2027-02-01")
    moved = [kind for kind in kept.types() if kind.startswith("points.")]
    assert moved == ["points.earned", "points.reserved", "points.expired", "points.spent"]
    assert kept.balance == 0
    gone = held(*feed, until="2027-02-01")
    assert [fact["points"] for fact in gone.facts("points.expired")] == [30, 50]
    assert gone.balance == 0


def test_the_catalog_says_what_is_missing() -> None:
    """A level, a date, the name, the points: each refusal in one sentence."""
    feed = [
        order("2026-01-01", "o-1", 99),
        claim("2026-01-02", "r-1", "mug"),
        claim("2026-03-01", "r-2", "ten-off"),
        claim("2026-01-03", "r-3", "boat"),
        redeem("2026-01-04", "r-4", 10),
        claim("2026-01-05", "r-5", "ten-off"),
    ]
    outcome = run(feed, engine=engine_of(program_text(extra=CATALOG)))
    refusals = {fact["redemption_id"]: fact["missing"] for fact in outcome.facts("redemption.refused")}
    assert refusals == {
        "r-1": ["wanted level is silver; saw regular"],
        "r-2": ["wanted a request until 2026-02-28; saw 2026-03-01", "wanted a balance of at least 50; saw 49"],
        "r-3": ["wanted a reward of the catalog; saw boat"],
        "r-4": ["wanted a reward of the catalog; saw none"],
    }
    (spent,) = outcome.facts("points.spent")
    assert (spent["reward"], spent["kind"], spent["value"], spent["points"]) == ("ten-off", "discount", "10.00 USD", 50)


@pytest.mark.parametrize(
    ("giving_back", "points"),
    [
        ([refund("2026-03-01", "o-2")], 60),
        ([cancel("2026-03-01", "o-2")], 60),
        ([refund("2026-03-01", "o-2", "f-1", 25)], 15),
        ([refund("2026-03-01", "o-2", "f-1", 25), refund("2026-03-02", "o-2", "f-2", 50)], 45),
        ([refund("2026-03-01", "o-2", "f-1", 25), refund("2026-03-02", "o-2")], 60),
    ],
)
def test_points_spent_on_an_order_come_back_with_it(giving_back: list[bytes], points: int) -> None:
    """In proportion to what is given back, with the expiry they had."""
    text = program_text(extra="\n[redemption]\ngrace_days = 30\n")
    feed = [order("2026-01-01", "o-1", 80), order("2026-02-01", "o-2", 100, paid_with_points=100)]
    feed += [redeem("2026-02-01", "r-1", 60, order_id="o-2"), *giving_back]
    outcome = run(feed, engine=engine_of(text))
    assert sum(fact["points"] for fact in outcome.facts("points.restored")) == points
    assert outcome.balance == 20 + points
    (lot,) = [lot for lot in outcome.profile()["lots"] if lot["lot"].startswith("restored:")]
    assert lot["expires_at"] == "2027-01-01T00:00:00Z"


def test_points_that_have_expired_meanwhile_come_back_for_the_grace() -> None:
    """An order given back after the points it took would have expired: they hold for thirty days more."""
    text = program_text(extra="\n[redemption]\ngrace_days = 30\n")
    feed = [order("2025-01-01", "o-1", 80), order("2025-12-01", "o-2", 100, paid_with_points=100)]
    feed += [redeem("2025-12-01", "r-1", 60, order_id="o-2"), refund("2026-02-01", "o-2")]
    outcome = run(feed, engine=engine_of(text))
    assert outcome.facts("points.restored")[0]["lots"] == [["restored:r-1:o-1", "2026-03-03T00:00:00Z"]]


def test_what_comes_back_in_parts_has_its_grace_from_the_last() -> None:
    """Half given back on 1 February and half on the 20th: what came last holds until 22 March, as its receipt says."""
    text = program_text(extra="\n[redemption]\ngrace_days = 30\n")
    feed = [order("2025-01-01", "o-1", 80), order("2025-12-01", "o-2", 100, paid_with_points=100)]
    feed += [redeem("2025-12-01", "r-1", 60, order_id="o-2"), refund("2026-02-01", "o-2", "f-1", 50)]
    outcome = run([*feed, refund("2026-02-20", "o-2", "f-2", 50)], "2026-12-01", engine_of(text))
    assert [fact["lots"][0][1][:10] for fact in outcome.facts("points.restored")] == ["2026-03-03", "2026-03-22"]
    (expired,) = [fact for fact in outcome.facts("points.expired") if fact["lot"].startswith("restored:")]
    assert (expired["at"][:10], expired["points"]) == ("2026-03-22", 60)


@pytest.mark.parametrize("given_back", [refund("2026-03-01", "o-2", "f-1", 25), cancel("2026-03-01", "o-2")])
def test_points_spent_on_an_order_come_back_also_where_that_is_heard_of_later(given_back: bytes) -> None:
    """The request comes after the refund: in the end it is as if it had come in time."""
    feed = [order("2026-01-01", "o-1", 80), order("2026-02-01", "o-2", 100, paid_with_points=100)]
    spent = redeem("2026-02-02", "r-1", 60, order_id="o-2")
    in_time, late = (Live().feed(*feed, *ending).commit() for ending in ((spent, given_back), (given_back, spent)))
    assert late.balance == in_time.balance
    assert late.profile()["balances"] == in_time.profile()["balances"]
    now = Live().feed(*feed, given_back, redeem("2026-03-02", "r-1", 60, order_id="o-2")).commit()
    assert now.balance == 20  # whoever spends points on what is left of an order, spends them


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        (order("2026-01-01", "o-1", 80), cancel("2027-01-10", "o-1")),
        (
            event("Points Adjusted", "2026-01-01", {**BY_HAND, "adjustment_id": "a-1", "points": 80, "batch": "b-1"}),
            event("Points Adjustments Reversed", "2027-01-10", {**BY_HAND, "batch": "b-1"}),
        ),
    ],
)
def test_what_came_back_and_expired_is_not_taken_back_again(source: bytes, ending: bytes) -> None:
    """Sixty of eighty points were spent on an order, came back with it, and expired like the rest: nothing is owed."""
    feed = [source, order("2026-02-01", "o-2", 5), redeem("2026-02-01", "r-1", 60, order_id="o-2")]
    outcome = run([*feed, cancel("2026-02-02", "o-2"), ending])
    assert sum(fact["points"] for fact in outcome.facts("points.expired")) == 80
    assert outcome.balance == 0


@pytest.mark.parametrize("extra", ["", HELD])
def test_ten_requests_at_once_take_no_more_than_there_is(extra: str) -> None:
    """Eighty points, ten requests of thirty in one instant: two come about, eight are refused, each with the reason."""
    feed = [redeem("2026-01-02", f"r-{number}", 30) for number in range(10)]
    outcome = run([order("2026-01-01", "o-1", 80), *feed], engine=engine_of(program_text(extra=extra)))
    assert len(outcome.facts("points.spent", "points.reserved")) == 2
    assert len(outcome.facts("redemption.refused")) == 8
    assert ledger.spendable(outcome.state(), "points") == 20


def test_what_was_given_back_of_an_order_while_points_for_it_were_held_comes_back_when_they_are_spent() -> None:
    """Sixty points held for an order of which half is given back: thirty come back with the confirmation, once."""
    feed = [order("2026-01-02", "o-2", 40), redeem("2026-01-02T01:00:00Z", "r-1", 60, order_id="o-2")]
    feed += [refund("2026-01-03", "o-2", "f-1", 20), confirm("2026-01-03T01:00:00Z", "r-1")]
    outcome = held(*feed)
    assert [fact["points"] for fact in outcome.facts("points.restored")] == [30]
    assert outcome.balance == 80 + 20 - 60 + 30
    outcome = held(*feed, cancel("2026-01-05", "o-2"))
    assert [fact["points"] for fact in outcome.facts("points.restored")] == [30, 30]
    assert outcome.balance == 80


def test_a_reward_is_worth_what_it_was_when_it_was_asked_for() -> None:
    """A version without the reward, or with another value, comes into force before it is confirmed."""
    offer = HELD.replace("48", "480") + '[[redemption.catalog]]\nname = "tenner"\npoints = 50\nvalue = "10"\n'
    engine = engine_of(program_text(extra=offer), version_2("2026-01-10"))
    feed = [order("2026-01-01", "o-1", 80), claim("2026-01-05", "r-1", "tenner"), confirm("2026-01-12", "r-1")]
    (spent,) = run(feed, engine=engine).facts("points.spent")
    assert (spent["reward"], spent["kind"], spent["value"]) == ("tenner", "voucher", "10.00 USD")


@pytest.mark.parametrize(
    ("until", "last", "next_day"),
    [
        ("2026-03-29", "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"),
    ],
)
def test_the_last_day_of_a_reward_ends_at_midnight_when_clocks_change(until: str, last: str, next_day: str) -> None:
    """Berlin's days of 23 and of 25 hours."""
    offer = f'\n[[redemption.catalog]]\nname = "mug"\npoints = 50\nuntil = {until}\n'
    engine = engine_of(program_text({'time_zone = "UTC"': 'time_zone = "Europe/Berlin"'}, offer))
    assert run([order("2026-01-01", "o-1", 80), claim(last, "r-1", "mug")], engine=engine).balance == 30
    assert run([order("2026-01-01", "o-1", 80), claim(next_day, "r-1", "mug")], engine=engine).balance == 80


def test_a_piece_of_stock_comes_back_also_where_the_reward_has_changed() -> None:
    """A request that came late took it by the version of its own time; a later one has mugs without end."""
    mugs = f'{HELD}\n[[redemption.catalog]]\nname = "mug"\npoints = 10\nstock = 3\n'
    live = Live(engine_of(program_text(extra=mugs), version_2("2026-02-01", extra=mugs.replace("stock = 3\n", ""))))
    live.feed(order("2026-01-01", "o-1", 80), order("2026-02-02", "o-2", 80))
    live.feed(claim("2026-01-31", "r-1", "mug"), release("2026-02-02", "r-1"))
    outcome = live.commit()
    assert [fact["stock"] for fact in outcome.facts("points.reserved", "points.released")] == [True, True]
    assert live.partition.mark.budgets == {"stock/mug": 3}
