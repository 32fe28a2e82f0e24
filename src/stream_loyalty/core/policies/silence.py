"""Silence as an event: signals for information, and the churn warning by the fixed rule."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed
from stream_loyalty.contracts.decisions.silence import BuyingStopped, ChurnWarningChanged, SilenceNoticed
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer


def due(state: Customer, program: Program) -> int:
    """When the first silence that was not dealt with yet is long enough."""
    dues = [
        state.seen[signal.name] + signal.days * DAY_MS
        for signal in program.silence.signals
        if signal.name in state.seen and state.noticed.get(signal.name) != state.seen[signal.name]
    ]
    if state.last_order_at is not None and state.last_order_at not in state.silences:
        dues.append(_stopped_at(state.last_order_at, program))
    return min(dues, default=NEVER)


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Notice every silence whose time has come."""
    for signal in moment.program.silence.signals:
        since = state.seen.get(signal.name)
        if since is not None and since != state.noticed.get(signal.name) and since + signal.days * DAY_MS <= wake.at:
            yield SilenceNoticed(
                rule=f"silence.{signal.name}", signal=signal.name, since=Instant(since), days=signal.days
            )
    last = state.last_order_at
    if last is not None and last not in state.silences and _stopped_at(last, moment.program) <= wake.at:
        if state.churn_since != last:
            saw = {"days": moment.program.silence.buying_days}
            yield ChurnWarningChanged(rule="silence.buying", saw=saw, since=Instant(last))
        yield BuyingStopped(rule="silence.buying", since=Instant(last))


def _stopped_at(last: int, program: Program) -> int:
    """When a silence is long enough for the fixed rule; not in the hours in which nobody is told."""
    return program.calendar.open_from(last + program.silence.buying_days * DAY_MS)


def bought(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A purchase after the silence began ends it, also one that only comes to light later."""
    if state.churn_since is not None and order.placed_at > state.churn_since:
        yield ChurnWarningChanged(
            rule="silence.ended", saw={"was_since": format_instant(state.churn_since)}, since=None
        )


def gone(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Without the purchase it began with, a silence is none; without the one that ended it, it goes on, untold."""
    last = state.last_order_at
    silent = last is not None and last in state.silences and _stopped_at(last, moment.program) <= moment.now
    since = Instant(last) if last is not None and silent else None
    if since != state.churn_since and (since is not None or state.churn_since != last):
        yield ChurnWarningChanged(rule="silence.order-gone", since=since)


REACTIONS = {Wake: wake, OrderCounted: bought, OrderReversed: gone}
