"""What acting changes, read while it runs: intervals that hold at all readings at once, however often one looks.

Cases (alerts) come in order; whether one is treated was drawn with a known chance, by a hash that knows nothing of the
outcome. Each gives an unbiased score of its own effect, the augmented inverse-probability-weighted one:

    score = m1 - m0 + treated / (1 - h) (outcome - m1) - (1 - treated) / h (outcome - m0)

with h its chance to be held out and m1, m0 what the two groups had shown before it. The mean of the scores estimates
the mean effect on the cases so far, whatever the effects are and however they change with the seasons.

Shares (outcomes 0 or 1): the empirical-Bernstein confidence sequence of S. R. Howard, A. Ramdas, J. McAuliffe and
J. Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021), theorem 4
for randomised experiments (section 4.2), with a discrete mixture (theorem 3) over lambda:

    P(ever: sum of (score - effect) >= s) <= alpha / 2  where  sum_k w_k exp(lambda_k s - psi(lambda_k) V) = 2 / alpha,
    psi(lambda) = (-log(1 - c lambda) - c lambda) / c^2,  V = sum of (score - (m1 - m0))^2,  c = 1 / min(h, 1 - h)

It assumes nothing but the draw and holds from the first case on, exactly.

Amounts (no bound known): the asymptotic confidence sequence of I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy and
A. Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024),
theorem 2.2. It holds approximately, once there are enough cases with an amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ENOUGH = 30  # cases in each group before an interval of shares is shown: it would cover nearly everything
ENOUGH_AMOUNTS = (
    100  # cases with an amount in each group before the asymptotic interval is: fewer, and it is too narrow
)
_STEPS = 0.9 * 1.7 ** -np.arange(8.0)  # lambda c of the mixture: sharpest from some hundred cases to some millions
_GIVEN_UP = 1e300
_SHARPEST = 5_000  # cases at which the asymptotic interval is


class Trial(NamedTuple):
    """Cases in the order in which they were measured, arrays of shape (n,)."""

    treated: NDArray[np.bool_]
    held_out_chance: Floats  # strictly between 0 and 1, known before the draw
    outcome: Floats


class Estimates(NamedTuple):
    """An estimate at each reading with its interval, arrays of shape (readings,); nan where nothing can be said."""

    value: Floats
    low: Floats
    high: Floats


class Comparison(NamedTuple):
    """What all cases would show if all were treated, if all were held out, and the difference of the two."""

    treated: Estimates
    held_out: Estimates
    effect: Estimates


def compare_shares(trial: Trial, at: NDArray[np.int_], alpha: float = 0.05) -> Comparison:
    """Groups compared by a share (outcomes 0 or 1) after the first `at` cases, for each of the readings.

    Each of the three intervals misses its truth at any reading with a chance of at most `alpha`.
    """
    arms = _arms(trial)
    enough = _counts(trial, np.ones_like(trial.outcome), at).min(axis=0) >= ENOUGH
    chances = (1 - trial.held_out_chance, trial.held_out_chance)
    scales = (1 / chances[0], 1 / chances[1], 1 / np.minimum(*chances))
    radii = [
        _bernstein(np.cumsum(arm.residual**2)[at - 1], np.maximum.accumulate(scale)[at - 1], scale[0], alpha) / at
        for arm, scale in zip(arms, scales, strict=True)
    ]
    return _comparison(trial, arms, at, radii, enough, ((0, 1), (0, 1), (-1, 1)))


def compare_amounts(trial: Trial, at: NDArray[np.int_], alpha: float = 0.05) -> Comparison:
    """Groups compared by a mean amount after the first `at` cases, for each of the readings; 0 where there was none."""
    arms = _arms(trial)
    enough = _counts(trial, (trial.outcome != 0).astype(float), at).min(axis=0) >= ENOUGH_AMOUNTS
    radii = [np.sqrt(np.cumsum(arm.residual**2)[at - 1] / at) * _asymptotic(at, alpha) for arm in arms]
    return _comparison(trial, arms, at, radii, enough, ((-np.inf, np.inf),) * 3)


class _Arm(NamedTuple):
    """Unbiased scores and their distance to what was expected, (n,)."""

    score: Floats
    residual: Floats


def _arms(trial: Trial) -> tuple[_Arm, _Arm, _Arm]:
    """Scores for treating all, for holding all out, and for the difference."""
    expected_1, expected_0 = (_before(trial.outcome, group) for group in (trial.treated, ~trial.treated))
    residual_1 = trial.treated * (trial.outcome - expected_1) / (1 - trial.held_out_chance)
    residual_0 = ~trial.treated * (trial.outcome - expected_0) / trial.held_out_chance
    expected, residual = expected_1 - expected_0, residual_1 - residual_0
    return (
        _Arm(expected_1 + residual_1, residual_1),
        _Arm(expected_0 + residual_0, residual_0),
        _Arm(expected + residual, residual),
    )


def _before(outcome: Floats, group: NDArray[np.bool_]) -> Floats:
    """The mean of the group before each case, drawn towards that of all by one case's weight."""
    pooled = _sum_before(outcome) / np.maximum(np.arange(len(outcome)), 1)
    mean: Floats = (_sum_before(outcome * group) + pooled) / (_sum_before(group.astype(float)) + 1)
    return mean


