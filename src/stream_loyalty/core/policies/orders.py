"""Which orders count, and what cancellations and refunds take out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from stream_loyalty.contracts.clauses import Clause, clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertRaised
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderLine, OrderReversed, OrderUpdated
from stream_loyalty.contracts.events.orders import (
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    OrderUpdatedProperties,
    Product,
)
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.evolve import alert_hash, message_hash
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.alerts import alert
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Facts
from stream_loyalty.core.program.sections import choose
from stream_loyalty.core.program.wallets import Earning
from stream_loyalty.core.standing import band_at, facts_of, level_at
from stream_loyalty.core.state import Customer, Line, Order

Read = Callable[[OrderCompletedProperties, int, Customer, Program], Any]  # a fact of an order


def completed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Keep an order once: a test, one that is known, and one from before the horizon change nothing."""
    order: OrderCompletedProperties = event.properties
    program = moment.program
    if order.test:
        yield InputIgnored(rule="orders.test", ref=order.order_id, ground=clause("order-is-test"))
    elif order.order_id in state.orders:
        yield InputIgnored(rule="orders.known", ref=order.order_id, ground=clause("order-known"))
    elif event.at <= moment.programs.forgotten(moment.now):
        yield from _unmatched(state, moment, "orders.too-late", order.order_id, clause("order-too-late"))
    elif len(state.orders) >= program.horizon.orders:
        what = clause("orders-too-many", orders=len(state.orders), days=program.horizon.orders_days)
        yield from _unmatched(state, moment, "orders.too-many", order.order_id, what, about="orders")
    else:
        total = to_minor(order.total, order.currency)
        value = program.to_base(total, order.currency, event.at)
        worth = _worth(order, program.earning)
        earning = program.to_base(_earning_base(order, worth), order.currency, event.at)
        yield OrderCounted(
            rule="orders.completed",
            saw={"total": format_minor(total, order.currency), "rate_known": value is not None},
            order_id=order.order_id,
            placed_at=Instant(event.at),
            currency=order.currency,
            total=total,
            value=value or 0,
            base=min(earning or 0, value or 0),  # as after any change: no more earns than was paid
            items=order.items,
            categories=tuple(sorted({line.category for line in order.products if line.category})),
            lines=_lines(worth, program.earning),
            facts=_facts(order, event.at, state, program),
            cards=_cards(order.products, program.earning),
        )


