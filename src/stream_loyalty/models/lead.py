"""Lead time: how early alerts come in a silence, and how many are right, by the fixed rule and by the model."""

from __future__ import annotations

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

    def where(self, rows: Flags) -> Sightings:
        """Some of them."""
        return Sightings(self.day, *(column[rows] for column in self[1:]))


class LeadTime:
    """Collects what was seen of silences, and afterwards counts the alerts that one rule or another raises."""

    def __init__(self, begins: float, horizon: int) -> None:
        self.begins = begins  # only silences from this day on count; the threshold learns from all
        self.horizon = horizon
        self._silence = np.full(0, -1)  # by customer: where the present silence began
        self._highest = np.zeros(0)
        self._learned = (Threshold(), Threshold())  # of first-time and of repeat buyers
        self._offers: dict[int, list[Array]] = {}
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
        counts = seen.where(seen.last >= self.begins)
        if len(counts.customers):
            self._seen.append(counts)

    def offer(self, day: int) -> None:
        """Note what the thresholds would be at a checkpoint, by the labels known there."""
        self._offers[day] = [np.array([one.at(p) or np.inf for p in _PRECISIONS]) for one in self._learned]

    def _room(self, size: int) -> None:
        missing = size - len(self._silence)
        if missing > 0:
            self._silence = np.concatenate([self._silence, np.full(max(missing, 1024), -1)])
            self._highest = np.concatenate([self._highest, np.zeros(max(missing, 1024))])
