"""An evaluation of the churn model in words and tables, for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stream_loyalty.contracts.instants import DAY_MS, format_instant

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]  # title, head, rows

RULES = {"fixed_rule": "fixed rule", "matched": "model, at the same precision", "online": "model, threshold online"}
_NONE = "-"


def day(number: int) -> str:
    """A day counted from 1970-01-01 as a date."""
    return format_instant(number * DAY_MS)[:10]


def figure(value: float | None, digits: int = 4) -> str:
    """A number, or a dash where there is none."""
    return _NONE if value is None or value != value else f"{value:,.{digits}f}"


def headline(report: Mapping[str, Any]) -> str:
    """What came out, in one sentence."""
    lead = report["lead_time"]
    if lead is None or lead["matched"] is None:
        return f"AUC {figure(report['model']['auc'])} against {figure(report['fixed_rule']['auc'])} of the fixed rule"
    early, late = (lead[name]["mean_silence_days"] for name in ("matched", "fixed_rule"))
    return f"Alerts after {early:.0f} days of silence instead of {late:.0f}, the same share of them right"


def sentences(report: Mapping[str, Any]) -> Iterator[str]:
    """What it rests on."""
    period, horizon = report["period"], report["horizon_days"]
    counted = report["checkpoints"]
    yield (
        f"{period['customers']:,} customers, {day(period['first_day'])} to {day(period['last_day'])}. Every score was"
        f" given before its outcome was known: no purchase within {horizon} days. Counted are {len(counted)}"
        f" checkpoints from {day(counted[0]['day'])} on; the model learned from {report['examples']:,} examples, each"
        f" once, {report['microseconds_per_example']:.0f} microseconds each."
    )
    lead = report["lead_time"]
    if lead is None:
        yield "No silence was long enough for the fixed rule, so there are no alerts to compare."
    elif lead["matched"] is None:
        yield "At no threshold has the model both the fixed rule's precision and as many right alerts."


def tables(report: Mapping[str, Any]) -> Iterator[Table]:
    """Everything that was found, but the checkpoints one by one."""
    yield (
        "Quality, mean over the counted checkpoints",
        ("", "AUC", "log loss", "Brier"),
        [
            (words, *(figure(report[name][key]) for key in ("auc", "log_loss", "brier")))
            for name, words in (("model", "model"), ("fixed_rule", "fixed rule"))
        ],
    )
    if report["lead_time"] is not None:
        yield f"Lead time, {report['lead_time']['silences']:,} silences", _LEAD_HEAD, list(_lead(report["lead_time"]))
    yield (
        "Calibration: tenths of the customers scored, by rising risk",
        ("tenth", "customers", "predicted to churn", "churned"),
        [
            (str(i), figure(one["examples"], 0), figure(one["predicted"]), figure(one["observed"]))
            for i, one in enumerate(report["calibration"], 1)
        ],
    )
    yield (
        "Customers with one order, by days since it",
        ("days since", "scored", "predicted to churn", "churned", "AUC", "log loss", "Brier"),
        [
            (since, figure(one["examples"], 0), *(figure(one.get(key)) for key in _NEWCOMER))
            for since, one in report["one_order"].items()
        ],
    )


_NEWCOMER = ("risk", "churned", "auc", "log_loss", "brier")
_LEAD_HEAD = ("alerts by", "buyers", "alerts", "right", "precision", "mean silence, days", "median")


def _lead(lead: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for name, words in RULES.items():
        found = lead[name]
        if found is None:
            continue
        for buyers, one in (("all", found), ("first-time", found["first_time"]), ("repeat", found["repeat"])):
            if buyers == "all" or one["alerts"]:
                yield (
                    words if buyers == "all" else "",
                    buyers,
                    figure(one["alerts"], 0),
                    figure(one["right_alerts"], 0),
                    figure(one["precision"], 3),
                    figure(one["mean_silence_days"], 1),
                    figure(one["median_silence_days"], 0),
                )
