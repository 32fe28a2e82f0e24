"""Faust's transport, with a path of our own from the fetcher to the agent: chunks, no single records.

Faust keeps the group membership, the threads, the flow control and the agents. It makes four asyncio tasks
for each message and commits offsets on its own; both are replaced here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.app import BootStrategy
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.fatal import EXIT_FAILED, die
from stream_loyalty.adapters.kafka.life import Chunk, Fetched
from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings

_faust_log = logging.getLogger("faust")  # a service logs under its module's name unless told otherwise

_POLL_S = 0.05  # how long a poll waits for records
_POLL_RECORDS = 4000
_PREFETCH_BACKOFF_S = 0.02  # how long records nobody takes keep their broker from being asked for others


class _ConsumerOnly(BootStrategy):
    enable_kafka_producer = False  # commits go round Faust's producer


class NoTables(TableManager):
    """Faust's recovery of tables, of which there are none: it would wait a second for them to be declared."""

    logger = _faust_log

    async def on_start(self) -> None:
        """Let the consumer subscribe."""
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):
    """The Faust app, with what its consumer needs of ours."""

    settings: Settings
    runner: Runner
    source_names: tuple[str, ...]
    BootStrategy = _ConsumerOnly
    logger = _faust_log

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which aiokafka lives. What is called here from outside goes through `call_thread`."""

    app: App
    logger = _faust_log

    def _create_consumer(self, loop: asyncio.AbstractEventLoop) -> AIOKafkaConsumer:
        # by range: partition n of every topic goes to the same member. Faust's choice, round robin, deals the
        # partitions of all topics out in one row and parts them as soon as three workers share six topics.
        return AIOKafkaConsumer(
            **client.group_consumer(self.app.settings), partition_assignment_strategy=[RangePartitionAssignor]
        )

    async def on_start(self) -> None:
        """Start aiokafka's consumer."""
        await super().on_start()
        self._ensure_consumer()._fetcher._prefetch_backoff = _PREFETCH_BACKOFF_S

    async def membership(self) -> tuple[int, str]:
        """(generation, member id) as they are now; (-1, "") for a member that was turned out."""
        coordinator = self._ensure_consumer()._coordinator
        return coordinator.generation, coordinator.member_id

    async def move(self, positions: Mapping[Place, int]) -> bool:
        """Put the sources to these positions; False if they are no longer assigned."""
        consumer, settings = self._ensure_consumer(), self.app.settings
        try:
            for (topic, number), offset in positions.items():
                tp = TopicPartition(client.physical(settings, topic), number)
                consumer.seek(tp, offset)
                # known from before the recovery: only a fetch from now on can tell where the end is
                consumer._subscription.subscription.assignment.state_value(tp).lso = None
        except (IllegalStateError, AttributeError):
            return False
        return True

    async def poll(self, wanted: Iterable[Place], places: Iterable[Place]) -> list[Fetched]:
        """Records of the partitions wanted, and how far each of `places` has been read."""
        consumer, settings = self._ensure_consumer(), self.app.settings
        if not self.consumer.flow_active:
            return []
        fetcher = consumer._fetcher
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        asked = {TopicPartition(client.physical(settings, topic), number) for topic, number in wanted}
        with fetcher._subscriptions.fetch_context():
            found = await fetcher.fetched_records(asked, timeout=_POLL_S, max_records=_POLL_RECORDS)
        subscription = consumer._subscription.subscription
        if subscription is None or subscription.assignment is None:
            return []
        return [
            _fetched(settings, place, subscription.assignment, found)
            for place in places
            if TopicPartition(client.physical(settings, place[0]), place[1]) in subscription.assignment.tps
        ]

    async def commit_offsets(self, positions: Mapping[Place, int]) -> None:
        """Commit in the name of this member, outside a transaction."""
        settings = self.app.settings
        await self._ensure_consumer().commit(
            {TopicPartition(client.physical(settings, t), n): offset for (t, n), offset in positions.items()}
        )


class Consumer(driver.Consumer):
    """Faust's consumer without its offsets: the runner's commits hold them."""

    app: App
    _thread: ConsumerThread
    logger = _faust_log

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit and drop everything while the partitions are still ours."""
        self.stop_flow()
        self.app.flow_control.suspend()
        self.app.flow_control.clear()
        await self.app.runner.end()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Pin the membership; take up in the background, as heartbeats begin only after this has returned."""
        generation, member = await self._thread.call_thread(self._thread.membership)
        numbers = sorted({tp.partition for tp in assigned})
        await super().on_partitions_assigned(assigned, generation_id)
        self.app.runner.begin(generation if generation == generation_id else -1, member, numbers, self._move)

    async def _move(self, positions: Mapping[Place, int]) -> bool:
        return bool(await self._thread.call_thread(self._thread.move, positions))

    async def perform_seek(self) -> None:
        """Nothing: the runner seeks, once it knows where to."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Nothing: the runner commits."""
        return True

    async def verify_all_partitions_active(self) -> None:
        """Nothing: it would miss the commits that Faust did not make."""

    def ack(self, message: Any) -> bool:
        """Keep no account of chunks: Faust's would grow for ever, as nothing is committed from it."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self._drain_once()
        except ConsumerStoppedError:
            if not self.app.should_stop:
                raise
        except Exception as error:
            die(EXIT_FAILED, "reading from Kafka failed", error)

    async def _drain_once(self) -> None:
        life = await self.app.runner.life()
        if not life.hands:
            await life.over.wait()
            return
        fetched = await self._thread.call_thread(self._thread.poll, life.wanted(), life.places)
        if life.over.is_set():
            return
        await life.feed(fetched)
        await life.deliver(self._send)

    async def _send(self, chunk: Chunk) -> None:
        """One event for a chunk. Its offset is never used; Faust only wants a partition that it knows."""
        tp = TP(self.app.source_names[0], chunk.number)
        value: Any = chunk
        generation = self.app.consumer_generation_id
        message = ConsumerMessage(
            tp.topic, tp.partition, 0, 0.0, 0, [], b"", value, None, 0, 0, tp, generation_id=generation
        )
        await self.callback(message)


class Transport(driver.Transport):
    """Faust's Kafka transport with the consumer above."""

    Consumer: ClassVar[type[Consumer]] = Consumer


def _fetched(settings: Settings, place: Place, assignment: Any, found: Mapping[TopicPartition, list[Any]]) -> Fetched:
    topic, number = place
    tp = TopicPartition(client.physical(settings, topic), number)
    state = assignment.state_value(tp)
    known = state.has_valid_position and state.lso is not None
    behind = max(0, state.lso - state.position) if known else 0
    records = [
        Record(topic, number, r.offset, r.timestamp, r.key, r.value, _headers(r.headers)) for r in found.get(tp, ())
    ]
    return Fetched(topic, number, records, known and behind == 0, behind)


def _headers(headers: tuple[tuple[str, bytes | None], ...]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value or b"") for name, value in headers) if headers else ()
