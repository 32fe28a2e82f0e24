"""Recall measured against the hold-out: what the engine published at the end of each alert's window, as one report.

Recall is the share of customers with an alert who bought again within its window. Shares are of 1, money is in minor
units of the base currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from stream_loyalty.contracts.decisions.alerts import AlertHeldBack, AlertHeldOut
from stream_loyalty.contracts.decisions.retention import RetentionMeasured
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.reports.effect import Estimates, Trial, compare_amounts, compare_shares

LEVEL = 0.95
_RAISED = "loyalty.alert.churn-risk.raised"
_OURS = tuple(f'"{name}"'.encode() for name in (_RAISED, AlertHeldOut.type, AlertHeldBack.type, RetentionMeasured.type))


class Measured(Struct, frozen=True):
    """The window of one alert, at its end. `chance` is that of the hold-out, of 1; `at` is ms since 1970 UTC."""

    alert: str
    customer: str
    at: int
    treated: bool
    chance: float
    window_days: int
    band: str | None
    high_value: bool
    cause: str | None
    action: str
    bought: bool
    revenue: int
    acknowledged: bool


class Found(Struct):
    """What was published on the subject: windows that are over, in order of time, and how many are still open."""

    measured: list[Measured]
    open: int
    held_back: dict[str, int]  # alerts that nobody got, by why


class Estimate(Struct, frozen=True):
    """An estimate with its interval; None where nothing can be said yet."""

    value: float | None
    low: float | None
    high: float | None

    def times(self, count: float) -> Estimate:
        """The same for so many alerts."""
        return Estimate(*(None if one is None else one * count for one in (self.value, self.low, self.high)))


class Arm(Struct, frozen=True):
    """One of the two groups: its alerts, how many of them bought again, which share, and revenue for each alert."""

    alerts: int
    bought: int
    recall: Estimate
    revenue: Estimate


class Group(Struct, frozen=True):
    """The alerts of one kind of customer, treated against held out."""

    name: str
    treated: Arm
    held_out: Arm
    difference: Estimate  # of the recalls
    beats: bool | None  # whether the treated group's recall is above the figure to beat; None: not certain
    incremental_buyers: Estimate  # of the treated, those who would not have bought otherwise
    incremental_revenue: Estimate


class Reading(Struct, frozen=True):
    """What the report said at the end of a day (of the program's time zone) in which something was measured."""

    day: str
    alerts: int
    difference: Estimate


class Retention(Struct, frozen=True):
    """The whole report. `groups` by what they are told apart by; their intervals hold all together."""

    level: float
    beat: float
    currency: str
    window_days: tuple[int, ...]
    open: int  # alerts whose window is not over
    held_back: dict[str, int]  # alerts that nobody got, by why
    not_drawn: int  # measured without a chance to be held out (or to be treated): they compare with nothing
    acknowledged: int  # treated alerts that the retention team took on
    overall: Group | None  # None: nothing was measured
    groups: dict[str, list[Group]]
    timeline: list[Reading]


class _Event(Struct):
    type: str
    time: str
    data: dict[str, Any]


def read(lines: Iterable[bytes]) -> Found:
    """What lines of decisions.ndjson (CloudEvents in JSON) say; other decisions are passed over, repetitions too.

    ValueError, with the number of the line, for one that cannot be read.
    """
    measured: dict[str, Measured] = {}
    raised: set[str] = set()
    held_back: dict[str, str] = {}
    decoder = msgspec.json.Decoder(_Event)
    for number, line in enumerate(lines, 1):
        if not any(name in line for name in _OURS):
            continue
        try:
            event = decoder.decode(line)
            if event.type == RetentionMeasured.type:
                one = _measured(event)
                measured.setdefault(one.alert, one)
            elif event.type in (_RAISED, AlertHeldOut.type):
                raised.add(event.data["alert"])
            elif event.type == AlertHeldBack.type and event.data["kind"] == "churn-risk":
                held_back[event.data["alert"]] = event.data["why"]
        except (ValueError, KeyError) as error:  # msgspec's errors are ValueErrors
            raise ValueError(f"line {number}: not a decision of the engine: {error!r}") from None
    ordered = sorted(measured.values(), key=lambda one: (one.at, one.alert))
    return Found(ordered, len(raised - measured.keys()), dict(sorted(Counter(held_back.values()).items())))


def _measured(event: _Event) -> Measured:
    data = event.data
    own = {"at": parse_instant(event.time), "treated": data["group"] == "treated"}
    return msgspec.convert(data | own | {"chance": data["hold_out_percent"] / 100}, Measured)


def report(found: Found, currency: str, zone: tzinfo = UTC, beat: float = 0.35) -> Retention:
    """The report on what was found, with recall compared to `beat`; days are those of `zone`."""
    drawn = [one for one in found.measured if 0 < one.chance < 1]
    groups, alpha = _told_apart(drawn), 1 - LEVEL
    shown = sum(map(len, groups.values())) or 1
    return Retention(
        level=LEVEL,
        beat=beat,
        currency=currency,
        window_days=tuple(sorted({one.window_days for one in drawn})),
        open=found.open,
        held_back=found.held_back,
        not_drawn=len(found.measured) - len(drawn),
        acknowledged=sum(one.acknowledged for one in drawn if one.treated),
        overall=_group("all", drawn, beat, alpha) if drawn else None,
        groups={
            by: [_group(name, some, beat, alpha / shown) for name, some in sorted(named.items())]
            for by, named in groups.items()
        },
        timeline=_timeline(drawn, zone, alpha),
    )


_BY: dict[str, Callable[[Measured], str | None]] = {
    "band": lambda one: one.band,
    "value": lambda one: "high" if one.high_value else "other",
    "cause": lambda one: one.cause,
    "action": lambda one: one.action,
}


def _told_apart(drawn: Iterable[Measured]) -> dict[str, dict[str, list[Measured]]]:
    """The alerts by what tells customers apart, where it tells any apart."""
    found: dict[str, dict[str, list[Measured]]] = {by: {} for by in _BY}
    for one in drawn:
        for by, name_of in _BY.items():
            found[by].setdefault(name_of(one) or "unknown", []).append(one)
    return {by: named for by, named in found.items() if len(named) > 1}


def _group(name: str, some: Sequence[Measured], beat: float, alpha: float) -> Group:
    at = np.array([len(some)])
    recall = compare_shares(_trial(some, lambda one: one.bought), at, alpha)
    revenue = compare_amounts(_trial(some, lambda one: one.revenue), at, alpha)
    treated = _arm([one for one in some if one.treated], recall.treated, revenue.treated)
    held_out = _arm([one for one in some if not one.treated], recall.held_out, revenue.held_out)
    difference = _estimate(recall.effect)
    return Group(
        name=name,
        treated=treated,
        held_out=held_out,
        difference=difference,
        beats=_beats(treated.recall, beat),
        incremental_buyers=difference.times(treated.alerts),
        incremental_revenue=_estimate(revenue.effect).times(treated.alerts),
    )


def _arm(some: Sequence[Measured], recall: Estimates, revenue: Estimates) -> Arm:
    return Arm(len(some), sum(one.bought for one in some), _estimate(recall), _estimate(revenue))


def _beats(recall: Estimate, beat: float) -> bool | None:
    if recall.low is None or recall.high is None or recall.low <= beat <= recall.high:
        return None
    return recall.low > beat


def _timeline(drawn: Sequence[Measured], zone: tzinfo, alpha: float) -> list[Reading]:
    if not drawn:
        return []
    days = [datetime.fromtimestamp(one.at / 1000, zone).date().isoformat() for one in drawn]
    last = {day: count for count, day in enumerate(days, 1)}
    effect = compare_shares(_trial(drawn, lambda one: one.bought), np.array([*last.values()]), alpha).effect
    return [
        Reading(day, count, Estimate(*map(_known, row)))
        for (day, count), *row in zip(last.items(), *effect, strict=True)
    ]


def _trial(some: Sequence[Measured], outcome: Callable[[Measured], float]) -> Trial:
    return Trial(
        np.array([one.treated for one in some], bool),
        np.array([one.chance for one in some], float),
        np.array([outcome(one) for one in some], float),
    )


def _estimate(estimates: Estimates) -> Estimate:
    """The last reading's."""
    return Estimate(*(_known(values[-1]) for values in estimates))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