def _sum_before(values: Floats) -> Floats:
    before: Floats = np.cumsum(values) - values
    return before


def _bernstein(variance: Floats, scale: Floats, first_scale: float, alpha: float) -> Floats:
    """How far the sum of scores may be from the truth: s of the module's formula, by bisection.

    A lambda that has become too large for a case's scale is given up from then on; that can only make it wider.
    """
    steps = _STEPS / first_scale
    bet = steps * scale[:, None]
    usable = bet < 1
    psi = (-np.log1p(-np.where(usable, bet, 0)) - bet) / scale[:, None] ** 2
    spent = np.where(usable, psi * variance[:, None], _GIVEN_UP)
    wanted = np.log(2 / alpha * len(steps))
    low: Floats = np.zeros_like(variance)
    high: Floats = ((wanted + spent) / steps).min(axis=1)
    for _ in range(50):
        middle = (low + high) / 2
        reached = np.logaddexp.reduce(steps * middle[:, None] - spent, axis=1) >= wanted
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return high


def _asymptotic(at: NDArray[np.int_], alpha: float) -> Floats:
    """Half the width in standard deviations of a score, sharpest at about `_SHARPEST` cases."""
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / _SHARPEST
    grown = at * rho2 + 1
    width: Floats = np.sqrt(2 * grown / (at**2 * rho2) * np.log(np.sqrt(grown) / alpha))
    return width


def _comparison(
    trial: Trial,
    arms: Sequence[_Arm],
    at: NDArray[np.int_],
    radii: Sequence[Floats],
    enough: NDArray[np.bool_],
    limits: Sequence[tuple[float, float]],
) -> Comparison:
    """Intervals around the scores' means, cut to what is possible at all; the values are the groups' own means."""
    treated, held_out = _means(trial, at)
    values = (treated, held_out, treated - held_out)
    found = []
    for arm, radius, value, (least, most) in zip(arms, radii, values, limits, strict=True):
        mean = np.cumsum(arm.score)[at - 1] / at
        low, high = np.clip(mean - radius, least, most), np.clip(mean + radius, least, most)
        found.append(Estimates(value, np.where(enough, low, np.nan), np.where(enough, high, np.nan)))
    return Comparison(*found)


def _means(trial: Trial, at: NDArray[np.int_]) -> tuple[Floats, Floats]:
    """Mean outcome of each group, weighted by the chance to be in it: plain means while that stays the same."""
    weights = (trial.treated / (1 - trial.held_out_chance), ~trial.treated / trial.held_out_chance)
    totals = [(np.cumsum(weight * trial.outcome)[at - 1], np.cumsum(weight)[at - 1]) for weight in weights]
    one, other = (np.where(of > 0, total / np.where(of > 0, of, 1), np.nan) for total, of in totals)
    return one, other


def _counts(trial: Trial, what: Floats, at: NDArray[np.int_]) -> Floats:
    """How many cases with `what` each group had, (2, readings)."""
    return np.stack([np.cumsum(group * what)[at - 1] for group in (trial.treated, ~trial.treated)])
