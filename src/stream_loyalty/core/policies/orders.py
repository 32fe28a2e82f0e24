"""Which orders count, and what cancellations and refunds take out again."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decisions import (
    AlertRaised,
    Decision,
    InputIgnored,
    OrderCounted,
    OrderReversed,
)
from stream_loyalty.contracts.events import (
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    Product,
)
from stream_loyalty.contracts.instants import HOUR_MS, format_instant
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program import Earning, choose
from stream_loyalty.core.state import Customer, Order


def completed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Keep an order once: a test, one that is known, and one from before the horizon change nothing."""
    order: OrderCompletedProperties = event.properties
    program = moment.program
    if order.test:
        yield InputIgnored(rule="orders.test", ref=order.order_id, reason="the order is marked test")
    elif order.order_id in state.orders:
        yield InputIgnored(rule="orders.known", ref=order.order_id, reason="the order was counted before")
    elif event.at <= moment.now - program.orders_horizon_ms:
        yield _unknown(moment, order.order_id, "orders.too-late", "came too late to tell whether it was counted before")
    elif len(state.orders) >= program.horizon.orders:
        reason = f"the customer has {len(state.orders)} orders within {program.horizon.orders_days} days; no more count"
        yield InputIgnored(rule="orders.too-many", ref=order.order_id, reason=reason)
    else:
        total = to_minor(order.total, order.currency)
        value = program.to_base(total, order.currency, event.at)
        earning = program.to_base(earning_base(order, program.earning), order.currency, event.at)
        yield OrderCounted(
            rule="orders.completed",
            saw={"total": format_minor(total, order.currency), "rate_known": value is not None},
            order_id=order.order_id,
            placed_at=event.at,
            currency=order.currency,
            total=total,
            value=value or 0,
            base=earning or 0,
        )


def earning_base(order: OrderCompletedProperties, earning: Earning) -> int:
    """What an order earns on, in minor units of its currency.

    Its products after discount, without gift cards and what points paid; without products its total, less what points
    paid. Tax and shipping are in neither the prices nor, by convention, in an order's products.
    """
    if order.products:
        amount = _sum(order.products, order.currency, earning.gift_card_categories)
        amount -= to_minor(order.discount, order.currency) if order.discount else 0
    else:
        amount = to_minor(order.total, order.currency)
    amount -= to_minor(order.paid_with_points, order.currency) if order.paid_with_points else 0
    return max(amount, 0)


def cancelled(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A cancellation takes the whole order out."""
    cancellation: OrderCancelledProperties = event.properties
    order = state.orders.get(cancellation.order_id)
    if order is None:
        yield _unknown(moment, cancellation.order_id, "orders.unmatched", "is cancelled but not known")
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=cancellation.order_id, reason="nothing of the order was left")
    else:
        yield _reversal(moment, cancellation.order_id, order, "cancellation", order.total - order.refunded)


def refunded(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A refund takes out its total, else its products' prices, else the whole order; each refund id once."""
    refund: OrderRefundedProperties = event.properties
    refund_id = refund.refund_id or "whole"
    order = state.orders.get(refund.order_id)
    if order is None:
        yield _unknown(moment, refund.order_id, "orders.unmatched", "is refunded but not known")
    elif refund.currency is not None and refund.currency != order.currency:
        yield _unknown(
            moment,
            refund.order_id,
            "orders.currency",
            f"was paid in {order.currency}, refunded in {refund.currency}",
        )
    elif refund_id in order.refunds:
        yield InputIgnored(rule="orders.refund-known", ref=refund_id, reason="the refund was counted before")
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=refund_id, reason="nothing of the order was left")
    else:
        left = order.total - order.refunded
        amount = min(_amount(refund, order, left), left)
        if amount or not left:
            yield _reversal(moment, refund.order_id, order, refund_id, amount)
        else:
            yield InputIgnored(rule="orders.nothing", ref=refund_id, reason="the refund gives nothing back")


def _amount(refund: OrderRefundedProperties, order: Order, left: int) -> int:
    if refund.total is not None:
        return to_minor(refund.total, order.currency)
    return _sum(refund.products, order.currency) if refund.products else left


def _reversal(moment: Moment, order_id: str, order: Order, refund_id: str, amount: int) -> OrderReversed:
    left = order.total - order.refunded - amount
    rest = moment.program.to_base(left, order.currency, order.placed_at) or 0
    return OrderReversed(
        rule="orders.reversed",
        saw={"given_back": format_minor(amount, order.currency), "left": format_minor(left, order.currency)},
        order_id=order_id,
        refund_id=refund_id,
        total=amount,
        value=order.value - rest,
        currency=order.currency,
        whole=left == 0,
    )


def _sum(products: tuple[Product, ...], currency: str, without: tuple[str, ...] = ()) -> int:
    return sum(to_minor(line.price, currency) * line.quantity for line in products if line.category not in without)


def _unknown(moment: Moment, order_id: str, rule: str, what: str) -> AlertRaised:
    """Input about money that fits nothing we know is told to a person, never guessed at."""
    action = choose(moment.program.data_quality.actions, {})
    return AlertRaised(
        rule=rule,
        saw={"order_id": order_id},
        alert=moment.id("data-quality", rule, order_id),
        kind="data-quality",
        severity=action.severity,
        summary=f"Order {order_id} {what}; nothing was changed.",
        since=moment.at,
        reasons=(f"order {order_id} {what} ({format_instant(moment.at)})",),
        action=action.name,
        advice=action.advice,
        owner=action.owner,
        deadline=moment.at + action.deadline_hours * HOUR_MS,
    )


REACTIONS = {
    OrderCompletedProperties: completed,
    OrderCancelledProperties: cancelled,
    OrderRefundedProperties: refunded,
}
