"""Lead time: how early alerts come in a silence, and how many are right, by the fixed rule and by the model."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_loyalty.models.threshold import Threshold

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


class Sightings(NamedTuple):
    """Customers at one checkpoint: [customers] each. `churned` is empty until it is known."""

    day: int
    customers: Whole
    last: Whole  # day of the last purchase known then: where the silence began
    repeat: Flags  # had bought on more days than one
    risks: Array
    highest: Array  # risk at earlier checkpoints of this silence; 0 at the first
    churned: Flags

    def columns(self, rows: Flags | slice = slice(None)) -> tuple[Any, ...]:
        """Everything but the day, of some of them."""
        return tuple(column[rows] for column in self[1:])


class LeadTime:
    """Collects what was seen of silences, and afterwards counts the alerts that one rule or another raises."""

    def __init__(self, begins: float, horizon: int) -> None:
        self.begins = begins  # only silences from this day on count; the threshold learns from all
        self.horizon = horizon
        self._silence = np.full(0, -1)  # by customer: where the present silence began
        self._highest = np.zeros(0)
        self._learned = (Threshold(), Threshold())  # of first-time and of repeat buyers
        self._noted: dict[int, tuple[Threshold, Threshold]] = {}  # by checkpoint
        self._seen: list[Sightings] = []

    def see(self, day: int, customers: Whole, last: Whole, repeat: Flags, risks: Array) -> Sightings:
        """Customers as they were scored at a checkpoint; each once, checkpoints in order."""
        self._room(int(customers.max(initial=-1)) + 1)
        highest = np.where(self._silence[customers] == last, self._highest[customers], 0.0)
        self._silence[customers], self._highest[customers] = last, np.maximum(highest, risks)
        return Sightings(day, customers, last, repeat, risks, highest, np.zeros(0, bool))

    def learn(self, seen: Sightings) -> None:
        """What became of a checkpoint, once it is known."""
        for threshold, group in zip(self._learned, (~seen.repeat, seen.repeat), strict=True):
            threshold.learn(seen.highest[group], seen.risks[group], seen.churned[group], seen.day)
        counts = Sightings(seen.day, *seen.columns(seen.last >= self.begins))
        if len(counts.customers):
            self._seen.append(counts)

    def note(self, day: int) -> None:
        """Keep the thresholds as they are at a checkpoint, before its customers are scored."""
        self._noted[day] = deepcopy(self._learned)

    def report(self) -> dict[str, Any] | None:
        """Alerts of the fixed rule and of the model, by the protocol of docs/science.md; None without any to compare.

        `matched` has the threshold that, looking back, brings the fixed rule's precision; `online` at each checkpoint
        the one that labels known there spoke for, with that precision as its aim; while they speak for none, the fixed
        rule alerts.
        """
        if not self._seen:
            return None
        days = np.concatenate([np.full(len(seen.customers), seen.day) for seen in self._seen])
        rows = Sightings(0, *map(np.concatenate, zip(*(seen.columns() for seen in self._seen), strict=True)))
        silent = days - rows.last
        fixed = _Alerts(rows, silent, silent >= self.horizon)
        if not fixed.count:
            return None
        threshold = _matched(rows, fixed.precision, fixed.right)
        limits = self._online(rows, days, fixed.precision)
        online = np.where(np.isfinite(limits), rows.risks >= limits, silent >= self.horizon)
        report = {
            "silences": len(np.unique(_key(rows))),
            "fixed_rule": fixed.report(),
            "matched": None,
            "online": _Alerts(rows, silent, online).report(),
        }
        if threshold is not None:
            matched = _Alerts(rows, silent, rows.risks >= threshold)
            report["matched"] = {"threshold": threshold, **matched.report()}
        return report

    def _online(self, rows: Sightings, days: Whole, aim: float) -> Array:
        """The threshold in force at each sighting; infinite where there is none."""
        found = np.full(len(days), np.inf)
        for day, learned in self._noted.items():
            now = days == day
            for threshold, group in zip(learned, (~rows.repeat, rows.repeat), strict=True):
                at = threshold.at(aim)
                found[now & group] = np.inf if at is None else at
        return found

    def _room(self, size: int) -> None:
        missing = size - len(self._silence)
        if missing > 0:
            self._silence = np.concatenate([self._silence, np.full(max(missing, 1024), -1)])
            self._highest = np.concatenate([self._highest, np.zeros(max(missing, 1024))])


class _Alerts:
    """The first of the sightings `raised` in each silence is an alert; `silent` are the days of silence at each."""

    def __init__(self, rows: Sightings, silent: Whole, raised: Flags) -> None:
        where = np.flatnonzero(raised)  # in order of time
        self._first = where[np.unique(_key(rows)[where], return_index=True)[1]]
        self._rows, self._silent = rows, silent
        self.count = len(self._first)
        self.right = int(rows.churned[self._first].sum())
        self.precision = self.right / self.count if self.count else 0.0

    def report(self) -> dict[str, Any]:
        """Figures of all alerts, and of first-time and repeat buyers apart."""
        repeat = self._rows.repeat[self._first]
        return {
            **self._figures(self._first),
            "first_time": self._figures(self._first[~repeat]),
            "repeat": self._figures(self._first[repeat]),
        }

    def _figures(self, alerts: NDArray[np.intp]) -> dict[str, Any]:
        right, silent = self._rows.churned[alerts], self._silent[alerts]
        return {
            "precision": float(right.mean()) if len(alerts) else None,
            "alerts": len(alerts),
            "right_alerts": int(right.sum()),
            "mean_silence_days": float(silent.mean()) if len(alerts) else None,
            "median_silence_days": float(np.median(silent)) if len(alerts) else None,
        }


def _key(rows: Sightings) -> Whole:
    """Tells silences apart: whose, and since when."""
    return (rows.customers << 32) + rows.last


def _matched(rows: Sightings, precision: float, right: int) -> float | None:
    """The lowest threshold with at least this precision and this many right alerts; None where there is none.

    A threshold in (highest before, risk] raises its alert at that sighting; so alerts at every threshold can be counted
    by sorting the ends of these ranges.
    """
    crossing = rows.risks > rows.highest
    thresholds = np.unique(rows.risks[crossing])

    def raised(some: Flags) -> Whole:
        ends = [np.sort(values[some]) for values in (rows.highest, rows.risks)]
        passed, reached = (np.searchsorted(end, thresholds, side="left") for end in ends)
        return passed - reached

    alerts, correct = raised(crossing), raised(crossing & rows.churned)
    fits = (correct >= precision * alerts) & (correct >= right)
    return float(thresholds[int(np.argmax(fits))]) if fits.any() else None
