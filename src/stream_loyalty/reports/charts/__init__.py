"""Charts as SVG text for the pages of `pages`: lines with bands, bars and dots with intervals, calibration.

A chart is 440 units wide, so that its letters can be read on a phone, and colours itself by the classes `s0` ... `s4`
(series), `ink`, `grid` and `rule` that the page's style sheet defines for light and dark. Values that are not finite
have no place on a chart: leave them out.
"""

from stream_loyalty.reports.charts.axes import Axis, days, percent, plain, ticks
from stream_loyalty.reports.charts.drawing import Bar, Dot, Line, Rule, bars, calibration, lines

__all__ = [
    "Axis",
    "Bar",
    "Dot",
    "Line",
    "Rule",
    "bars",
    "calibration",
    "days",
    "lines",
    "percent",
    "plain",
    "ticks",
]
