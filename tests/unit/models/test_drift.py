"""Drift: found soon where losses rise, never where they only vary, and the same over a restart."""

from __future__ import annotations

import json

import numpy as np
import pytest

from stream_loyalty.models.drift import WARM_UP, Drift


def losses(seed: int, count: int, gone: float) -> np.ndarray:
    """Of a model that says 0.9 to everybody, of whom this share is gone."""
    return np.where(np.random.default_rng(seed).random(count) < gone, -np.log(0.9), -np.log(0.1))


@pytest.mark.parametrize("seed", range(3))
def test_chance_sets_nothing_off(seed: int) -> None:
    assert not Drift().add(losses(seed, 100_000, 0.9))


@pytest.mark.parametrize("before", [WARM_UP, 50_000])
def test_a_rise_is_found_soon_and_once(before: int) -> None:
    """Half a standard deviation more; afterwards the new level is what is usual."""
    drift = Drift()
    assert not drift.add(losses(1, before, 0.9))
    worse = losses(2, 10_000, 0.75)
    found = [drift.add(some) for some in np.split(worse, 100)]
    assert found.index(True) < 10
    assert sum(found) == 1


def test_a_fall_is_none() -> None:
    drift = Drift()
    drift.add(losses(1, 5_000, 0.75))
    assert not drift.add(losses(2, 20_000, 0.95))


@pytest.mark.parametrize("at", [10, 1_500, 5_100])
def test_a_restart_changes_nothing(at: int) -> None:
    series = np.concatenate([losses(1, 5_000, 0.9), losses(2, 1_000, 0.7)])
    whole, first = Drift(), Drift()
    first.add(series[:at])
    second = Drift.restore(json.loads(json.dumps(first.numbers())))
    whole.add(series[:at])
    assert whole.add(series[at:]) == second.add(series[at:])
    assert whole.numbers() == second.numbers()


def test_losses_that_are_all_alike() -> None:
    assert not Drift().add(np.full(5_000, 0.7))
