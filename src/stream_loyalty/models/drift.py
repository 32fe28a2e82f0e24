"""Whether the losses of a model have risen for good: the test of Page and Hinkley, kept as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WARM_UP = 1_000  # examples before which nothing is judged
_ALLOWED = 0.1  # standard deviations: a rise of the mean by less is no drift
_LIMIT = 100.0  # sum of what goes beyond, in standard deviations


class Drift:
    """Adds up how far each loss lies above the mean of all so far, less what is allowed, and looks how far it rose.

    E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954), in units of the standard deviation, so that it
    does not depend on how well churn can be foreseen. Of independent losses of a steady mean fewer than one in a
    million sets it off; a rise by half a standard deviation does after some 250 examples.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what there was."""
        self._count, self._mean, self._squares = 0.0, 0.0, 0.0
        self._sum, self._lowest = 0.0, 0.0

    def add(self, losses: Array) -> bool:
        """Take losses in their order; whether they have risen, from where on it begins anew."""
        found = False
        for loss in losses.tolist():
            if self._count >= WARM_UP:
                spread = sqrt(self._squares / self._count)
                self._sum += (loss - self._mean) / spread - _ALLOWED if spread > 0.0 else 0.0
                self._lowest = min(self._lowest, self._sum)
            off = loss - self._mean
            self._count += 1.0
            self._mean += off / self._count
            self._squares += off * (loss - self._mean)
            if self._sum - self._lowest > _LIMIT:
                self.begin()
                found = True
        return found

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `restore`, exactly."""
        return {"sums": (self._count, self._mean, self._squares, self._sum, self._lowest)}

    @classmethod
    def restore(cls, numbers: Mapping[str, Sequence[float]]) -> Drift:
        """One that goes on from `numbers`."""
        drift = cls()
        drift._count, drift._mean, drift._squares, drift._sum, drift._lowest = numbers["sums"]
        return drift
