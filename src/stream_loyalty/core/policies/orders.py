"""Which orders count, and what cancellations and refunds take out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions import (
    AlertRaised,
    InputIgnored,
    OrderCounted,
    OrderLine,
    OrderReversed,
    OrderUpdated,
)
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.contracts.properties import (
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    OrderUpdatedProperties,
    Product,
)
from stream_loyalty.core.conditions import Facts
from stream_loyalty.core.evolve import alert_hash, message_hash
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.alerts import alert
from stream_loyalty.core.sections import choose
from stream_loyalty.core.standing import level_at
from stream_loyalty.core.state import Customer, Order
from stream_loyalty.core.wallets import Earning


def completed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Keep an order once: a test, one that is known, and one from before the horizon change nothing."""
    order: OrderCompletedProperties = event.properties
    program = moment.program
    if order.test:
        yield InputIgnored(rule="orders.test", ref=order.order_id, reason="the order is marked test")
    elif order.order_id in state.orders:
        yield InputIgnored(rule="orders.known", ref=order.order_id, reason="the order was counted before")
    elif event.at <= moment.programs.forgotten(moment.now):
        what = "came too late to tell whether it was counted before"
        yield from _unmatched(state, moment, "orders.too-late", order.order_id, what)
    elif len(state.orders) >= program.horizon.orders:
        days = program.horizon.orders_days
        what = f"and others are not counted: the customer has {len(state.orders)} orders within {days} days"
        yield from _unmatched(state, moment, "orders.too-many", order.order_id, what, about="orders")
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
            items=order.items,
            categories=tuple(sorted({line.category for line in order.products if line.category})),
            lines=_lines(order, program.earning),
            facts=_facts(order, event.at, state, moment),
        )


def updated(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What the order consists of now replaces what it said before; reckoned by the program of its own time."""
    update: OrderUpdatedProperties = event.properties
    order = state.orders.get(update.order_id)
    if order is None:
        yield from _unmatched(state, moment, "orders.unmatched", update.order_id, "is changed but not known")
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=update.order_id, reason="nothing of the order was left")
    elif update.currency != order.currency:
        what = f"was paid in {order.currency}, changed to {update.currency}"
        yield from _unmatched(state, moment, "orders.unmatched", update.order_id, what)
    else:
        yield from _update(update, order, moment)


def _update(update: OrderUpdatedProperties, order: Order, moment: Moment) -> Iterator[Decision]:
    program = moment.programs.at(order.placed_at)
    total = to_minor(update.total, order.currency)
    if total < order.refunded:
        reason = f"{format_minor(order.refunded, order.currency)} of it was given back before, more than it costs now"
        yield InputIgnored(rule="orders.below-refunds", ref=update.order_id, reason=reason)
        return
    value = program.to_base(total - order.refunded, order.currency, order.placed_at) or 0
    base = program.to_base(earning_base(update, program.earning), order.currency, order.placed_at) or 0
    yield OrderUpdated(
        rule="orders.updated",
        saw={"before": format_minor(order.total, order.currency), "now": format_minor(total, order.currency)},
        order_id=update.order_id,
        total=total,
        change=total - order.total,
        value=value - order.value,
        currency=order.currency,
        base=min(base, value),
        lines=_lines(update, program.earning),
    )


def _lines(order: OrderCompletedProperties, earning: Earning) -> tuple[OrderLine, ...]:
    """The products that can earn, where the program has rules that go by them."""
    if not earning.by_lines:
        return ()
    return tuple(
        OrderLine(
            product=line.product_id,
            category=line.category,
            brand=line.brand,
            value=to_minor(line.price, order.currency) * line.quantity,
        )
        for line in order.products
        if line.category not in earning.gift_card_categories
    )


def _facts(order: OrderCompletedProperties, at: int, state: Customer, moment: Moment) -> Facts:
    """What the conditions of earning rules ask for; a late order counts by the level of its own time."""
    wanted = moment.program.earning.facts
    if not wanted:
        return {}
    program = moment.program
    known: dict[str, Any] = {
        "level": level_at(state, program, at),
        "band": state.band,
        "high_value": state.high_value,
        "channel": order.channel,
        "coupon": order.coupon,
        "currency": order.currency,
        "items": order.items,
        "first_purchase": state.orders_kept == 0,
        "orders": state.orders_kept,
        "weekday": f"{program.calendar.date_of(at):%A}".lower(),
    }
    return {name: known[name] for name in known if name in wanted}


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
    order_id = cancellation.order_id
    order = state.orders.get(order_id)
    if order is None:
        yield from _unmatched(state, moment, "orders.unmatched", order_id, "is cancelled but not known")
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=order_id, reason="nothing of the order was left")
    else:
        yield _reversal(moment, order_id, order, None, order.total - order.refunded)


def refunded(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A refund takes out its total, else its products' prices, else the whole order; each refund id once."""
    refund: OrderRefundedProperties = event.properties
    order = state.orders.get(refund.order_id)
    misfit = _misfit(refund, order, moment)
    if order is None or misfit:
        yield from _unmatched(state, moment, "orders.unmatched", refund.order_id, misfit)
        return
    ref = refund.refund_id or refund.order_id
    left = order.total - order.refunded
    amount = min(_amount(refund, order, left), left)
    if refund.refund_id is not None and message_hash(refund.refund_id) in order.refunds:
        yield InputIgnored(rule="orders.refund-known", ref=ref, reason="the refund was counted before")
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=ref, reason="nothing of the order was left")
    elif not amount and left:
        yield InputIgnored(rule="orders.nothing", ref=ref, reason="the refund gives nothing back")
    else:
        yield _reversal(moment, refund.order_id, order, refund, amount)


