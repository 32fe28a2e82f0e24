"""Charts as SVG text for the pages of `pages`: lines with bands, bars and dots with intervals, calibration.

A chart is 440 units wide, so that its letters can be read on a phone, and colours itself by the classes `s0` ... `s4`
(series), `ink`, `grid` and `rule` that the page's style sheet defines for light and dark. Values that are not finite
have no place on a chart: leave them out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from html import escape
from itertools import pairwise
from typing import NamedTuple

from stream_loyalty.contracts.instants import DAY_MS

WIDTH = 440.0
_RIGHT, _LETTER = 14.0, 6.6  # right margin; about the width of a letter, in units
_HEIGHT, _TOP, _FOOT = 270.0, 16.0, 48.0
_ROW, _ROOMY = 42.0, 74.0  # height of a row of bars; of one where there are only a few
_SERIES = 5  # as many colours are there


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


class Line(NamedTuple):
    """A line through (x, y) in order of x, and a band of (x, low, high) around it. `stepped` holds y up to the next."""

    label: str
    points: Sequence[tuple[float, float]]
    band: Sequence[tuple[float, float, float]] = ()
    stepped: bool = False


class Bar(NamedTuple):
    """A value with its interval, if it has one. `series` chooses the colour; `note` stands small beside the label."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    series: int = 0


class Dot(NamedTuple):
    """A predicted and an observed share of `weight` cases, with the interval of what was observed."""

    predicted: float
    observed: float
    weight: float = 1.0
    low: float | None = None
    high: float | None = None


class Rule(NamedTuple):
    """A dashed line across the chart at a value worth comparing with."""

    at: float
    label: str


