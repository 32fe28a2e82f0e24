"""On how many days a customer looks around, searches and fills carts: decayed counts as of a day's end.

Days are counted, not events: browsing is not remembered by id, and a day does not change when an event comes twice.

A checkpoint runs some hours after the end of its day. What was done in these hours must not be in it, so the newest day
of each activity is kept apart from the days before.
"""

from __future__ import annotations

from math import exp

from msgspec import Struct

from stream_loyalty.core.features import MONTH_DAYS, WEEK_DAYS, Activity, Signals

KIND_OF_EVENT = {
    "Product Viewed": "views",
    "Product List Viewed": "views",
    "Cart Viewed": "views",
    "Products Searched": "searches",
    "Product Added": "carts",
    "Checkout Started": "carts",
}


class Counts(Struct, array_like=True):
    """One activity: the newest day of it, and the decayed counts of days before at the end of the one before it."""

    day: int
    last: int = 0
    week: float = 0.0
    month: float = 0.0


class Activities(Struct, array_like=True):
    """What was seen of a customer beside purchases; None where it never happened."""

    views: Counts | None = None
    searches: Counts | None = None
    carts: Counts | None = None
    delays: Counts | None = None
    satisfaction: float = 0.0  # the last word, -1 to 1


def note(activities: Activities, kind: str, day: int) -> None:
    """The customer did `kind` (a field of Activities) on `day`; what comes late tells nothing new."""
    counts: Counts | None = getattr(activities, kind)
    if counts is None:
        setattr(activities, kind, Counts(day))
    elif day > counts.day:
        counts.week, counts.month = _at(counts, counts.day)
        counts.last, counts.day = counts.day, day


def signals(activities: Activities | None, open_complaints: int, as_of: int) -> Signals | None:
    """What the churn model is told of day `as_of`, the last one or the one before; None where nothing is known."""
    if activities is None:
        return None
    views, searches, carts = (
        _activity(one, as_of) for one in (activities.views, activities.searches, activities.carts)
    )
    return Signals(
        any((activities.views, activities.searches, activities.carts)),
        views,
        searches,
        carts,
        open_complaints,
        activities.satisfaction,
        _activity(activities.delays, as_of).month,
    )


_NONE = Activity()


def _activity(counts: Counts | None, as_of: int) -> Activity:
    if counts is None or (as_of < counts.day and not counts.last):
        return _NONE
    week, month = _at(counts, as_of)
    return Activity(week, month, as_of - (counts.day if counts.day <= as_of else counts.last))


def _at(counts: Counts, as_of: int) -> tuple[float, float]:
    """The decayed counts at the end of a day, without what came after it."""
    before, age = as_of - counts.last, as_of - counts.day
    week, month = counts.week * exp(-before / WEEK_DAYS), counts.month * exp(-before / MONTH_DAYS)
    if age >= 0:
        week += exp(-age / WEEK_DAYS)
        month += exp(-age / MONTH_DAYS)
    return week, month
