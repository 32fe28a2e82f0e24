"""Run the trainer: labelled examples in, churn models out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import msgspec
from prometheus_client import CollectorRegistry, Gauge

from stream_loyalty.adapters.kafka import models
from stream_loyalty.adapters.kafka.inputs import InputWriter
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.commands.metrics import serve_metrics
from stream_loyalty.commands.stopping import stop_on_signals
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import headers
from stream_loyalty.contracts.models import STATE_KEY, ModelWeights
from stream_loyalty.contracts.operators import MODEL_CHANGED, ModelChanged
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.moment import uuid5
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.models.learners import learners
from stream_loyalty.models.trainer import Example, Trainer
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)
ROLE = "trainer"
_decode = msgspec.json.Decoder(Example).decode


def run_trainer(settings: Settings, promote: str | None = None) -> None:
    """Learn and publish until SIGTERM or SIGINT. StreamLoyaltyError where the program has no [churn]."""
    stop = stop_on_signals()
    metrics = TrainerMetrics(settings)
    followed = Versions(settings)
    churn = followed.programs.latest.churn
    if churn is None:
        raise StreamLoyaltyError("the program has no [churn] section, so there is nothing to train; add one")
    writer = InputWriter(settings, ROLE)  # before the state is read: it ends what another trainer had begun
    _, state, _ = models.published(settings)
    trainer = Trainer(churn, learners())
    if state is not None:
        trainer.restore(state)
    if promote is not None:
        if promote not in trainer.learners:
            raise StreamLoyaltyError(f"there is no learner {promote!r}; there are {', '.join(trainer.learners)}")
        trainer.promote(promote, "promoted by hand")
    offset = state.training_offset if state is not None else 0
    _log.info("the trainer goes on at example %d", offset)
    train(settings, trainer, writer, offset, stop, metrics.show, followed)


def train(
    settings: Settings,
    trainer: Trainer,
    writer: InputWriter,
    offset: int,
    stop: threading.Event,
    show: Callable[[Trainer, ModelWeights], None] = lambda trainer, weights: None,
    followed: Versions | None = None,
) -> None:
    """Learn from the examples from `offset` on and publish, until `stop` is set; `followed` says by what. Blocks."""
    for batch in models.examples(settings, offset, stop):
        if followed is not None:
            followed.refresh()
            trainer.go_by(followed.programs)
        trainer.learn(_decode(record.value) for record in batch if record.value)
        offset = batch[-1].offset + 1 if batch else offset
        if trainer.is_due(idle=not batch) or trainer.changes:
            weights, state, changes = trainer.publish(offset)
            writer.write([*_published(weights, changes), _message(STATE_KEY, state.model_dump_json().encode())])
            show(trainer, weights)


def _published(weights: ModelWeights, changes: list[ModelChanged]) -> list[Message]:
    """The weights, and what operators should know."""
    found = [_message(weights.version.encode(), weights.model_dump_json().encode())]
    for number, change in enumerate(changes):
        attributes = headers(
            uuid5(f"{weights.version}\x1f{change.what}\x1f{number}"),
            MODEL_CHANGED.decode(),
            change.champion,
            weights.trained_to,
        )
        body = change.model_dump_json().encode()
        found.append(Message(topics.ALERTS, 0, change.champion.encode(), body, attributes))
        _log.warning("%s", change.summary)
    return found


def _message(key: bytes, value: bytes) -> Message:
    return Message(topics.MODELS, 0, key, value)


class TrainerMetrics:
    """What the trainer's /metrics says."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Without settings nothing is served."""
        self.registry, name = CollectorRegistry(), "stream_loyalty_model_"
        registry = self.registry
        self._quality = Gauge(f"{name}quality", "Rolling figures by learner.", ("learner", "figure"), registry=registry)
        self._champion = Gauge(f"{name}champion", "1 for the learner in use.", ("learner",), registry=registry)
        self._examples = Gauge(f"{name}examples", "Examples learned from.", registry=registry)
        self._usable = Gauge(f"{name}usable", "Whether it raises early alerts.", registry=registry)
        self._limit = Gauge(f"{name}alert_from", "Risk from which an alert is raised.", ("group",), registry=registry)
        if settings is not None:
            serve_metrics(registry, settings.http_host, settings.trainer_http_port)

    def show(self, trainer: Trainer, weights: ModelWeights) -> None:
        """The figures as of a publication."""
        for learner, figures in trainer.quality().items():
            for figure, value in figures.items():
                self._quality.labels(learner, figure).set(value)
        for learner in trainer.learners:
            self._champion.labels(learner).set(learner == trainer.champion)
        self._examples.set(trainer.examples)
        self._usable.set(trainer.usable)
        limits = {"repeat": weights.alert_from, "first": weights.alert_from_first}
        for group, limit in limits.items():
            self._limit.labels(group).set(float("nan") if limit is None else limit)
