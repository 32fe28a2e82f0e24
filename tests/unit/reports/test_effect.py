"""Intervals that hold at every reading: against the formula by hand, and by coverage over seeded runs."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from stream_loyalty.reports.effect import ENOUGH, ENOUGH_AMOUNTS, Comparison, Trial, compare_amounts, compare_shares


@dataclass
class Run:
    """A trial of which both potential outcomes of every case are known."""

    trial: Trial
    effect: np.ndarray  # of each case
    sure: np.ndarray  # each case's outcome if treated

    def truth(self, at: np.ndarray) -> np.ndarray:
        return np.asarray(np.cumsum(self.effect)[at - 1] / at)


def run(seed: int, n: int, base: float, effect: float, held_out: float = 0.1, amounts: bool = False) -> Run:
    rng = np.random.default_rng(seed)
    untreated = rng.random(n) < base
    treated_too = untreated | (rng.random(n) < effect / (1 - base))
    amount = np.exp(rng.normal(3.5, 0.8, n)) if amounts else np.ones(n)
    drawn = rng.random(n) >= held_out
    outcome = np.where(drawn, treated_too, untreated) * amount
    chance = np.full(n, held_out)
    return Run(Trial(drawn, chance, outcome), (treated_too * 1.0 - untreated) * amount, treated_too * amount)


def readings(n: int, count: int) -> np.ndarray:
    return np.unique(np.linspace(n / count, n, count).astype(int))


def covered(found: Comparison, truth: np.ndarray) -> bool:
    """At every reading that shows an interval."""
    shown = ~np.isnan(found.effect.low)
    return bool(np.all((found.effect.low[shown] <= truth[shown]) & (truth[shown] <= found.effect.high[shown])))


def coverage(n: int, base: float, effect: float, count: int, amounts: bool = False) -> float:
    at, compare = readings(n, count), compare_amounts if amounts else compare_shares
    runs = (run(seed, n, base, effect, amounts=amounts) for seed in range(200))
    return float(np.mean([covered(compare(one.trial, at), one.truth(at)) for one in runs]))


@pytest.mark.parametrize(("base", "effect"), [(0.05, 0.0), (0.2, 0.05), (0.4, 0.15)])
def test_the_truth_is_inside_at_every_reading(base: float, effect: float) -> None:
    assert coverage(1_500, base, effect, count=60) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("n", [2_000, 20_000])
@pytest.mark.parametrize("base", [0.05, 0.2, 0.35, 0.4])
@pytest.mark.parametrize("effect", [0.0, 0.05, 0.15])
def test_the_truth_is_inside_when_read_daily_for_a_year(n: int, base: float, effect: float) -> None:
    assert coverage(n, base, effect, count=365) >= 0.93
    assert coverage(n, base, effect, count=365, amounts=True) >= 0.93


def test_an_effect_that_is_there_is_found() -> None:
    """15 points on 35 %, a hold-out of 10 %, four thousand alerts."""
    found = [compare_shares(run(seed, 4_000, 0.35, 0.15).trial, np.array([4_000])).effect.low[0] for seed in range(40)]
    assert np.mean(np.array(found) > 0) >= 0.95


def test_the_formula_by_hand() -> None:
    """Scores and boundary, summed in plain Python as the module's docstring writes them."""
    one, alpha = run(3, 800, 0.3, 0.1, held_out=0.2).trial, 0.05
    sums = {True: 0.0, False: 0.0}
    counts = {True: 0, False: 0}
    total = variance = 0.0
    for number, (treated, h, outcome) in enumerate(zip(*(values.tolist() for values in one), strict=True)):
        pooled = sum(sums.values()) / max(number, 1)
        m1, m0 = ((sums[group] + pooled) / (counts[group] + 1) for group in (True, False))
        residual = treated / (1 - h) * (outcome - m1) - (1 - treated) / h * (outcome - m0)
        total, variance = total + m1 - m0 + residual, variance + residual**2
        sums[treated] += outcome
        counts[treated] += 1
    effect = compare_shares(one, np.array([800]), alpha).effect
    assert (effect.low[0] + effect.high[0]) / 2 == pytest.approx(total / 800)
    distance, c = 800 * (effect.high[0] - effect.low[0]) / 2, 1 / 0.2
    bets = [0.9 / c * 1.7**-k for k in range(8)]
    wealth = [math.exp(bet * distance + (math.log(1 - c * bet) + c * bet) / c**2 * variance) / 8 for bet in bets]
    assert sum(wealth) == pytest.approx(2 / alpha)


def test_a_reading_knows_nothing_of_what_comes_later() -> None:
    whole, at = run(5, 3_000, 0.4, 0.1).trial, np.array([900, 1_700, 2_400])
    for number, count in enumerate(at):
        for compare in (compare_shares, compare_amounts):
            part = compare(Trial(*(values[:count] for values in whole)), np.array([count]))
            for later, sooner in zip(compare(whole, at), part, strict=True):
                np.testing.assert_array_equal([values[number] for values in later], [values[0] for values in sooner])


def test_no_interval_before_both_groups_have_enough() -> None:
    one = run(1, 3_000, 0.3, 0.1).trial
    at = np.arange(1, 3_001)
    held_out = np.cumsum(~one.treated)
    assert np.array_equal(np.isnan(compare_shares(one, at).effect.low), held_out < ENOUGH)
    bought = np.cumsum(~one.treated & (one.outcome > 0))
    assert np.array_equal(np.isnan(compare_amounts(one, at).effect.low), bought < ENOUGH_AMOUNTS)


@pytest.mark.parametrize(("before", "after"), [(0.5, 0.01), (0.01, 0.5), (0.1, 0.3)])
def test_the_chance_of_the_hold_out_may_change(before: float, after: float) -> None:
    """Rates are weighted then, so that neither group is made of other times than the other; nothing overflows."""
    rng = np.random.default_rng(11)
    n = 6_000
    chance = np.where(np.arange(n) < n // 2, before, after)
    treated = rng.random(n) >= chance
    outcome = (rng.random(n) < np.where(np.arange(n) < n // 2, 0.1, 0.5)) * 1.0  # busier later; no effect at all
    with np.errstate(all="raise", under="ignore"):
        effect = compare_shares(Trial(treated, chance, outcome), readings(n, 50)).effect
    shown = ~np.isnan(effect.low)
    assert np.all((effect.low[shown] <= 0) & (effect.high[shown] >= 0))
    assert abs(effect.value[-1]) < 0.1 < abs(outcome[treated].mean() - outcome[~treated].mean())
