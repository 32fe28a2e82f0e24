"""Topics of its own for each test, on the real broker; and what an open group membership needs."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from aiokafka import AIOKafkaConsumer

from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.settings import Settings


@pytest.fixture
def settings(kafka: str) -> Settings:
    """Settings with topics of their own on a real broker."""
    return make_settings(kafka)


def make_settings(bootstrap: str, **others: object) -> Settings:
    prefix = f"adapter-{time.time_ns()}-"
    made = Settings(
        bootstrap=bootstrap, topic_prefix=prefix, http_port=0, partitions=4, session_timeout_s=6.0
    ).model_copy(update=others)
    topics.ensure(made)
    return made


@pytest.fixture
def embedded() -> Iterator[Settings]:
    """Settings for an embedded broker with all topics."""
    with EmbeddedBroker() as broker:
        made = Settings(bootstrap=broker.bootstrap, commit="plain", http_port=0, session_timeout_s=6.0)
        broker.prepare(made)
        yield made


def until(condition: Callable[[], object], seconds: float = 40) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


class Member:
    """A member of the workers' group that does nothing: for its generation and id."""

    def __init__(self, settings: Settings) -> None:
        self._loop = asyncio.new_event_loop()
        self._consumer = self._loop.run_until_complete(self._join(settings))
        self.generation: int = self._consumer._coordinator.generation
        self.id: str = self._consumer._coordinator.member_id

    async def _join(self, settings: Settings) -> AIOKafkaConsumer:
        names = [client.physical(settings, topic) for topic in SOURCES]
        consumer = AIOKafkaConsumer(*names, **client.group_consumer(settings))
        await consumer.start()
        return consumer

    def close(self) -> None:
        self._loop.run_until_complete(self._consumer.stop())
        self._loop.close()


@pytest.fixture
def member(settings: Settings) -> Iterator[Member]:
    made = Member(settings)
    yield made
    made.close()


@pytest.fixture
def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
