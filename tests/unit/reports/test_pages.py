"""Charts and pages: well-formed, self-contained, nothing outside the picture, words as they were given."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.reports import charts, pages
from stream_loyalty.reports.charts import Axis, Bar, Dot, Line, Rule, percent

PERCENT = Axis("share", percent)
LINES = [
    Line("model", [(0, 0.5), (5, 0.7), (9, 0.6)], [(0, 0.1, 0.9), (5, 0.5, 0.8), (9, 0.5, 0.7)]),
    Line("rule", [(0, 0.4), (9, 0.45)], stepped=True),
]
BARS = [Bar("alerted", 0.47, 0.44, 0.5, "1,203 of 2,560"), Bar("held out", 0.33, series=1), Bar("<other> & more", 0.0)]
DOTS = [[Dot(0.1, 0.12, 900, 0.1, 0.14), Dot(0.8, 0.7, 30, 0.5, 0.85)], [Dot(0.4, 0.4)]]
CHARTS = {
    "lines": charts.lines("Running", LINES, Axis("cases"), PERCENT, [Rule(0, "none")]),
    "one point": charts.lines("One", [Line("x", [(3, 0.0)])], Axis("cases"), PERCENT),
    "days": charts.lines("Days", [LINES[0]], charts.days("day", 0, 9), PERCENT),
    "bars": charts.bars("Recall", BARS, PERCENT, [Rule(0.35, "to beat: 35 %")]),
    "negative": charts.bars("Change", [Bar("a", -0.2, -0.3, -0.1), Bar("b", 0.1)], PERCENT),
    "dots": charts.bars("By group", BARS * 2, PERCENT, [Rule(0, "none")], dots=True),
    "calibration": charts.calibration("Calibration", DOTS, PERCENT, PERCENT),
}


@pytest.mark.parametrize("name", CHARTS)
def test_everything_lies_within_the_picture(name: str) -> None:
    svg = ElementTree.fromstring(CHARTS[name])
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    for element in svg.iter():
        for attribute, limit in (("x", width), ("x1", width), ("x2", width), ("cx", width), ("y", height)):
            assert 0 <= float(element.get(attribute, 0)) <= limit, ElementTree.tostring(element)
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", element.get("points", "")):
            assert 0 <= float(x) <= width
            assert 0 <= float(y) <= height
    for text in svg.iter("text"):  # about as wide as their letters
        half = len("".join(text.itertext())) * 6.6
        start = float(text.attrib["x"]) - {"start": 0, "middle": half / 2, "end": half}[text.attrib["text-anchor"]]
        assert text.get("transform") or (start >= -1 and start + half <= width + 1), text.text


def test_bars_begin_at_zero_and_dots_where_they_want() -> None:
    assert ">0 %<" in charts.bars("", [Bar("a", 0.9)], PERCENT)
    assert ">0 %<" not in charts.bars("", [Bar("a", 0.9, 0.8, 0.95)], PERCENT, dots=True)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (-0.13, 0.31, (-0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4)),
        (3, 61, (0, 20, 40, 60, 80)),
    ],
)
def test_ticks_are_round_and_reach_over_the_values(low: float, high: float, found: tuple[float, ...]) -> None:
    assert charts.ticks(low, high) == found


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-03-01", "2026-03-05", ["01 Mar", "02 Mar", "03 Mar", "04 Mar", "05 Mar"]),
        ("2026-01-20", "2026-04-10", ["20 Jan", "03 Feb", "17 Feb", "03 Mar", "17 Mar", "31 Mar"]),
        ("2025-11-15", "2026-08-02", ["Jan 2026", "Mar 2026", "May 2026", "Jul 2026"]),
        ("2020-05-01", "2026-02-01", ["Jan 2021", "Jan 2022", "Jan 2023", "Jan 2024", "Jan 2025", "Jan 2026"]),
    ],
)
def test_an_axis_of_days(first: str, last: str, words: list[str]) -> None:
    axis = charts.days("day", parse_instant(first), parse_instant(last))
    assert [axis.write(tick) for tick in axis.ticks] == words


@pytest.mark.parametrize("draw", [charts.lines, charts.calibration])
def test_no_chart_of_nothing(draw: object) -> None:
    with pytest.raises(ValueError, match="leave the chart out"):
        draw("", [], PERCENT, PERCENT)  # type: ignore[operator]
    with pytest.raises(ValueError, match="leave the chart out"):
        charts.bars("", [], PERCENT)


def test_a_page_is_self_contained_and_its_words_stay_words() -> None:
    parts = [
        pages.tiles([pages.Tile("<b>label</b>", "5", "note & more")]),
        pages.section("All", pages.columns(pages.figure("Recall", CHARTS["bars"], "note", ["<one>", "two"]))),
        pages.table(["", "n"], [["By <band>"], ["new", "1"]]),
    ]
    html = pages.page("T & t", "<h>", "lead", parts, "foot")
    assert not re.search(r"https?:|src=|<script|<link|url\(|@import", html)
    assert "<b>label</b>" not in html
    seen = _Seen()
    seen.feed(html)
    assert seen.open == []
    assert {"T & t", "<h>", "<b>label</b>", "note & more", "<one>", "By <band>", "<other> & more"} <= set(seen.words)


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
