"""From which risk on an alert is raised, so that the share of right alerts is the one asked for; learned online.

Were the threshold t, a silence would be alerted at the first checkpoint whose risk is t or more: at a checkpoint with
risk r, after a highest risk h at earlier checkpoints of this silence, for every t in (h, r]. Once its outcome is known,
each checkpoint so says for all thresholds at once whether their alert was right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

STEPS = 200
MEMORY_DAYS = 91.0
_LEAST_ALERTS = 30.0  # a share of fewer says little
_THRESHOLDS = np.arange(1, STEPS) / STEPS


class Threshold:
    """Alerts and right alerts that each threshold would have brought, recent ones counting more."""

    def __init__(self, memory_days: float = MEMORY_DAYS) -> None:
        self.memory_days = memory_days
        self._day: int | None = None
        self._alerts, self._right = np.zeros(STEPS - 1), np.zeros(STEPS - 1)

    def learn(self, highest_before: Array, risks: Array, churned: Flags, day: int) -> None:
        """Outcomes of checkpoint `day`, one entry for each customer; `highest_before` is 0 at the first of a silence.

        `churned`: no purchase within the horizon after the checkpoint.
        """
        if self._day is not None and day > self._day:
            kept = float(np.exp((self._day - day) / self.memory_days))
            self._alerts *= kept
            self._right *= kept
        self._day = day if self._day is None else max(day, self._day)
        low = np.searchsorted(_THRESHOLDS, highest_before, side="right")
        high = np.searchsorted(_THRESHOLDS, risks, side="right")
        crossing = high > low
        self._alerts += _covered(low[crossing], high[crossing])
        right = crossing & churned
        self._right += _covered(low[right], high[right])

    def at(self, precision: float) -> float | None:
        """The lowest threshold whose alerts were right in at least this share; None where none was, or too few."""
        fits = (self._alerts >= _LEAST_ALERTS) & (self._right >= precision * self._alerts)
        return float(_THRESHOLDS[int(np.argmax(fits))]) if fits.any() else None

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `restore`, exactly."""
        day = float("nan") if self._day is None else float(self._day)
        return {"day": (day,), "alerts": tuple(self._alerts.tolist()), "right": tuple(self._right.tolist())}

    @classmethod
    def restore(cls, numbers: Mapping[str, Sequence[float]], memory_days: float = MEMORY_DAYS) -> Threshold:
        """One that goes on from `numbers`."""
        threshold = cls(memory_days)
        (day,) = numbers["day"]
        threshold._day = None if day != day else int(day)
        threshold._alerts, threshold._right = np.array(numbers["alerts"]), np.array(numbers["right"])
        return threshold


def _covered(low: NDArray[np.intp], high: NDArray[np.intp]) -> Array:
    """How many of the ranges [low, high) of thresholds hold each threshold."""
    ends = np.bincount(low, minlength=STEPS) - np.bincount(high, minlength=STEPS)
    return np.cumsum(ends)[: STEPS - 1].astype(np.float64)
