"""Guests: their orders earn nothing, are kept for some days, and belong to the first customer who claims them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core import codec
from stream_loyalty.core.policies.claims import REMEMBERED_CLAIMS
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


LOGINS = program_text(extra="\n[guests]\nclaim_within_days = 30\nclaim_on_login = true\n")


def guest(raw: bytes, anonymous_id: str = "anon") -> bytes:
    """The same event without user, by an anonymous id."""
    body = json.loads(raw)
    body["anonymousId"] = anonymous_id
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


@pytest.mark.parametrize(
    ("at", "lack"),
    [
        ("2026-02-03", {"code": "guest-order-since", "wanted": "2026-01-04T00:00:00Z", "saw": 1, "of": None}),
        ("2026-03-01", {"code": "guest-order", "wanted": 30, "saw": None, "of": None}),
    ],
    ids=["still kept", "forgotten"],
)
def test_a_claim_that_gets_nothing_says_why(at: str, lack: dict[str, Any]) -> None:
    """On the receipts of whoever claimed, in structured form and in words."""
    answer = told(guest(order("2026-01-01", "o1")), claim(at)).facts("guest.claim-answered")[-1]
    assert (answer["customer"], answer["orders"], answer["lacks"]) == ("ada", 0, [lack])
    assert answer["missing"][0].startswith("wanted ")


def test_a_second_claimer_is_told_so() -> None:
    outcome = told(guest(order("2026-01-01", "o1")), claim("2026-01-02"), claim("2026-01-03", "ben"))
    answers = outcome.facts("guest.claim-answered")
    assert [(one["customer"], one["orders"], one["refused"]) for one in answers] == [
        ("ada", 1, False),
        ("ben", 0, True),
    ]
    assert [lack["code"] for lack in answers[1]["lacks"]] == ["guest-of-nobody"]


def test_nothing_is_remembered_of_guests_for_ever() -> None:
    """Neither of those whom nobody claimed, nor of those claimed, once nothing about their orders can count."""
    feed = [
        guest(order("2026-01-01", "o1"), "anon-1"),
        guest(order("2026-01-01", "o2"), "anon-2"),
        claim("2026-01-05"),
        guest(refund("2026-01-06", "never-seen", "r"), "anon-3"),
        event("Guest Claimed", "2026-01-06", {"anonymous_id": "anon-2"}, user="ben"),
    ]
    soon, later = told(*feed, until="2026-02-08"), told(*feed, until="2027-03-13")
    assert {key for key in soon.states if key.startswith(b"anon")} == {b"anon", b"anon-2"}
    assert {key for key in later.states if key.startswith(b"anon")} == set()
    assert any(commit.states.get(b"anon-2", b"") is None for commit in later.commits)
    assert not any(b"anon-3" in commit.states for commit in soon.commits), "nothing was ever known of it"


def test_a_claimer_who_is_forgotten_leaves_no_name_and_no_orders() -> None:
    """The guest keeps a mark that says of nobody who it was, so that nobody else gets anything."""
    outcome = told(
        guest(order("2026-01-01", "o1", 100)),
        claim("2026-01-02"),
        guest(order("2026-02-10", "o2", 50)),
        erase("2026-02-11"),
        guest(refund("2026-02-12", "o1", "r1", 10)),
        guest(order("2026-02-13", "o3", 20)),
        guest(order("2026-02-13T01:00:00Z", "o1", 100, mid="again")),
        claim("2026-02-14", "ben"),
        claim("2026-02-15", "ada"),
    )
    assert not any(b"ada" in blob for key, blob in outcome.states.items() if key != b"ada")
    assert not any(b"o2" in blob or b"o3" in blob for blob in outcome.states.values())
    assert (outcome.balance, outcome.state("ben").orders_kept) == (0, 0)
    assert [fact["customer"] for fact in outcome.facts("guest.claim-refused")] == ["anon", "anon"]
    ignored = {fact["rule"] for fact in outcome.facts("input.ignored")}
    assert ignored == {"guests.closed"}
    closed = next(m for m in outcome.messages(topics.DECISIONS) if ("ce_type", b"loyalty.guest.closed") in m.headers)
    said = (closed.key or b"") + (closed.value or b"") + repr(closed.headers).encode()
    assert b"anon" not in said
    assert b"ada" not in said
    assert b'"orders":1' in said


def test_a_guest_can_ask_to_be_forgotten() -> None:
    """By the anonymous id alone; before the claim nothing is left to hand over, after it the claimer forgets the id."""
    forget = guest(erase("2026-01-03"))
    before = told(guest(order("2026-01-01", "o1", 100)), forget, claim("2026-01-04"))
    assert before.balance == 0
    assert any(commit.states.get(b"anon", b"") is None for commit in before.commits)
    after = told(guest(order("2026-01-01", "o1", 100)), claim("2026-01-02"), forget)
    assert (after.balance, b"anon" in after.states) == (100, False)
    assert not any(b"anon" in blob for blob in after.states.values())
    erased = [m for m in after.messages(topics.DECISIONS) if ("ce_type", b"loyalty.customer.erased") in m.headers]
    assert not any(b"anon" in (m.key or b"") + (m.value or b"") for m in erased)


def test_who_claims_too_many_guests_lets_the_oldest_go() -> None:
    feed = [
        event("Guest Claimed", f"2026-01-01T{n // 60:02}:{n % 60:02}:00Z", {"anonymous_id": f"anon-{n}"})
        for n in range(REMEMBERED_CLAIMS + 2)
    ]
    late = [guest(order("2026-01-02", f"o{n}", 10), f"anon-{n}") for n in (0, 1, 2, REMEMBERED_CLAIMS + 1)]
    outcome = told(*feed, *late)
    assert len(outcome.facts("guest.closed")) == 2
    assert (outcome.balance, len(outcome.state().claims or {})) == (20, REMEMBERED_CLAIMS)


def both(raw: bytes, anonymous_id: str = "anon") -> bytes:
    """The same event with an anonymous id beside the user's."""
    return json.dumps(json.loads(raw) | {"anonymousId": anonymous_id}).encode()


