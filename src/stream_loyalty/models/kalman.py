"""Logistic regression that learns by a second-order online step, as a River classifier."""

from __future__ import annotations

from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river import base

Vector = NDArray[np.float64]


class KalmanLogisticRegression(base.Classifier):
    """Bayesian logistic regression by the extended Kalman filter: a Gaussian over the weights, one pass.

    For an example `x` with margin `m = w'x` and margin variance `v = x'Px`, where `w` and `P` are mean and covariance
    of the weights, the new margin `t` solves `t = m + v (y - sigmoid(t))`: the most likely one, found by Newton's
    method in one dimension, so that a surprise never overshoots. Then, with `r = sigmoid(t) (1 - sigmoid(t))`,

        w += P x (t - m) / v        P -= P x x'P r / (1 + r v)

    which is the filter of [^1] relinearised at its own answer (the iterated EKF), or Laplace's approximation [^2] taken
    one example at a time. Each step costs O(n^2) for n features. Unlike with SGD there is no learning rate: directions
    that were seen often move little, rare ones move much. Features should be standardised; those that are absent
    count as 0.

    Parameters
    ----------
    variance
        Prior variance of each weight.
    intercept_variance
        Prior variance of the intercept.
    forgetting
        At each example `P` goes this share of the way back to the prior, in information: `inv(P)` becomes
        `(1 - forgetting) inv(P) + forgetting inv(P0)`. The covariance never exceeds the prior's, whatever stays unseen
        ("stabilised forgetting" [^3]). It costs two inversions: where many examples come at one time, leave it at 0
        and call `forget`.

    Examples
    --------
    >>> from river import datasets, evaluate, metrics, preprocessing
    >>> model = preprocessing.StandardScaler() | KalmanLogisticRegression()
    >>> evaluate.progressive_val_score(datasets.Phishing(), model, metrics.ROCAUC())
    ROCAUC: 95.19%

    References
    ----------
    [^1]: Fahrmeir, L. (1992). Posterior mode estimation by extended Kalman filtering for multivariate dynamic
    generalized linear models. Journal of the American Statistical Association 87(418).
    [^2]: Spiegelhalter, D., Lauritzen, S. (1990). Sequential updating of conditional probabilities on directed
    graphical structures. Networks 20(5).
    [^3]: Kulhavy, R., Zarrop, M. (1993). On a general concept of forgetting. International Journal of Control 58(4).

    """

    def __init__(self, variance: float = 0.02, intercept_variance: float = 1.0, forgetting: float = 0.0) -> None:
        self.variance = variance
        self.intercept_variance = intercept_variance
        self.forgetting = forgetting
        self._places: dict[base.typing.FeatureName, int] = {}
        self.mean: Vector = np.zeros(1)  # the intercept, then the weights
        self.covariance: NDArray[np.float64] = np.diag(self._prior(1))

    def learn_one(self, x: dict[base.typing.FeatureName, Any], y: base.typing.ClfTarget) -> None:
        """Learn from one example; `y` is true or false."""
        new = [name for name in x if name not in self._places]
        if new:
            self._grow(new)
        self.learn_vector(self._vector(x), bool(y))
        if self.forgetting:
            self.forget(self.forgetting)

    def predict_proba_one(
        self, x: dict[base.typing.FeatureName, Any], **kwargs: Any
    ) -> dict[base.typing.ClfTarget, float]:
        """Probabilities of True and False by the mean of the weights."""
        p = _sigmoid(float(self.mean @ self._vector(x)))
        return {False: 1.0 - p, True: p}

    def learn_vector(self, x: Vector, y: bool) -> None:
        """Learn from `x` as an array: 1 for the intercept, then the features in the order in which they came."""
        reach = self.covariance @ x
        variance = float(reach @ x)
        if not variance > 0.0:
            return  # nothing is uncertain about it any more
        margin = float(self.mean @ x)
        step = _newton(margin, variance, y)
        p = _sigmoid(margin + step)
        r = p * (1.0 - p)
        self.mean += reach * (step / variance)
        self.covariance -= np.multiply.outer(reach, reach * (r / (1.0 + r * variance)))

    def forget(self, share: float) -> None:
        """Go a share (0 ... 1) of the way back to the prior's uncertainty; the mean stays."""
        prior = 1.0 / self._prior(len(self.mean))
        information = (1.0 - share) * np.linalg.inv(self.covariance) + np.diag(share * prior)
        covariance = np.linalg.inv(information)
        self.covariance = (covariance + covariance.T) / 2.0

    def _prior(self, size: int) -> Vector:
        variances = np.full(size, float(self.variance))
        variances[0] = self.intercept_variance
        return variances

    def _grow(self, names: list[base.typing.FeatureName]) -> None:
        before = len(self.mean)
        for name in names:
            self._places[name] = len(self._places) + 1
        self.mean = np.concatenate([self.mean, np.zeros(len(names))])
        covariance = np.diag(self._prior(len(self.mean)))
        covariance[:before, :before] = self.covariance
        self.covariance = covariance

    def _vector(self, x: dict[base.typing.FeatureName, Any]) -> Vector:
        vector = np.zeros(len(self.mean))
        vector[0] = 1.0
        for name, value in x.items():
            place = self._places.get(name)
            if place is not None:
                vector[place] = value
        return vector


def _sigmoid(margin: float) -> float:
    return 1.0 / (1.0 + exp(-margin)) if margin > -700.0 else 0.0


def _newton(margin: float, variance: float, y: bool) -> float:
    """The step s with s = variance (y - sigmoid(margin + s)), between 0 and variance (y) or -variance (not y)."""
    low, high = (0.0, variance) if y else (-variance, 0.0)
    step = 0.0
    for _ in range(50):
        p = _sigmoid(margin + step)
        excess = step - variance * (y - p)
        if excess > 0.0:
            high = step
        else:
            low = step
        closer = step - excess / (1.0 + variance * p * (1.0 - p))
        if not low <= closer <= high:
            closer = (low + high) / 2.0
        if abs(closer - step) <= 1e-9 * (1.0 + abs(step)):
            return closer
        step = closer
    return step
