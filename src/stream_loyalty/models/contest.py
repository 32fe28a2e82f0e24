"""Whether a challenger predicts better than the champion: a test that may be read after every example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ERROR = 0.001  # chance to promote one that is not better, over the whole contest
_TUNED = 10_000.0  # examples at which the bound is tightest


class Contest:
    """Differences of the log losses on the same examples, champion's less challenger's, since the last promotion.

    The bound is Robbins' normal mixture, with the variance estimated (Waudby-Smith et al. 2024, theorem 2.2): it holds
    at every moment, so one may look after each block.
    """

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0.0, 0.0, 0.0

    def add(self, champion: Array, challenger: Array) -> None:
        """Losses on the same examples."""
        better = champion - challenger
        self._count += len(better)
        self._sum += float(better.sum())
        self._squares += float((better**2).sum())

    def is_won(self, least: int) -> bool:
        """Whether the challenger is better for certain, on at least so many examples."""
        n = self._count
        if n < least:
            return False
        variance = max(self._squares / n - (self._sum / n) ** 2, 1e-12)
        rho = _TUNED / (2.0 * log(1.0 / _ERROR))
        bound = sqrt(variance * (n + rho) * (log((n + rho) / rho) + 2.0 * log(1.0 / _ERROR)))
        return self._sum > bound

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `restore`."""
        return {"sums": (self._count, self._sum, self._squares)}

    @classmethod
    def restore(cls, numbers: Mapping[str, Sequence[float]]) -> Contest:
        """One that goes on from `numbers`."""
        contest = cls()
        contest._count, contest._sum, contest._squares = numbers["sums"]
        return contest