def updated(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What the order consists of now replaces what it said before; reckoned by the program of its own time."""
    update: OrderUpdatedProperties = event.properties
    order = state.orders.get(update.order_id)
    if update.test:
        yield InputIgnored(rule="orders.test", ref=update.order_id, ground=clause("order-is-test"))
    elif order is None:
        yield from _unmatched(state, moment, "orders.unmatched", update.order_id, clause("order-changed-unknown"))
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=update.order_id, ground=clause("order-gone"))
    elif update.currency != order.currency:
        what = clause("order-changed-currency", paid=order.currency, now=update.currency)
        yield from _unmatched(state, moment, "orders.unmatched", update.order_id, what)
    else:
        yield from _update(update, order, moment)


def _update(update: OrderUpdatedProperties, order: Order, moment: Moment) -> Iterator[Decision]:
    program = moment.programs.at(order.placed_at)
    total = to_minor(update.total, order.currency)
    if total < order.refunded:
        ground = clause("order-below-refunds", given_back=format_minor(order.refunded, order.currency))
        yield InputIgnored(rule="orders.below-refunds", ref=update.order_id, ground=ground)
        return
    value = program.to_base(total - order.refunded, order.currency, order.placed_at) or 0
    worth = _worth(update, program.earning)
    base = program.to_base(_earning_base(update, worth), order.currency, order.placed_at) or 0
    yield OrderUpdated(
        rule="orders.updated",
        saw={"before": format_minor(order.total, order.currency), "now": format_minor(total, order.currency)},
        order_id=update.order_id,
        total=total,
        change=total - order.total,
        value=value - order.value,
        currency=order.currency,
        base=min(max(base - order.goods.gone, 0), value),
        lines=tuple(_without(_lines(worth, program.earning), order.gone_of)),
        cards=_cards(update.products, program.earning),
        facts=_facts_now(update, order),
    )


def _facts_now(update: OrderUpdatedProperties, order: Order) -> Facts:
    """The facts of an order with what the change says of them; what it leaves out stays."""
    said: dict[str, str | int | None] = {"channel": update.channel, "coupon": update.coupon}
    if update.items:
        said["items"] = max(update.items - order.goods.returned, 0)
    return {**order.facts, **{name: fact for name, fact in said.items() if fact is not None and name in order.facts}}


def _cards(products: tuple[Product, ...], earning: Earning) -> tuple[str, ...]:
    return tuple([line.product_id for line in products if line.category in earning.gift_card_categories])


def _facts(order: OrderCompletedProperties, at: int, state: Customer, program: Program) -> Facts:
    """What the conditions of earning rules ask for; a late order counts by the level of its own time."""
    return {name: read(order, at, state, program) for name, read in _readers(program.earning.facts)}


@lru_cache(64)  # a set for each version of the program
def _readers(wanted: frozenset[str]) -> list[tuple[str, Read]]:
    return [(name, read) for name, read in _FACTS.items() if name in wanted]


_FACTS: dict[str, Read] = {
    "level": lambda order, at, state, program: level_at(state, program, at),
    "band": lambda order, at, state, program: band_at(state, program, at) or program.lifecycle.bands[0].name,
    "high_value": lambda order, at, state, program: state.high_value,
    "channel": lambda order, at, state, program: order.channel,
    "coupon": lambda order, at, state, program: order.coupon,
    "currency": lambda order, at, state, program: order.currency,
    "items": lambda order, at, state, program: order.items,
    "first_purchase": lambda order, at, state, program: state.orders_kept == 0,
    "orders": lambda order, at, state, program: state.orders_kept,
    "weekday": lambda order, at, state, program: f"{program.calendar.date_of(at):%A}".lower(),
}


def _worth(order: OrderCompletedProperties, earning: Earning) -> list[tuple[Product, int]]:
    """The products that can earn, and what all pieces of each cost (minor units)."""
    cards, currency = earning.gift_card_categories, order.currency
    return [
        (line, to_minor(line.price, currency) * line.quantity) for line in order.products if line.category not in cards
    ]


def _earning_base(order: OrderCompletedProperties, worth: list[tuple[Product, int]]) -> int:
    """What an order earns on, in minor units of its currency.

    Its products after discount, without gift cards and what points paid; without products its total, less what points
    paid. Tax and shipping are in neither the prices nor, by convention, in an order's products.
    """
    if order.products:
        amount = sum([value for _, value in worth])
        amount -= to_minor(order.discount, order.currency) if order.discount else 0
    else:
        amount = to_minor(order.total, order.currency)
    amount -= to_minor(order.paid_with_points, order.currency) if order.paid_with_points else 0
    return max(amount, 0)


def _lines(worth: list[tuple[Product, int]], earning: Earning) -> tuple[OrderLine, ...]:
    """The products that can earn, where the program has rules that go by them."""
    if not earning.by_lines:
        return ()
    return tuple(
        [
            OrderLine(product=line.product_id, category=line.category, brand=line.brand, value=value)
            for line, value in worth
        ]
    )


def cancelled(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A cancellation takes the whole order out."""
    cancellation: OrderCancelledProperties = event.properties
    order_id = cancellation.order_id
    order = state.orders.get(order_id)
    if order is None:
        yield from _unmatched(state, moment, "orders.unmatched", order_id, clause("order-cancelled-unknown"))
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=order_id, ground=clause("order-gone"))
    else:
        yield _reversal(moment, order_id, order, None, order.total - order.refunded)


