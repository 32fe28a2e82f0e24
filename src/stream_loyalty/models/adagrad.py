"""River's own pipeline as a learner: a challenger that any newcomer has to beat, published like the champion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import linear_model, optim, preprocessing

from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.core.features import FEATURE_NAMES

Array = NDArray[np.float64]

_RATE = 0.05


class AdaGradLearner:
    """StandardScaler and LogisticRegression(AdaGrad) of River."""

    def __init__(self, names: Sequence[str] = FEATURE_NAMES) -> None:
        self.names = tuple(names)
        self.examples = 0
        self._scaler = preprocessing.StandardScaler()
        self._optimizer = optim.AdaGrad(_RATE)
        self._model = linear_model.LogisticRegression(self._optimizer)

    def learn_one(self, x: Sequence[float] | Array, bought: bool, day: int) -> None:
        """Learn that a customer with features `x` bought again within the horizon, or did not."""
        named = dict(zip(self.names, map(float, x), strict=True))
        self._scaler.learn_one(named)  # type: ignore[no-untyped-call]
        z = self._scaler.transform_one(named)  # type: ignore[no-untyped-call]
        self._model.learn_one(z, bought)
        self.examples += 1

    def risks(self, features: Array) -> Array:
        """Probabilities not to buy within the horizon: [customers, features] -> [customers]."""
        means, scales, weights = self._arrays()
        slopes = np.divide(weights, scales, out=np.zeros_like(scales), where=scales > 0.0)
        margins = self._model.intercept + (features - means) @ slopes
        risks: Array = 1.0 / (1.0 + np.exp(np.clip(margins, -700.0, 700.0)))
        return risks

    def weights(self, version: str, trained_to: int, horizon_days: int, **more: Any) -> ModelWeights:
        """What workers score with."""
        means, scales, weights = self._arrays()
        return ModelWeights(
            version=version,
            trained_to=trained_to,
            examples=self.examples,
            horizon_days=horizon_days,
            feature_names=self.names,
            means=tuple(means.tolist()),
            scales=tuple(scales.tolist()),
            weights=tuple(weights.tolist()),
            intercept=float(self._model.intercept),
            clip=1e9,  # the pipeline clips nothing
            **more,
        )

    def numbers(self) -> dict[str, tuple[float, ...]]:
        """Everything it goes on from after `resume`."""
        columns: dict[str, Mapping[Any, float]] = {
            "counts": self._scaler.counts,
            "means": self._scaler.means,
            "vars": self._scaler.vars,
            "weights": self._model.weights,
            "g2": self._optimizer.g2,
        }
        found = {name: tuple(float(column.get(key, 0.0)) for key in self.names) for name, column in columns.items()}
        scalars = (self.examples, self._model.intercept, self._optimizer.n_iterations)
        return found | {"scalars": tuple(map(float, scalars))}

    def resume(self, numbers: Mapping[str, Sequence[float]]) -> AdaGradLearner:
        """One like this that goes on from `numbers`. ValueError where they are of other features."""
        learner = AdaGradLearner(self.names)
        if len(numbers["means"]) != len(self.names):
            raise ValueError(f"the stored model has {len(numbers['means'])} features, this release {len(self.names)}")
        for i, name in enumerate(self.names):
            learner._scaler.counts[name] = int(numbers["counts"][i])
            learner._scaler.means[name], learner._scaler.vars[name] = numbers["means"][i], numbers["vars"][i]
            learner._model._weights[name] = numbers["weights"][i]
            learner._optimizer.g2[name] = numbers["g2"][i]
        examples, learner._model.intercept, iterations = numbers["scalars"]
        learner.examples, learner._optimizer.n_iterations = int(examples), int(iterations)
        return learner

    def _arrays(self) -> tuple[Array, Array, Array]:
        means = np.array([self._scaler.means.get(name, 0.0) for name in self.names])
        scales = np.sqrt([max(self._scaler.vars.get(name, 0.0), 0.0) for name in self.names])
        weights = np.array([self._model.weights.get(name, 0.0) for name in self.names])
        return means, scales, weights
