"""RFM-X: sums that fade by event time, and the scores of 0 to 100 that are read from them.

A sum S fades as S * exp(-ln 2 * t / half life). What comes late is added as faded as it would be by now, and the sum's
time never turns back; so scores go by what happened when, not by when it became known.
"""

from __future__ import annotations

import math

from stream_loyalty.contracts.events.service import (
    ComplaintOpenedProperties,
    ComplaintResolvedProperties,
    NpsAnsweredProperties,
    ProductReviewedProperties,
)
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import EXPONENTS
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Customer


def noted(state: Customer, event: Event, program: Program) -> None:
    """Weigh an event of behaviour, before the state takes further note of it."""
    rfmx = program.rfmx
    if rfmx is None or event.name not in rfmx.weight_of:
        return
    score, weight = rfmx.weight_of[event.name]
    _add(state, score, weight * _mood(state, event), event.at, getattr(rfmx, score).half_life_days)


def bought(state: Customer, orders: int, value: int, placed_at: int, program: Program) -> None:
    """Count orders and what they are worth (minor units of the base currency); below 0: taken back."""
    rfmx = program.rfmx
    if rfmx is None:
        return
    for score, amount in (("frequency", orders), ("monetary", value)):
        if amount:
            _add(state, score, amount, placed_at, getattr(rfmx, score).half_life_days)
            total, at = state.scores[score]
            state.scores[score] = (max(total, 0.0), at)  # what was counted under no scores takes nothing away


def read(state: Customer, program: Program) -> dict[str, float] | None:
    """The six scores, 0 to 100 to a tenth, as of the customer's clock; None where the program has none."""
    rfmx = program.rfmx
    if rfmx is None:
        return None
    days = rfmx.recency.half_life_days
    found = {"recency": 0.0 if state.last_order_at is None else _fade(state.clock - state.last_order_at, days)}
    halves = {
        "frequency": rfmx.frequency.half_at,
        "monetary": float(rfmx.monetary.half_at) * 10 ** EXPONENTS[program.base_currency],
        "social": rfmx.social.half_at,
        "identification": rfmx.identification.half_at,
    }
    for score, half_at in halves.items():
        total = _sum(state, score, program)
        found[score] = total / (total + half_at)
    mood = _sum(state, "satisfaction", program)
    found["satisfaction"] = (1 + mood / (abs(mood) + rfmx.satisfaction.half_at)) / 2
    return {score: round(100 * value, 1) for score, value in found.items()}


def _mood(state: Customer, event: Event) -> float:
    """-1 to 1 for words on satisfaction, 1 for whatever else somebody did."""
    said = event.properties
    if isinstance(said, ProductReviewedProperties):
        return 0.0 if said.rating is None else (said.rating - 3) / 2
    if isinstance(said, NpsAnsweredProperties):
        return (said.score - 5) / 5
    if isinstance(said, ComplaintOpenedProperties):
        return 0.0 if said.complaint_id in state.complaints else -1.0
    if isinstance(said, ComplaintResolvedProperties):
        return 0.0 if said.satisfaction is None else (said.satisfaction - 3) / 2
    return 1.0


def _add(state: Customer, score: str, amount: float, at: int, half_life_days: int) -> None:
    total, since = state.scores.get(score, (0.0, at))
    if at >= since:
        state.scores[score] = (total * _fade(at - since, half_life_days) + amount, at)
    else:
        state.scores[score] = (total + amount * _fade(since - at, half_life_days), since)


def _sum(state: Customer, score: str, program: Program) -> float:
    total, at = state.scores.get(score, (0.0, state.clock))
    return total * _fade(max(state.clock - at, 0), getattr(program.rfmx, score).half_life_days)


def _fade(ms: int, half_life_days: int) -> float:
    """What is left of 1 after so long."""
    return math.exp(-math.log(2) * ms / (half_life_days * DAY_MS))
