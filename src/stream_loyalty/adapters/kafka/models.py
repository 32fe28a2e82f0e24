"""Published churn models: every worker reads them with a consumer of its own, the trainer writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from stream_loyalty.adapters.kafka import reader
from stream_loyalty.contracts.models import STATE_KEY, ModelWeights, TrainerState
from stream_loyalty.contracts.topics import MODELS, TRAINING
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings


def published(settings: Settings) -> tuple[list[ModelWeights], TrainerState | None, int]:
    """All versions in the order of their publication, the trainer's newest state, and the next offset of the topic."""
    versions, state, offset = [], None, 0
    for record in reader.read(settings, (MODELS,)):
        offset = record.offset + 1
        if record.value is None:
            continue
        if record.key == STATE_KEY:
            state = TrainerState.model_validate_json(record.value)
        else:
            versions.append(ModelWeights.model_validate_json(record.value))
    return versions, state, offset


def follow(settings: Settings, offset: int, stop: threading.Event, tell: Callable[[ModelWeights], None]) -> None:
    """Hand over every version that is published from `offset` on, until `stop` is set. Blocks."""
    for batch in reader.follow(settings, (MODELS,), stop, {(MODELS, 0): offset}):
        for record in batch:
            if record.value is not None and record.key != STATE_KEY:
                tell(ModelWeights.model_validate_json(record.value))


def examples(settings: Settings, offset: int, stop: threading.Event) -> Iterator[list[Record]]:
    """Batches of labelled examples from `offset` on; an empty one says that nothing new was there."""
    return reader.follow(settings, (TRAINING,), stop, {(TRAINING, 0): offset})
