"""Times as people and programs write them."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts.instants import DAY_MS, end_of, format_instant, parse_instant
from stream_loyalty.errors import StreamLoyaltyError


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1970-01-01T00:00:00.0019Z", 1),
        ("1970-01-02", DAY_MS),
    ],
)
def test_parse(text: str, ms: int) -> None:
    """Without a zone it is UTC; what is finer than a millisecond is cut off."""
    assert parse_instant(text) == ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z")],
)
def test_format(ms: int, text: str) -> None:
    """Milliseconds only where there are some, and it reads back."""
    assert format_instant(ms) == text
    assert parse_instant(text) == ms


@pytest.mark.parametrize("ms", [1 << 62, -(1 << 62)])
def test_a_time_outside_the_calendar(ms: int) -> None:
    """A ValueError, never an OverflowError."""
    with pytest.raises(ValueError, match="years 1 to 9999"):
        format_instant(ms)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_time_that_no_utc_spelling_has(text: str) -> None:
    """What could be read but not written again would stop whoever tells of it."""
    with pytest.raises(ValueError, match="years 1 to 9999"):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "zone", "end"),
    [
        ("2026-03-01", "UTC", "2026-03-01T23:59:59.999Z"),
        ("2026-03-01", "Asia/Shanghai", "2026-03-01T15:59:59.999Z"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59.999Z"),  # 23 hours long
        ("2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59.999Z"),  # 25 hours long
        ("2024-02-29", "UTC", "2024-02-29T23:59:59.999Z"),
        ("2026-03-01T12:00:00Z", "Asia/Shanghai", "2026-03-01T12:00:00Z"),
    ],
)
def test_a_bare_date_is_its_last_millisecond(text: str, zone: str, end: str) -> None:
    """In the program's zone, over changes of the clocks too."""
    assert format_instant(end_of(text, zone)) == end


@pytest.mark.parametrize("text", ["9999-12-31", "2026-13-01", "not a date"])
def test_a_date_that_is_none(text: str) -> None:
    """One sentence for the command line."""
    with pytest.raises(StreamLoyaltyError, match="is not a time: write 2026-03-01"):
        end_of(text, "UTC")


@pytest.mark.parametrize("text", ["9999-12-30", "9000-01-01T00:00:00Z"])
def test_a_clock_cannot_be_put_to_the_end_of_the_calendar(text: str) -> None:
    """What is due a year later still needs a date."""
    with pytest.raises(StreamLoyaltyError, match="too far off"):
        end_of(text, "UTC")
