"""The evaluation of the churn model as one page with charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.reports import charts, pages
from stream_loyalty.reports.churn_words import RULES, day, figure, headline, sentences, tables

_HOW_TO_READ = (
    "AUC is the chance that of two customers the one who churned had the higher risk: 0.5 is a coin. Log loss and"
    " Brier score punish probabilities that were wrong, the more the surer they were; less is better.",
    "The fixed rule knows two risks, for silences shorter and longer than the horizon: the shares that churned among"
    " those whose outcome was known by then.",
    "An alert is right if no purchase follows within the horizon. At the same precision means at the one threshold"
    " that, looking back, is right as often as the fixed rule; online means with the threshold that outcomes known at"
    " each checkpoint spoke for.",
)


def page(report: Mapping[str, Any]) -> str:
    """The report of `stream-loyalty evaluate churn` as one HTML page."""
    lead, *more = sentences(report)
    quality, *others = tables(report)
    parts = [
        _tiles(report),
        pages.section("What was found", *map(pages.paragraph, more), pages.columns(*_figures(report))),
        *(pages.section(title, pages.table(head, rows)) for title, head, rows in (quality, *others)),
        pages.section("How to read this", *map(pages.paragraph, _HOW_TO_READ)),
    ]
    return pages.page("Churn: how well and how early it is foreseen", headline(report), lead, parts)


def _tiles(report: Mapping[str, Any]) -> str:
    model, fixed = report["model"], report["fixed_rule"]
    names = (("auc", "AUC"), ("log_loss", "Log loss"), ("brier", "Brier score"))
    found = [pages.Tile(label, figure(model[key]), f"fixed rule: {figure(fixed[key])}") for key, label in names]
    online = (report["lead_time"] or {}).get("online")
    if online and online["alerts"]:
        found.append(
            pages.Tile(
                "Days of silence at an alert",
                figure(online["mean_silence_days"], 1),
                f"{figure(online['precision'], 3)} of them right, threshold chosen online",
            )
        )
    return pages.tiles(found)


def _figures(report: Mapping[str, Any]) -> list[str]:
    found = [_over_time(report), _calibration(report)]
    if report["lead_time"] is not None:
        found.append(_lead(report["lead_time"]))
    return found + _newcomers(report)


def _over_time(report: Mapping[str, Any]) -> str:
    counted = report["checkpoints"]
    names = {"model": "model", "fixed_rule": "fixed rule"}
    series = [
        charts.Line(
            words, [(one["day"] * DAY_MS, one[name]["auc"]) for one in counted if one[name]["auc"] == one[name]["auc"]]
        )
        for name, words in names.items()
    ]
    if not any(line.points for line in series):
        return ""
    title = "AUC at each counted checkpoint"
    across = charts.days("", counted[0]["day"] * DAY_MS, counted[-1]["day"] * DAY_MS)
    drawing = charts.lines(title, [line for line in series if line.points], across, charts.Axis("AUC", low=0.5))
    return pages.figure(title, drawing, f"{day(counted[0]['day'])} to {day(counted[-1]['day'])}", list(names.values()))


def _calibration(report: Mapping[str, Any]) -> str:
    dots = [charts.Dot(one["predicted"], one["observed"], one["examples"]) for one in report["calibration"]]
    title = "Predicted and observed churn"
    axes = (charts.Axis(words, charts.percent) for words in ("predicted", "churned"))
    return pages.figure(title, charts.calibration(title, [dots], *axes), "Tenths of the customers scored.")


def _lead(lead: Mapping[str, Any]) -> str:
    rows = [
        charts.Bar(
            words, found["mean_silence_days"], note=f"{found['right_alerts']:,} of {found['alerts']:,} right", series=i
        )
        for i, (name, words) in enumerate(RULES.items())
        if (found := lead[name]) is not None and found["alerts"]
    ]
    title = "Mean days of silence at the alert"
    return pages.figure(title, charts.bars(title, rows, charts.Axis("days", low=0.0)))


def _newcomers(report: Mapping[str, Any]) -> list[str]:
    rows = [
        charts.Bar(f"{since} days", one[key], note=words, series=series)
        for since, one in report["one_order"].items()
        for series, (key, words) in enumerate((("risk", "predicted"), ("churned", "churned")))
        if one.get(key) is not None
    ]
    if not rows:
        return []
    title = "After the first order: predicted and observed churn"
    drawing = charts.bars(title, rows, charts.Axis("share", charts.percent, low=0.0, high=1.0))
    return [pages.figure(title, drawing, "Customers with one order, by days since it; all checkpoints with a model.")]
