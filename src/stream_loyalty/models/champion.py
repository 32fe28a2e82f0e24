"""The churn model in use: standardises as it goes, learns by a Kalman step, and is published as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.models.kalman import KalmanLogisticRegression

Array = NDArray[np.float64]
Numbers = dict[str, tuple[float, ...]]

CLIP = 10.0  # standard deviations; further out a feature says no more
KEPT_A_WEEK = 1.0 / 1.07  # of what is known: the past fades with a mean life of fifteen weeks
_VARIANCE = 0.01  # of each weight, before anything is learned
_LEAST_SCALE = 1e-9  # of the mean: what varies less is constant


class Champion:
    """Learns from labelled examples, each once, in the order in which their labels become known.

    The standardiser learns from the same examples, never from customers who were only scored: a feature that nobody
    with a known label had (browsing that has just begun to be sent) would get a weight that nothing supports.
    """

    def __init__(self, names: Sequence[str] = FEATURE_NAMES, kept_a_week: float = KEPT_A_WEEK) -> None:
        size = len(names)
        self._kept_a_week = kept_a_week
        self.names = tuple(names)
        self.examples = 0
        self.day: int | None = None  # of the newest example learned from
        self._means, self._squares = np.zeros(size), np.zeros(size)  # of the features; squares around the mean
        self._model = KalmanLogisticRegression(_VARIANCE)
        self._model.learn_one(dict.fromkeys(names, 0.0), False)  # it learns the names and their order ...
        self._model.mean[0] = 0.0  # ... and nothing else
        self._model.covariance = np.diag([1.0, *[self._model.variance] * size])

    def learn_one(self, x: Sequence[float] | Array, bought: bool, day: int) -> None:
        """Learn that a customer with features `x` at checkpoint `day` bought again within the horizon, or did not."""
        self._fade(day)
        features = np.asarray(x, dtype=np.float64)
        self.examples += 1
        off = features - self._means
        self._means += off / self.examples
        self._squares += off * (features - self._means)
        z = np.empty(len(features) + 1)
        z[0] = 1.0
        scales = self._scales()
        z[1:] = 0.0
        np.divide(features - self._means, scales, out=z[1:], where=scales > 0.0)
        np.maximum(z, -CLIP, out=z)
        np.minimum(z, CLIP, out=z)
        self._model.learn_vector(z, bought)

    def weights(self, version: str, trained_to: int, horizon_days: int, **more: Any) -> ModelWeights:
        """What workers score with. `trained_to` in ms; `more` are further fields of ModelWeights."""
        intercept, *weights = self._model.mean.tolist()
        return ModelWeights(
            version=version,
            trained_to=trained_to,
            examples=self.examples,
            horizon_days=horizon_days,
            feature_names=self.names,
            means=tuple(self._means.tolist()),
            scales=tuple(self._scales().tolist()),
            weights=tuple(weights),
            intercept=intercept,
            clip=CLIP,
            **more,
        )

    def risks(self, features: Array) -> Array:
        """Probabilities not to buy within the horizon, of many: [customers, features] -> [customers].

        As `core.model.Model` scores one, to 1e-12.
        """
        scales = self._scales()
        slopes = np.divide(self._model.mean[1:], scales, out=np.zeros_like(scales), where=scales > 0.0)
        near = np.clip(features, self._means - CLIP * scales, self._means + CLIP * scales)
        margins = self._model.mean[0] + (near - self._means) @ slopes
        risks: Array = 1.0 / (1.0 + np.exp(np.clip(margins, -700.0, 700.0)))
        return risks

    def numbers(self) -> Numbers:
        """Everything it goes on from after `restore`, exactly."""
        return {
            "examples": (float(self.examples), float("nan") if self.day is None else float(self.day)),
            "means": tuple(self._means.tolist()),
            "squares": tuple(self._squares.tolist()),
            "weights": tuple(self._model.mean.tolist()),
            "covariance": tuple(self._model.covariance.ravel().tolist()),
        }

    def resume(self, numbers: Mapping[str, Sequence[float]]) -> Champion:
        """One like this that goes on from `numbers`. ValueError where they are of other features."""
        names = self.names
        champion = Champion(names, self._kept_a_week)
        if len(numbers["means"]) != len(names):
            raise ValueError(f"the stored model has {len(numbers['means'])} features, this release {len(names)}")
        examples, day = numbers["examples"]
        champion.examples, champion.day = int(examples), None if day != day else int(day)
        champion._means, champion._squares = np.array(numbers["means"]), np.array(numbers["squares"])
        champion._model.mean = np.array(numbers["weights"])
        champion._model.covariance = np.array(numbers["covariance"]).reshape(len(names) + 1, len(names) + 1)
        return champion

    def _fade(self, day: int) -> None:
        if self.day is not None and day > self.day:
            self._model.forget(1.0 - self._kept_a_week ** ((day - self.day) / 7.0))
        self.day = day if self.day is None else max(day, self.day)

    def _scales(self) -> Array:
        scales: Array = np.sqrt(self._squares / max(self.examples, 1))
        scales[scales <= _LEAST_SCALE * (1.0 + np.abs(self._means))] = 0.0
        return scales