def _misfit(refund: OrderRefundedProperties, order: Order | None, moment: Moment) -> str:
    """Why a refund cannot be matched with an order, in words; empty where it can."""
    if order is None:
        return "is refunded but not known"
    if refund.currency is not None and refund.currency != order.currency:
        return f"was paid in {order.currency}, refunded in {refund.currency}"
    if len(order.refunds) >= moment.program.horizon.refunds:
        return f"has {len(order.refunds)} refunds already, no more are counted"
    try:
        _amount(refund, order, 0)
    except ValueError as error:
        return f"is refunded by an amount that cannot be: {error}"
    return ""


def _amount(refund: OrderRefundedProperties, order: Order, left: int) -> int:
    if refund.total is not None:
        return to_minor(refund.total, order.currency)
    return _sum(refund.products, order.currency) if refund.products else left


def _reversal(
    moment: Moment, order_id: str, order: Order, refund: OrderRefundedProperties | None, amount: int
) -> OrderReversed:
    """What is left of the order, reckoned by the program and the rate of its own time.

    Of what earned, the refunded products are gone, and no more earns than is left: given back first is what earned
    nothing, such as shipping.
    """
    program = moment.programs.at(order.placed_at)
    left = order.total - order.refunded - amount
    value = program.to_base(left, order.currency, order.placed_at) or 0
    cards = program.earning.gift_card_categories  # given back they take nothing of what earned
    lines = _sum(refund.products, order.currency, cards) if refund is not None else 0
    gone = program.to_base(min(lines, amount), order.currency, order.placed_at) or 0
    return OrderReversed(
        rule="orders.reversed",
        saw={
            "given_back": format_minor(amount, order.currency),
            "left": format_minor(left, order.currency),
        },
        order_id=order_id,
        refund_id=refund.refund_id if refund is not None else None,
        total=amount,
        value=order.value - value,
        currency=order.currency,
        base=min(max(order.base - gone, 0), value),
        whole=left == 0,
        lines=tuple(_left_of(order, refund)) if order.lines else (),
    )


def _left_of(order: Order, refund: OrderRefundedProperties | None) -> Iterator[OrderLine]:
    """The lines of an order without the products of a refund."""
    gone: dict[str, int] = {}
    for line in refund.products if refund is not None else ():
        gone[line.product_id] = gone.get(line.product_id, 0) + to_minor(line.price, order.currency) * line.quantity
    for one in order.lines:
        part = min(gone.get(one.product, 0), one.value)
        if part:
            gone[one.product] -= part
        yield OrderLine(product=one.product, category=one.category, brand=one.brand, value=one.value - part)


def _sum(products: tuple[Product, ...], currency: str, without: tuple[str, ...] = ()) -> int:
    return sum(to_minor(line.price, currency) * line.quantity for line in products if line.category not in without)


def _unmatched(
    state: Customer, moment: Moment, rule: str, order_id: str, what: str, about: str | None = None
) -> Iterator[Decision]:
    """Input about money that fits nothing we know is told to a person, once, and never guessed at."""
    ref = about or order_id
    if alert_hash(rule, ref) in state.messages:
        yield InputIgnored(rule=rule, ref=order_id, reason=f"order {order_id} {what}; somebody was told")
        return
    yield alert(
        AlertRaised,
        choose(moment.program.data_quality.actions, {}),
        moment.at,
        rule=rule,
        saw={"order_id": order_id},
        ref=ref,
        alert=moment.id("data-quality", rule, ref),
        kind="data-quality",
        summary=f"Order {order_id} {what}; nothing was changed.",
        since=moment.at,
        reasons=(f"order {order_id} {what} ({format_instant(moment.at)})",),
    )


REACTIONS = {
    OrderCompletedProperties: completed,
    OrderUpdatedProperties: updated,
    OrderCancelledProperties: cancelled,
    OrderRefundedProperties: refunded,
}
