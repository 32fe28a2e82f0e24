"""What was applied, in order: the record that makes results a function of the log.

One message on `loyalty.applied` for each commit and partition. Its steps, in order:
`["r", topic, first, last, count]` records of a source topic, by offset; `["s", time, bound]` wakes due up to that time
(ms), of the customers whose key has a CRC-32 up to `bound` (null: of all); `["a", digest]` adoption of the dated inputs
published under that digest on `loyalty.program`; `["m", version]` adoption of a churn model published on
`loyalty.models`; `["g", serial]` adoption of the slices of budgets up to that serial, and `["h", serial]` of the
threshold for high value with that serial, published on `loyalty.grants`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from stream_loyalty.contracts.wire import Record


class Applied(msgspec.Struct):
    """Steps of one commit; `append_times` of the records whose time rested on them: [topic, offset, ms]."""

    partition: int
    steps: list[list[Any]]
    append_times: list[tuple[str, int, int]] = []


class Inputs(msgspec.Struct):
    """What decisions rest on beside the records: program files and thresholds (TOML), partition count."""

    digest: str
    programs: list[str]
    high_value: str | None = None
    partitions: int = 1


class Source(msgspec.Struct):
    """A source record as `dump` writes it down."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = []

    @classmethod
    def of(cls, record: Record) -> Source:
        """A line for a record."""
        return cls(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            list(record.headers),
        )

    def record(self) -> Record:
        """The record of a line."""
        return Record(
            self.topic, self.partition, self.offset, self.timestamp, self.key, self.value, tuple(self.headers)
        )
