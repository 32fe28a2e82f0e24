"""Axes of charts: how values are written, which round ones are marked, and where on the drawing each lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.reports.charts.svg import LETTER, RIGHT, TOP, WIDTH, segment, text


def percent(value: float) -> str:
    """A share as people read it: 0.352 -> 35.2 %, 0.35 -> 35 %."""
    return f"{value:.1%}".replace(".0%", "%").replace("%", " %")


def plain(value: float) -> str:
    """A number with thousands set off, and decimals only where it has some."""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-9 else f"{value:,.3g}"


class Axis(NamedTuple):
    """What an axis says and how it writes its values. `low` and `high` are on the axis whatever the data are."""

    label: str
    write: Callable[[float], str] = plain
    low: float | None = None
    high: float | None = None
    ticks: tuple[float, ...] = ()  # round values in between, unless given


class Scale(NamedTuple):
    """Maps values to units of the drawing, from `low` at `start` to `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies; one beyond an end lies at it."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def days(label: str, first: int, last: int) -> Axis:
    """An axis of instants (ms since 1970 UTC), with at most seven round days or months on it."""
    start, end = (datetime.fromtimestamp(at / 1000, UTC).date() for at in (first, last))
    span = max(1, (end - start).days)
    if span > 120:
        count = (end.year - start.year) * 12 + end.month - start.month + 1
        step = next((s for s in (1, 2, 3, 6, 12) if count <= 6 * s), 24)
        first_of = (date(start.year + m // 12, m % 12 + 1, 1) for m in range(start.month - 1, start.month + count))
        found = [day for day in first_of if start <= day <= end and (day.year * 12 + day.month - 1) % step == 0]
    else:
        step = next(s for s in (1, 2, 5, 7, 14, 28) if span <= 6 * s)
        found = [date.fromordinal(start.toordinal() + i) for i in range(0, span + 1, step)]
    form = "%b %Y" if span > 120 else "%d %b"
    ticks = tuple(float((day.toordinal() - date(1970, 1, 1).toordinal()) * DAY_MS) for day in found)
    return Axis(label, lambda at: datetime.fromtimestamp(at / 1000, UTC).strftime(form), first, last, ticks)


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round values (1, 2 or 5 times a power of ten apart) from at or below `low` to at or above `high`."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def fitted(axis: Axis, values: Sequence[float], rounded: bool = True) -> Axis:
    """The axis with everything it needs: it reaches over the values, and has ticks."""
    known = [*values, *(end for end in (axis.low, axis.high) if end is not None)]
    low, high = min(known), max(known)
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    marks = axis.ticks or ticks(low, high)
    if rounded and not axis.ticks:
        low, high = min(low, marks[0]), max(high, marks[-1])
    return axis._replace(low=low, high=high, ticks=tuple(mark for mark in marks if low <= mark <= high))


def scale(axis: Axis, start: float, end: float) -> Scale:
    """The scale of an axis that reaches over its values, from `start` to `end` on the drawing."""
    assert axis.low is not None
    assert axis.high is not None
    return Scale(axis.low, axis.high, start, end)


def margin(y: Axis) -> float:
    """Room for the longest value and the turned label left of it."""
    return 32.0 + LETTER * max(len(y.write(mark)) for mark in y.ticks)


def x_axis(axis: Axis, across: Scale, floor: float) -> Iterator[str]:
    """The axis below a chart whose lower edge is at `floor`."""
    for mark in axis.ticks:
        yield segment("grid", across(mark), TOP, across(mark), floor)
        words = axis.write(mark)
        half = LETTER * len(words) / 2
        yield text(words, min(max(across(mark), half), WIDTH - half), floor + 19, "middle", "small")
    yield text(axis.label, (across.start + across.end) / 2, floor + 39, "middle", "small")


def y_axis(axis: Axis, up: Scale, left: float) -> Iterator[str]:
    """The axis at the left of a chart whose left edge is at `left`."""
    for mark in axis.ticks:
        yield segment("grid", left, up(mark), WIDTH - RIGHT, up(mark))
        yield text(axis.write(mark), left - 9, up(mark) + 4, "end", "small")
    middle = (up.start + up.end) / 2
    turned = f'transform="rotate(-90 13 {middle:.1f})"'
    yield text(axis.label, 13, middle, "middle", "small", turned)
