"""A broker inside this process, for the demo and for fast tests: librdkafka's mock cluster, from pip alone.

It keeps about 5 MiB of each partition, in memory only, and drops the oldest silently; every topic has 4
partitions; there are no transactions with offsets (commit = "plain"), no topic ids and no configurations.
"""

from __future__ import annotations

from types import TracebackType

from confluent_kafka import Producer

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.client import REQUEST_S
from stream_loyalty.contracts.topics import TOPICS
from stream_loyalty.settings import Settings

PARTITIONS = 4
PLAIN_WIRE: dict[str, str | None] = {  # settings over those of the environment: this broker knows neither TLS nor SASL
    "security_protocol": "PLAINTEXT",
    **dict.fromkeys(("sasl_username", "sasl_password", "ssl_ca", "ssl_cert", "ssl_key", "ssl_key_password")),
}


class EmbeddedBroker:
    """Runs from construction to `close`; `bootstrap` is its address."""

    def __init__(self) -> None:
        # the cluster belongs to this producer and ends with it
        self._cluster: Producer | None = Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "embedded:1", "log_level": 3}
        )
        brokers = self._cluster.list_topics(timeout=REQUEST_S).brokers.values()
        self.bootstrap = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def prepare(self, settings: Settings) -> None:
        """Let every topic appear: this broker makes a topic when a producer asks for it, not otherwise."""
        asking = client.producer(settings)
        for spec in TOPICS:
            asking.list_topics(client.physical(settings, spec.name), timeout=REQUEST_S)

    def close(self) -> None:
        """End the broker; what it held is gone."""
        self._cluster = None

    def __enter__(self) -> EmbeddedBroker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
