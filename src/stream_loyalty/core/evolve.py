"""How facts change a state. Nothing else does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import (
    AlertAcknowledged,
    AlertHeldBack,
    AlertHeldOut,
    AlertOutcomeRecorded,
    AlertRaised,
    AlertWithdrawn,
)
from stream_loyalty.contracts.decisions.benefits import BenefitGranted, BenefitUsed
from stream_loyalty.contracts.decisions.checkpoints import CheckpointScored, ExampleLabelled
from stream_loyalty.contracts.decisions.levels import LevelChanged, LevelFrozen, LevelGraceBegan, LevelRenewed
from stream_loyalty.contracts.decisions.lifecycle import BandChanged, HighValueChanged
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderLine, OrderReversed, OrderUpdated
from stream_loyalty.contracts.decisions.privacy import ConsentRecorded
from stream_loyalty.contracts.decisions.retention import RetentionMeasured
from stream_loyalty.contracts.decisions.silence import BuyingStopped, ChurnWarningChanged, SilenceNoticed
from stream_loyalty.core import churn, scores
from stream_loyalty.core.guests import GUEST_CHANGES
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.movements import MOVEMENTS
from stream_loyalty.core.state import NEVER, Customer, Delivery, Entitlement, Line, OpenAlert, Order, begun

REMEMBERED_LEVELS = 6  # an order that comes late counts by the level of its own time
IMPORTED_LEVEL = "importing.level"  # the rule by which a level is no order's doing
REMEMBERED_USES = 64  # of benefits; a use that comes again later still takes from what is left
REMEMBERED_SILENCES = 8  # a cancelled purchase leads back to an earlier silence; that is not told again


def message_hash(message_id: str) -> int:
    """8 bytes that stand for a message id in the state."""
    return int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")


def evolve(state: Customer, decision: Decision, moment: Moment) -> None:
    """Change `state` by a decision. Decisions that change nothing pass."""
    change = CHANGES.get(type(decision))
    if change is not None:
        change(state, decision, moment)


def _order_counted(state: Customer, fact: OrderCounted, moment: Moment) -> None:
    order = Order(fact.placed_at, fact.currency, fact.total, fact.base, fact.value)
    order.lines, order.facts = _lines(fact.lines), fact.facts
    if fact.cards or fact.imported:
        order.delivery = Delivery(cards=list(fact.cards), imported=fact.imported)
    in_time = not state.orders or fact.placed_at >= next(reversed(state.orders.values())).placed_at
    state.orders[fact.order_id] = order
    if not in_time:
        state.orders = dict(sorted(state.orders.items(), key=lambda entry: entry[1].placed_at))
    state.active_at = max(state.active_at, fact.placed_at)
    state.orders_kept += 1
    _spend(state, fact.currency, fact.total, fact.value)
    state.first_order_at = min(state.first_order_at or fact.placed_at, fact.placed_at)
    state.last_order_at = max(state.last_order_at or fact.placed_at, fact.placed_at)
    churn.purchased(state, fact, moment)
    scores.bought(state, 1, fact.value, fact.placed_at, moment.program)


def _order_reversed(state: Customer, fact: OrderReversed, moment: Moment) -> None:
    order = state.orders[fact.order_id]
    order.refunded += fact.total
    order.value -= fact.value
    left = _lines(fact.lines)
    for line, before in zip(left, order.lines, strict=True):
        line.gone = before.gone + before.value - line.value
    order.base, order.lines = fact.base, left
    if fact.products or fact.items:
        order.delivery = order.goods
        order.delivery.gone += fact.products
        order.delivery.returned += fact.items
    if "items" in order.facts:
        order.facts = {**order.facts, "items": max(int(order.facts["items"] or 0) - fact.items, 0)}
    if fact.refund_id is not None:
        order.refunds.append(message_hash(fact.refund_id))
    _spend(state, fact.currency, -fact.total, -fact.value)
    churn.taken_back(state, fact, moment, order.placed_at)
    scores.bought(state, -1 if fact.whole else 0, -fact.value, order.placed_at, moment.program)
    if fact.whole:
        order.whole = True
        state.orders_kept -= 1
        _recency_of_kept_orders(state, order.placed_at)


def _order_updated(state: Customer, fact: OrderUpdated, moment: Moment) -> None:
    order = state.orders[fact.order_id]
    gone = order.gone_of  # stays gone whatever the order says of itself afterwards
    order.total, order.base, order.lines = fact.total, fact.base, _lines(fact.lines)
    for line in order.lines:
        line.gone = gone.pop(line.product, 0)
    order.value += fact.value
    order.facts = fact.facts
    if fact.cards or order.goods.cards:
        order.delivery = order.goods
        order.delivery.cards = list(fact.cards)
    _spend(state, fact.currency, fact.change, fact.value)
    churn.changed(state, fact, moment, order.placed_at)
    scores.bought(state, 0, fact.value, order.placed_at, moment.program)


def _lines(lines: tuple[OrderLine, ...]) -> list[Line]:
    return [Line(line.product, line.category, line.brand, line.value) for line in lines]


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


def _level_changed(state: Customer, fact: LevelChanged, moment: Moment) -> None:
    if state.levels:
        unknown = len(state.levels) - 1 - len(state.reviews)
        state.reviews += [0] * unknown + [state.review_at or 0]
    state.levels.append((moment.now, fact.after))
    del state.levels[:-REMEMBERED_LEVELS], state.reviews[: 1 - REMEMBERED_LEVELS]
    if fact.rule == IMPORTED_LEVEL:
        state.given = (moment.now, fact.after)
    state.level, state.review_at = fact.after, fact.review_at
    state.level_version, state.in_grace = moment.program.version, False


def _level_renewed(state: Customer, fact: LevelRenewed, moment: Moment) -> None:
    state.review_at, state.in_grace = fact.review_at, False
    state.level_version, state.renewed_at = moment.program.version, moment.now
    state.given = state.levels[-1] if fact.rule == IMPORTED_LEVEL and state.levels else None


def _grace_began(state: Customer, fact: LevelGraceBegan, moment: Moment) -> None:
    state.review_at, state.in_grace = fact.review_at, True
    state.level_version = moment.program.version


def _level_frozen(state: Customer, fact: LevelFrozen, moment: Moment) -> None:
    state.frozen_until, state.frozen_at = fact.until, moment.at


def _band_changed(state: Customer, fact: BandChanged, moment: Moment) -> None:
    state.band = fact.after


def _high_value_changed(state: Customer, fact: HighValueChanged, moment: Moment) -> None:
    state.high_value = fact.high_value


def _churn_warning_changed(state: Customer, fact: ChurnWarningChanged, moment: Moment) -> None:
    state.churn_since = fact.since


def _silence_noticed(state: Customer, fact: SilenceNoticed, moment: Moment) -> None:
    state.noticed[fact.signal] = fact.since


def alert_hash(rule: str, ref: str) -> int:
    """8 bytes that stand for an alert about `ref`, among the message ids."""
    return message_hash(f"{rule}\x1f{ref}")


def _alert_decided(state: Customer, fact: AlertRaised | AlertHeldOut, moment: Moment) -> None:
    if fact.kind == "churn-risk":
        _remember(state.told, fact.since)
        state.alert = OpenAlert(fact.alert, fact.since, moment.now, isinstance(fact, AlertHeldOut))
        churn.treated(state, fact, moment)
    elif fact.kind == "care":
        state.cycles[str(fact.ref)].told = True
    elif fact.ref is not None:
        state.messages.append(alert_hash(fact.rule, fact.ref))


def _alert_held_back(state: Customer, fact: AlertHeldBack, moment: Moment) -> None:
    if fact.kind == "care":
        state.cycles[str(fact.ref)].told = True
    elif fact.why == "no-consent":
        _remember(state.told, fact.since)
    else:
        state.left_out = fact.since


def _buying_stopped(state: Customer, fact: BuyingStopped, moment: Moment) -> None:
    _remember(state.silences, fact.since)


def _remember(silences: list[int], since: int) -> None:
    silences.append(since)
    del silences[:-REMEMBERED_SILENCES]


def _alert_withdrawn(state: Customer, fact: AlertWithdrawn, moment: Moment) -> None:
    state.alert = None


def _consent_recorded(state: Customer, fact: ConsentRecorded, moment: Moment) -> None:
    state.consents[fact.purpose] = (fact.granted, fact.stated_at)


def _benefit_granted(state: Customer, fact: BenefitGranted, moment: Moment) -> None:
    standing = begun(state)
    standing.benefits[fact.benefit] = Entitlement(fact.quantity, NEVER if fact.until is None else fact.until)
    standing.scenes.pop(fact.benefit, None)  # what was done counts once


def _benefit_used(state: Customer, fact: BenefitUsed, moment: Moment) -> None:
    standing = begun(state)
    standing.benefits[fact.benefit].left = fact.left
    standing.uses.append(message_hash(fact.use_id))
    del standing.uses[:-REMEMBERED_USES]


CHANGES: dict[type[Decision], Callable[[Customer, Any, Moment], None]] = {
    OrderCounted: _order_counted,
    OrderReversed: _order_reversed,
    OrderUpdated: _order_updated,
    **MOVEMENTS,
    LevelChanged: _level_changed,
    LevelRenewed: _level_renewed,
    LevelGraceBegan: _grace_began,
    LevelFrozen: _level_frozen,
    BandChanged: _band_changed,
    HighValueChanged: _high_value_changed,
    ChurnWarningChanged: _churn_warning_changed,
    SilenceNoticed: _silence_noticed,
    AlertRaised: _alert_decided,
    AlertHeldOut: _alert_decided,
    BuyingStopped: _buying_stopped,
    CheckpointScored: churn.scored,
    ExampleLabelled: churn.labelled,
    RetentionMeasured: churn.measured,
    AlertAcknowledged: churn.handled,
    AlertOutcomeRecorded: churn.handled,
    AlertHeldBack: _alert_held_back,
    AlertWithdrawn: _alert_withdrawn,
    ConsentRecorded: _consent_recorded,
    BenefitGranted: _benefit_granted,
    BenefitUsed: _benefit_used,
    **GUEST_CHANGES,
}
