"""One life of a worker's partitions: from an assignment to the next, under one (generation, member)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from stream_loyalty.adapters.kafka.ports import Arrival, Merger, Partition
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.contracts.wire import Record

CHUNK = 500  # records handed over as one event
ROOM = 2000  # a topic with as many records waiting is not fetched further
_IN_FLIGHT = 4  # chunks handed over and not yet applied


class Fetched(NamedTuple):
    """What one poll knows of a source partition; `behind` counts the records that are still to be fetched."""

    topic: str
    number: int
    records: list[Record]
    at_end: bool
    behind: int


@dataclass(slots=True, eq=False)
class Hand:
    """One partition number in hand."""

    partition: Partition
    merger: Merger
    in_flight: int = 0  # records on their way from the merger to the partition
    behind: dict[str, int] = field(default_factory=dict)

    @property
    def at_end(self) -> bool:
        """Everything there is has been applied."""
        return self.in_flight == 0 and self.merger.at_end

    @property
    def lag(self) -> int:
        """Records that wait to be applied, wherever they are."""
        return self.in_flight + sum(self.behind.values()) + sum(map(self.merger.buffered, SOURCES))

    def waiting(self, topic: str) -> int:
        """Those of a topic that are not on their way to the partition yet."""
        return self.behind.get(topic, 0) + self.merger.buffered(topic)


class Chunk(NamedTuple):
    """What the agent gets as one event. A chunk whose life is over must be dropped."""

    life: Life
    number: int
    arrivals: list[Arrival]


class Life:
    """The partitions of one assignment. Nothing of it outlives it: the next assignment reads all anew."""

    def __init__(self, generation: int, member: str, numbers: Sequence[int]) -> None:
        self.generation, self.member, self.numbers = generation, member, tuple(numbers)
        self.hands: dict[int, Hand] = {}
        self.taken_up = asyncio.Event()  # states recovered, sources at their positions
        self.over = asyncio.Event()
        self.abandon = threading.Event()  # the same for threads
        self._slots = asyncio.Semaphore(_IN_FLIGHT)

    def end(self) -> None:
        """Nothing is applied from here on."""
        self.over.set()
        self.abandon.set()
        self._slots.release()  # lets a delivery that waits see it

    @property
    def places(self) -> list[Place]:
        """All source partitions in hand."""
        return [(topic, number) for number in self.hands for topic in SOURCES]

    def wanted(self) -> set[Place]:
        """The source partitions whose mergers have room."""
        return {
            (topic, number)
            for number, hand in self.hands.items()
            for topic in SOURCES
            if hand.merger.buffered(topic) < ROOM
        }

    async def feed(self, fetched: Iterable[Fetched]) -> None:
        """Give records to the mergers, which parse them: so in short pieces."""
        for topic, number, records, at_end, behind in fetched:
            hand = self.hands[number]
            hand.behind[topic] = behind
            first, *others = [records[i : i + CHUNK] for i in range(0, len(records), CHUNK)] or [[]]
            hand.merger.add(topic, first, at_end and not others)
            for i, piece in enumerate(others, 1):
                await asyncio.sleep(0)
                if self.over.is_set():
                    return
                hand.merger.add(topic, piece, at_end and i == len(others))

    async def deliver(self, send: Callable[[Chunk], Awaitable[None]]) -> None:
        """Hand over chunks, from each partition number in turn, until no merger has an ordered run."""
        waiting = list(self.hands)
        while waiting:
            for number in tuple(waiting):
                hand = self.hands[number]
                arrivals = hand.merger.take(CHUNK)
                if not arrivals:
                    waiting.remove(number)
                    continue
                hand.in_flight += len(arrivals)  # before waiting: a sweep must not take this for the end
                await self._slots.acquire()
                if self.over.is_set():
                    return
                await send(Chunk(self, number, arrivals))

    def apply(self, chunk: Chunk) -> None:
        """Apply a chunk of this life; not to be called when it is over."""
        hand = self.hands[chunk.number]
        hand.partition.apply(chunk.arrivals)
        hand.in_flight -= len(chunk.arrivals)
        self._slots.release()
