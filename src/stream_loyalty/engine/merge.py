"""The topics of one partition number as one ordered run, by (event time, topic, offset)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from stream_loyalty.contracts.parse import Event, Passed, Rejected
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.contracts.wire import Record


class ClockAdvanced(msgspec.Struct, frozen=True):
    """A control record: the clock of its topic is at `at` (ms)."""

    at: int


class Stray(msgspec.Struct, frozen=True):
    """A record that lies in another partition than its customer's, and has to go to `partition`."""

    partition: int
    at: int


Content = Event | Passed | Rejected | ClockAdvanced | Stray


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A record with what it says; `at` is where it stands in the order (ms)."""

    record: Record
    content: Content
    at: int


Reader = Callable[[Record], Content]
RANK = {topic: rank for rank, topic in enumerate(SOURCES)}


class Merger:
    """Buffers what was fetched, one queue for each topic, and hands it out in order.

    A topic that is neither buffered nor read to its end holds the others back: its next record may come first.
    Within a topic the offsets' order stays; a dead letter stands where its predecessor stood.
    """

    def __init__(self, read: Reader, topics: Iterable[str] = SOURCES) -> None:
        self._read = read
        self._queues: dict[str, deque[Arrival]] = {topic: deque() for topic in topics}
        self._last: dict[str, int] = dict.fromkeys(self._queues, 0)
        self._open = set(self._queues)  # topics that may have more to fetch

    def add(self, topic: str, records: Iterable[Record], at_end: bool) -> None:
        """Take in what was fetched of a topic; `at_end`: after these it was read to its end."""
        queue = self._queues[topic]
        for record in records:
            content = self._read(record)
            at = self._last[topic] if isinstance(content, Rejected) else content.at
            self._last[topic] = at
            queue.append(Arrival(record, content, at))
        if at_end:
            self._open.discard(topic)
        else:
            self._open.add(topic)

    def buffered(self, topic: str) -> int:
        """How many records of a topic wait."""
        return len(self._queues[topic])

    @property
    def at_end(self) -> bool:
        """Every topic is read to its end and nothing waits."""
        return not self._open and not any(self._queues.values())

    def take(self, limit: int = 500) -> list[Arrival]:
        """The next run in order, of at most `limit`; empty while a topic has to be waited for, or nothing is there."""
        run: list[Arrival] = []
        while len(run) < limit and all(self._queues[topic] for topic in self._open):
            heads = sorted((queue[0].at, RANK[topic], topic) for topic, queue in self._queues.items() if queue)
            if not heads:
                break
            (_, rank, first), *others = heads
            queue, bound = self._queues[first], others[0][:2] if others else (math.inf, 0)
            while queue and len(run) < limit and (queue[0].at, rank) < bound:
                run.append(queue.popleft())
        return run
