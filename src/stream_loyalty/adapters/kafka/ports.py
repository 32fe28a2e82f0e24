"""What the worker needs of an engine, as Protocols: any fold with this shape can be run."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any, Protocol

from stream_loyalty.adapters.kafka.metrics import Counts
from stream_loyalty.contracts.wire import Commit, Record

Arrival = Any  # a parsed record: made by a merger, given to a partition, never looked into here


class Merger(Protocol):
    """Merges the source topics of one partition number by time."""

    def add(self, topic: str, records: list[Record], at_end: bool) -> None:
        """Take the next records of a topic; `at_end`: with these it has been read to its end."""

    def buffered(self, topic: str) -> int:
        """How many records of the topic wait."""

    def take(self, limit: int = ...) -> list[Arrival]:
        """The next ordered run; empty when it must wait for a topic."""

    @property
    def at_end(self) -> bool:
        """All topics read to their ends and nothing buffered."""


class Partition(Protocol):
    """The effects of one partition number since the last `take`."""

    @property
    def states(self) -> Sized:
        """The customers held."""

    @property
    def positions(self) -> Mapping[str, int]:
        """The next offset to read of each source topic."""

    @property
    def watermark(self) -> int | None:
        """The partition's clock, ms since 1970 UTC."""

    @property
    def urgent(self) -> bool:
        """An alert waits: commit at once."""

    def apply(self, chunk: list[Arrival]) -> None:
        """Apply an ordered run."""

    def sweep(self, now_ms: int, at_end: bool) -> bool:
        """Run one slice of due customers; True when more is waiting."""

    def take(self) -> Commit | None:
        """What must be written now; clears what is pending."""


class Engine(Protocol):
    """One for each process."""

    @property
    def counts(self) -> Counts:
        """What happened, for the metrics."""

    def merger(self) -> Merger:
        """A new merger, for one partition number."""

    def open(
        self,
        number: int,
        states: dict[bytes, bytes],
        positions: dict[str, int],
        topic_ids: dict[str, bytes],
        ends: dict[str, int],
    ) -> Partition:
        """Take up a partition number; StreamLoyaltyError when it must not be."""
