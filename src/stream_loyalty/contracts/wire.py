"""Records as Kafka holds them, without Kafka: what the engine reads and what it wants written."""

from __future__ import annotations

import msgspec

Headers = tuple[tuple[str, bytes], ...]


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record read from a source topic.

    `topic` is the logical name (no prefix), `timestamp` the broker's append time in ms since 1970 UTC.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Message(msgspec.Struct, frozen=True, gc=False):
    """One record to be written: `topic` is the logical name; `partition` is chosen by us, never by a client."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Commit(msgspec.Struct):
    """What one partition number wants written, all of it or nothing.

    `states` holds the newest value of each customer touched (None: gone) and the reserved mark record;
    `positions` the next offset to read of each source topic.
    """

    partition: int
    outputs: list[Message]
    states: dict[bytes, bytes | None]
    positions: dict[str, int]
    urgent: bool = False
