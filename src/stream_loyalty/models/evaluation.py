"""How well churn is foreseen on past data: one pass in order of time, every score given before its outcome is known.

The protocol is that of docs/science.md. Day 0 is the first day with an event of the storefront, and at each checkpoint
all customers who have bought are scored, as of the end of that day.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_loyalty.contracts.parse import Event
from stream_loyalty.contracts.topics import COMMANDS
from stream_loyalty.core.activity import signals
from stream_loyalty.core.features import features
from stream_loyalty.core.history import bought_between, rhythm
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.engine.customers import apply_event, is_repeated, seen_as
from stream_loyalty.engine.engine import Engine
from stream_loyalty.engine.merge import Arrival
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.models.champion import Champion
from stream_loyalty.models.lead import LeadTime, Sightings
from stream_loyalty.models.quality import Tally, auc, brier, log_loss

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

COUNTED_FROM = 0.45  # of the period; before that the model is learning
SINCE_FIRST = (0, 7, 14, 30, 60, 120)  # days since the only order, from each of these to the next


class Scored(NamedTuple):
    """A checkpoint until its outcomes are known: one row for each customer who had bought."""

    day: int
    customers: NDArray[np.int64]
    features: Array
    silent: NDArray[np.int64]  # days since the last purchase
    risks: Array | None  # None: the model had learned nothing yet
    fixed: Array  # risks by the fixed rule
    sightings: Sightings | None


class Fold:
    """The customers as the engine's own policies leave them, without wakes: no purchase depends on one."""

    def __init__(self, arrivals: Sequence[Arrival], engine: Engine) -> None:
        self._engine = engine
        self._calendar = engine.programs.latest.calendar
        events = (arrival for arrival in arrivals if isinstance(arrival.content, Event))
        self._ahead = deque(events)
        days = [self._calendar.day(one.at) for one in self._ahead if one.record.topic != COMMANDS]
        self.first, self.last = (min(days), max(days)) if days else (0, -1)
        self.customers: list[Customer] = []
        self._places: dict[str, int] = {}

    def to(self, day: int) -> None:
        """Apply the events up to the end of a day."""
        ahead, day_of = self._ahead, self._calendar.day
        while ahead and day_of(ahead[0].at) <= day:
            event = ahead.popleft().content
            assert isinstance(event, Event)
            seen = seen_as(event, self._engine.programs)
            if not isinstance(seen, Event):
                continue
            event = seen
            place = self._places.setdefault(event.customer, len(self.customers))
            if place == len(self.customers):
                self.customers.append(Customer())
            state = self.customers[place]
            if not is_repeated(state, event):
                apply_event(state, event, self._engine.programs, self._engine.thresholds, due=NEVER)


