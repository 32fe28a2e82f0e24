"""Control records: told from events by a header, without a user, written to every partition of every source."""

from __future__ import annotations

import msgspec

from stream_loyalty.contracts.instants import format_instant, parse_instant
from stream_loyalty.contracts.wire import Headers, Record

_HEADER = ("stream-loyalty-control", b"clock-advanced")


class _ClockAdvanced(msgspec.Struct):
    timestamp: str
    event: str = "Clock Advanced"
    type: str = "track"


def clock_advanced(time: int) -> tuple[bytes, Headers]:
    """Value and headers of the control record that lets an event clock reach `time` (ms)."""
    return msgspec.json.encode(_ClockAdvanced(format_instant(time))), (_HEADER,)


def control_time(record: Record) -> int | None:
    """The time a control record sets the clock to, or None for any other record. ValueError for a broken one."""
    if _HEADER not in record.headers or record.value is None:
        return None
    try:
        return parse_instant(msgspec.json.decode(record.value, type=_ClockAdvanced).timestamp)
    except (msgspec.MsgspecError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a Clock Advanced: {error}") from None
