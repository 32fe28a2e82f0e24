"""The trainer: learns, judges, promotes, and goes on from plain numbers after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from stream_loyalty.contracts.models import TrainerState
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.model import Model
from stream_loyalty.core.program.sections import Churn
from stream_loyalty.models.learners import learners
from stream_loyalty.models.trainer import Example, Trainer

FIRST_DAY = 10_000


def crowd(seed: int, truth: bool = True, per_week: int = 400) -> Iterator[Example]:
    """Customers whose chance to come back falls with their silence; without `truth` it does not depend on anything."""
    rng, day = Random(seed), FIRST_DAY
    while True:
        for _ in range(per_week):
            silent = rng.randrange(1, 120)
            chance = 1 / (1 + 2.718 ** (silent / 15 - 3)) if truth else 0.5
            x = [rng.gauss(0, 1) for _ in FEATURE_NAMES]
            x[0], x[1] = float(np.log1p(silent)), silent / 30
            known = silent // 7 if truth else 0
            yield Example(
                day,
                tuple(x),
                rng.random() < chance,
                None,
                0.0,
                day - silent,
                1 + known % 3,
                int(2.718 ** rng.gauss(9, 1)),
            )
        day += 7


def later(examples: Iterator[Example], days: int) -> Iterator[Example]:
    """Twelve thousand of them, so many days later."""
    return (replace(e, day=e.day + days, last_purchase=e.last_purchase + days) for e in islice(examples, 12_000))


def trained(count: int, seed: int = 1, churn: Churn | None = None) -> Trainer:
    trainer = Trainer(churn or Churn(), learners())
    trainer.learn(islice(crowd(seed), count))
    return trainer


def test_it_learns_and_publishes_what_workers_score_with() -> None:
    """The dot product of a worker is what the trainer would say; thresholds aim at the program's precision."""
    trainer = trained(6_000)
    weights, _, _ = trainer.publish(17)
    assert weights.quality["auc"] > 0.85
    assert weights.alert_from is not None
    examples = list(islice(crowd(2), 2_000))
    model = Model(weights)
    risks = [model.risk(example.features) for example in examples]
    rows = np.array([example.features for example in examples])
    assert np.allclose(trainer.learners[trainer.champion].risks(rows), risks, rtol=0, atol=1e-12)
    alerted = [e for e, risk in zip(examples, risks, strict=True) if risk >= (weights.alert_from or 1)]
    right = sum(not example.bought for example in alerted) / len(alerted)
    assert right >= Churn().precision - 0.05


def test_a_restart_changes_nothing() -> None:
    """A trainer that goes on from its state, as JSON, learns the same weights as one that never stopped."""
    feed = list(islice(crowd(3), 4_000))
    whole, first = Trainer(Churn(), learners()), Trainer(Churn(), learners())
    for trainer in (whole, first):
        trainer.learn(feed[:1_500])
    whole.publish(1_500)
    _, state, _ = first.publish(1_500)
    text = state.model_dump_json()
    assert len(text) < 1_000_000, "it has to fit into one record"
    second = Trainer(Churn(), learners())
    second.restore(TrainerState.model_validate_json(text))
    for trainer in (whole, second):
        trainer.learn(feed[1_500:])
    (one, kept, _), (other, kept_too, _) = whole.publish(4_000), second.publish(4_000)
    assert one == other
    assert kept.parts == kept_too.parts


def test_below_the_floor_it_is_not_used_and_comes_back_by_itself() -> None:
    trainer = trained(3_000, churn=Churn(least_auc=0.7))
    assert trainer.publish(0)[0].usable
    noise = list(later(crowd(4, truth=False), 60))
    trainer.learn(noise)
    weights, _, changes = trainer.publish(0)
    assert not weights.usable
    assert "only fixed rules alert" in next(change.summary for change in changes if change.what == "unusable")
    assert Model(weights).alert_from(5) is None
    trainer.learn(later(crowd(5), noise[-1].day + 7 - FIRST_DAY))
    weights, _, changes = trainer.publish(0)
    assert weights.usable
    assert "usable" in [change.what for change in changes]


def test_a_better_challenger_is_promoted_and_a_lucky_one_is_not() -> None:
    """By a test that may be read after every block: never between two that are alike, soon where one is worse."""
    alike = Trainer(Churn(), {"one": learners()["kalman"], "two": learners()["kalman"]})
    alike.learn(islice(crowd(6), 12_000))
    assert alike.champion == "one"
    worse = Trainer(Churn(), {"blind": _Blind(), "kalman": learners()["kalman"]})
    worse.learn(islice(crowd(7), 12_000))
    assert worse.champion == "kalman"
    assert [change.what for change in worse.changes if change.what == "promoted"] == ["promoted"]


def test_drift_is_told_once_also_over_a_restart() -> None:
    """Customers who stop behaving as they did; what was added up before a restart counts after it."""
    steady = trained(12_000)
    assert not [change for change in steady.changes if change.what == "drift"]
    _, state, _ = steady.publish(12_000)
    again = Trainer(Churn(), learners())
    again.restore(TrainerState.model_validate_json(state.model_dump_json()))
    noise = list(later(crowd(4, truth=False), 210))
    for trainer in (steady, again):
        trainer.learn(noise[:3_000])
    assert steady.changes == again.changes
    (drift,) = [change for change in again.changes if change.what == "drift"]
    assert drift.summary == f"customers behave differently: the losses of {again.champion} have risen"


class _Blind:
    """Says one half to everything."""

    def learn_one(self, x: object, bought: bool, day: int) -> None: ...

    def risks(self, features: np.ndarray) -> np.ndarray:
        return np.full(len(features), 0.5)


@pytest.mark.parametrize(("per_day", "expected"), [(None, False), (10_000, False), (5, True)])
def test_a_team_gets_no_more_than_it_can_act_on(per_day: int | None, expected: bool) -> None:
    """The cut is the value from which on there were so many alerts a day."""
    trainer = trained(6_000, churn=Churn(alerts_per_day=per_day))
    weights, _, _ = trainer.publish(0)
    assert (weights.least_value > 0) == expected
    if expected:
        limits = {1: weights.alert_from_first, 2: weights.alert_from, 3: weights.alert_from}
        model = Model(weights)
        week = [e for e in islice(crowd(8), 4_000) if model.risk(e.features) >= (limits[e.purchase_days] or 2)]
        valued = sum(e.value_at_risk >= weights.least_value for e in week) / 10 / 7
        assert 2 < valued < 8
