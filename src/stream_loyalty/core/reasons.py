"""Why a customer is thought to be leaving, in words with their own numbers; and what would have had to be different."""

from __future__ import annotations

from collections.abc import Iterator

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


def reasons(model: Model, rhythm: Rhythm, day: int, signals: Signals | None) -> tuple[str, ...]:
    """The strongest reasons first, at most three, the length of the silence always among them."""
    pushes = dict.fromkeys(("rhythm", "frequency", "newcomer", "spend", "browsing", "service"), 0.0)
    for name, push in zip(FEATURE_NAMES, model.pushes(features(rhythm, day, signals)), strict=True):
        pushes[_theme(name)] += push
    ranked = sorted((theme for theme in pushes if theme != "rhythm" and pushes[theme] > 0), key=lambda t: -pushes[t])
    words = [_silence(rhythm, day)]
    for theme in ranked:
        words += _words(theme, rhythm, signals)
    return tuple(words[:_TOP])


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


def _silence(rhythm: Rhythm, day: int) -> str:
    ago = _days(day - rhythm.last)
    if rhythm.days == 1:
        return f"bought once, {ago} ago"
    usual = round((rhythm.last - rhythm.first) / (rhythm.days - 1))
    return f"last bought {ago} ago; usually every {_days(usual)}"


def _words(theme: str, rhythm: Rhythm, signals: Signals | None) -> Iterator[str]:
    if theme == "frequency" and rhythm.days > 1:
        yield f"{rhythm.within[-1]} of {rhythm.days} purchase days lie in the last 180 days"
    elif theme == "newcomer" and rhythm.days == 1:
        yield "has not found the way to a second purchase yet"
    elif theme == "spend" and rhythm.days > 1 and rhythm.value_last < rhythm.value / rhythm.days:
        yield f"spent {_percent(1 - rhythm.value_last * rhythm.days / max(rhythm.value, 1))} less than usual last time"
    elif theme == "browsing" and signals is not None and signals.browses:
        yield f"last looked around {_days(round(signals.views.days_since))} ago"
    elif theme == "service" and signals is not None and signals.complaints_open:
        yield f"{signals.complaints_open} complaint{'s' * (signals.complaints_open > 1)} open"


def counterfactual(model: Model, known: Rhythm, day: int, signals: Signals | None) -> str:
    """How recent one more purchase, of the usual kind, would have had to be for no alert."""
    limit = model.alert_from(known.days + 1)
    for days in range(day - known.last - 1, -1, -1):
        risk = model.risk(features(with_purchase(known, day - days, day), day, signals))
        if limit is None or risk < limit:
            return f"would not be alerted had they bought within the last {_days(days + 1)}"
    return "one more purchase would not have changed it"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _percent(share: float) -> str:
    return f"{round(100 * share)} %"
