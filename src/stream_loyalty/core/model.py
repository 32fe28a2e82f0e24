"""A published churn model as workers use it: a dot product over standardised, clipped features. Nothing learns here."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.core.features import FEATURE_NAMES


class Model:
    """Scores customers with published weights. `usable` is False where only the fixed rules hold."""

    def __init__(self, weights: ModelWeights) -> None:
        self.version = weights.version
        self._alert_from = (weights.alert_from_first, weights.alert_from)
        self.least_value = weights.least_value
        self.usable = weights.usable and weights.feature_names == FEATURE_NAMES
        rows = zip(weights.means, weights.scales, weights.weights, strict=True)
        # for each feature: slope per unit, mean, and where standardising would clip it
        clip = weights.clip
        self._rows = [
            (weight / scale, mean, mean - clip * scale, mean + clip * scale) if scale > 0 else (0.0,) * 4
            for mean, scale, weight in rows
        ]
        self._intercept = weights.intercept - sum(row[0] * row[1] for row in self._rows)

    def alert_from(self, purchase_days: int) -> float | None:
        """The risk from which an alert is raised, for who has bought on so many days; None: none is yet."""
        return self._alert_from[purchase_days > 1] if self.usable else None

    def risk(self, features: Sequence[float]) -> float:
        """Probability in [0, 1] that the customer does not buy within the horizon."""
        z = self._intercept
        for x, (slope, _, low, high) in zip(features, self._rows, strict=True):
            z += slope * (low if x < low else high if x > high else x)
        return 1.0 / (1.0 + exp(min(max(z, -700.0), 700.0)))

    def pushes(self, features: Sequence[float]) -> list[float]:
        """How far each feature pushes the logit of the risk up, against a customer who is average in it."""
        return [
            -slope * (min(max(x, low), high) - mean)
            for x, (slope, mean, low, high) in zip(features, self._rows, strict=True)
        ]
