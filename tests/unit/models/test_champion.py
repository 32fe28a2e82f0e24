"""The champion: published as plain numbers, resumed exactly, safe whatever it is given."""

import numpy as np
import pytest

from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.model import Model
from stream_loyalty.models.champion import Champion

SIZE = len(FEATURE_NAMES)


def stream(count: int, seed: int = 1) -> list[tuple[np.ndarray, bool, int]]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(3.0, 2.0, (count, SIZE))
    rows[:, -5:] = 0.0  # signals that nobody sends
    bought = rows[:, 0] - rows[:, 1] + rng.normal(size=count) > 0
    return [(row, bool(y), 7 * (i // 50)) for i, (row, y) in enumerate(zip(rows, bought, strict=True))]


def taught(count: int) -> Champion:
    champion = Champion()
    for x, y, day in stream(1_000)[:count]:
        champion.learn_one(x, y, day)
    return champion


def test_workers_score_what_the_trainer_scores() -> None:
    """One customer by the published dot product is one of many, to 1e-12, also beyond the clip."""
    champion = taught(400)
    rows = np.array([x for x, _, _ in stream(50, seed=2)]) * 30.0
    model = Model(champion.weights("v", 0, 60))
    assert [model.risk(row.tolist()) for row in rows] == pytest.approx(champion.risks(rows), abs=1e-12, rel=0)


def test_risk_is_that_of_not_buying() -> None:
    """Who looks like those who bought again has the lower risk."""
    champion = taught(800)
    rows = np.full((2, SIZE), 3.0)
    rows[:, -5:] = 0.0
    rows[:, 0] = 6.0, 0.0
    buyer, other = champion.risks(rows)
    assert buyer < 0.3
    assert other > 0.7


def test_it_resumes_exactly() -> None:
    """Stopped in the middle and begun again from its numbers, it learns the same to the last bit."""
    whole, half = Champion(), taught(200)
    for x, y, day in stream(1_000)[:400]:
        whole.learn_one(x, y, day)
    half = half.resume({name: tuple(map(float, column)) for name, column in half.numbers().items()})
    for x, y, day in stream(1_000)[200:400]:
        half.learn_one(x, y, day)
    assert half.numbers() == whole.numbers()


def test_other_features_are_refused() -> None:
    """Weights of an older release do not fit silently."""
    with pytest.raises(ValueError, match="features, this release"):
        Champion().resume(Champion(("a", "b")).numbers())


def test_a_signal_nobody_had_says_nothing() -> None:
    """Browsing that begins after everything that was learned from leaves scores as they are."""
    champion = taught(400)
    row = stream(1, seed=3)[0][0]
    browsing = row.copy()
    browsing[-5:] = 4.0
    assert champion.risks(browsing[None]) == pytest.approx(champion.risks(row[None]), abs=0)


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e9])
def test_any_unit_will_do(scale: float) -> None:
    """Cents, millions or nothing at all: weights stay finite and risks between 0 and 1."""
    champion = Champion()
    for x, y, day in stream(300):
        champion.learn_one(x * scale, y, day)
    risks = champion.risks(np.array([x for x, _, _ in stream(50, seed=4)]) * scale * 10)
    assert np.isfinite(champion.numbers()["covariance"]).all()
    assert ((risks >= 0) & (risks <= 1)).all()
