"""What the worker needs of an engine, as Protocols: any fold with this shape can be run."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Any, Protocol

from stream_loyalty.adapters.kafka.metrics import Counts
from stream_loyalty.contracts.budgets import Published
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core.programs import Programs
from stream_loyalty.ports import StateStore

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


class Store(StateStore, Protocol):
    """The states of one partition number outside of Kafka and of this process's memory."""

    @property
    def position(self) -> int:
        """The changelog has to be read from here on."""

    def load(self, states: Mapping[bytes, bytes | None], position: int) -> None:
        """Take over what the changelog says up to `position`."""

    def loaded(self) -> None:
        """All is read."""

    def write(self, states: Mapping[bytes, bytes | None], position: int | None = None) -> None:
        """Keep the states of a confirmed commit, in one step; not in the worker's loop.

        `position`: everything in the changelog before it belongs to this commit or to earlier ones.
        """

    def settle(self, states: Mapping[bytes, bytes | None]) -> None:
        """These states are written: they need not be kept in memory any more."""


class Stores(Protocol):
    """The stores of one worker."""

    def open(self, number: int, topic_id: bytes, start: int = 0, end: int | None = None) -> Store:
        """The store of a partition of the changelog with this id, which holds these offsets; empty if it must be."""

    def close(self) -> None:
        """Let go of all of them."""


class Engine(Protocol):
    """One for each process."""

    @property
    def counts(self) -> Counts:
        """What happened, for the metrics."""

    def learn_of(self, weights: ModelWeights) -> None:
        """A version of the churn model was published."""

    def hear_of(self, one: Published) -> None:
        """The coordinator has published a slice of a budget or a threshold."""

    def go_by(self, programs: Programs) -> None:
        """Versions of the program were published; the same ones again change nothing."""

    def merger(self) -> Merger:
        """A new merger, for one partition number."""

    def open(
        self,
        number: int,
        states: dict[bytes, bytes] | Store,
        positions: dict[str, int],
        topic_ids: dict[str, bytes],
        ends: dict[str, int],
    ) -> Partition:
        """Take up a partition number; StreamLoyaltyError when it must not be."""
