"""The classifier does what River asks of every model, and what its formulas say."""

import doctest
from itertools import islice

import numpy as np
import pytest
import river.checks
from river import datasets

from stream_loyalty.models import kalman
from stream_loyalty.models.kalman import KalmanLogisticRegression


@pytest.fixture
def phishing_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What River itself chooses for binary classifiers; its chooser also needs scikit-learn, for those of others."""

    def chosen(model: object, scale: int = 1):
        yield datasets.Phishing().take(200 * scale)
        yield ((x, np.bool_(y)) for x, y in datasets.Phishing().take(200 * scale))

    monkeypatch.setattr(river.checks, "_yield_datasets", chosen)


@pytest.mark.usefixtures("phishing_only")
@pytest.mark.parametrize("model", [KalmanLogisticRegression(), KalmanLogisticRegression(forgetting=0.01)], ids=str)
def test_it_passes_rivers_own_checks(model: KalmanLogisticRegression) -> None:
    """The checks that `river.checks.check_estimator` runs, by name where one fails."""
    for check in river.checks.yield_checks(model):
        try:
            check(model.clone())
        except Exception as error:
            raise AssertionError(f"{getattr(check, '__name__', check)}: {error!r}") from error


def test_the_docstring_runs() -> None:
    """Its example gives the figure it shows."""
    assert doctest.testmod(kalman).failed == 0
    assert doctest.testmod(kalman).attempted > 0


def test_a_step_is_the_most_likely_margin() -> None:
    """The mean after one example is the mode of prior times likelihood, which lies along `P x`."""
    x = np.array([1.0, 2.0, -3.0])
    prior = np.array([1.0, 0.5, 0.5])
    model = KalmanLogisticRegression(variance=0.5, intercept_variance=1.0)
    model.learn_one({"a": 2.0, "b": -3.0}, True)
    gradient = (1.0 - 1.0 / (1.0 + np.exp(-model.mean @ x))) * x - model.mean / prior
    assert gradient == pytest.approx(np.zeros(3), abs=1e-8)


@pytest.mark.parametrize("surprise", [1e3, 1e6, -1e6])
def test_a_surprise_never_overshoots(surprise: float) -> None:
    """However far out an example is, the probability given to it rises, and everything stays finite."""
    model = KalmanLogisticRegression()
    for x, y in islice(datasets.Phishing(), 50):
        model.learn_one(x, y)
    before = model.predict_proba_one({"age_of_domain": surprise})[False]
    model.learn_one({"age_of_domain": surprise}, False)
    assert np.isfinite(model.mean).all()
    assert np.linalg.eigvalsh(model.covariance).min() > -1e-9
    assert model.predict_proba_one({"age_of_domain": surprise})[False] >= before


def test_forgetting_ends_at_the_prior() -> None:
    """What nobody sees any more becomes as uncertain as it was before, never more; the mean stays."""
    model = KalmanLogisticRegression(variance=0.1)
    for x, y in islice(datasets.Phishing(), 100):
        model.learn_one(x, y)
    mean = model.mean.copy()
    for _ in range(1_000):
        model.forget(0.05)
    assert model.mean == pytest.approx(mean, abs=0)
    assert np.diag(model.covariance) == pytest.approx([1.0] + [0.1] * (len(mean) - 1))
