"""A customer's purchases as the churn model sees them: postings on days, so that any recent day can be seen again.

A checkpoint is scored as of a day, and becomes a labelled example two months later; by then late orders and refunds may
have changed what is known. So a posting says both which day it is about and on which day it became known, and
`rhythm(history, day)` sees exactly what was known then. Days are counted from 1970-01-01 in the program's zone.
"""

from __future__ import annotations

from copy import copy

from msgspec import Struct, field

LOOK_BACK_DAYS = 75  # nobody asks how things looked longer ago than this
WINDOWS = (14, 30, 60, 90, 180)  # purchase days are counted within each of these
_SETTLED_DAYS = LOOK_BACK_DAYS + max(WINDOWS)
_TIDY_EVERY = 24  # postings; short lists are cheaper to read than to tidy
_RECENT_GAPS = 0.3  # weight of the newest gap in the exponentially weighted one


class Purchase(Struct, array_like=True):
    """What became known on one day about the purchases of one day."""

    day: int
    known: int
    orders: int  # below zero where orders are gone
    value: int  # minor units of the base currency; of their own currency where no rate is known
    items: int


class Rhythm(Struct, array_like=True):
    """What was known of a customer's purchase days at the end of a day. Gaps in days, value in minor units."""

    days: int = 0
    first: int = 0
    last: int = 0
    gap_last: int = 0
    gap_max: int = 0
    gap_squares: int = 0
    gap_recent: float = 0.0  # exponentially weighted, the newest gap counting 0.3
    value: int = 0
    value_last: int = 0
    items: int = 0
    within: tuple[int, ...] = (0,) * len(WINDOWS)  # purchase days within the last 14, 30, 60, 90 and 180 days


class History(Struct, array_like=True):
    """All purchases of a customer: recent ones as postings, oldest day first, older ones in sums."""

    recent: list[Purchase] = field(default_factory=list)
    past: Rhythm | None = None


def record(history: History, purchase: Purchase) -> None:
    """Post a purchase, or what is taken back of one."""
    if history.past is not None and purchase.day <= history.past.last:
        _amend(history, history.past, purchase)
        return
    recent = history.recent
    place = len(recent)
    while place and recent[place - 1].day > purchase.day:
        place -= 1
    for same in recent[:place][::-1]:
        if same.day != purchase.day:
            break
        if same.known == purchase.known:
            _add(same, purchase)
            return
    recent.insert(place, purchase)
    if len(recent) % _TIDY_EVERY == 0:
        _tidy(history, purchase.known)


def bought_between(history: History, after: int, until: int) -> bool:
    """Whether a purchase on a day in (after, until] was known, and not gone again, by the end of `until`."""
    orders: dict[int, int] = {}
    for one in history.recent:
        if after < one.day <= until and one.known <= until:
            orders[one.day] = orders.get(one.day, 0) + one.orders
    return any(count > 0 for count in orders.values())


def rhythm(history: History, as_of: int) -> Rhythm | None:
    """The rhythm as it was known at the end of day `as_of`, within LOOK_BACK_DAYS; None before the first purchase."""
    seen = Rhythm() if history.past is None else copy(history.past)
    within = [0] * len(WINDOWS)
    recent = history.recent
    place, end = 0, len(recent)
    while place < end:
        day = recent[place].day
        if day > as_of:
            break
        orders = value = items = 0
        while place < end and (one := recent[place]).day == day:
            if one.known <= as_of:
                orders += one.orders
                value += one.value
                items += one.items
            place += 1
        if orders > 0:
            _see(seen, day, value, items)
            age = as_of - day
            for index, length in enumerate(WINDOWS):
                if age < length:
                    within[index] += 1
    if not seen.days:
        return None
    seen.within = tuple(within)
    return seen


def with_purchase(known: Rhythm, day: int, as_of: int) -> Rhythm:
    """What would be known at `as_of` had the customer also bought, as usual, on `day` after the last purchase."""
    seen = copy(known)
    _see(seen, day, known.value // known.days, known.items // known.days)
    seen.within = tuple(count + (as_of - day < length) for count, length in zip(known.within, WINDOWS, strict=True))
    return seen


def _see(seen: Rhythm, day: int, value: int, items: int) -> None:
    if seen.days:
        gap = day - seen.last
        seen.gap_last = gap
        seen.gap_max = max(seen.gap_max, gap)
        seen.gap_squares += gap * gap
        seen.gap_recent = gap if seen.days == 1 else seen.gap_recent + _RECENT_GAPS * (gap - seen.gap_recent)
    else:
        seen.first = day
    seen.days += 1
    seen.last = day
    seen.value += value
    seen.value_last = value
    seen.items += items


def _add(to: Purchase, more: Purchase) -> None:
    to.orders += more.orders
    to.value += more.value
    to.items += more.items


def _amend(history: History, past: Rhythm, purchase: Purchase) -> None:
    """Old days are sums: their money changes, and how many there are, but not their gaps."""
    past.days += (purchase.orders > 0) - (purchase.orders < 0)
    past.value += purchase.value
    past.items += purchase.items
    if past.days <= 0:
        history.past = None


def _tidy(history: History, today: int) -> None:
    """Make one posting of each day whose story is over, and sums of the days that no window reaches any more."""
    days: dict[int, Purchase] = {}
    open_: list[Purchase] = []
    for one in history.recent:
        if one.known >= today - LOOK_BACK_DAYS:
            open_.append(one)
        elif one.day in days:
            _add(days[one.day], one)
        else:
            days[one.day] = Purchase(one.day, one.known, one.orders, one.value, one.items)
    first_open = min((one.day for one in open_), default=today)
    kept = []
    past = Rhythm() if history.past is None else copy(history.past)
    for day, one in sorted(days.items()):
        if day >= min(first_open, today - _SETTLED_DAYS):
            kept.append(one)
        elif one.orders > 0:
            _see(past, day, one.value, one.items)
    if past.days:
        history.past = past
    history.recent = sorted(kept + open_, key=lambda one: (one.day, one.known))
