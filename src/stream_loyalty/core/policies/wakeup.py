"""Waking customers up (P4): one alert for each silence, early by the model or at last by the fixed rule.

Of those who are eligible, and for whom there is room, some are held out, so that it can be measured what alerts bring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import Clause, clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import (
    AlertContent,
    AlertEscalated,
    AlertHeldBack,
    AlertHeldOut,
    AlertRaised,
    AlertWithdrawn,
    HeldBackWhy,
)
from stream_loyalty.contracts.decisions.checkpoints import CheckpointScored
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed
from stream_loyalty.contracts.decisions.privacy import ConsentRecorded
from stream_loyalty.contracts.decisions.silence import BuyingStopped
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.activity import signals
from stream_loyalty.core.causes import diagnose
from stream_loyalty.core.consents import MARKETING, may_market
from stream_loyalty.core.history import rhythm
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.alerts import alert
from stream_loyalty.core.program.conditions import Facts
from stream_loyalty.core.program.sections import WakeUp, choose
from stream_loyalty.core.reasons import counterfactual, expected_year, reasons
from stream_loyalty.core.standing import band_at, level_of
from stream_loyalty.core.state import Customer, OpenAlert


def stopped(fact: BuyingStopped, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The fixed rule: an alert, or a more urgent one where the model had seen the silence before."""
    out = state.alert
    if fact.since not in state.told:
        yield from _wake_up(state, moment, "silence.buying", fact.since, _known(state, moment, fact.since))
    elif out is not None and out.since == fact.since:
        days, told_on = (moment.now - fact.since) // DAY_MS, format_instant(out.raised_at)
        yield AlertEscalated(
            rule="silence.buying",
            saw={"days_silent": days},
            alert=out.id,
            kind="churn-risk",
            severity="critical",
            headline=(clause("still-silent", days=days), clause("alert-stands", raised_on=told_on)),
            since=fact.since,
            was_published=_was_published(out, moment),
        )


