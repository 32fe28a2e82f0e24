"""The trainer: champion and challengers learn side by side from labelled examples; the champion is published.

Pure: examples in, weights, state and what operators should know out. Who reads and writes topics is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.contracts.models import ModelWeights, TrainerState
from stream_loyalty.contracts.operators import ModelChanged
from stream_loyalty.core.program.sections import Churn
from stream_loyalty.core.programs import Programs
from stream_loyalty.models.contest import Contest
from stream_loyalty.models.drift import Drift
from stream_loyalty.models.quality import Tally
from stream_loyalty.models.room import Room
from stream_loyalty.models.threshold import Threshold

Array = NDArray[np.float64]
Numbers = dict[str, tuple[float, ...]]

BLOCK = 256  # examples that are scored with one state of a learner
QUALITY_DAYS = 60.0  # how long an outcome counts for the rolling quality
_LEAST_EXAMPLES = 1_000  # before which nobody is judged
_LEAST_CONTEST = 5_000
_BACK = 0.01  # so much better than the program asks for a model must be to be used again
_GROUPS = ("first", "repeat")


class Example(msgspec.Struct):
    """What the trainer reads of a labelled example on `loyalty.training`."""

    day: int
    features: tuple[float, ...]
    bought: bool
    risk: float | None
    peak: float
    last_purchase: int
    purchase_days: int
    value_at_risk: int


class Learner(Protocol):
    """A model that learns online and can be published."""

    def learn_one(self, x: Sequence[float] | Array, bought: bool, day: int) -> None:
        """Learn from an example."""

    def risks(self, features: Array) -> Array:
        """Probabilities not to buy: [customers, features] -> [customers]."""

    def weights(self, version: str, trained_to: int, horizon_days: int, **more: object) -> ModelWeights:
        """What workers score with."""

    def numbers(self) -> Numbers:
        """Everything it goes on from."""

    def resume(self, numbers: Mapping[str, Sequence[float]]) -> Self:
        """One like this that goes on from `numbers`; ValueError where they do not fit."""


class Trainer:
    """Learns in the order of the examples. `changes` are told once: take them with every publication."""

    def __init__(self, churn: Churn, learners: Mapping[str, Learner], champion: str | None = None) -> None:
        """The first learner is the champion where none is named."""
        self._churn = churn
        self.learners = dict(learners)
        self.champion = champion or next(iter(learners))
        self.examples = 0
        self.usable = True
        self.changes: list[ModelChanged] = []
        self._published = 0
        self._day = 0
        self._block: list[Example] = []
        self._tallies = {name: Tally(QUALITY_DAYS) for name in learners}
        self._predicted = Tally(QUALITY_DAYS)  # of what was really predicted at the checkpoints
        self._contests = {name: Contest() for name in learners}
        self._thresholds = {f"{kind}-{group}": Threshold() for kind in ("live", "cold") for group in _GROUPS}
        self._room = Room()
        self._drift = Drift()  # of the champion's losses

    def go_by(self, programs: Programs) -> None:
        """The version in force on the day of the newest example says how to learn, where it says anything."""
        self._churn = programs.on(self._day).churn or self._churn

    def learn(self, examples: Iterable[Example]) -> None:
        """Learn from examples in their order; those of other features are passed over."""
        for example in examples:
            if self._block and (len(self._block) >= BLOCK or example.day != self._block[0].day):
                self._learn_block()
            self._block.append(example)

    def _learn_block(self) -> None:
        """Score a block with every learner before it learns from it."""
        block, self._block = self._block, []
        features = np.array([one.features for one in block])
        churned = np.array([not one.bought for one in block])
        day = block[0].day
        risks = {name: learner.risks(features) for name, learner in self.learners.items()}
        self._judge(risks, churned, day)
        self._learn_thresholds(block, risks[self.champion], churned, day)
        for learner in self.learners.values():
            for one, row in zip(block, features, strict=True):
                learner.learn_one(row, one.bought, day)
        self.examples += len(block)
        self._day = max(self._day, day)

    def _judge(self, risks: Mapping[str, Array], churned: NDArray[np.bool_], day: int) -> None:
        own = _losses(risks[self.champion], churned)
        for name, found in risks.items():
            self._tallies[name].add(found, churned, day)
            if name != self.champion:
                self._contests[name].add(own, _losses(found, churned))
        if self._drift.add(own):
            self._tell("drift", f"customers behave differently: the losses of {self.champion} have risen")
        winner = next((name for name in risks if self._contests[name].is_won(_LEAST_CONTEST)), None)
        if winner is not None:
            self.promote(winner, f"better than {self.champion} on the same examples")
        self._check_floor()

    def promote(self, name: str, why: str) -> None:
        """Make a challenger the champion."""
        self.champion = name
        self._contests = {name: Contest() for name in self.learners}
        self._drift.begin()
        self._tell("promoted", f"{name} is the churn model now: {why}")

    def _check_floor(self) -> None:
        figures = self._tallies[self.champion].figures()
        area, floor = figures.get("auc"), self._churn.least_auc
        if area is None or figures["examples"] < _LEAST_EXAMPLES:
            return
        if self.usable and area < floor:
            self.usable = False
            self._tell("unusable", f"the churn model has an AUC of {area:.3f}, below {floor}: only fixed rules alert")
        elif not self.usable and area >= floor + _BACK:
            self.usable = True
            self._tell("usable", f"the churn model has an AUC of {area:.3f} again: early alerts are back")

    def _learn_thresholds(self, block: list[Example], risks: Array, churned: NDArray[np.bool_], day: int) -> None:
        """From what was predicted; where nothing was, as when it begins, from what would be predicted now."""
        live = np.array([one.risk is not None for one in block])
        silent = np.array([day - one.last_purchase >= self._churn.least_silence_days for one in block])
        repeat = np.array([one.purchase_days > 1 for one in block])
        given = np.array([risk if one.risk is None else one.risk for one, risk in zip(block, risks, strict=True)])
        peaks = np.array([one.peak for one in block])
        self._predicted.add(given[live], churned[live], day)
        for kind, of_kind in (("live", live), ("cold", ~live)):
            for group, of_group in zip(_GROUPS, (~repeat, repeat), strict=True):
                rows = of_kind & of_group & silent
                self._thresholds[f"{kind}-{group}"].learn(peaks[rows], given[rows], churned[rows], day)
        limits = np.where(repeat, *(self._limit(group) for group in reversed(_GROUPS)))
        alerted = silent & (given >= limits) & (peaks < limits)
        values = np.array([one.value_at_risk for one in block], dtype=np.float64)
        self._room.add(values[alerted], day, self._churn.every_days)

    def _limit(self, group: str) -> float:
        found = self._alert_from(group)
        return 2.0 if found is None else found

    def _alert_from(self, group: str) -> float | None:
        for kind in ("live", "cold"):
            found = self._thresholds[f"{kind}-{group}"].at(self._churn.precision)
            if found is not None:
                return found
        return None

    def is_due(self, idle: bool) -> bool:
        """Whether enough was learned to publish: a tenth of all, or, when no more comes, anything at all."""
        learned = self.examples + len(self._block) - self._published
        return learned > 0 if idle else learned >= max(BLOCK, self._published // 10)

    def publish(self, offset: int) -> tuple[ModelWeights, TrainerState, list[ModelChanged]]:
        """The champion's weights, the state to go on from at `offset` of the topic, and the changes since last time."""
        if self._block:
            self._learn_block()
        self._published = self.examples
        day = format_instant(self._day * DAY_MS)[:10]
        weights = self.learners[self.champion].weights(
            f"{self.champion}/{day}/{self.examples}",
            self._day * DAY_MS,
            self._churn.horizon_days,
            alert_from=self._alert_from("repeat"),
            alert_from_first=self._alert_from("first"),
            least_value=self._room.least_value(self._churn.alerts_per_day),
            usable=self.usable,
            quality=self.quality()[self.champion],
        )
        changes, self.changes = self.changes, []
        return weights, self._state(offset), changes

    def quality(self) -> dict[str, dict[str, float]]:
        """Rolling figures of each learner, and as `predicted` those of what was really predicted."""
        found = {name: tally.figures() for name, tally in self._tallies.items()}
        return found | {"predicted": self._predicted.figures()}

    def _state(self, offset: int) -> TrainerState:
        parts = {name: part.numbers() for name, part in self._parts()}
        return TrainerState(
            training_offset=offset,
            champion=self.champion,
            usable=self.usable,
            published=self._published,
            parts=parts | {"trainer": {"counts": (float(self.examples), float(self._day))}},
        )

    def _parts(self) -> Iterator[tuple[str, Learner | Tally | Contest | Threshold | Room | Drift]]:
        for name, learner in self.learners.items():
            yield f"learner {name}", learner
            yield f"tally {name}", self._tallies[name]
            yield f"contest {name}", self._contests[name]
        for name, threshold in self._thresholds.items():
            yield f"threshold {name}", threshold
        yield "predicted", self._predicted
        yield "room", self._room
        yield "drift", self._drift

    def restore(self, state: TrainerState) -> None:
        """Go on from a state. Learners that it does not know, or knows with other features, begin anew."""
        parts = state.parts
        for name, learner in self.learners.items():
            with suppress(KeyError, ValueError):
                self.learners[name] = learner.resume(parts[f"learner {name}"])
                self._tallies[name] = Tally.restore(parts[f"tally {name}"], QUALITY_DAYS)
                self._contests[name] = Contest.restore(parts[f"contest {name}"])
        for name in self._thresholds:
            self._thresholds[name] = Threshold.restore(parts[f"threshold {name}"])
        self._predicted = Tally.restore(parts["predicted"], QUALITY_DAYS)
        self._room = Room.restore(parts["room"])
        if "drift" in parts:  # a state of an earlier release has none
            self._drift = Drift.restore(parts["drift"])
        self.examples, self._day = map(int, parts["trainer"]["counts"])
        self.champion = state.champion if state.champion in self.learners else self.champion
        self.usable, self._published = state.usable, state.published

    def _tell(self, what: str, summary: str) -> None:
        quality = self._tallies[self.champion].figures()
        self.changes.append(
            ModelChanged.model_validate(
                {"what": what, "champion": self.champion, "summary": summary, "quality": quality}
            )
        )


def _losses(risks: Array, churned: NDArray[np.bool_]) -> Array:
    given = np.clip(np.where(churned, risks, 1.0 - risks), 1e-15, 1.0)
    found: Array = -np.log(given)
    return found
