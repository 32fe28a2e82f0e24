"""Days of a time zone as whole numbers since 1970-01-01, and the hours in which nobody is to be disturbed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from stream_loyalty.contracts.instants import DAY_MS

_FIRST = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _FIRST).days


_LAST = day_number(date.max)


class Calendar:
    """Days in one IANA time zone. `quiet` is the part of a day in which nobody is told of anything, or None."""

    def __init__(self, zone: str, quiet: tuple[time, time] | None = None) -> None:
        self._zone = ZoneInfo(zone)
        self._is_utc = zone in ("UTC", "Etc/UTC")
        self._quiet = None if quiet is None else (_ms(quiet[0]), _ms(quiet[1]))
        self.start = lru_cache(4096)(self._start)
        self._span = lru_cache(4096)(self._same_day)
        self.end_of_nth = lru_cache(4096)(self._end_of_nth)

    def day(self, at: int) -> int:
        """The day that an instant (ms) lies in."""
        utc = at // DAY_MS
        if self._is_utc:
            return utc
        begins, ends = self._span(utc)
        return utc - 1 if at < begins else utc if at < ends else utc + 1

    def _same_day(self, utc: int) -> tuple[int, int]:
        """When the zone's day of the same number as a UTC day begins and ends (ms); no zone is a day or more off."""
        return self.start(utc), self.start(utc + 1)

    def _start(self, day: int) -> int:
        """The instant (ms) at which a day begins."""
        if self._is_utc or day > _LAST:  # of the day after the last one only that it is later than all others matters
            return day * DAY_MS
        begins = datetime.combine(_FIRST + timedelta(days=day), time(), self._zone)
        return round(begins.timestamp() * 1000)

    def clock(self, at: int) -> time:
        """What the clock on the wall says at an instant (ms), to the second."""
        return datetime.fromtimestamp(at // 1000, UTC).astimezone(self._zone).time()

    def date_of(self, at: int) -> date:
        """The date that an instant (ms) lies on."""
        return _FIRST + timedelta(days=self.day(at))

    def end_of(self, day: date) -> int:
        """The last millisecond of a date."""
        return self.start(day_number(day) + 1) - 1

    def _end_of_nth(self, month: int, day: int, nth: int, since: int) -> int:
        """The last millisecond of the `nth` such day of a year from the day `since` on, which may be the first."""
        begins = _FIRST + timedelta(days=since)
        first = begins.replace(month=month, day=day)
        return self.end_of(first.replace(year=begins.year + nth - (1 if first >= begins else 0)))

    def open_from(self, at: int) -> int:
        """`at` (ms), or the end of the quiet hours that it lies in."""
        if self._quiet is None:
            return at
        since, until = self._quiet
        day = self.day(at)
        start = self.start(day)
        if since <= until:
            return start + until if since <= at - start < until else at
        if at - start < until:
            return start + until
        return self.start(day + 1) + until if at - start >= since else at

    def spread(self, share: float) -> int:
        """Where in a day (ms from its start) `share` of its open hours are over; 0 <= share < 1."""
        if self._quiet is None:
            return int(share * DAY_MS)
        since, until = self._quiet
        if since > until:
            return until + int(share * (since - until))
        offset = int(share * (DAY_MS - (until - since)))
        return offset if offset < since else offset + until - since


def _ms(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000
