"""Age bands by days since the first purchase, and high value."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.lifecycle import BandChanged, HighValueChanged
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed, OrderUpdated
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.standing import band_at
from stream_loyalty.core.state import NEVER, Customer


def due(state: Customer, program: Program) -> int:
    """When the customer grows into the next band."""
    if state.first_order_at is None:
        return NEVER
    following = program.lifecycle.following.get(state.band, program.lifecycle.bands[0])
    return NEVER if following is None else state.first_order_at + following.from_day * DAY_MS


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Into the next band, and the one after it if that has come too."""
    if due(state, moment.program) <= wake.at:
        yield from _band(state, moment)


def ordered(order: OrderCounted | OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """An order can be the first, move the first, or take it away; and it changes the customer's value."""
    if isinstance(order, OrderReversed) or state.band is None or order.placed_at == state.first_order_at:
        yield from _band(state, moment)
    yield from _value(state, moment)


def changed(update: OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """An order of another total changes the customer's value."""
    yield from _value(state, moment)


def _band(state: Customer, moment: Moment) -> Iterator[Decision]:
    band = band_at(state, moment.program, moment.now)
    if band != state.band:
        days = None if state.first_order_at is None else (moment.now - state.first_order_at) // DAY_MS
        yield BandChanged(
            rule="lifecycle.band",
            saw={"days_since_first_purchase": days},
            before=state.band,
            after=band,
            strategy=moment.program.lifecycle.strategies.get(band),
        )


def _value(state: Customer, moment: Moment) -> Iterator[Decision]:
    threshold = moment.threshold
    high = threshold is not None and state.lifetime_value >= threshold
    if high != state.high_value:
        base = moment.program.base_currency
        yield HighValueChanged(
            rule="lifecycle.high-value",
            saw={
                "lifetime_value": format_minor(state.lifetime_value, base),
                "threshold": None if threshold is None else format_minor(threshold, base),
            },
            high_value=high,
        )


REACTIONS = {Wake: wake, OrderCounted: ordered, OrderReversed: ordered, OrderUpdated: changed}
