"""Guests: their orders earn nothing, are kept for some days, and belong to the first customer who claims them."""

from __future__ import annotations

import json

import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine.mark import MARK_KEY
from tests.unit.support_core import (
    NOW,
    Live,
    Outcome,
    cancel,
    complain,
    engine_of,
    erase,
    event,
    order,
    program_text,
    refund,
    run,
    view,
)

PROGRAM = program_text(extra="\n[guests]\nclaim_within_days = 30\n")


def guest(raw: bytes) -> bytes:
    """The same event without user, by an anonymous id."""
    body = json.loads(raw)
    body["anonymousId"] = "anon"
    del body["userId"]
    return json.dumps(body).encode()


def claim(at: str, user: str = "ada") -> bytes:
    return event("Guest Claimed", at, {"anonymous_id": "anon"}, user=user)


def told(*raws: bytes, until: str | None = None) -> Outcome:
    return run(raws, until, engine_of(PROGRAM))


def test_without_guests_in_the_program_an_anonymous_id_is_a_customer() -> None:
    outcome = run([guest(order("2026-01-01", "o1")), claim("2026-01-02")])
    assert outcome.profile("anon")["balances"] == {"points": 100}
    assert [fact["rule"] for fact in outcome.facts("input.ignored")] == ["guests.none"]


def test_a_guest_earns_nothing_and_is_never_alerted() -> None:
    outcome = told(
        guest(order("2026-01-01", "o1", 5000)),
        guest(view("2026-01-02")),
        guest(complain("2026-01-03", "c1")),
        until="2026-12-31",
    )
    assert outcome.types() == ["guest.order-kept", "guest.orders-forgotten"]
    assert not outcome.lines(topics.REWARDS)
    assert not outcome.lines(topics.ALERTS)
    assert outcome.facts("guest.orders-forgotten")[0]["at"] == "2026-02-07T00:00:00Z"
    assert "kept" not in outcome.facts("guest.order-kept")[0]


def test_claimed_orders_earn_by_their_own_time_net_of_refunds() -> None:
    outcome = told(
        guest(order("2026-01-01", "o1", 100)),
        guest(order("2026-01-02", "o2", 50)),
        guest(refund("2026-01-03", "o1", "r1", 40)),
        guest(cancel("2026-01-04", "o2")),
        order("2026-01-05", "mine", 7),
        claim("2026-01-10"),
    )
    assert outcome.balance == 67
    counted = next(fact for fact in outcome.facts("order.counted") if fact["order_id"] == "o1")
    assert (counted["at"], counted["customer"]) == ("2026-01-01T00:00:00Z", "ada")
    assert counted["because"]["flags"] == ["claimed-from-guest"]
    assert outcome.state().orders_kept == 2
    assert not outcome.state("anon").orders


def test_after_a_claim_orders_and_refunds_are_passed_on_at_once() -> None:
    outcome = told(
        claim("2026-01-01"),
        guest(order("2026-01-05", "o1", 100)),
        guest(refund("2026-01-06", "o1", "r1", 30)),
        guest(order("2026-02-20", "o2", 500)),
    )
    assert outcome.balance == 70
    kept = outcome.facts("guest.order-kept")
    assert [fact["order_id"] for fact in kept] == ["o2"], "too long after the claim; another claim is needed"
    assert told(claim("2026-01-01"), guest(order("2026-02-20", "o2", 500)), claim("2026-02-21")).balance == 500


def late(*raws: bytes) -> Outcome:
    """Events in the order of their arrival, and behind them what customers send each other because of them."""
    live = Live(engine_of(PROGRAM)).feed(*raws)
    given = 0
    while sent := live.commit().messages(topics.TRANSFERS)[given:]:
        live.apply(Record(topics.TRANSFERS, 0, given + n, NOW, one.key, one.value) for n, one in enumerate(sent))
        given += len(sent)
    return live.outcome


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_a_claim_brings_the_same_orders_however_late_it_comes(behind: int) -> None:
    """Orders of more than 30 days after it wait for another claim, also where it arrives behind them."""
    orders = [guest(order("2026-01-05", "o1", 100)), guest(order("2026-02-03", "o2", 500))]
    orders.insert(behind, claim("2026-01-01"))
    assert late(*orders).balance == 100
    assert late(*orders, claim("2026-02-04")).balance == 600


@pytest.mark.parametrize("behind", [[], [guest(order("2026-01-09", "o2"))]])
def test_who_asks_to_be_forgotten_does_not_come_back_by_what_was_claimed(behind: list[bytes]) -> None:
    """Neither by orders that are still on their way nor by what the guest orders later."""
    outcome = late(guest(order("2026-01-05", "o1")), claim("2026-01-07"), erase("2026-01-08"), *behind)
    assert outcome.states.keys() - {MARK_KEY} == {b"anon"}
    assert not outcome.facts("order.counted")
    assert outcome.engine.counts["event", topics.TRANSFERS, "forgotten"] == 1 + len(behind)


def test_a_second_claimer_gets_nothing() -> None:
    outcome = told(
        guest(order("2026-01-01", "o1", 100)),
        claim("2026-01-02"),
        claim("2026-01-03", "ben"),
        guest(order("2026-01-04", "o2", 20)),
        claim("2026-01-05", "ben"),
    )
    assert outcome.balance == 120
    assert [fact["claimer"] for fact in outcome.facts("guest.claim-refused")] == ["ben", "ben"]
    assert not outcome.facts("alert.data-quality.raised")


def test_only_within_the_days_of_the_order() -> None:
    on_time = told(guest(order("2026-01-01", "o1")), claim("2026-01-31"))
    late = told(guest(order("2026-01-01", "o1")), claim("2026-01-31T00:00:00.001Z"))
    assert (on_time.balance, late.balance) == (100, 0)
    assert [fact["order_ids"] for fact in late.facts("guest.orders-handed-over")] == [[]]


def test_what_is_kept_of_a_guest_is_bounded() -> None:
    small = program_text(extra="\n[guests]\nkept_bytes = 1024\n")
    raws = [guest(order(f"2026-01-{day:02}", f"o{day}", 10)) for day in range(1, 29)]
    outcome = run([*raws, claim("2026-01-29")], engine=engine_of(small))
    refused = outcome.facts("input.ignored")
    assert refused
    assert {fact["rule"] for fact in refused} == {"guests.too-much"}
    assert outcome.balance == 10 * (28 - len(refused))


def test_an_order_known_under_both_ids_counts_once() -> None:
    outcome = told(guest(order("2026-01-01", "o1")), order("2026-01-02", "o1"), claim("2026-01-03"))
    assert outcome.balance == 100
    assert [fact["rule"] for fact in outcome.facts("input.ignored")] == ["orders.known"]
