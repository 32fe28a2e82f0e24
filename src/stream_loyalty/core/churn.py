"""How facts change what the churn model keeps of a customer: purchases, checkpoints, cycles, alerts being measured."""

from __future__ import annotations

import zlib

from stream_loyalty.contracts.decisions.alerts import (
    AlertAcknowledged,
    AlertContent,
    AlertHeldOut,
    AlertOutcomeRecorded,
)
from stream_loyalty.contracts.decisions.checkpoints import CheckpointScored, ExampleLabelled
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed, OrderUpdated
from stream_loyalty.contracts.decisions.retention import RetentionMeasured
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import EXPONENTS
from stream_loyalty.core.activity import signals
from stream_loyalty.core.history import Purchase, record, rhythm
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Checkpoint, Customer, Cycle, Pace, Treatment, Watch

_MEASURED = 16  # alerts of one customer that are measured at a time
_CYCLES = 12  # product categories of one customer whose cycle is known
_TOGETHER = 8  # orders of one purchase in a category that are told apart


def purchased(state: Customer, order: OrderCounted, moment: Moment) -> None:
    """Post the purchase, go on looking at the customer, and learn how often each category is bought."""
    program = moment.program
    day, today = program.calendar.day(order.placed_at), program.calendar.day(moment.now)
    value = _value(program, order.value, order.total, order.currency)
    record(state.history, Purchase(day, max(day, today), 1, value, order.items))
    if program.churn is not None:
        watch = state.watch = state.watch or Watch(_offset(moment))
        if watch.next_day is None:
            every = program.churn.every_days
            watch.next_day = today + (program.day_zero - today) % every
    if program.replenishment is not None:
        for category in order.categories:
            _cycle(state, category, order)


def taken_back(state: Customer, reversal: OrderReversed, moment: Moment, placed_at: int) -> None:
    """Post what is taken back on the purchase's own day."""
    calendar = moment.program.calendar
    value = _value(moment.program, reversal.value, reversal.total, reversal.currency)
    gone = 1 if reversal.whole else 0
    record(state.history, Purchase(calendar.day(placed_at), calendar.day(moment.now), -gone, -value, 0))
    if reversal.whole:
        _uncycle(state, reversal.order_id)


def changed(state: Customer, update: OrderUpdated, moment: Moment, placed_at: int) -> None:
    """Post what an order's change makes of its value, on the purchase's own day."""
    calendar = moment.program.calendar
    value = _value(moment.program, update.value, update.change, update.currency)
    record(state.history, Purchase(calendar.day(placed_at), calendar.day(moment.now), 0, value, 0))


def scored(state: Customer, fact: CheckpointScored, moment: Moment) -> None:
    """Keep the score until its outcome is known, and say when the next one is due."""
    watch, churn = state.watch, moment.program.churn
    if watch is None or churn is None:
        return
    seen = rhythm(state.history, fact.day)
    if seen is None or fact.day - seen.last >= churn.silent_horizons * churn.horizon_days:
        watch.next_day = None
    else:
        watch.next_day = fact.day + churn.every_days
    if seen is not None:
        told = signals(state.activities, len(state.complaints), fact.day)
        if seen.last != watch.silence:
            watch.silence, watch.peak = seen.last, 0.0
        watch.pending.append(Checkpoint(fact.day, fact.risk, fact.model, told, watch.peak))
        watch.day, watch.risk = fact.day, fact.risk
        if fact.risk is not None and fact.day - seen.last >= churn.least_silence_days:
            watch.peak = max(watch.peak, fact.risk)


def labelled(state: Customer, fact: ExampleLabelled, moment: Moment) -> None:
    """The oldest checkpoint is over."""
    if state.watch is not None:
        del state.watch.pending[0]


def treated(state: Customer, alert: AlertContent, moment: Moment) -> None:
    """Measure what an alert brings, or the lack of one. In a backfill nobody is told: there is nothing to measure."""
    wakeup = moment.program.wakeup
    if moment.program.is_backfill(moment.now):
        return
    band, high_value = alert.saw.get("band"), alert.saw.get("high_value")
    state.treatments.append(
        Treatment(
            alert.alert,
            isinstance(alert, AlertHeldOut),
            wakeup.hold_out_percent,
            moment.now,
            moment.now + wakeup.window_days * DAY_MS,
            alert.action,
            band if isinstance(band, str) else None,
            bool(high_value),
            alert.cause,
            alert.probability,
        )
    )
    del state.treatments[:-_MEASURED]


def measured(state: Customer, fact: RetentionMeasured, moment: Moment) -> None:
    """The window is over."""
    state.treatments = [one for one in state.treatments if one.alert != fact.alert]


def handled(state: Customer, fact: AlertAcknowledged | AlertOutcomeRecorded, moment: Moment) -> None:
    """What the team did goes with the measurement."""
    for treatment in state.treatments:
        if treatment.alert == fact.alert:
            treatment.acknowledged = True
            if isinstance(fact, AlertOutcomeRecorded):
                treatment.outcome = fact.outcome


def _offset(moment: Moment) -> int:
    """Where in the day after a checkpoint's day the customer is looked at: spread by a hash of the key."""
    return moment.program.calendar.spread(zlib.crc32(moment.customer.encode()[::-1]) / 2**32)


def _value(program: Program, value: int, minor: int, currency: str) -> int:
    """What a purchase is worth to the model: where no rate is known, the amount as if it were of the base currency."""
    if value or currency == program.base_currency:
        return value
    shift = EXPONENTS[program.base_currency] - EXPONENTS[currency]
    return int(minor * 10**shift)


def _cycle(state: Customer, category: str, order: OrderCounted) -> None:
    """Orders of one day are one purchase."""
    cycle, at, number = state.cycles.get(category), order.placed_at, zlib.crc32(order.order_id.encode())
    if cycle is None:
        if len(state.cycles) >= _CYCLES:
            del state.cycles[min(state.cycles, key=lambda name: state.cycles[name].last_at)]
        state.cycles[category] = Cycle(at, orders=[number])
    elif at - cycle.last_at >= DAY_MS:
        before = Pace(cycle.last_at, cycle.gaps, cycle.mean, cycle.deviation, cycle.told)
        gap, gaps = (at - cycle.last_at) / DAY_MS, cycle.gaps + 1
        mean = before.mean + (gap - before.mean) / gaps
        deviation = before.deviation
        if gaps > 1:
            deviation += (abs(gap - before.mean) - deviation) / (gaps - 1)
        state.cycles[category] = Cycle(at, gaps, mean, deviation, False, [number], before)
    elif at >= cycle.last_at and len(cycle.orders) < _TOGETHER:
        cycle.orders.append(number)


def _uncycle(state: Customer, order_id: str) -> None:
    """Where nothing of the last purchase in a category is left, the cycle is what it was before."""
    number = zlib.crc32(order_id.encode())
    for category, cycle in list(state.cycles.items()):
        if number not in cycle.orders:
            continue
        cycle.orders.remove(number)
        if cycle.orders:
            continue
        if cycle.before is None:
            del state.cycles[category]
        else:
            was = cycle.before
            state.cycles[category] = Cycle(was.last_at, was.gaps, was.mean, was.deviation, was.told)
