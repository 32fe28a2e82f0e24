"""Points that wait: until some days after the order, or until all of its shipments have arrived."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.points import PointsActivated
from stream_loyalty.contracts.events.logistics import ShipmentDeliveredProperties
from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer, Lot


def due(state: Customer, program: Program) -> int:
    """When the next waiting lot can be spent, as far as that is known."""
    waiting = [lot for lot in state.lots if lot.active_from]
    return min([_active_from(lot, state, program) for lot in waiting], default=NEVER) if waiting else NEVER


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Let go of each lot whose time has come."""
    yield from _activated(wake.at, state, moment)


def delivered(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The last shipment of an order has arrived."""
    yield from _activated(moment.now, state, moment)


def _activated(now: int, state: Customer, moment: Moment) -> Iterator[Decision]:
    ready = [lot for lot in state.lots if lot.active_from and _active_from(lot, state, moment.program) <= now]
    for lot in ready:
        yield PointsActivated(
            rule="activation.delivered" if _waits(lot) else "activation.due",
            saw={"active_from": format_instant(_active_from(lot, state, moment.program))},
            wallet=lot.wallet,
            points=lot.remaining,
            postings=(),
            balance=ledger.balance(state, lot.wallet),
            lot=lot.id,
        )


def _active_from(lot: Lot, state: Customer, program: Program) -> int:
    if not _waits(lot):
        return lot.active_from
    order, wallet = state.orders.get(lot.id), program.wallet_of.get(lot.wallet)
    if order is None or order.delivery is None or order.delivery.complete_at is None:
        return NEVER
    by_now = wallet.activates_after_days if wallet else 0
    return order.delivery.complete_at + (~lot.active_from if lot.active_from < 0 else by_now) * DAY_MS


def _waits(lot: Lot) -> bool:
    """Whether it waits for a delivery; NEVER says so in states of an older release, without the days."""
    return lot.active_from < 0 or lot.active_from == NEVER


REACTIONS = {Wake: wake, ShipmentDeliveredProperties: delivered}
