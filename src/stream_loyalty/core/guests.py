"""How facts about a guest's orders change the state of the anonymous id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.guests import GuestOrderKept, GuestOrdersForgotten, GuestOrdersHandedOver
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.state import Customer, Guest, GuestEvent


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
    guest.kept = [one for one in guest.kept if one.order_id not in gone]


def _forgotten(state: Customer, fact: GuestOrdersForgotten, moment: Moment) -> None:
    guest, gone = _guest(state), set(fact.order_ids)
    guest.kept = [one for one in guest.kept if one.order_id not in gone]


GUEST_CHANGES: dict[type[Decision], Callable[[Customer, Any, Moment], None]] = {
    GuestOrderKept: _kept,
    GuestOrdersHandedOver: _handed_over,
    GuestOrdersForgotten: _forgotten,
}
