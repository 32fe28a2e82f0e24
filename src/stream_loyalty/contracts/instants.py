"""Instants: whole milliseconds since 1970-01-01 UTC, and their ISO 8601 spelling."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from stream_loyalty.errors import StreamLoyaltyError

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
_MS = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MS
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MS
_TOO_FAR = (datetime(9000, 1, 1, tzinfo=UTC) - _EPOCH) // _MS


class Instant(int):
    """Milliseconds that a message writes as a time."""

    __slots__ = ()


def parse_instant(text: str) -> int:
    """Milliseconds of an ISO 8601 time; one without a zone is UTC.

    ValueError where it is none, or outside the years 1 to 9999 of UTC, and OverflowError for some of those.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    at = (moment - _EPOCH) // _MS
    if not _FIRST <= at <= _LAST:
        raise ValueError(f"{text} is outside the years 1 to 9999 of UTC")
    return at


@lru_cache(8192)  # whatever comes of one input says when it was
def format_instant(ms: int) -> str:
    """ISO 8601 in UTC; milliseconds only where there are some. ValueError outside the years 1 to 9999."""
    day, rest = divmod(ms, DAY_MS)
    seconds, millis = divmod(rest, 1000)
    clock = f"T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{_format_day(day)}{clock}.{millis:03}Z" if millis else f"{_format_day(day)}{clock}Z"


@lru_cache(65_536)
def _format_day(day: int) -> str:
    try:
        return (_EPOCH + timedelta(days=day)).date().isoformat()
    except OverflowError as error:
        raise ValueError(f"day {day} after 1970 is outside the years 1 to 9999") from error


def end_of(text: str, zone: str) -> int:
    """An instant as a user writes it on the command line: a bare date is that day's last millisecond in `zone`.

    StreamLoyaltyError for anything else, and for a time so far off that what is due after it has no date any more.
    """
    try:
        if len(text) != 10:
            at = parse_instant(text)
        else:
            following = date.fromisoformat(text) + timedelta(days=1)
            midnight = datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone))
            at = (midnight - _EPOCH) // _MS - 1
    except (ValueError, OverflowError):
        raise StreamLoyaltyError(f"{text!r} is not a time: write 2026-03-01 or 2026-03-01T12:30:00Z") from None
    if at >= _TOO_FAR:
        raise StreamLoyaltyError(f"{text!r} is too far off: clocks go as far as the year 8999")
    return at
