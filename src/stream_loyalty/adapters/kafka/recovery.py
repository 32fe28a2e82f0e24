"""What a worker must know before it takes up partitions: committed offsets, states, ends and topic ids."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from stream_loyalty.adapters.kafka import failpoints, reader, topics
from stream_loyalty.adapters.kafka.ports import Store, Stores
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import CUSTOMERS, SOURCES
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

_TELL_S = 5.0  # between two lines on how far it is
_alone = threading.Lock()  # a recovery that was given up ends before the next one opens the same stores


class Recovered(NamedTuple):
    """One partition number as the log tells it; offsets, ids and positions by logical source topic."""

    states: dict[bytes, bytes] | Store
    positions: dict[str, int]
    topic_ids: dict[str, bytes]
    starts: dict[str, int]
    ends: dict[str, int]


class Progress:
    """How far the reading of the changelog is: in the log, and to whoever else `tell`s it (records that are left)."""

    def __init__(self, total: int, tell: Callable[[int], None]) -> None:
        self.total, self.read = total, 0
        self._tell, self._began = tell, time.monotonic()
        self._told = self._began
        tell(total)

    def __call__(self, count: int) -> None:
        """So many records more."""
        self.read += count
        self._tell(max(0, self.total - self.read))
        now = time.monotonic()
        if now - self._told >= _TELL_S:
            self._told = now
            speed = self.read / (now - self._began)
            _log.info("recovery: %d of at most %d changelog records, %d/s", self.read, self.total, speed)

    def end(self) -> None:
        """Commit markers and what was compacted away are offsets too, but no records: nothing is left all the same."""
        self._tell(0)
        _log.info("recovery: %d changelog records in %.1f s", self.read, time.monotonic() - self._began)


def recover(
    settings: Settings,
    numbers: Sequence[int],
    stop: threading.Event,
    stores: Stores | None = None,
    tell: Callable[[int], None] = lambda left: None,
) -> dict[int, Recovered]:
    """Read all of it; blocks, in bulk for all numbers at once. KafkaFault when Kafka refuses.

    The order matters: first the committed offsets, once no pending transaction can move them; only then the
    changelog up to its end, which therefore belongs to these offsets. With `stores` only the end of the changelog is
    read that they do not have. `tell` hears how many records are left at the most.
    """
    with _alone:
        places = [(topic, number) for topic in SOURCES for number in numbers]
        committed = reader.committed(settings, places)
        failpoints.reached("recovery.offsets-known")
        starts, ends = topics.starts(settings, places), topics.ends(settings, places)
        ids = topics.topic_ids(settings, (*SOURCES, CUSTOMERS))
        positions = {place: _position(place, committed[place], starts[place]) for place in places}
        states = _states(settings, numbers, stop, stores, ids[CUSTOMERS], tell)
        failpoints.reached("recovery.states-read")
    return {
        number: Recovered(
            states[number],
            {topic: positions[topic, number] for topic in SOURCES},
            {topic: ids[topic] for topic in SOURCES},
            {topic: starts[topic, number] for topic in SOURCES},
            {topic: ends[topic, number] for topic in SOURCES},
        )
        for number in numbers
    }


def _states(
    settings: Settings,
    numbers: Sequence[int],
    stop: threading.Event,
    stores: Stores | None,
    topic_id: bytes,
    tell: Callable[[int], None],
) -> Mapping[int, dict[bytes, bytes] | Store]:
    places = [(CUSTOMERS, number) for number in numbers]
    starts, ends = topics.starts(settings, places), topics.ends(settings, places)
    if stores is None:
        progress = Progress(sum(ends.values()) - sum(starts.values()), tell)
        held = reader.states(settings, numbers, stop, progress)
        progress.end()
        return held
    stores.close()  # those of an earlier life
    opened = {n: stores.open(n, topic_id, starts[CUSTOMERS, n], ends[CUSTOMERS, n]) for n in numbers}
    begin = {n: max(store.position, starts[CUSTOMERS, n]) for n, store in opened.items()}
    progress = Progress(sum(ends[CUSTOMERS, n] - begin[n] for n in numbers), tell)
    for batch in reader.changes(settings, begin, stop):
        for n, (values, position, count) in batch.items():
            opened[n].load(values, position)
            progress(count)
    if not stop.is_set():
        for n, store in opened.items():
            store.load({}, ends[CUSTOMERS, n])  # behind the last record there are only commit markers
            store.loaded()
    progress.end()
    return opened


def _position(place: Place, committed: int | None, start: int) -> int:
    if committed is not None and committed < start:
        _log.warning(
            "records %d to %d of %s, partition %d, fell to retention before they were read",
            committed,
            start - 1,
            *place,
        )
    return start if committed is None else max(committed, start)
