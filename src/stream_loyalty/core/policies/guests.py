"""Orders by an anonymous id: they earn nothing until a known customer claims them, and then for that customer only.

What is kept are the events themselves, so that the claimer's partition decides them like any that came late.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.guests import (
    GuestClaimRefused,
    GuestClosed,
    GuestEventFact,
    GuestForgotten,
    GuestOrderKept,
    GuestOrdersForgotten,
    GuestOrdersHandedOver,
    Sent,
)
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.events.guests import (
    ANSWERED,
    GuestLetGoProperties,
    GuestOrder,
    GuestOrdersAskedProperties,
)
from stream_loyalty.contracts.events.orders import OrderCompletedProperties
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.sections import Guests
from stream_loyalty.core.sending import sent
from stream_loyalty.core.state import NEVER, Customer, Guest, GuestEvent


def ordered(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Keep what a guest ordered, or pass it on to who has claimed the guest."""
    section, guest = moment.program.guests, state.guest or Guest()
    if section is None:
        raise AssertionError("without guests in the program, events of anonymous ids are their own customers'")
    order_id, first = event.properties.order_id, type(event.properties) is OrderCompletedProperties
    kept = [one for one in guest.kept if one.order_id == order_id]
    until = kept[0].until if kept else event.at + section.claim_within_days * DAY_MS
    if guest.closed:
        yield InputIgnored(rule="guests.closed", ref=order_id, ground=clause("guest-closed"))
    elif first and kept:
        yield InputIgnored(rule="guests.known", ref=order_id, ground=clause("guest-order-known"))
    elif guest.claimed_by is not None and not kept and (not first or _covers(guest, event.at, section)):
        yield GuestOrdersHandedOver(
            rule="guests.forwarded",
            claimer=guest.claimed_by,
            claimed_at=Instant(guest.claimed_at),
            order_ids=(order_id,),
            guest=moment.customer,
            claim=guest.claim,
            handed=(_as_it_came(event),),
        )
    elif not first and not kept:
        yield InputIgnored(rule="guests.unmatched", ref=order_id, ground=clause("guest-order-unknown"))
    elif until + _grace(moment.program) <= moment.now:
        ground = clause("guest-order-too-late", until=format_instant(until))
        yield InputIgnored(rule="guests.too-late", ref=order_id, ground=ground)
    else:
        yield from _keep(event, guest, section, until)


def _covers(guest: Guest, at: int, section: Guests) -> bool:
    """Whether a claim is near enough to an order placed at `at` (ms), before or after it."""
    return abs(at - guest.claimed_at) <= section.claim_within_days * DAY_MS


def _keep(event: Event, guest: Guest, section: Guests, until: int) -> Iterator[Decision]:
    one = _as_it_came(event)
    size = sum(map(_size, guest.kept)) + _size(one)
    if size > section.kept_bytes:
        ground = clause("guest-orders-too-large", bytes=size, most=section.kept_bytes)
        yield InputIgnored(rule="guests.too-much", ref=one.order_id, ground=ground)
    else:
        yield GuestOrderKept(rule="guests.kept", order_id=one.order_id, until=Instant(until), kept=one)


def _size(one: GuestEvent | GuestEventFact) -> int:
    return len(one.properties) + len(one.message_id) + len(one.order_id)


def _as_it_came(event: Event) -> GuestEventFact:
    properties = event.properties.model_dump_json(exclude_defaults=True)
    order_id = event.properties.order_id
    return GuestEventFact(
        order_id=order_id, event=event.name, message_id=event.message_id, at=event.at, properties=properties
    )


def asked(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Hand over what can still be claimed; the first customer who asks is the one as long as anything can count."""
    claim: GuestOrdersAskedProperties = event.properties
    guest = state.guest or Guest()
    if guest.closed or guest.claimed_by not in (None, claim.claimer):
        ground, answer = clause("guest-claimed-before"), _answer(claim.claimer, event, moment, refused=True)
        yield GuestClaimRefused(rule="guests.claimed-before", claimer=claim.claimer, ground=ground, answer=answer)
        return
    due = _claimable(guest, event.at, moment.program)
    order_ids = tuple(dict.fromkeys(one.order_id for one in due))
    too_late = len({one.order_id for one in guest.kept} - set(order_ids))
    yield GuestOrdersHandedOver(
        rule="guests.handed-over",
        saw={"orders": len(order_ids), "too_late": too_late},
        claimer=claim.claimer,
        claimed_at=Instant(event.at),
        order_ids=order_ids,
        guest=moment.customer,
        handed=tuple(_fact(one) for one in due),
        claim=event.claim,
        asked=event.message_id,
        answer=_answer(claim.claimer, event, moment, orders=len(order_ids), too_late=too_late),
    )


def _answer(
    claimer: str, event: Event, moment: Moment, *, orders: int = 0, too_late: int = 0, refused: bool = False
) -> Sent:
    said = {"asked": event.message_id, "orders": orders, "too_late": too_late, "refused": refused}
    return sent(claimer, ANSWERED, moment.id("guest-orders-answered"), event.at, said, event.claim, moment.customer)


def let_go(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Forget who claimed the guest, and that nobody else may: nothing that it ordered counts for anybody else."""
    guest = state.guest or Guest()
    if guest.claim == event.claim:
        yield GuestClosed(rule="guests.let-go", orders=len({one.order_id for one in guest.kept}))


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
    """When the next of a guest's orders can be claimed no more, or nothing of what was claimed can change any more."""
    guest = state.guest
    if guest is None or guest.is_empty:
        return NEVER
    if guest.kept:
        return min(one.until for one in guest.kept) + _grace(program)
    return guest.claimed_at + program.guests_horizon_ms


def _grace(program: Program) -> int:
    """How much longer orders are kept for a claim that was made in time and is still on its way."""
    return program.guests.grace_days * DAY_MS if program.guests is not None else 0


def forgotten(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What nobody claimed in time is dropped; at last also that the guest was ever claimed."""
    kept = state.guest.kept if state.guest else []
    if not kept:
        yield GuestForgotten(rule="guests.forgotten")
        return
    gone = [one for one in kept if one.until + _grace(moment.program) <= wake.at]
    yield GuestOrdersForgotten(
        rule="guests.forgotten",
        order_ids=tuple(dict.fromkeys(one.order_id for one in gone)),
        until=Instant(max(one.until for one in gone)),
    )


REACTIONS: dict[type, Any] = {
    GuestOrder: ordered,
    GuestOrdersAskedProperties: asked,
    GuestLetGoProperties: let_go,
    Wake: forgotten,
}
