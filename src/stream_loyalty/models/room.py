"""What an alert must at least be worth, so that a team that acts on so many a day gets the most valuable ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEMORY_DAYS = 28.0
_STEPS = 128
_LARGEST = 10.0**10  # minor units; more counts as this


class Room:
    """How many alerts a day there were of which value, recent days counting more; values in steps of 20 %."""

    def __init__(self) -> None:
        self._day: int | None = None
        self._alerts = np.zeros(_STEPS)
        self._days = 0.0

    def add(self, values: Array, day: int, every_days: int) -> None:
        """Alerts of checkpoint `day` by their value at risk in minor units; a checkpoint stands for `every_days`."""
        if self._day is None or day > self._day:
            kept = 0.0 if self._day is None else float(np.exp((self._day - day) / MEMORY_DAYS))
            self._alerts *= kept
            self._days = self._days * kept + every_days
            self._day = day
        self._alerts += np.bincount(_step(values), minlength=_STEPS)

    def least_value(self, alerts_per_day: int | None) -> int:
        """The value at risk from which on there are no more alerts than the team can act on; 0 where there is room."""
        if alerts_per_day is None or not self._days:
            return 0
        above = np.cumsum(self._alerts[::-1])[::-1] / self._days  # alerts a day of this value or more
        fits = above <= alerts_per_day
        first = int(np.argmax(fits)) if fits.any() else _STEPS
        return 0 if first == 0 else int(np.ceil(_LARGEST ** (first / _STEPS)))

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `restore`, exactly."""
        day = float("nan") if self._day is None else float(self._day)
        return {"day": (day, self._days), "alerts": tuple(self._alerts.tolist())}

    @classmethod
    def restore(cls, numbers: Mapping[str, Sequence[float]]) -> Room:
        """One that goes on from `numbers`."""
        room = cls()
        day, room._days = numbers["day"]
        room._day = None if day != day else int(day)
        room._alerts = np.array(numbers["alerts"])
        return room


def _step(values: Array) -> NDArray[np.intp]:
    share = np.log(np.clip(values, 1.0, _LARGEST)) / np.log(_LARGEST)
    steps: NDArray[np.intp] = np.minimum((share * _STEPS).astype(np.intp), _STEPS - 1)
    return steps