class _Scale(NamedTuple):
    """Maps values to units of the drawing, from `low` at `start` to `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def lines(title: str, series: Sequence[Line], x: Axis, y: Axis, rules: Sequence[Rule] = ()) -> str:
    """Lines over x with their bands; `rules` lie across at values of y. ValueError where no line has a point."""
    points = [point for line in series for point in line.points]
    if not points:
        raise ValueError("a chart of lines needs a point; leave the chart out where there is none")
    edges = [edge for line in series for _, *edges in line.band for edge in edges]
    y = _over(y, [value for _, value in points] + edges + [rule.at for rule in rules])
    x = _over(x, [at for at, _ in points], rounded=False)
    left = _margin(y)
    across = _scale(x, left, WIDTH - _RIGHT)
    up = _scale(y, _HEIGHT - _FOOT, _TOP)
    parts = [*_x_axis(x, across, _HEIGHT - _FOOT), *_y_axis(y, up, left)]
    parts += [_band(line, across, up, i) for i, line in enumerate(series) if line.band]
    parts += [_flat_rule(rule, up(rule.at), left) for rule in rules]
    parts += [_line(line, across, up, i) for i, line in enumerate(series) if line.points]
    return _svg(title, _HEIGHT, parts)


def bars(title: str, rows: Sequence[Bar], x: Axis, rules: Sequence[Rule] = (), dots: bool = False) -> str:
    """A row for each value, its label above it, with whiskers for the interval; `rules` stand at values of x.

    `dots` draws points instead of bars: right where zero is not the natural beginning. ValueError without rows.
    """
    if not rows:
        raise ValueError("a chart of bars needs a row; leave the chart out where there is none")
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    x = _over(x, ends + [rule.at for rule in rules] + ([] if dots else [0.0]))
    across = _scale(x, 8.0, WIDTH - _RIGHT)
    head = 20.0 if rules else 4.0
    room = _ROOMY if len(rows) <= 3 and not dots else _ROW
    floor = head + room * len(rows)
    parts = list(_x_axis(x, across, floor))
    parts += [_tall_rule(rule, across(rule.at), head, floor) for rule in rules]
    draw = _dotted if dots else _barred
    for number, row in enumerate(rows):
        parts += draw(row, across, head + room * number, room)
    return _svg(title, floor + _FOOT, parts)


def calibration(title: str, series: Sequence[Sequence[Dot]], x: Axis, y: Axis) -> str:
    """What was observed over what was predicted, on one scale from 0; on the diagonal both are the same.

    The area of a dot is its weight. ValueError where no series has a dot.
    """
    every = [dot for dots in series for dot in dots]
    if not every:
        raise ValueError("a calibration needs a dot; leave the chart out where there is none")
    values = [v for dot in every for v in (dot.predicted, dot.observed, dot.low, dot.high, 0.0) if v is not None]
    x, y = _over(x, values), _over(y, values)
    height = 380.0
    left = _margin(y)
    across, up = _scale(x, left, WIDTH - _RIGHT), _scale(y, height - _FOOT, _TOP)
    low, high = max(across.low, up.low), min(across.high, up.high)
    parts = [*_x_axis(x, across, height - _FOOT), *_y_axis(y, up, left)]
    parts.append(_segment("rule", across(low), up(low), across(high), up(high)))
    largest = max(dot.weight for dot in every)
    for number, dots in enumerate(series):
        for dot in dots:
            parts += _calibrated(dot, across(dot.predicted), up, number, largest)
    return _svg(title, height, parts)


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


def _over(axis: Axis, values: Sequence[float], rounded: bool = True) -> Axis:
    """The axis with everything it needs: it reaches over the values, and has ticks."""
    known = [*values, *(end for end in (axis.low, axis.high) if end is not None)]
    low, high = min(known), max(known)
    if low == high:
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    marks = axis.ticks or ticks(low, high)
    if rounded and not axis.ticks:
        low, high = min(low, marks[0]), max(high, marks[-1])
    return axis._replace(low=low, high=high, ticks=tuple(mark for mark in marks if low <= mark <= high))


def _scale(axis: Axis, start: float, end: float) -> _Scale:
    assert axis.low is not None
    assert axis.high is not None
    return _Scale(axis.low, axis.high, start, end)


def _margin(y: Axis) -> float:
    """Room for the longest value and the turned label left of it."""
    return 32.0 + _LETTER * max(len(y.write(mark)) for mark in y.ticks)


def _x_axis(axis: Axis, across: _Scale, floor: float) -> Iterator[str]:
    for mark in axis.ticks:
        yield _segment("grid", across(mark), _TOP, across(mark), floor)
        words = axis.write(mark)
        half = _LETTER * len(words) / 2
        yield _text(words, min(max(across(mark), half), WIDTH - half), floor + 19, "middle", "small")
    yield _text(axis.label, (across.start + across.end) / 2, floor + 39, "middle", "small")


def _y_axis(axis: Axis, up: _Scale, left: float) -> Iterator[str]:
    for mark in axis.ticks:
        yield _segment("grid", left, up(mark), WIDTH - _RIGHT, up(mark))
        yield _text(axis.write(mark), left - 9, up(mark) + 4, "end", "small")
    middle = (up.start + up.end) / 2
    turned = f'transform="rotate(-90 13 {middle:.1f})"'
    yield _text(axis.label, 13, middle, "middle", "small", turned)


def _band(line: Line, across: _Scale, up: _Scale, number: int) -> str:
    ahead = _stepped([(at, high) for at, _, high in line.band], line.stepped)
    back = _stepped([(at, low) for at, low, _ in line.band], line.stepped)[::-1]
    return f'<polygon class="{_series(number)} band" points="{_points([*ahead, *back], across, up)}"/>'


def _line(line: Line, across: _Scale, up: _Scale, number: int) -> str:
    at, value = line.points[-1]
    points = _points(_stepped(line.points, line.stepped), across, up)
    end = f'<circle class="{_series(number)} dot" cx="{across(at):.1f}" cy="{up(value):.1f}" r="4"/>'
    name = f"<title>{escape(line.label)}</title>"
    return f'<polyline class="{_series(number)} line" points="{points}">{name}</polyline>{end}'


def _stepped(points: Sequence[tuple[float, float]], stepped: bool) -> list[tuple[float, float]]:
    if not stepped:
        return list(points)
    return [*(p for (at, y), (then, _) in pairwise(points) for p in ((at, y), (then, y))), points[-1]]


def _points(points: Sequence[tuple[float, float]], across: _Scale, up: _Scale) -> str:
    return " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in points)


def _barred(row: Bar, across: _Scale, top: float, room: float) -> Iterator[str]:
    yield _row_label(row, top)
    start, end = sorted((across(0.0), across(row.value)))
    thick = room - 32
    size = f'x="{start:.1f}" y="{top + 24:.1f}" width="{max(end - start, 1):.1f}" height="{thick:g}" rx="2"'
    yield f'<rect class="{_series(row.series)} bar" {size}/>'
    yield from _whiskers(row, across, top + 24 + thick / 2, "ink")


def _dotted(row: Bar, across: _Scale, top: float, room: float) -> Iterator[str]:
    yield _row_label(row, top)
    y = top + room - 12
    yield from _whiskers(row, across, y, _series(row.series))
    yield f'<circle class="{_series(row.series)} dot" cx="{across(row.value):.1f}" cy="{y:.1f}" r="5.5"/>'


def _row_label(row: Bar, top: float) -> str:
    note = f'<tspan class="small" dx="8">{escape(row.note)}</tspan>' if row.note else ""
    return f'<text class="row" x="8" y="{top + 16:.1f}" text-anchor="start">{escape(row.label)}{note}</text>'


def _whiskers(row: Bar, across: _Scale, y: float, kind: str) -> Iterator[str]:
    if row.low is None or row.high is None:
        return
    low, high = across(row.low), across(row.high)
    yield _segment(f"{kind} whisker", low, y, high, y)
    for end in (low, high):
        yield _segment(f"{kind} whisker", end, y - 5, end, y + 5)


def _calibrated(dot: Dot, at: float, up: _Scale, number: int, largest: float) -> Iterator[str]:
    if dot.low is not None and dot.high is not None:
        yield _segment(f"{_series(number)} whisker", at, up(dot.low), at, up(dot.high))
    radius = max(2.5, 9 * math.sqrt(dot.weight / largest))
    said = f"{percent(dot.predicted)} predicted, {percent(dot.observed)} observed, {plain(dot.weight)} cases"
    place = f'cx="{at:.1f}" cy="{up(dot.observed):.1f}" r="{radius:.1f}"'
    yield f'<circle class="{_series(number)} dot" {place}><title>{escape(said)}</title></circle>'


def _flat_rule(rule: Rule, y: float, left: float) -> str:
    words = _text(rule.label, WIDTH - _RIGHT - 2, y - 5, "end", "small halo")
    return _segment("rule", left, y, WIDTH - _RIGHT, y) + words


def _tall_rule(rule: Rule, x: float, top: float, floor: float) -> str:
    half = _LETTER * len(rule.label) / 2
    words = _text(rule.label, min(max(x, half), WIDTH - half), top - 8, "middle", "small")
    return _segment("rule", x, top - 3, x, floor) + words


def _segment(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(words: str, x: float, y: float, anchor: str, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def _series(number: int) -> str:
    return f"s{number % _SERIES}"


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
