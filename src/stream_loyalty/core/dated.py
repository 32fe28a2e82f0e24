"""Values that hold from a date on: programs, exchange rates, thresholds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Dated(Generic[T]):
    """Values by the instant (ms) from which each is in force."""

    def __init__(self, values: Iterable[tuple[int, T]] = ()) -> None:
        """ValueError where two values begin at the same instant."""
        ordered = sorted(values, key=lambda pair: pair[0])
        self.starts = [start for start, _ in ordered]
        self.values = [value for _, value in ordered]
        if len(set(self.starts)) < len(self.starts):
            raise ValueError("two versions begin at the same instant")

    def after(self, time: int) -> int | None:
        """When the first value after `time` (ms) begins; None when there is none."""
        index = bisect_right(self.starts, time)
        return self.starts[index] if index < len(self.starts) else None

    def at(self, time: int) -> T | None:
        """The value in force at `time`, or None before the first."""
        index = bisect_right(self.starts, time) - 1
        return self.values[index] if index >= 0 else None
