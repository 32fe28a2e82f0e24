"""How facts change a state. Nothing else does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from stream_loyalty.contracts.decisions import (
    AlertHeldBack,
    AlertRaised,
    AlertWithdrawn,
    BandChanged,
    ChurnWarningChanged,
    ConsentRecorded,
    Decision,
    HighValueChanged,
    LevelChanged,
    LevelRenewed,
    OrderCounted,
    OrderReversed,
    PointsEarned,
    PointsExpired,
    PointsReversed,
    PointsSpent,
    SilenceNoticed,
)
from stream_loyalty.contracts.events import BrowsingProperties
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Customer, OpenAlert, Order

REMEMBERED_SILENCES = 8  # a cancelled purchase leads back to an earlier silence; that is not told again


def message_hash(message_id: str) -> int:
    """8 bytes that stand for a message id in the state."""
    return int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")


def can_count_twice(event: Event) -> bool:
    """Whether a repetition would matter; browsing only moves times forward, so it is not worth remembering."""
    return not isinstance(event.properties, BrowsingProperties)


def observe(state: Customer, event: Event, program: Program) -> None:
    """What an event changes before anything is decided: the clock, recency, and what is remembered or forgotten."""
    state.clock = max(state.clock, event.at)
    for signal in program.signals_of_event.get(event.name, ()):
        state.seen[signal] = max(state.seen.get(signal, 0), event.at)
    if can_count_twice(event):
        state.messages.append(message_hash(event.message_id))
        del state.messages[: -program.horizon.messages]
        forget(state, state.clock - program.orders_horizon_ms)


def forget(state: Customer, horizon: int) -> None:
    """Drop orders and redemptions from `horizon` (ms) or before; later input about them is refused, never guessed."""
    if any(order.placed_at <= horizon for order in state.orders.values()):
        state.orders = {key: order for key, order in state.orders.items() if order.placed_at > horizon}
    if any(at <= horizon for at in state.redemptions.values()):
        state.redemptions = {key: at for key, at in state.redemptions.items() if at > horizon}


def evolve(state: Customer, decision: Decision, at: int) -> None:
    """Change `state` by a decision taken at `at` (ms). Decisions that change nothing pass."""
    change = _CHANGES.get(type(decision))
    if change is not None:
        change(state, decision, at)


def _order_counted(state: Customer, fact: OrderCounted, at: int) -> None:
    state.orders[fact.order_id] = Order(fact.placed_at, fact.currency, fact.total, fact.base, fact.value)
    state.orders_kept += 1
    _spend(state, fact.currency, fact.total, fact.value)
    state.first_order_at = min(state.first_order_at or fact.placed_at, fact.placed_at)
    state.last_order_at = max(state.last_order_at or fact.placed_at, fact.placed_at)


def _order_reversed(state: Customer, fact: OrderReversed, at: int) -> None:
    order = state.orders[fact.order_id]
    order.refunded += fact.total
    order.value -= fact.value
    order.base = fact.base
    if fact.refund_id is not None:
        order.refunds.append(message_hash(fact.refund_id))
    _spend(state, fact.currency, -fact.total, -fact.value)
    if fact.whole:
        order.whole = True
        state.orders_kept -= 1
        _recency_of_kept_orders(state, order.placed_at)


def _recency_of_kept_orders(state: Customer, reversed_at: int) -> None:
    """First and last purchase without an order that is gone; an order older than the horizon is not known to be."""
    kept = [order.placed_at for order in state.orders.values() if not order.whole]
    if state.orders_kept == 0:
        state.first_order_at = state.last_order_at = None
    elif kept:
        if state.last_order_at == reversed_at:
            state.last_order_at = max(kept)
        if state.first_order_at == reversed_at:
            state.first_order_at = min(kept)


def _spend(state: Customer, currency: str, total: int, value: int) -> None:
    state.spend[currency] = state.spend.get(currency, 0) + total
    state.lifetime_value += value


def _earned(state: Customer, fact: PointsEarned, at: int) -> None:
    ledger.open_lot(state, fact.lot, fact.expires_at)
    ledger.post(state, fact.postings)
    state.orders[fact.order_id].earned = fact.points


def _reversed(state: Customer, fact: PointsReversed, at: int) -> None:
    ledger.post(state, fact.postings)
    state.orders[fact.order_id].reversed += fact.points


def _spent(state: Customer, fact: PointsSpent, at: int) -> None:
    ledger.post(state, fact.postings)
    state.redemptions[fact.redemption_id] = at


def _expired(state: Customer, fact: PointsExpired, at: int) -> None:
    ledger.post(state, fact.postings)
    if fact.lot in state.orders:
        state.orders[fact.lot].expired += fact.points


def _level_changed(state: Customer, fact: LevelChanged, at: int) -> None:
    state.level, state.review_at = fact.after, fact.review_at


def _level_renewed(state: Customer, fact: LevelRenewed, at: int) -> None:
    state.review_at = fact.review_at


def _band_changed(state: Customer, fact: BandChanged, at: int) -> None:
    state.band = fact.after


def _high_value_changed(state: Customer, fact: HighValueChanged, at: int) -> None:
    state.high_value = fact.high_value


def _churn_warning_changed(state: Customer, fact: ChurnWarningChanged, at: int) -> None:
    state.churn_since = fact.since


def _silence_noticed(state: Customer, fact: SilenceNoticed, at: int) -> None:
    state.noticed[fact.signal] = fact.since


def alert_hash(rule: str, ref: str) -> int:
    """8 bytes that stand for an alert about `ref`, among the message ids."""
    return message_hash(f"{rule}\x1f{ref}")


def _alert_raised(state: Customer, fact: AlertRaised, at: int) -> None:
    if fact.kind == "churn-risk":
        _silence_dealt_with(state, fact.since)
        state.alert = OpenAlert(fact.alert, fact.since, at)
    elif fact.ref is not None:
        state.messages.append(alert_hash(fact.rule, fact.ref))


def _alert_held_back(state: Customer, fact: AlertHeldBack, at: int) -> None:
    _silence_dealt_with(state, fact.since)


def _silence_dealt_with(state: Customer, since: int) -> None:
    state.silences.append(since)
    del state.silences[:-REMEMBERED_SILENCES]


def _alert_withdrawn(state: Customer, fact: AlertWithdrawn, at: int) -> None:
    state.alert = None


def _consent_recorded(state: Customer, fact: ConsentRecorded, at: int) -> None:
    state.consents[fact.purpose] = (fact.granted, fact.stated_at)


_CHANGES: dict[type[Decision], Callable[[Customer, Any, int], None]] = {
    OrderCounted: _order_counted,
    OrderReversed: _order_reversed,
    PointsEarned: _earned,
    PointsReversed: _reversed,
    PointsSpent: _spent,
    PointsExpired: _expired,
    LevelChanged: _level_changed,
    LevelRenewed: _level_renewed,
    BandChanged: _band_changed,
    HighValueChanged: _high_value_changed,
    ChurnWarningChanged: _churn_warning_changed,
    SilenceNoticed: _silence_noticed,
    AlertRaised: _alert_raised,
    AlertHeldBack: _alert_held_back,
    AlertWithdrawn: _alert_withdrawn,
    ConsentRecorded: _consent_recorded,
}
