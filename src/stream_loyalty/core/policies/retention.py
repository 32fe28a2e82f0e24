"""The closed loop: what the team did about an alert, and whether the customer bought again, treated or held out.

A window is always measured at its end, also for who bought at once: else those who come back would be counted first.
"""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertAcknowledged, AlertOutcomeRecorded
from stream_loyalty.contracts.decisions.retention import RetentionMeasured
from stream_loyalty.contracts.events.alerts import AlertAcknowledgedProperties, AlertOutcomeProperties
from stream_loyalty.contracts.instants import DAY_MS, Instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer, Treatment


def due(state: Customer, program: Program) -> int:
    """When the first window is over."""
    return min((one.ends_at for one in state.treatments), default=NEVER)


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Measure every window that is over."""
    for treatment in list(state.treatments):
        if treatment.ends_at <= wake.at:
            yield _measure(treatment, state)


def _measure(treatment: Treatment, state: Customer) -> RetentionMeasured:
    bought = [
        order
        for order in state.orders.values()
        if treatment.raised_at < order.placed_at <= treatment.ends_at and not order.whole
    ]
    first = min((order.placed_at for order in bought), default=None)
    return RetentionMeasured(
        rule="retention.window",
        alert=treatment.alert,
        group="held-out" if treatment.held_out else "treated",
        hold_out_percent=treatment.hold_out_percent,
        raised_at=Instant(treatment.raised_at),
        window_days=(treatment.ends_at - treatment.raised_at) // DAY_MS,
        band=treatment.band,
        high_value=treatment.high_value,
        cause=treatment.cause,
        action=treatment.action,
        probability=treatment.probability,
        bought=bool(bought),
        days_to_purchase=None if first is None else (first - treatment.raised_at) // DAY_MS,
        revenue=sum(order.value for order in bought),
        acknowledged=treatment.acknowledged,
        outcome=treatment.outcome,
    )


def acknowledged(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Somebody has taken an alert on."""
    said: AlertAcknowledgedProperties = event.properties
    measured = _is_measured(state, said.alert)
    yield AlertAcknowledged(rule="retention.acknowledged", alert=said.alert, by=said.by, measured=measured)


def outcome(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What came of an alert."""
    said: AlertOutcomeProperties = event.properties
    measured = _is_measured(state, said.alert)
    yield AlertOutcomeRecorded(rule="retention.outcome", alert=said.alert, outcome=said.outcome, measured=measured)


def _is_measured(state: Customer, alert: str) -> bool:
    return any(treatment.alert == alert for treatment in state.treatments)


REACTIONS = {Wake: wake, AlertAcknowledgedProperties: acknowledged, AlertOutcomeProperties: outcome}
