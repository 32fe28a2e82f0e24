"""What the churn model sees of a customer at the end of a day: one function for live, replay, trainer and evaluation.

Each feature is a plain number, finite for any input, in no unit of its own: the model standardises what it is given, so
currencies and rhythms of any size will do. Without signals the features made of them are 0.
"""

from __future__ import annotations

from math import exp, gamma, log, log1p, sqrt

from msgspec import Struct

from stream_loyalty.core.history import WINDOWS, Rhythm

SOFT_DAYS = 30.0  # a gap nobody has seen yet counts as this long; it keeps rates and ratios of newcomers finite
_AHEAD_DAYS = 60.0  # how far the hazard of the next purchase is summed up
_HALVES = (7.0, 15.0, 30.0, 60.0, 120.0)  # days of silence at which a saturating recency reaches one half
_WINDOWS = WINDOWS[:-1]  # the longest fills up so slowly that it would tell the time more than the customer
_SOFT_MONEY = 100.0  # minor units; free orders are not infinitely far from cheap ones
WEEK_DAYS, MONTH_DAYS = 7.0, 30.0  # time constants of the decayed counts


class Activity(Struct, array_like=True, frozen=True):
    """How often a customer does something: counts in which what is `d` days old counts exp(-d / constant)."""

    week: float = 0.0  # constant of 7 days, as of the end of the day asked for
    month: float = 0.0  # constant of 30 days
    days_since: float = 0.0  # since the last time; 0 where it never happened


class Signals(Struct, array_like=True, frozen=True):
    """What was known at the end of a day of a customer's browsing and service, beside purchases.

    `browses`: the customer was ever seen browsing. Without it all of views, searches and carts are left at 0.
    """

    browses: bool = False
    views: Activity = Activity()  # products, lists and carts looked at
    searches: Activity = Activity()
    carts: Activity = Activity()  # products put into the cart
    complaints_open: int = 0
    satisfaction: float = 0.0  # the last word: -1 very unhappy ... 1 very happy, 0 unknown
    delays: float = 0.0  # delayed shipments, decayed with 30 days


_ACTIVITIES = ("views", "searches", "carts")
RHYTHM_NAMES = (
    "log_recency",
    "log_orders",
    "log_repeats",
    "log_rate",
    "log_expected",
    "log_recency_by_gap",
    "log_recency_by_recent_gap",
    "one_timer",
    "one_timer_log_recency",
    "log_mean_spend",
    "recency_by_age",
    "recency",
    "log_last_spend",
    "log_mean_items",
    "log_largest_gap",
    "log_recency_by_largest_gap",
    "log_last_gap",
    "log_gap_spread",
    "log_mean_gap",
    *(f"log_orders_{days}d" for days in _WINDOWS),
    "decay",
    *(f"recency_half_{days:.0f}d" for days in _HALVES),
    "hazard_passed",
    "hazard_ahead",
    "log_recency_units",
    "one_timer_units",
    "log_mean_spend_squared",
    "alive",
    "alive_rate",
    "alive_with_rate",
)
SIGNAL_NAMES = (
    "browses",
    *(f"{what}_{name}" for name in _ACTIVITIES for what in ("week", "month", "expected")),
    "log_complaints",
    "satisfaction",
    "log_delays",
)
FEATURE_NAMES = RHYTHM_NAMES + SIGNAL_NAMES
_NO_SIGNALS = [0.0] * len(SIGNAL_NAMES)


