"""Charts: lines with bands, bars and dots with intervals, calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from stream_loyalty.reports.charts.axes import Axis, Scale, fitted, margin, percent, plain, scale, x_axis, y_axis
from stream_loyalty.reports.charts.svg import LETTER, RIGHT, TOP, WIDTH, colour, picture, segment, text

_HEIGHT, _FOOT = 270.0, 48.0
_ROW, _ROOMY = 42.0, 74.0  # height of a row of bars; of one where there are only a few


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


def lines(title: str, series: Sequence[Line], x: Axis, y: Axis, rules: Sequence[Rule] = ()) -> str:
    """Lines over x with their bands; `rules` lie across at values of y. ValueError where no line has a point."""
    points = [point for line in series for point in line.points]
    if not points:
        raise ValueError("a chart of lines needs a point; leave the chart out where there is none")
    edges = [edge for line in series for _, *edges in line.band for edge in edges]
    y = fitted(y, [value for _, value in points] + edges + [rule.at for rule in rules])
    x = fitted(x, [at for at, _ in points], rounded=False)
    left = margin(y)
    across = scale(x, left, WIDTH - RIGHT)
    up = scale(y, _HEIGHT - _FOOT, TOP)
    parts = [*x_axis(x, across, _HEIGHT - _FOOT), *y_axis(y, up, left)]
    parts += [_band(line, across, up, i) for i, line in enumerate(series) if line.band]
    parts += [_flat_rule(rule, up(rule.at), left) for rule in rules]
    parts += [_line(line, across, up, i) for i, line in enumerate(series) if line.points]
    return picture(title, _HEIGHT, parts)


def bars(title: str, rows: Sequence[Bar], x: Axis, rules: Sequence[Rule] = (), dots: bool = False) -> str:
    """A row for each value, its label above it, with whiskers for the interval; `rules` stand at values of x.

    `dots` draws points instead of bars: right where zero is not the natural beginning. ValueError without rows.
    """
    if not rows:
        raise ValueError("a chart of bars needs a row; leave the chart out where there is none")
    ends = [end for row in rows for end in (row.value, row.low, row.high) if end is not None]
    x = fitted(x, ends + [rule.at for rule in rules] + ([] if dots else [0.0]))
    across = scale(x, 8.0, WIDTH - RIGHT)
    head = 20.0 if rules else 4.0
    room = _ROOMY if len(rows) <= 3 and not dots else _ROW
    floor = head + room * len(rows)
    parts = list(x_axis(x, across, floor))
    parts += [_tall_rule(rule, across(rule.at), head, floor) for rule in rules]
    draw = _dotted if dots else _barred
    for number, row in enumerate(rows):
        parts += draw(row, across, head + room * number, room)
    return picture(title, floor + _FOOT, parts)


def calibration(title: str, series: Sequence[Sequence[Dot]], x: Axis, y: Axis) -> str:
    """What was observed over what was predicted, on one scale from 0; on the diagonal both are the same.

    The area of a dot is its weight. ValueError where no series has a dot.
    """
    every = [dot for dots in series for dot in dots]
    if not every:
        raise ValueError("a calibration needs a dot; leave the chart out where there is none")
    values = [v for dot in every for v in (dot.predicted, dot.observed, dot.low, dot.high, 0.0) if v is not None]
    x, y = fitted(x, values), fitted(y, values)
    height = 380.0
    left = margin(y)
    across, up = scale(x, left, WIDTH - RIGHT), scale(y, height - _FOOT, TOP)
    low, high = max(across.low, up.low), min(across.high, up.high)
    parts = [*x_axis(x, across, height - _FOOT), *y_axis(y, up, left)]
    parts.append(segment("rule", across(low), up(low), across(high), up(high)))
    largest = max(dot.weight for dot in every)
    for number, dots in enumerate(series):
        for dot in dots:
            parts += _calibrated(dot, across(dot.predicted), up, number, largest)
    return picture(title, height, parts)


def _band(line: Line, across: Scale, up: Scale, number: int) -> str:
    ahead = _stepped([(at, high) for at, _, high in line.band], line.stepped)
    back = _stepped([(at, low) for at, low, _ in line.band], line.stepped)[::-1]
    return f'<polygon class="{colour(number)} band" points="{_points([*ahead, *back], across, up)}"/>'


def _line(line: Line, across: Scale, up: Scale, number: int) -> str:
    at, value = line.points[-1]
    points = _points(_stepped(line.points, line.stepped), across, up)
    end = f'<circle class="{colour(number)} dot" cx="{across(at):.1f}" cy="{up(value):.1f}" r="4"/>'
    name = f"<title>{escape(line.label)}</title>"
    return f'<polyline class="{colour(number)} line" points="{points}">{name}</polyline>{end}'


def _stepped(points: Sequence[tuple[float, float]], stepped: bool) -> list[tuple[float, float]]:
    if not stepped:
        return list(points)
    return [*(p for (at, y), (then, _) in pairwise(points) for p in ((at, y), (then, y))), points[-1]]


def _points(points: Sequence[tuple[float, float]], across: Scale, up: Scale) -> str:
    return " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in points)


def _barred(row: Bar, across: Scale, top: float, room: float) -> Iterator[str]:
    yield _row_label(row, top)
    start, end = sorted((across(0.0), across(row.value)))
    thick = room - 32
    size = f'x="{start:.1f}" y="{top + 24:.1f}" width="{max(end - start, 1):.1f}" height="{thick:g}" rx="2"'
    yield f'<rect class="{colour(row.series)} bar" {size}/>'
    yield from _whiskers(row, across, top + 24 + thick / 2, "ink")


def _dotted(row: Bar, across: Scale, top: float, room: float) -> Iterator[str]:
    yield _row_label(row, top)
    y = top + room - 12
    yield from _whiskers(row, across, y, colour(row.series))
    yield f'<circle class="{colour(row.series)} dot" cx="{across(row.value):.1f}" cy="{y:.1f}" r="5.5"/>'


def _row_label(row: Bar, top: float) -> str:
    note = f'<tspan class="small" dx="8">{escape(row.note)}</tspan>' if row.note else ""
    return f'<text class="row" x="8" y="{top + 16:.1f}" text-anchor="start">{escape(row.label)}{note}</text>'


def _whiskers(row: Bar, across: Scale, y: float, kind: str) -> Iterator[str]:
    if row.low is None or row.high is None:
        return
    low, high = across(row.low), across(row.high)
    yield segment(f"{kind} whisker", low, y, high, y)
    for end in (low, high):
        yield segment(f"{kind} whisker", end, y - 5, end, y + 5)


def _calibrated(dot: Dot, at: float, up: Scale, number: int, largest: float) -> Iterator[str]:
    if dot.low is not None and dot.high is not None:
        yield segment(f"{colour(number)} whisker", at, up(dot.low), at, up(dot.high))
    radius = max(2.5, 9 * math.sqrt(dot.weight / largest))
    said = f"{percent(dot.predicted)} predicted, {percent(dot.observed)} observed, {plain(dot.weight)} cases"
    place = f'cx="{at:.1f}" cy="{up(dot.observed):.1f}" r="{radius:.1f}"'
    yield f'<circle class="{colour(number)} dot" {place}><title>{escape(said)}</title></circle>'


def _flat_rule(rule: Rule, y: float, left: float) -> str:
    words = text(rule.label, WIDTH - RIGHT - 2, y - 5, "end", "small halo")
    return segment("rule", left, y, WIDTH - RIGHT, y) + words


def _tall_rule(rule: Rule, x: float, top: float, floor: float) -> str:
    half = LETTER * len(rule.label) / 2
    words = text(rule.label, min(max(x, half), WIDTH - half), top - 8, "middle", "small")
    return segment("rule", x, top - 3, x, floor) + words
