"""Publishing events: keys where Java clients would put them, each record once, failures in one sentence."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, Message

from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.contracts.control import clock_advanced
from stream_loyalty.contracts.topics import STOREFRONT
from stream_loyalty.settings import Settings

_PATIENCE_S = 60.0


class Publisher:
    """An idempotent producer for the source topics; not for several threads at once."""

    def __init__(self, settings: Settings) -> None:
        """KafkaFault where the broker does not answer or a source topic is missing."""
        self._settings = settings
        counts = topics.partitions(settings)
        for topic in STOREFRONT:
            name = client.physical(settings, topic)
            if name not in counts:
                raise KafkaFault(topics.missing(name))
        self._producer = client.producer(settings, {"linger.ms": 20})
        self._failures = 0
        self._first = ""

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> None:
        """Queue a record for a logical topic; without `partition` its key decides. KafkaFault if refused."""
        name = client.physical(self._settings, topic)
        where = -1 if partition is None else partition  # -1: the partitioner decides
        while True:
            try:
                self._producer.produce(name, value, key, where, self._delivered, headers=list(headers))
                break
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise KafkaFault(f"a record for {name} can not be sent: {client.words(error)}") from error
        self._producer.poll(0)

    def flush(self) -> None:
        """Wait until all is confirmed. KafkaFault when something was not."""
        left = self._producer.flush(_PATIENCE_S)
        failures, first = self._failures, self._first
        self._failures, self._first = 0, ""
        if failures or left:
            why = f": {first}" if first else f" within {_PATIENCE_S:.0f} s"
            raise KafkaFault(f"{failures + left} records were not taken by Kafka at {self._settings.bootstrap}{why}")

    def advance(self, time_ms: int) -> None:
        """Let event clocks reach `time_ms` (ms since 1970 UTC), by a record to each source partition."""
        value, headers = clock_advanced(time_ms)
        counts = topics.partitions(self._settings)
        for topic in STOREFRONT:
            for number in range(counts.get(client.physical(self._settings, topic), 0)):
                self.send(topic, None, value, headers, number)
        self.flush()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failures += 1
            self._first = self._first or client.words(error)