def features(rhythm: Rhythm, as_of: int, signals: Signals | None = None) -> list[float]:
    """The numbers named by FEATURE_NAMES, of the rhythm known at the end of day `as_of`; None: no signals known."""
    days = max(rhythm.days, 1)
    recency, age = float(max(as_of - rhythm.last, 0)), float(max(as_of - rhythm.first, 0))
    span = max(rhythm.last - rhythm.first, 0)
    rate = (days - 0.5) / (age + SOFT_DAYS)  # purchase days per day, half a purchase less for the one that begins it
    if days > 1:
        mean_gap = (span + SOFT_DAYS) / days
        recent_gap, last_gap, largest = rhythm.gap_recent, float(rhythm.gap_last), float(rhythm.gap_max)
        mean = span / (days - 1)
        spread = sqrt(max(rhythm.gap_squares / (days - 1) - mean * mean, 0.0))
    else:
        mean_gap = recent_gap = last_gap = largest = SOFT_DAYS
        spread = 0.0
    log_recency = log1p(recency)
    units, spend = log1p(max(rhythm.items, 0) / days), log1p(max(rhythm.value, 0) / days / _SOFT_MONEY)
    alive, alive_rate = _alive(days, span, age)
    log_repeats = log(days)
    log_largest = log1p(largest)
    first_only = 1.0 if days == 1 else 0.0
    known = [
        log_recency,
        log1p(days),
        log_repeats,
        log(rate),
        log1p(recency * rate),
        log_recency - log1p(mean_gap),
        log_recency - log1p(recent_gap),
        first_only,
        first_only * log_recency,
        spend,
        recency / (age + 1.0),
        recency / 30.0,
        log1p(max(rhythm.value_last, 0) / _SOFT_MONEY),
        units,
        log_largest,
        log_recency - log_largest,
        log1p(last_gap),
        log1p(spread),
        log1p(mean_gap),
        *[log1p(count) for count in rhythm.within[:-1]],
        exp(-recency * rate),
        *[recency / (recency + half) for half in _HALVES],
        *_hazard(recency, mean_gap, (rhythm.gap_squares + 2.0 * SOFT_DAYS * SOFT_DAYS) / days),
        log_recency * units,
        first_only * units,
        spend * spend,
        alive,
        alive_rate,
        alive * alive_rate,
    ]
    return known + (_NO_SIGNALS if signals is None else _of_signals(signals))


def _alive(days: int, span: float, age: float) -> tuple[float, float]:
    """Log of the probability that the customer still buys at all, and of the rate at which they do if so.

    By BG/NBD (Fader, Hardie, Lee 2005, "Counting your customers the easy way") with a mild prior: a purchase each 60
    days, r = 1, and a = b = 1, where after each purchase any chance to leave is equally likely. It knows no death
    before the first repeat.
    """
    repeats = days - 1
    odds = log((_AHEAD_DAYS + age) / (_AHEAD_DAYS + span)) * days - log(repeats) if repeats else -9.0
    alive = -log1p(exp(odds)) if odds < 30.0 else -odds
    return alive, log(days / (_AHEAD_DAYS + age))


def _hazard(recency: float, mean: float, squares: float) -> tuple[float, float]:
    """Logs of how overdue a purchase is and of how much more so in 60 days, were the customer's gaps Weibull.

    The cumulative hazard is (recency / scale) ** shape; the shape by moments, as the coefficient of variation to the
    power of -1.086 (Justus et al. 1978, "Methods for estimating wind speed frequency distributions"). `mean` and
    `squares` of the gaps include one exponential gap of 30 days, so that they are known from the first purchase.
    """
    variation = max(squares / (mean * mean) - 1.0, 0.05)
    shape = min(max(variation**-0.543, 0.5), 2.0)
    per_day = gamma(1.0 + 1.0 / shape) / mean
    passed = (per_day * recency) ** shape
    ahead = (per_day * (recency + _AHEAD_DAYS)) ** shape - passed
    return log1p(passed), log(ahead + 1e-3)


def _of_signals(signals: Signals) -> list[float]:
    numbers = [1.0 if signals.browses else 0.0]
    for activity in (signals.views, signals.searches, signals.carts):
        since = max(activity.days_since, 0.0)
        at_last = (
            max(activity.month, 0.0) / MONTH_DAYS * exp(min(since / MONTH_DAYS, 10.0))
        )  # per day, before the pause
        numbers += [log1p(max(activity.week, 0.0)), log1p(max(activity.month, 0.0)), log1p(since * at_last)]
    numbers += [log1p(max(signals.complaints_open, 0)), signals.satisfaction, log1p(max(signals.delays, 0.0))]
    return numbers
