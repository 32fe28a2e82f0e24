"""Orders by an anonymous id: they earn nothing until a known customer claims them, and then for that customer only.

What is kept are the events themselves, so that the claimer's partition decides them like any that came late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions import InputIgnored
from stream_loyalty.contracts.guests import (
    GuestClaimed,
    GuestClaimRefused,
    GuestEventFact,
    GuestOrder,
    GuestOrderKept,
    GuestOrdersAskedProperties,
    GuestOrdersForgotten,
    GuestOrdersHandedOver,
)
from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.contracts.properties import GuestClaimedProperties, OrderCompletedProperties
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.sections import Guests
from stream_loyalty.core.state import NEVER, Customer, Guest, GuestEvent


def claimed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Ask the anonymous id for its orders; it lives in a partition of its own."""
    claim: GuestClaimedProperties = event.properties
    if moment.program.guests is None:
        reason = "the program keeps no orders of guests; they count under the anonymous id"
        yield InputIgnored(rule="guests.none", ref=claim.anonymous_id, reason=reason)
    elif claim.anonymous_id == moment.customer:
        yield InputIgnored(rule="guests.same", ref=claim.anonymous_id, reason="the customer claims their own id")
    else:
        yield GuestClaimed(
            rule="guests.claimed",
            saw={"claim_within_days": moment.program.guests.claim_within_days},
            anonymous_id=claim.anonymous_id,
            claimer=moment.customer,
            request=moment.id("guest-orders-asked", claim.anonymous_id),
            claimed_at=event.at,
        )


def ordered(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Keep what a guest ordered, or pass it on to who has claimed the guest."""
    section, guest = moment.program.guests, state.guest or Guest()
    if section is None:
        raise AssertionError("without guests in the program, events of anonymous ids are their own customers'")
    order_id, first = event.properties.order_id, type(event.properties) is OrderCompletedProperties
    kept = [one for one in guest.kept if one.order_id == order_id]
    until = kept[0].until if kept else event.at + section.claim_within_days * DAY_MS
    if first and kept:
        yield InputIgnored(rule="guests.known", ref=order_id, reason="the guest's order is kept already")
    elif guest.claimed_by is not None and not kept and (not first or _covers(guest, event.at, section)):
        yield GuestOrdersHandedOver(
            rule="guests.forwarded",
            claimer=guest.claimed_by,
            claimed_at=guest.claimed_at,
            order_ids=(order_id,),
            handed=(_as_it_came(event),),
        )
    elif not first and not kept:
        reason = "the guest has no such order that could still be claimed"
        yield InputIgnored(rule="guests.unmatched", ref=order_id, reason=reason)
    elif until + _grace(moment.program) <= moment.now:
        yield InputIgnored(rule="guests.too-late", ref=order_id, reason=f"nobody could claim it after {_day(until)}")
    else:
        yield from _keep(event, guest, section, until)


def _covers(guest: Guest, at: int, section: Guests) -> bool:
    """Whether a claim is near enough to an order placed at `at` (ms), before or after it."""
    return abs(at - guest.claimed_at) <= section.claim_within_days * DAY_MS


def _keep(event: Event, guest: Guest, section: Guests, until: int) -> Iterator[Decision]:
    one = _as_it_came(event)
    size = sum(map(_size, guest.kept)) + _size(one)
    if size > section.kept_bytes:
        reason = f"the guest's orders would take {size:,} bytes; guests.kept_bytes allows {section.kept_bytes:,}"
        yield InputIgnored(rule="guests.too-much", ref=one.order_id, reason=reason)
    else:
        yield GuestOrderKept(rule="guests.kept", order_id=one.order_id, until=until, kept=one)


def _size(one: GuestEvent | GuestEventFact) -> int:
    return len(one.properties) + len(one.message_id) + len(one.order_id)


def _as_it_came(event: Event) -> GuestEventFact:
    properties = event.properties.model_dump_json(exclude_defaults=True)
    order_id = event.properties.order_id
    return GuestEventFact(
        order_id=order_id, event=event.name, message_id=event.message_id, at=event.at, properties=properties
    )


def asked(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Hand over what can still be claimed; the first customer who asks is the one, for good."""
    claim: GuestOrdersAskedProperties = event.properties
    guest = state.guest or Guest()
    if guest.claimed_by not in (None, claim.claimer):
        reason = "another customer has claimed this guest before"
        yield GuestClaimRefused(rule="guests.claimed-before", claimer=claim.claimer, reason=reason)
        return
    due = _claimable(guest, event.at, moment.program)
    yield GuestOrdersHandedOver(
        rule="guests.handed-over",
        saw={"orders": len({one.order_id for one in due})},
        claimer=claim.claimer,
        claimed_at=event.at,
        order_ids=tuple(dict.fromkeys(one.order_id for one in due)),
        handed=tuple(_fact(one) for one in due),
    )


def _claimable(guest: Guest, at: int, program: Program) -> list[GuestEvent]:
    """What is kept of orders placed near enough to a claim at `at` (ms), which may have come behind later ones."""
    latest = at + (program.guests.claim_within_days * DAY_MS if program.guests is not None else 0)
    placed = {one.order_id: one.at for one in reversed(guest.kept)}  # an order's first event is the order
    return [one for one in guest.kept if one.until >= at and placed[one.order_id] <= latest]


def _fact(one: GuestEvent) -> GuestEventFact:
    return GuestEventFact(
        order_id=one.order_id, event=one.event, message_id=one.message_id, at=one.at, properties=one.properties
    )


def due(state: Customer, program: Program) -> int:
    """When the next of a guest's orders can be claimed no more."""
    if state.guest is None or not state.guest.kept:
        return NEVER
    return min(one.until for one in state.guest.kept) + _grace(program)


def _grace(program: Program) -> int:
    """How much longer orders are kept for a claim that was made in time and is still on its way."""
    return program.guests.grace_days * DAY_MS if program.guests is not None else 0


def forgotten(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What nobody claimed in time is dropped."""
    kept = state.guest.kept if state.guest else []
    gone = [one for one in kept if one.until + _grace(moment.program) <= wake.at]
    yield GuestOrdersForgotten(
        rule="guests.forgotten",
        order_ids=tuple(dict.fromkeys(one.order_id for one in gone)),
        until=max(one.until for one in gone),
    )


def _day(at: int) -> str:
    return format_instant(at)[:10]


REACTIONS: dict[type, Any] = {
    GuestClaimedProperties: claimed,
    GuestOrder: ordered,
    GuestOrdersAskedProperties: asked,
    Wake: forgotten,
}
