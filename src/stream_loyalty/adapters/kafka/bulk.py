"""Writing a whole lot of records at once, outside any worker: all of them or none."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaException

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.commit import send_all
from stream_loyalty.contracts.wire import Message
from stream_loyalty.settings import Settings

_PATIENCE_S = 600.0


def write_once(settings: Settings, messages: Iterable[Message]) -> None:
    """One transaction of any size; read-committed readers see all of it or nothing. KafkaFault if it fails."""
    config: client.Config = {
        "transactional.id": f"{client.group(settings)}-bulk",
        "transaction.timeout.ms": int(_PATIENCE_S * 1000),
    }
    producer = client.producer(settings, config)
    try:
        producer.init_transactions(30)
        producer.begin_transaction()
        send_all(producer.produce, producer.poll, settings, messages)
        if producer.flush(_PATIENCE_S):
            raise KafkaFault("not all records were confirmed in time; nothing of them can be seen")
        producer.commit_transaction(_PATIENCE_S)
    except KafkaException as error:
        raise KafkaFault(f"the records were not written: {client.words(error)}") from error
