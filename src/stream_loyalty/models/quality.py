"""How good churn probabilities were: AUC, log loss, Brier score, calibration. Risks are those not to buy again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

BINS = 1000  # of the risk, in a tally
_SURE = 1e-15  # a probability this close to 0 or 1 is not taken at its word


def auc(risks: Array, churned: Flags) -> float:
    """The probability that one who churned had the higher risk; equal risks count half. NaN if all did or none."""
    gone, stayed = int(churned.sum()), int((~churned).sum())
    if not gone or not stayed:
        return float("nan")
    values, places = np.unique(risks, return_inverse=True)
    return _auc(np.bincount(places[churned], minlength=len(values)), np.bincount(places, minlength=len(values)))


def _auc(gone: NDArray[np.int64] | Array, everyone: NDArray[np.int64] | Array) -> float:
    """From counts by rising risk (Mann-Whitney)."""
    stayed = everyone - gone
    below = np.cumsum(stayed) - stayed / 2.0
    pairs = float(gone.sum()) * float(stayed.sum())
    return float(gone @ below) / pairs if pairs else float("nan")


def log_loss(risks: Array, churned: Flags) -> float:
    """Mean negative log of the probability given to what happened."""
    p = np.clip(np.where(churned, risks, 1.0 - risks), _SURE, 1.0)
    return float(-np.log(p).mean())


def brier(risks: Array, churned: Flags) -> float:
    """Mean squared difference of risk and outcome."""
    return float(((risks - churned) ** 2).mean())


class Tally:
    """Outcomes by risk in a fixed number of bins, fading with days if asked to: bounded, and plain numbers.

    Log loss, Brier score and calibration are exact; in the AUC, risks in one bin count as equal.
    """

    def __init__(self, memory_days: float | None = None) -> None:
        self.memory_days = memory_days
        self._day: int | None = None
        self._rows = np.zeros((3, BINS))  # how many, how many of them churned, sum of their risks
        self._losses = np.zeros(2)  # sums of log loss and of squared error

    def add(self, risks: Array, churned: Flags, day: int) -> None:
        """Outcomes of checkpoint `day`."""
        if self.memory_days and self._day is not None and day > self._day:
            kept = float(np.exp((self._day - day) / self.memory_days))
            self._rows *= kept
            self._losses *= kept
        self._day = day if self._day is None else max(day, self._day)
        if not len(risks):
            return
        bins = np.minimum((risks * BINS).astype(np.intp), BINS - 1)
        for row, weights in zip(self._rows, (None, churned, risks), strict=True):
            row += np.bincount(bins, weights, BINS)
        self._losses += len(risks) * np.array([log_loss(risks, churned), brier(risks, churned)])

    def figures(self) -> dict[str, float]:
        """`examples`, `churned` and `risk` (mean shares), `auc`, `log_loss`, `brier`; only what can be told."""
        count, churned, risk = self._rows.sum(axis=1)
        found = {"examples": float(count)}
        if count > 0.0:
            area = _auc(self._rows[1], self._rows[0])
            found |= {"churned": churned / count, "risk": risk / count}
            found |= {} if np.isnan(area) else {"auc": area}
            found |= dict(zip(("log_loss", "brier"), self._losses / count, strict=True))
        return {name: float(figure) for name, figure in found.items()}

    def deciles(self) -> list[dict[str, float]]:
        """Ten groups of rising risk, as even as the bins allow: `examples`, mean `predicted`, share `observed`."""
        count, churned, risk = self._rows
        total = count.sum()
        if not total:
            return []
        group = np.minimum(((np.cumsum(count) - count / 2.0) / total * 10.0).astype(np.intp), 9)
        sums = [np.bincount(group, row, 10) for row in (count, churned, risk)]
        return [
            {"examples": float(n), "predicted": float(r / n), "observed": float(c / n)}
            for n, c, r in zip(*sums, strict=True)
            if n > 0.0
        ]

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `restore`, exactly."""
        day = float("nan") if self._day is None else float(self._day)
        return {"day": (day,), "rows": tuple(self._rows.ravel().tolist()), "losses": tuple(self._losses.tolist())}

    @classmethod
    def restore(cls, numbers: Mapping[str, Sequence[float]], memory_days: float | None = None) -> Tally:
        """One that goes on from `numbers`."""
        tally = cls(memory_days)
        (day,) = numbers["day"]
        tally._day = None if day != day else int(day)
        tally._rows = np.array(numbers["rows"]).reshape(3, BINS)
        tally._losses = np.array(numbers["losses"])
        return tally
