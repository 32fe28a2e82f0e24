"""How facts about guests change states: of the anonymous id, and of the customer who claims it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.guests import (
    GuestClaimAnswered,
    GuestClaimed,
    GuestClosed,
    GuestForgotten,
    GuestOrderKept,
    GuestOrdersForgotten,
    GuestOrdersHandedOver,
)
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Claim, Customer, Guest, GuestEvent


def claims(state: Customer, guest: str, claim_id: str) -> bool:
    """Whether the customer claims this guest, and under this id; a customer who was forgotten since has another."""
    claim = state.claims.get(guest) if state.claims is not None else None
    return claim is not None and claim.id == claim_id != ""


def is_nobody(state: Customer) -> bool:
    """Whether a state holds nothing: an anonymous id of which nothing is left to remember."""
    guest = state.guest
    if guest is None or not guest.is_empty:
        return False
    return state == Customer(clock=state.clock, messages=state.messages, applied=state.applied, guest=guest)


def claims_in_force(state: Customer, now: int, program: Program) -> dict[str, Claim]:
    """Those under which something can still come, at `now` (ms)."""
    since = now - program.guests_horizon_ms
    return {guest: claim for guest, claim in (state.claims or {}).items() if claim.at > since}


def _claimed(state: Customer, fact: GuestClaimed, moment: Moment) -> None:
    gone = {one.receiver for one in fact.let_go}
    known = claims_in_force(state, moment.now, moment.program)
    state.claims = {guest: claim for guest, claim in known.items() if guest not in gone}
    before = state.claims.get(fact.anonymous_id)
    at = fact.claimed_at if before is None else max(before.at, fact.claimed_at)
    state.claims[fact.anonymous_id] = Claim(at, fact.claim, fact.request)


def _answered(state: Customer, fact: GuestClaimAnswered, moment: Moment) -> None:
    claim = (state.claims or {}).get(fact.anonymous_id)
    if fact.refused and claim is not None and claim.asked == fact.request:  # else they have asked again since
        claim.id = ""


def _guest(state: Customer) -> Guest:
    if state.guest is None:
        state.guest = Guest()
    return state.guest


def _kept(state: Customer, fact: GuestOrderKept, moment: Moment) -> None:
    one = fact.kept
    _guest(state).kept.append(GuestEvent(one.order_id, one.event, one.message_id, one.at, fact.until, one.properties))


def _handed_over(state: Customer, fact: GuestOrdersHandedOver, moment: Moment) -> None:
    guest, gone = _guest(state), set(fact.order_ids)
    guest.claimed_by, guest.claimed_at = fact.claimer, max(guest.claimed_at, fact.claimed_at)
    guest.claim = fact.claim
    guest.asked = fact.asked or guest.asked
    guest.kept = [one for one in guest.kept if one.order_id not in gone]


def _orders_forgotten(state: Customer, fact: GuestOrdersForgotten, moment: Moment) -> None:
    guest, gone = _guest(state), set(fact.order_ids)
    guest.kept = [one for one in guest.kept if one.order_id not in gone]
    _begin_anew(state)


def _closed(state: Customer, fact: GuestClosed, moment: Moment) -> None:
    state.guest = Guest(claimed_at=_guest(state).claimed_at, closed=True)


def _forgotten(state: Customer, fact: GuestForgotten, moment: Moment) -> None:
    state.guest = Guest()
    _begin_anew(state)


def _begin_anew(state: Customer) -> None:
    """Whom nothing is left of was never there, whether the state is dropped before the next event or not."""
    if is_nobody(state):
        state.clock, state.messages = 0, []


GUEST_CHANGES: dict[type[Decision], Callable[[Customer, Any, Moment], None]] = {
    GuestClaimed: _claimed,
    GuestClaimAnswered: _answered,
    GuestOrderKept: _kept,
    GuestOrdersHandedOver: _handed_over,
    GuestOrdersForgotten: _orders_forgotten,
    GuestClosed: _closed,
    GuestForgotten: _forgotten,
}
