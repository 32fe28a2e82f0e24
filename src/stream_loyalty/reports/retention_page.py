"""The retention report as a page: key figures, charts, the table, and how to read them."""

from __future__ import annotations

from collections.abc import Callable

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.reports import charts, pages
from stream_loyalty.reports.charts import percent
from stream_loyalty.reports.effect import ENOUGH, ENOUGH_AMOUNTS
from stream_loyalty.reports.retention import Estimate, Group, Retention
from stream_loyalty.reports.retention_words import BY, HEAD, headline, money, rows, sentences, share


def page(report: Retention) -> str:
    """The report as one HTML page."""
    lead, *more = sentences(report)
    if report.overall is None:
        parts, foot = [pages.paragraph(words) for words in more], ""
    else:
        parts, foot = _parts(report, report.overall, more), _FOOT
    when = f", {report.timeline[0].day} to {report.timeline[-1].day}" if report.timeline else ""
    return pages.page(f"Retention: alerted against held out{when}", headline(report), lead, parts, foot)


def _parts(report: Retention, overall: Group, more: list[str]) -> list[str]:
    found = [_recall_figure(report, overall), *_timeline_figure(report)]
    told_apart = [
        pages.paragraph(_NOTE_GROUPS),
        pages.columns(*_group_figures(report)),
        pages.table(HEAD, rows(report)),
    ]
    return [
        _tiles(report, overall),
        pages.section("What was found", *map(pages.paragraph, more), pages.columns(*found)),
        pages.section("For whom it works", *told_apart),
        pages.section("How to read this", *map(pages.paragraph, _HOW_TO_READ)),
    ]


def _tiles(report: Retention, overall: Group) -> str:
    verdict = {True: "above", False: "below", None: "not yet certain against"}[overall.beats]
    revenue = overall.incremental_revenue
    return pages.tiles(
        [
            _tile("More customers back", overall.incremental_buyers, lambda n: f"{n:+,.0f}", _EARLY),
            pages.Tile(
                "Recall of the alerted",
                "-" if overall.treated.recall.value is None else share(overall.treated.recall.value),
                f"{verdict} the {percent(report.beat)} to beat",
            ),
            _tile("More than held out, in points", overall.difference.times(100), lambda n: f"{n:+.1f}", _EARLY),
            _tile("More revenue", revenue, lambda n: money(n, report.currency), _EARLY_REVENUE),
        ]
    )


def _tile(label: str, one: Estimate, write: Callable[[float], str], early: str) -> pages.Tile:
    if one.value is None or one.low is None or one.high is None:
        return pages.Tile(label, "too early", early)
    return pages.Tile(label, write(one.value), f"between {write(one.low)} and {write(one.high)}")


def _recall_figure(report: Retention, overall: Group) -> str:
    bars = [
        charts.Bar(name, arm.recall.value, arm.recall.low, arm.recall.high, f"{arm.bought:,} of {arm.alerts:,}", series)
        for series, (name, arm) in enumerate((("Alerted", overall.treated), ("Held out", overall.held_out)))
        if arm.recall.value is not None
    ]
    days = " or ".join(map(str, report.window_days))
    axis = charts.Axis(f"bought again within {days} days of the alert", percent)
    rule = charts.Rule(report.beat, f"to beat: {percent(report.beat)}")
    drawn = charts.bars("Recall of the alerted and of the held out", bars, axis, [rule])
    sure = f"Whiskers: where the share lies with {percent(report.level)} certainty, at every reading."
    return pages.figure("Recall", drawn, sure if overall.treated.recall.low is not None else "")


def _timeline_figure(report: Retention) -> list[str]:
    known = [(parse_instant(one.day), one.difference) for one in report.timeline]
    points = [(float(at), one.value or 0, one.low, one.high) for at, one in known if one.low is not None]
    if not points:
        return []
    _, value, low, high = points[-1]
    limit = min(1.0, max(0.2, abs(value) + 1.5 * ((high or 0) - (low or 0))))
    line = charts.Line(
        "difference",
        [(at, _cut(value, limit)) for at, value, _, _ in points],
        [(at, _cut(low or 0, limit), _cut(high or 0, limit)) for at, _, low, high in points],
    )
    x = charts.days("read at the end of", int(points[0][0]), int(points[-1][0]))
    y = charts.Axis("alerted less held out", percent)
    drawn = charts.lines("The difference as it was read", [line], x, y, [charts.Rule(0, "no difference")])
    note = "The band is where the true difference lies; it stays valid for whoever looks every day."
    return [pages.figure("The difference, as it was read day by day", drawn, note)]


def _cut(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))


def _group_figures(report: Retention) -> list[str]:
    """One figure for each thing that tells customers apart, all on one scale."""
    rule = charts.Rule(0, "no difference")
    shown = {
        by: [
            (group.name, one) for group in groups if (one := group.difference).value is not None and one.low is not None
        ]
        for by, groups in report.groups.items()
    }
    ends = [end or 0.0 for some in shown.values() for _, one in some for end in (one.low, one.high)]
    axis = charts.Axis("alerted less held out", percent, min(ends, default=0), max(ends, default=0))
    found = []
    for by, some in shown.items():
        dots = [
            charts.Bar(name, one.value or 0, one.low, one.high, f"{(one.value or 0) * 100:+.1f} points")
            for name, one in some
        ]
        if dots:
            drawn = charts.bars(f"Difference of recall {BY[by].lower()}", dots, axis, [rule], dots=True)
            found.append(pages.figure(BY[by], drawn))
    return found


_EARLY = f"from {ENOUGH} alerts measured in each group on"
_EARLY_REVENUE = f"from {ENOUGH_AMOUNTS} buyers in each group on"
_NOTE_GROUPS = (
    "The intervals of the groups are widened so that all of them hold together (Bonferroni): a group that stands out "
    "here does so for a reason. Groups that are marked too early have fewer than "
    f"{ENOUGH} alerts measured on one of the two sides."
)
_HOW_TO_READ = (
    "When a customer falls silent an alert is raised, and somebody acts on it. A small part of the silences, drawn by "
    "a hash and by nothing else, is held out: nobody is told. Who comes back without anybody acting shows in that "
    "part, so the difference is what acting brings. Complaints and other service are never held out.",
    "Each alert counts once, at the end of its window, whether the customer bought or not. Revenue is what "
    "was bought within the window, less what was refunded by its end.",
    "The intervals may be looked at every day and the reading stopped at any time: their certainty is that of the "
    "whole course, not of one look. That makes them wider than those of a test with a fixed end.",
)
_FOOT = (
    "Shares: empirical-Bernstein confidence sequence (Howard, Ramdas, McAuliffe, Sekhon 2021) on augmented "
    "inverse-probability-weighted scores. Revenue: asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, "
    "Kennedy, Ramdas 2024), approximate."
)