class Evaluation:
    """One pass over a fold: `run` it, then `report`."""

    def __init__(self, fold: Fold, horizon: int = 60, every: int = 7) -> None:
        self._fold, self._horizon = fold, horizon
        period = fold.last - fold.first
        if not _is_enough(period, horizon, every):
            needed = next(days for days in count(horizon) if _is_enough(days, horizon, every)) + 1
            raise StreamLoyaltyError(
                f"{max(period + 1, 0)} days of events are too few: with a horizon of {horizon} days outcomes are known"
                f" early enough from {needed} days on; give more, or a shorter --horizon"
            )
        checkpoints, counted = _schedule(period, horizon, every)
        self.checkpoints = [fold.first + day for day in checkpoints]
        self.counted = [fold.first + day for day in counted]
        self.champion = Champion()
        self._lead = LeadTime(fold.first + int(COUNTED_FROM * period), horizon)
        self._waiting: deque[Scored] = deque()
        self._quality: list[dict[str, Any]] = []
        self._calibration, self._newcomers = Tally(), {since: Tally() for since in SINCE_FIRST}
        self._outcomes = np.zeros((2, 2))  # by fixed rule: customers, and who of them churned
        self._learning_s = 0.0

    def run(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """The pass; `progress` is told the checkpoints done, and of how many."""
        for number, day in enumerate(self.checkpoints, 1):
            self._fold.to(day)
            self._settle(day)
            self._score(day)
            progress(number, len(self.checkpoints))
        while self._waiting:
            day = self._waiting[0].day + self._horizon
            self._fold.to(day)
            self._settle(day)

    def _score(self, day: int) -> None:
        seen = list(self._buyers(day))
        if not seen:
            return
        places, silent, repeat, rows = zip(*seen, strict=True)
        customers, silences, table = np.array(places), np.array(silent), np.array(rows)
        risks = self.champion.risks(table) if self.champion.examples else None
        rates = (self._outcomes[1] + 1.0) / (self._outcomes[0] + 2.0)
        fixed: Array = rates[(silences >= self._horizon).astype(np.intp)]
        sightings = None
        if risks is not None:
            self._lead.note(day)
            sightings = self._lead.see(day, customers, day - silences, np.array(repeat), risks)
        self._waiting.append(Scored(day, customers, table, silences, risks, fixed, sightings))

    def _buyers(self, day: int) -> Iterator[tuple[int, int, bool, list[float]]]:
        for place, customer in enumerate(self._fold.customers):
            seen = rhythm(customer.history, day)
            if seen is not None:
                told = signals(customer.activities, len(customer.complaints), day)
                yield place, day - seen.last, seen.days > 1, features(seen, day, told)

    def _settle(self, today: int) -> None:
        """Learn from every checkpoint whose outcomes are known by the end of `today`, and judge what was said then."""
        while self._waiting and self._waiting[0].day + self._horizon <= today:
            scored = self._waiting.popleft()
            until = scored.day + self._horizon
            histories = [self._fold.customers[place].history for place in scored.customers.tolist()]
            churned = np.array([not bought_between(history, scored.day, until) for history in histories])
            self._judge(scored, churned)
            start = time.process_time()
            for row, gone in zip(scored.features, churned.tolist(), strict=True):
                self.champion.learn_one(row, not gone, scored.day)
            self._learning_s += time.process_time() - start

    def _judge(self, scored: Scored, churned: Flags) -> None:
        by_rule = scored.silent >= self._horizon
        for alerted, group in enumerate((~by_rule, by_rule)):
            self._outcomes[:, alerted] += group.sum(), (group & churned).sum()
        if scored.risks is None or scored.sightings is None:
            return
        self._lead.learn(scored.sightings._replace(churned=churned))
        once = ~scored.sightings.repeat
        for since, until in zip(SINCE_FIRST, chain(SINCE_FIRST[1:], [np.inf]), strict=True):
            group = once & (scored.silent >= since) & (scored.silent < until)
            self._newcomers[since].add(scored.risks[group], churned[group], scored.day)
        if scored.day in self.counted:
            self._calibration.add(scored.risks, churned, scored.day)
            self._quality.append(
                {
                    "day": scored.day,
                    "customers": len(churned),
                    "churned": float(churned.mean()),
                    "model": _quality(scored.risks, churned),
                    "fixed_rule": _quality(scored.fixed, churned),
                }
            )

    def report(self) -> dict[str, Any]:
        """What was found, as plain numbers; days are counted from 1970-01-01. StreamLoyaltyError where nothing was."""
        if not self._quality:
            raise StreamLoyaltyError("nobody bought early enough to be scored: there is nothing to evaluate")
        names = {"model", "fixed_rule"}
        means = {
            name: {key: _mean([one[name][key] for one in self._quality]) for key in ("auc", "log_loss", "brier")}
            for name in sorted(names, reverse=True)
        }
        return {
            "period": {
                "first_day": self._fold.first,
                "last_day": self._fold.last,
                "customers": len(self._fold.customers),
            },
            "horizon_days": self._horizon,
            **means,
            "lead_time": self._lead.report(),
            "calibration": self._calibration.deciles(),
            "one_order": {_words(since): tally.figures() for since, tally in self._newcomers.items()},
            "checkpoints": self._quality,
            "examples": self.champion.examples,
            "microseconds_per_example": self._learning_s / max(self.champion.examples, 1) * 1e6,
        }


def _schedule(period: int, horizon: int, every: int) -> tuple[range, list[int]]:
    """Days of the checkpoints from day 0, and those whose quality counts."""
    checkpoints = range(every, period - horizon + 1, every)
    return checkpoints, [day for day in checkpoints if day >= COUNTED_FROM * period][::2]


def _is_enough(period: int, horizon: int, every: int) -> bool:
    """Whether a checkpoint counts, and outcomes are known at the first that does."""
    _, counted = _schedule(period, horizon, every)
    return bool(counted) and counted[0] >= every + horizon


def _quality(risks: Array, churned: Flags) -> dict[str, float]:
    return {"auc": auc(risks, churned), "log_loss": log_loss(risks, churned), "brier": brier(risks, churned)}


def _mean(values: list[float]) -> float | None:
    """Of those that could be told."""
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else None


def _words(since: int) -> str:
    following = [day for day in SINCE_FIRST if day > since]
    return f"{since}-{following[0] - 1}" if following else f"{since}+"
