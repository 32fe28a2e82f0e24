"""Read-committed bulk reading of whole topics: one implementation for recovery, dump and projector."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.client import REQUEST_S, KafkaFault
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings

Message = Any  # a confluent_kafka.Message: its stub lets every field be None, those of a record are not

_BATCH = 5000
_POLL_S = 0.05  # how long the first record of a batch is waited for
_PASSING = (  # librdkafka goes on by itself
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._RESOLVE,
)
_COORDINATOR_MOVING = (  # the group is new, or its broker has just gone: librdkafka asks the next one when it is asked
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


def read(
    settings: Settings,
    names: Iterable[str],
    numbers: Collection[int] | None = None,
    begin: Mapping[Place, int] | None = None,
    end: Mapping[Place, int] | None = None,
) -> Iterator[Record]:
    """Every committed record of the logical topics up to their ends as of now, in order within a partition.

    `numbers` restricts it to these partitions; `begin`: the offsets to begin at, `end`: those to end before, of all of
    them. Waits for transactions that are open now, for what lies behind them belongs to the answer. KafkaFault when a
    topic is missing or Kafka refuses.
    """
    places = [place for place in topics.places(settings, names) if numbers is None or place[1] in numbers]
    for batch in _to_ends(settings, places, begin=begin, end=end):
        for message in batch:
            yield _record(settings, message)


def follow(
    settings: Settings, names: Iterable[str], stop: threading.Event, start: Mapping[Place, int] | None = None
) -> Iterator[list[Record]]:
    """Batches of committed records until `stop` is set; an empty batch says that nothing new was there.

    Begins at the offsets of `start`, by logical topic and partition, elsewhere at the first record held.
    """
    begin = topics.starts(settings, topics.places(settings, names))
    begin |= {place: max(offset, begin[place]) for place, offset in (start or {}).items() if place in begin}
    with closing(client.reader(settings)) as consumer:
        _assign(settings, consumer, begin)
        while not stop.is_set():
            messages = _next(consumer)
            records = [_record(settings, message) for message in messages if not _is_end(message)]
            if records or not messages:
                yield records


def states(
    settings: Settings,
    numbers: Collection[int],
    stop: threading.Event,
    tell: Callable[[int], None] = lambda count: None,
) -> dict[int, dict[bytes, bytes]]:
    """The newest value of each key in these partitions of the changelog, without tombstones.

    Partial when `stop` was set meanwhile: the caller then wants it no more. `tell` hears how many records came.
    """
    held: dict[int, dict[bytes, bytes]] = {number: {} for number in numbers}
    for batch in _to_ends(settings, [(CUSTOMERS, number) for number in numbers], stop):
        for message in batch:
            value = message.value()
            if value is None:
                held[message.partition()].pop(message.key(), None)
            else:
                held[message.partition()][message.key()] = value
        tell(len(batch))
    return held


def changes(
    settings: Settings, begin: Mapping[int, int], stop: threading.Event
) -> Iterator[dict[int, tuple[dict[bytes, bytes | None], int, int]]]:
    """Batches of the changelog from these offsets on, by partition number.

    Each has the newest values, None for a deletion; the offset behind the last of them; how many records there were.
    """
    at = {(CUSTOMERS, number): offset for number, offset in begin.items()}
    for batch in _to_ends(settings, list(at), stop, at):
        found: dict[int, tuple[dict[bytes, bytes | None], int, int]] = {}
        for message in batch:
            values, _, count = found.get(message.partition(), ({}, 0, 0))
            values[message.key()] = message.value()
            found[message.partition()] = (values, message.offset() + 1, count + 1)
        yield found


def committed(settings: Settings, places: Iterable[Place]) -> dict[Place, int | None]:
    """The workers' committed offsets, which no pending transaction can still move; None where there is none.

    A read-committed librdkafka consumer asks with require_stable (KIP-447) and waits until they are.
    """
    asked = [TopicPartition(client.physical(settings, topic), number) for topic, number in places]
    with closing(client.reader(settings, client.group(settings))) as consumer:
        answers = client.asked(
            lambda: consumer.committed(asked, timeout=2 * REQUEST_S),
            _COORDINATOR_MOVING,
            "committed offsets can not be read",
        )
    for answer in answers:
        if answer.error is not None:
            raise KafkaFault(f"committed offsets can not be read: {client.words(answer.error)}")
    offsets = {(client.logical(settings, a.topic), a.partition): a.offset for a in answers}
    return {place: offset if offset >= 0 else None for place, offset in offsets.items()}


def _assign(settings: Settings, consumer: Consumer, begin: Mapping[Place, int]) -> None:
    named = {(client.physical(settings, topic), number): offset for (topic, number), offset in begin.items()}
    consumer.assign([TopicPartition(name, number, offset) for (name, number), offset in named.items()])


def _to_ends(
    settings: Settings,
    places: Collection[Place],
    stop: threading.Event | None = None,
    begin: Mapping[Place, int] | None = None,
    end: Mapping[Place, int] | None = None,
) -> Iterator[list[Message]]:
    """Batches until each partition has been read to the end it had at the call, or to `end`; from `begin` or its start.

    The end comes as a record at or behind it, or as librdkafka's end-of-partition event, whose offset counts
    commit markers and aborted records too; "the last record is end - 1" would wait for a marker for ever.
    """
    begin, end = begin or topics.starts(settings, places), end or topics.ends(settings, places)
    left = {place: end[place] for place in places if begin[place] < end[place]}
    ends = {(client.physical(settings, topic), number): limit for (topic, number), limit in left.items()}
    missing = set(ends)
    with closing(client.reader(settings)) as consumer:
        _assign(settings, consumer, {place: begin[place] for place in left})
        while missing and not (stop and stop.is_set()):
            batch: list[Message] = []
            for message in _next(consumer):
                is_end = _is_end(message)
                place = (message.topic(), message.partition())
                limit = ends.get(place)
                if limit is None:
                    continue  # trouble that belongs to no partition
                if not is_end and message.offset() < limit:
                    batch.append(message)
                if message.offset() + (not is_end) >= limit:
                    missing.discard(place)
            if batch:
                yield batch


def _next(consumer: Consumer) -> list[Message]:
    """What has come: `consume` alone would wait for a full batch as long as it may."""
    first = consumer.poll(_POLL_S)
    return [] if first is None else [first, *consumer.consume(_BATCH - 1, 0)]


def _is_end(message: Message) -> bool:
    """Whether this is no record but a partition's end, or passing trouble. KafkaFault for other errors."""
    error = message.error()
    if error is None:
        return False
    if error.code() == KafkaError._PARTITION_EOF or error.code() in _PASSING:
        return True
    raise KafkaFault(f"topic {message.topic()} can not be read: {client.words(error)}")


def _record(settings: Settings, message: Message) -> Record:
    headers = message.headers()
    return Record(
        client.logical(settings, message.topic()),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        tuple((name, value or b"") for name, value in headers) if headers else (),
    )
