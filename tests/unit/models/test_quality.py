"""Figures of quality, against their definitions."""

import numpy as np
import pytest

from stream_loyalty.models.quality import Tally, auc, brier, log_loss
from stream_loyalty.models.threshold import Threshold

rng = np.random.default_rng(5)
RISKS = rng.integers(0, 1_000, 500) / 1_000 + 0.0005  # middles of a tally's bins, with ties
CHURNED = rng.random(500) < RISKS


def test_auc_is_the_chance_of_the_right_order() -> None:
    """Over all pairs, equal risks counting half."""
    gone, stayed = RISKS[CHURNED][:, None], RISKS[~CHURNED]
    pairs = (gone > stayed) + (gone == stayed) / 2
    assert auc(RISKS, CHURNED) == pytest.approx(pairs.mean())
    assert np.isnan(auc(RISKS, np.ones(500, bool)))


def test_a_tally_says_what_all_outcomes_say() -> None:
    """In parts and resumed in between, all its figures are those of the whole."""
    tally = Tally()
    tally.add(RISKS[:200], CHURNED[:200], 1)
    tally = Tally.restore(tally.numbers())
    tally.add(RISKS[200:], CHURNED[200:], 8)
    figures = tally.figures()
    assert figures["auc"] == pytest.approx(auc(RISKS, CHURNED))
    assert figures["log_loss"] == pytest.approx(log_loss(RISKS, CHURNED))
    assert figures["brier"] == pytest.approx(brier(RISKS, CHURNED))
    tenths = tally.deciles()
    assert sum(one["examples"] for one in tenths) == 500
    assert sum(one["examples"] * one["observed"] for one in tenths) == pytest.approx(CHURNED.sum())
    assert [one["predicted"] for one in tenths] == sorted(one["predicted"] for one in tenths)


def test_a_fading_tally_forgets() -> None:
    """After many times its memory only what is new counts."""
    tally = Tally(memory_days=10)
    tally.add(RISKS, ~CHURNED, 0)
    tally.add(RISKS, CHURNED, 1_000)
    assert tally.figures()["auc"] == pytest.approx(auc(RISKS, CHURNED))


def test_a_threshold_is_the_lowest_that_was_right_often_enough() -> None:
    """Each silence alerts once for each threshold: where its risk first reached it."""
    threshold = Threshold()
    first, second = rng.random(2_000), rng.random(2_000)
    churned = rng.random(2_000) < first**2
    threshold.learn(np.zeros(2_000), first, churned, 7)
    threshold.learn(first, np.maximum(first, second), ~churned, 7)
    found = Threshold.restore(threshold.numbers()).at(0.6)
    assert found is not None

    def precision(limit: float) -> float:
        early = first >= limit
        late = ~early & (second >= limit)
        return float((churned[early].sum() + (~churned)[late].sum()) / (early | late).sum())

    assert precision(found) >= 0.6
    assert all(precision(limit) < 0.6 for limit in np.arange(1, 200) / 200 if limit < found)


def test_no_threshold_without_evidence() -> None:
    """Nothing learned, or an aim that nothing reached."""
    threshold = Threshold()
    assert threshold.at(0.5) is None
    threshold.learn(np.zeros(100), np.full(100, 0.7), np.zeros(100, bool), 1)
    assert threshold.at(0.5) is None