def scored(fact: CheckpointScored, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The model: an alert as soon as the risk is as high as the program's precision asks for."""
    churn, last = moment.program.churn, state.last_order_at
    if fact.risk is None or fact.alert_from is None or fact.risk < fact.alert_from:
        return
    if churn is None or last is None or last in state.told:
        return
    if fact.day - moment.program.calendar.day(last) < churn.least_silence_days:
        return
    yield from _wake_up(state, moment, "wakeup.model", last, _predicted(fact, state, moment))


def bought(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A purchase after the silence began ends it, also one that only comes to light later."""
    if state.alert is not None and order.placed_at > state.alert.since:
        if order.placed_at >= state.alert.raised_at:
            yield _withdraw(state.alert, moment, "silence.ended", "bought-again")
        else:
            yield _withdraw(state.alert, moment, "silence.was-none", "no-such-silence")


def gone(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Without the purchase it began with, a silence is none."""
    if state.alert is not None and state.alert.since != state.last_order_at:
        yield _withdraw(state.alert, moment, "silence.order-gone", "purchase-cancelled")


def consented(consent: ConsentRecorded, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Nobody is woken up who does not want it."""
    if state.alert is not None and consent.purpose == MARKETING and not consent.granted:
        yield _withdraw(state.alert, moment, "silence.no-consent", "consent-withdrawn")


def _wake_up(state: Customer, moment: Moment, rule: str, since: int, known: dict[str, Any]) -> Iterator[Decision]:
    """Eligible, rested, room for it - and then the draw."""
    name = moment.id("churn-risk", since)
    value = known["value_at_risk"]
    refusal = _refusal(state, moment, value)
    if refusal is not None:
        why, ground = refusal
        if why == "no-consent" or state.left_out != since:
            yield AlertHeldBack(
                rule=rule,
                alert=name,
                kind="churn-risk",
                since=Instant(since),
                why=why,
                value_at_risk=value,
                ground=ground,
            )
        return
    wakeup = moment.program.wakeup
    kind: type[AlertContent] = AlertHeldOut if is_held_out(moment.customer, since, wakeup) else AlertRaised
    facts: Facts = {
        "band": band_at(state, moment.program, since),
        "high_value": state.high_value,
        "level": level_of(state, moment.program),
        "cause": known["cause"],
    }
    action = choose(moment.program.silence.actions, facts)
    spent = format_minor(state.lifetime_value, moment.program.base_currency)
    days = (moment.now - since) // DAY_MS
    saw = {"days_silent": days, "orders": state.orders_kept, "lifetime_value": spent, **facts}
    about: dict[str, Any] = {"alert": name, "kind": "churn-risk", "since": since}
    yield alert(kind, action, moment.at, rule=rule, saw=saw, **about, **known)


def _refusal(state: Customer, moment: Moment, value: int | None) -> tuple[HeldBackWhy, Clause] | None:
    wakeup, model = moment.program.wakeup, moment.model
    if not may_market(state, moment):
        return "no-consent", clause("no-consent")
    newest = max((one.raised_at for one in state.treatments), default=None)
    if newest is not None and moment.now < newest + wakeup.rest_days * DAY_MS:
        day = format_instant(newest)
        return "resting", clause("alerted-lately", last_on=day, days=wakeup.rest_days)
    if model is not None and model.usable and value is not None and value < model.least_value:
        return "no-room", clause("no-room")
    return None


def is_held_out(customer: str, since: int, wakeup: WakeUp) -> bool:
    """The draw: by a hash of the customer, the silence and the program's salt, so that it stays the same.

    Each silence is a draw of its own. One draw for each customer would let the first alert decide who gets a second,
    so later alerts of the two groups could not be compared; and somebody would be left alone for ever.
    """
    name = f"{wakeup.hold_out_salt}\x1f{customer}\x1f{since}"
    drawn = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") < wakeup.hold_out_percent / 100 * 2**64


def _known(state: Customer, moment: Moment, since: int) -> dict[str, Any]:
    """What an alert by the fixed rule says."""
    days = (moment.now - since) // DAY_MS
    cause, clues = diagnose(state, moment.program, moment.now)
    spent = format_minor(state.lifetime_value, moment.program.base_currency)
    then = "band-then-high-value" if state.high_value else "band-then"
    return {
        "headline": (clause("silent", days=days, orders=state.orders_kept, spent=spent),),
        "grounds": (
            clause("last-bought-on", last_on=format_instant(since), days=days),
            clause("bought-so-far", orders=state.orders_kept, spent=spent),
            clause(then, band=band_at(state, moment.program, since)),
        ),
        "value_at_risk": None,
        "cause": cause,
        "clues": clues,
    }


def _predicted(fact: CheckpointScored, state: Customer, moment: Moment) -> dict[str, Any]:
    """What an alert by the model says."""
    model, seen = moment.model, rhythm(state.history, fact.day)
    if model is None or seen is None or fact.risk is None:
        raise AssertionError("nobody is alerted by the model without a model, a score and a purchase")
    told = signals(state.activities, len(state.complaints), fact.day)
    value = int(expected_year(seen, fact.day) * fact.risk)
    cause, clues = diagnose(state, moment.program, moment.now)
    at_risk = format_minor(value, moment.program.base_currency)
    why = reasons(model, seen, fact.day, told)
    return {
        "headline": (
            clause("likely-to-leave", percent=round(100 * fact.risk)),
            why[0],
            clause("at-risk", value=at_risk),
        ),
        "grounds": why,
        "probability": round(fact.risk, 4),
        "model": fact.model,
        "value_at_risk": value,
        "cause": cause,
        "clues": clues,
        "otherwise": counterfactual(model, seen, fact.day, told),
    }


def _was_published(out: OpenAlert, moment: Moment) -> bool:
    return not (out.held_out or moment.program.is_backfill(out.raised_at))


def _withdraw(out: OpenAlert, moment: Moment, rule: str, why: str) -> AlertWithdrawn:
    told = _was_published(out, moment)
    return AlertWithdrawn(rule=rule, alert=out.id, kind="churn-risk", ground=clause(why), was_published=told)


REACTIONS = {
    BuyingStopped: stopped,
    CheckpointScored: scored,
    OrderCounted: bought,
    OrderReversed: gone,
    ConsentRecorded: consented,
}