def identify(at: str, user: str = "ada", **more: Any) -> bytes:
    body = {"type": "identify", "userId": user, "anonymousId": "anon", "timestamp": at, "messageId": f"{user}-{at}"}
    return json.dumps(body | more).encode()


@pytest.mark.parametrize(
    "login",
    [
        identify("2026-01-02"),
        identify("2026-01-02", type="alias", previousId="anon", anonymousId=None),
        both(view("2026-01-02")),
        both(order("2026-01-02", "mine", 0)),
    ],
    ids=["identify", "alias", "browsing", "order"],
)
def test_a_login_claims_the_guest_where_the_program_says_so(login: bytes) -> None:
    feed = [guest(order("2026-01-01", "o1", 100)), login]
    outcome = run(feed, engine=engine_of(LOGINS))
    assert outcome.balance == 100
    assert [fact["rule"] for fact in outcome.facts("guest.claimed")] == ["guests.logged-in"]
    silent = told(*feed)
    assert not silent.facts("guest.claimed")
    assert (b"ada" in silent.states) == (b"track" in login)


def test_who_is_logged_in_claims_once_and_again_when_the_claim_is_old() -> None:
    """Every event carries both ids; the first on a device has it."""
    outcome = run(
        [
            guest(order("2026-01-01", "o1", 100)),
            both(view("2026-01-02")),
            both(view("2026-01-03")),
            identify("2026-01-04", "ben"),
            both(view("2026-01-05", "ben")),
            guest(order("2026-02-20", "o2", 30)),
            identify("2026-02-21"),
            both(event("Guest Claimed", "2026-02-22", {"anonymous_id": "anon"})),
        ],
        engine=engine_of(LOGINS),
    )
    asked = [(fact["customer"], fact["at"][:10]) for fact in outcome.facts("guest.claimed")]
    assert asked == [("ada", "2026-01-02"), ("ben", "2026-01-04"), ("ada", "2026-02-21"), ("ada", "2026-02-22")]
    assert outcome.balance == 130
    assert not (outcome.state("ben").claims or {})["anon"].id


def test_a_request_to_forget_with_both_ids_claims_nothing() -> None:
    feed = [guest(order("2026-01-01", "o1", 100)), order("2026-01-01", "mine", 5), both(erase("2026-01-02"))]
    outcome = run(feed, engine=engine_of(LOGINS))
    assert b"ada" not in outcome.states
    assert codec.decode(outcome.states[b"anon"]).guest is not None
    assert not outcome.facts("guest.claimed")


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
