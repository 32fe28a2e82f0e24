"""A gift of points on the birthday, once in a calendar year whatever the profile says afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, date

from stream_loyalty.contracts.decision import Decision, Saw
from stream_loyalty.core import ledger
from stream_loyalty.core.calendar import day_number
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies.gifts import gift
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer

REASON = "birthday"


def due(state: Customer, program: Program) -> int:
    """The start of the next birthday that a gift is due for; of today's, where it is known only since today."""
    if program.birthday is None or state.standing is None or not state.orders_kept:
        return NEVER
    if state.standing.birthday is None:
        return NEVER
    birthday, _ = state.standing.birthday
    calendar = program.calendar
    since = max(state.clock, program.effective_ms)  # birthdays under a version without gifts are not made up for
    year = max(calendar.date_of(since).year, state.standing.gifts.get(REASON, 0) + 1)
    if year >= MAXYEAR:  # by a version that is put off for ever
        return NEVER
    day = _in_year(birthday, year)
    if max(calendar.end_of(day), calendar.start(day_number(day))) < since:  # a zone can leave a day out
        day = _in_year(birthday, year + 1)
    return calendar.start(day_number(day))


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Points as a lot of their own."""
    birthday = moment.program.birthday
    if birthday is None or due(state, moment.program) > wake.at:
        return
    year = moment.program.calendar.date_of(wake.at).year
    wallet = moment.program.wallet_named(birthday.wallet).name
    saw: Saw = {"year": year, "balance": ledger.balance(state, wallet)}
    yield gift(state, moment, wallet, birthday.points, f"gift:{REASON}:{year}", REASON, "birthday.gift", saw)


def _in_year(month_day: int, year: int) -> date:
    """The birthday (month * 100 + day) in a year; 29 February falls on the 28th where there is none."""
    month, day = divmod(month_day, 100)
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


REACTIONS = {Wake: wake}
