"""Who learns side by side: the champion first, then its challengers."""

from __future__ import annotations

from stream_loyalty.models.adagrad import AdaGradLearner
from stream_loyalty.models.champion import Champion
from stream_loyalty.models.trainer import Learner

_SLOW = 1.0 / 1.02  # a week: a memory of a year


def learners() -> dict[str, Learner]:
    """New ones, by name."""
    return {"kalman": Champion(), "kalman-slow": Champion(kept_a_week=_SLOW), "adagrad": AdaGradLearner()}
