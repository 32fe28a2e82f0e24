"""Dated inputs that a process of its own publishes to the workers: models by the trainer, slices by the coordinator."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaException

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.commit import send_all
from stream_loyalty.contracts.wire import Message
from stream_loyalty.settings import Settings

_PATIENCE_S = 30.0
_TRANSACTION_MS = 30_000


class InputWriter:
    """Publishes in transactions, for one process in a role: a newer one shuts an older one out.

    With plain commits there is no transaction: what a crash loses is decided and published again.
    """

    def __init__(self, settings: Settings, role: str) -> None:
        """Ends what an earlier process in this role left open. KafkaFault if the broker refuses."""
        self._settings, self._role = settings, role
        self._transactional = settings.commit == "transaction"
        own: client.Config = {"transactional.id": f"{client.group(settings)}-{role}"}
        own["transaction.timeout.ms"] = _TRANSACTION_MS
        self._producer = client.producer(settings, own if self._transactional else None)
        if self._transactional:
            try:
                self._producer.init_transactions(_PATIENCE_S)
            except KafkaException as error:
                raise KafkaFault(f"transactions can not be begun: {client.words(error)}") from error

    def write(self, messages: Iterable[Message]) -> None:
        """All of them or none. KafkaFault when it is not certain, or when another process has taken the role over."""
        producer = self._producer
        try:
            if self._transactional:
                producer.begin_transaction()
            send_all(producer.produce, producer.poll, self._settings, messages)
            if self._transactional:
                producer.commit_transaction(_PATIENCE_S)
            elif producer.flush(_PATIENCE_S):
                raise KafkaFault(f"what the {self._role} says was not taken by Kafka within {_PATIENCE_S:.0f} s")
        except KafkaException as error:
            raise KafkaFault(f"what the {self._role} says can not be published: {client.words(error)}") from error
