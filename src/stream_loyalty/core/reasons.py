"""Why a customer is thought to be leaving, with their own numbers; and what would have had to be different."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import Clause, clause
from stream_loyalty.core.features import FEATURE_NAMES, SIGNAL_NAMES, SOFT_DAYS, Signals, features
from stream_loyalty.core.history import Rhythm, with_purchase
from stream_loyalty.core.model import Model

_YEAR_DAYS = 365
_TOP = 3


def expected_year(rhythm: Rhythm, day: int) -> float:
    """What a year of the customer is worth at their own rate, in minor units: mean spend times purchase days a year.

    The rate is (purchase days - 1/2) / (age + 30 days), as in the features: shrunk for newcomers.
    """
    rate = (rhythm.days - 0.5) / (day - rhythm.first + SOFT_DAYS)
    return max(rhythm.value, 0) / rhythm.days * rate * _YEAR_DAYS


def reasons(model: Model, rhythm: Rhythm, day: int, signals: Signals | None) -> tuple[Clause, ...]:
    """The strongest reasons first, at most three, the length of the silence always among them."""
    pushes = dict.fromkeys(("rhythm", "frequency", "newcomer", "spend", "browsing", "service"), 0.0)
    for name, push in zip(FEATURE_NAMES, model.pushes(features(rhythm, day, signals)), strict=True):
        pushes[_theme(name)] += push
    ranked = sorted((theme for theme in pushes if theme != "rhythm" and pushes[theme] > 0), key=lambda t: -pushes[t])
    found = [_silence(rhythm, day)]
    for theme in ranked:
        found += _about(theme, rhythm, signals)
    return tuple(found[:_TOP])


def _theme(name: str) -> str:
    if name in SIGNAL_NAMES:
        return "service" if name in ("log_complaints", "satisfaction", "log_delays") else "browsing"
    if name.startswith("one_timer"):
        return "newcomer"
    if "spend" in name or "items" in name:
        return "spend"
    if name.startswith("log_orders") or name in ("log_repeats", "log_rate"):
        return "frequency"
    return "rhythm"


def _silence(rhythm: Rhythm, day: int) -> Clause:
    ago = day - rhythm.last
    if rhythm.days == 1:
        return clause("bought-once", days=ago)
    return clause("last-bought", days=ago, usual=round((rhythm.last - rhythm.first) / (rhythm.days - 1)))


def _about(theme: str, rhythm: Rhythm, signals: Signals | None) -> Iterator[Clause]:
    if theme == "frequency" and rhythm.days > 1:
        yield clause("bought-lately", lately=rhythm.within[-1], purchases=rhythm.days, days=180)
    elif theme == "newcomer" and rhythm.days == 1:
        yield clause("no-second-purchase")
    elif theme == "spend" and rhythm.days > 1 and rhythm.value_last < rhythm.value / rhythm.days:
        share = 1 - rhythm.value_last * rhythm.days / max(rhythm.value, 1)
        yield clause("spent-less", percent=round(100 * share))
    elif theme == "browsing" and signals is not None and signals.browses:
        yield clause("looked-around", days=round(signals.views.days_since))
    elif theme == "service" and signals is not None and signals.complaints_open:
        yield clause("complaints-open", complaints=signals.complaints_open)


def counterfactual(model: Model, known: Rhythm, day: int, signals: Signals | None) -> Clause:
    """How recent one more purchase, of the usual kind, would have had to be for no alert."""
    limit = model.alert_from(known.days + 1)
    for days in range(day - known.last - 1, -1, -1):
        risk = model.risk(features(with_purchase(known, day - days, day), day, signals))
        if limit is None or risk < limit:
            return clause("bought-within", days=days + 1)
    return clause("no-difference")
