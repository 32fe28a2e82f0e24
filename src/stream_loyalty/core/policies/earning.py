"""Points for orders, and points taken back when an order is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from stream_loyalty.contracts.decisions import (
    Decision,
    OrderCounted,
    OrderReversed,
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
)
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import EXPONENTS, format_minor
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Customer


def points_for(base: int, program: Program) -> int:
    """Points for `base` minor units of the base currency, rounded down."""
    units = Decimal(base).scaleb(-EXPONENTS[program.base_currency])
    return int((units * program.earning.points_per_unit).to_integral_value(ROUND_DOWN))


def counted(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A lot of its own for each order that earns, by the time of the order; else why it earned nothing."""
    program = moment.program
    points = points_for(order.base, program)
    if not points:
        yield _nothing(order, program)
        return
    yield PointsEarned(
        rule="earning.per-unit",
        saw={
            "base": format_minor(order.base, program.base_currency),
            "per_unit": str(program.earning.points_per_unit),
        },
        wallet=program.earning.wallet,
        points=points,
        postings=ledger.earn(state, order.order_id, points),
        balance=state.balance + points,
        order_id=order.order_id,
        lot=order.order_id,
        expires_at=order.placed_at + program.earning.expires_after_days * DAY_MS,
    )


def _nothing(order: OrderCounted, program: Program) -> PointsNotEarned:
    base = format_minor(order.base, program.base_currency)
    if order.saw["rate_known"]:
        least = _least_for_a_point(program)
        missing = f"wanted at least {format_minor(least, program.base_currency)} that earns; saw {base}"
    else:
        missing = f"wanted a rate of {order.currency} to {program.base_currency} at the time of the order; saw none"
    return PointsNotEarned(rule="earning.per-unit", saw={"base": base}, order_id=order.order_id, missing=(missing,))


def _least_for_a_point(program: Program) -> int:
    units = Decimal(1).scaleb(EXPONENTS[program.base_currency]) / program.earning.points_per_unit
    return int(units.to_integral_value(ROUND_UP))


def reversed_(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Take back what the order earned beyond what it would earn net of all its refunds; not what had expired."""
    order = state.orders[reversal.order_id]
    net = points_for(order.base, moment.programs.at(order.placed_at))  # what was kept, by the program of its own time
    due = order.earned - net - order.reversed
    points = min(due, order.earned - order.expired - order.reversed)
    if points > 0:
        yield PointsReversed(
            rule="earning.net-of-refunds",
            saw={
                "earned": order.earned,
                "net": order.earned - order.reversed - due,
                "expired": order.expired,
            },
            wallet=moment.programs.at(order.placed_at).earning.wallet,
            points=points,
            postings=ledger.take_back(state, reversal.order_id, points),
            balance=state.balance - points,
            order_id=reversal.order_id,
            refund_id=reversal.refund_id,
            expired_before=order.expired,
        )


REACTIONS: dict[type, Any] = {OrderCounted: counted, OrderReversed: reversed_}
