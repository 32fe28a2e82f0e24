"""Published churn models: every worker reads them with a consumer of its own, the trainer writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from confluent_kafka import KafkaException

from stream_loyalty.adapters.kafka import client, reader
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.commit import send_all
from stream_loyalty.contracts.models import STATE_KEY, ModelWeights, TrainerState
from stream_loyalty.contracts.topics import MODELS, TRAINING
from stream_loyalty.contracts.wire import Message, Record
from stream_loyalty.settings import Settings

_PATIENCE_S = 30.0
_TRANSACTION_MS = 30_000


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


class ModelWriter:
    """Publishes weights and the trainer's state in one transaction; a newer trainer shuts an older one out.

    With plain commits there is no transaction: the state comes last, so what a crash loses is published again.
    """

    def __init__(self, settings: Settings) -> None:
        """Ends what an earlier trainer left open. KafkaFault if the broker refuses."""
        self._settings = settings
        self._transactional = settings.commit == "transaction"
        own: client.Config = {"transactional.id": f"{client.group(settings)}-trainer"}
        own["transaction.timeout.ms"] = _TRANSACTION_MS
        self._producer = client.producer(settings, own if self._transactional else None)
        if self._transactional:
            try:
                self._producer.init_transactions(_PATIENCE_S)
            except KafkaException as error:
                raise KafkaFault(f"transactions can not be begun: {client.words(error)}") from error

    def write(self, messages: Iterable[Message]) -> None:
        """All of them or none. KafkaFault when it is not certain, or when another trainer has taken over."""
        producer = self._producer
        try:
            if self._transactional:
                producer.begin_transaction()
            send_all(producer.produce, producer.poll, self._settings, messages)
            if self._transactional:
                producer.commit_transaction(_PATIENCE_S)
            elif producer.flush(_PATIENCE_S):
                raise KafkaFault(f"models were not taken by Kafka within {_PATIENCE_S:.0f} s")
        except KafkaException as error:
            raise KafkaFault(f"models can not be published: {client.words(error)}") from error
