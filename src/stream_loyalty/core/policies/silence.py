"""Silence as an event: signals for information, and the churn warning with one alert for each silence."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decisions import (
    AlertHeldBack,
    AlertRaised,
    AlertWithdrawn,
    ChurnWarningChanged,
    ConsentRecorded,
    Decision,
    OrderCounted,
    OrderReversed,
    SilenceNoticed,
)
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.conditions import Facts
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies.levels import level_of
from stream_loyalty.core.policies.lifecycle import band_at
from stream_loyalty.core.program import Program, choose
from stream_loyalty.core.state import NEVER, Customer, OpenAlert

MARKETING = "marketing"


def due(state: Customer, program: Program) -> int:
    """When the first silence that was not dealt with yet is long enough."""
    dues = [
        state.seen[signal.name] + signal.days * DAY_MS
        for signal in program.silence.signals
        if signal.name in state.seen and state.noticed.get(signal.name) != state.seen[signal.name]
    ]
    if state.last_order_at is not None and state.last_order_at not in state.silences:
        dues.append(state.last_order_at + _buying_ms(program))
    return min(dues, default=NEVER)


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Notice every silence whose time has come."""
    for signal in moment.program.silence.signals:
        since = state.seen.get(signal.name)
        if since is not None and since != state.noticed.get(signal.name) and since + signal.days * DAY_MS <= wake.at:
            yield SilenceNoticed(rule=f"silence.{signal.name}", signal=signal.name, since=since, days=signal.days)
    last = state.last_order_at
    if last is not None and last not in state.silences and last + _buying_ms(moment.program) <= wake.at:
        yield from _buying_silence(state, moment, last)


def _buying_ms(program: Program) -> int:
    return program.silence.buying_days * DAY_MS


def _buying_silence(state: Customer, moment: Moment, last: int) -> Iterator[Decision]:
    rule = "silence.buying"
    alert = moment.id("churn-risk", last)
    if state.churn_since != last:
        yield ChurnWarningChanged(rule=rule, saw={"days": moment.program.silence.buying_days}, since=last)
    granted, _ = state.consents.get(MARKETING, (moment.program.silence.unknown_consent_is_granted, 0))
    if granted:
        yield _alert(state, moment, last, alert)
    else:
        yield AlertHeldBack(rule=rule, alert=alert, kind="churn-risk", since=last, reason="no consent to marketing")


def _alert(state: Customer, moment: Moment, last: int, alert: str) -> AlertRaised:
    program = moment.program
    facts: Facts = {
        "band": band_at(state, program, last),
        "high_value": state.high_value,
        "level": level_of(state, program),
    }
    action = choose(program.silence.actions, facts)
    days = (moment.now - last) // DAY_MS
    spent = format_minor(state.lifetime_value, program.base_currency)
    bought = "one order" if state.orders_kept == 1 else f"{state.orders_kept} orders"
    return AlertRaised(
        rule="silence.buying",
        saw={"days_silent": days, "orders": state.orders_kept, "lifetime_value": spent, **facts},
        alert=alert,
        kind="churn-risk",
        severity=action.severity,
        summary=f"Has not bought for {days} days, after {bought} worth {spent}. {action.advice}",
        since=last,
        reasons=(
            f"last bought on {format_instant(last)[:10]}, {days} days ago",
            f"{bought} so far, worth {spent}",
            f"{facts['band']} customer at the last purchase{', of high value' if state.high_value else ''}",
        ),
        action=action.name,
        advice=action.advice,
        owner=action.owner,
        deadline=moment.at + action.deadline_hours * HOUR_MS,
    )


def bought(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A purchase after the silence began ends it, also one that only comes to light later."""
    if state.churn_since is not None and order.placed_at > state.churn_since:
        yield ChurnWarningChanged(
            rule="silence.ended", saw={"was_since": format_instant(state.churn_since)}, since=None
        )
    if state.alert is not None and order.placed_at > state.alert.since:
        came_back = order.placed_at >= state.alert.raised_at
        yield _withdraw(
            state.alert,
            moment,
            "silence.ended" if came_back else "silence.was-none",
            "the customer bought again" if came_back else "an order that came late shows there was no such silence",
        )


def gone(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Without the purchase it began with, a silence is none; without the one that ended it, it goes on, untold."""
    last = state.last_order_at
    silent = last is not None and last in state.silences and last + _buying_ms(moment.program) <= moment.now
    since = last if silent else None
    if since != state.churn_since and (since is not None or state.churn_since != last):
        yield ChurnWarningChanged(rule="silence.order-gone", since=since)
    if state.alert is not None and state.alert.since != state.last_order_at:
        yield _withdraw(state.alert, moment, "silence.order-gone", "the purchase it began with was cancelled")


def consented(consent: ConsentRecorded, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Nobody is woken up who does not want it."""
    if state.alert is not None and consent.purpose == MARKETING and not consent.granted:
        yield _withdraw(state.alert, moment, "silence.no-consent", "the customer withdrew consent to marketing")


def _withdraw(alert: OpenAlert, moment: Moment, rule: str, reason: str) -> AlertWithdrawn:
    told = not moment.program.is_backfill(alert.raised_at)
    return AlertWithdrawn(rule=rule, alert=alert.id, kind="churn-risk", reason=reason, was_published=told)


REACTIONS = {Wake: wake, OrderCounted: bought, OrderReversed: gone, ConsentRecorded: consented}
