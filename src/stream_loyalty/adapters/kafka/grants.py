"""Slices of budgets and thresholds: every worker reads them with a consumer of its own, the coordinator writes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from stream_loyalty.adapters.kafka import reader
from stream_loyalty.contracts.budgets import Published, Told, read_published, read_told
from stream_loyalty.contracts.topics import GRANTS, TALLIES
from stream_loyalty.settings import Settings


def published(settings: Settings) -> tuple[list[Published], int]:
    """Everything that was granted, in order, and the next offset of the topic."""
    found, offset = [], 0
    for record in reader.read(settings, (GRANTS,)):
        offset = record.offset + 1
        if (one := read_published(record)) is not None:
            found.append(one)
    return found, offset


def follow(settings: Settings, offset: int, stop: threading.Event, tell: Callable[[Published], None]) -> None:
    """Hand over everything that is published from `offset` on, until `stop` is set. Blocks."""
    for batch in reader.follow(settings, (GRANTS,), stop, {(GRANTS, 0): offset}):
        for record in batch:
            if (one := read_published(record)) is not None:
                tell(one)


def tallies(settings: Settings, stop: threading.Event) -> Iterator[list[Told]]:
    """Batches of what partitions tell, from the beginning; an empty one says that nothing new was there."""
    for batch in reader.follow(settings, (TALLIES,), stop):
        yield [one for record in batch if (one := read_told(record)) is not None]