def refunded(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A refund takes out its total, else its products' prices, else the whole order; each refund id once."""
    refund: OrderRefundedProperties = event.properties
    order = state.orders.get(refund.order_id)
    if order is None:
        yield from _unmatched(state, moment, "orders.unmatched", refund.order_id, clause("order-refunded-unknown"))
        return
    misfit = _misfit(refund, order, moment)
    if misfit is not None:
        yield from _unmatched(state, moment, "orders.unmatched", refund.order_id, misfit)
        return
    ref = refund.refund_id or refund.order_id
    left = order.total - order.refunded
    amount = min(_amount(refund, order, left), left)
    if refund.refund_id is not None and message_hash(refund.refund_id) in order.refunds:
        yield InputIgnored(rule="orders.refund-known", ref=ref, ground=clause("refund-known"))
    elif order.whole:
        yield InputIgnored(rule="orders.gone", ref=ref, ground=clause("order-gone"))
    elif not amount and left:
        yield InputIgnored(rule="orders.nothing", ref=ref, ground=clause("refund-of-nothing"))
    else:
        yield _reversal(moment, refund.order_id, order, refund, amount)


def _misfit(refund: OrderRefundedProperties, order: Order, moment: Moment) -> Clause | None:
    """Why a refund does not fit its order; None where it does."""
    if refund.currency is not None and refund.currency != order.currency:
        return clause("order-refunded-currency", paid=order.currency, now=refund.currency)
    if len(order.refunds) >= moment.program.horizon.refunds:
        return clause("order-refunds-full", refunds=len(order.refunds))
    for amount in (refund.total or Decimal(0), *[line.price for line in refund.products]):
        try:
            to_minor(amount, order.currency)
        except ValueError:
            return clause("order-refunded-odd", amount=str(amount), currency=order.currency)
    return None


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
    returned = refund.products if refund is not None else ()
    cards = (*order.goods.cards, *_cards(returned, program.earning))  # given back they take nothing of what earned
    lines = _sum(tuple(line for line in returned if line.product_id not in cards), order.currency)
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
        lines=tuple(_without(order.lines, _by_product(returned, order.currency))) if order.lines else (),
        products=gone,
        items=sum(line.quantity for line in returned),
    )


def _by_product(products: tuple[Product, ...], currency: str) -> dict[str, int]:
    values: dict[str, int] = {}
    for line in products:
        values[line.product_id] = values.get(line.product_id, 0) + to_minor(line.price, currency) * line.quantity
    return values


def _without(lines: Iterable[Line | OrderLine], gone: dict[str, int]) -> Iterator[OrderLine]:
    """Lines less what was given back: product -> minor units."""
    for one in lines:
        part = min(gone.get(one.product, 0), one.value)
        if part:
            gone[one.product] -= part
        yield OrderLine(product=one.product, category=one.category, brand=one.brand, value=one.value - part)


def _sum(products: tuple[Product, ...], currency: str, without: tuple[str, ...] = ()) -> int:
    return sum(to_minor(line.price, currency) * line.quantity for line in products if line.category not in without)


def _unmatched(
    state: Customer, moment: Moment, rule: str, order_id: str, what: Clause, about: str | None = None
) -> Iterator[Decision]:
    """Input about money that fits nothing we know is told to a person, once, and never guessed at."""
    ref, ground = about or order_id, clause(what.code, order_id=order_id, **what.figures)
    if alert_hash(rule, ref) in state.messages:
        yield InputIgnored(rule=rule, ref=order_id, ground=ground)
        return
    yield alert(
        AlertRaised,
        choose(moment.program.data_quality.actions, facts_of(state, moment.program)),
        moment.at,
        rule=rule,
        saw={"order_id": order_id},
        ref=ref,
        alert=moment.id("data-quality", rule, ref),
        kind="data-quality",
        headline=(ground, clause("nothing-was-changed")),
        since=moment.at,
        grounds=(ground,),
    )


REACTIONS = {
    OrderCompletedProperties: completed,
    OrderUpdatedProperties: updated,
    OrderCancelledProperties: cancelled,
    OrderRefundedProperties: refunded,
}
