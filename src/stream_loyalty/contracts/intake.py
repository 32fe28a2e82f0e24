"""The intake: records that a client put into another partition than their customer's, moved to where they belong.

Java's default partitioner is murmur2; librdkafka's is CRC-32, Go's clients use FNV-1a. A moved record keeps its key,
value and headers, and remembers in headers of its own where and when it was appended first.
"""

from __future__ import annotations

from stream_loyalty.contracts.topics import INTAKE
from stream_loyalty.contracts.wire import Message, Record

_PREFIX = "intake_"


def moved(record: Record, partition: int) -> Message:
    """The record on its way to the `partition` that its customer belongs to."""
    origin = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
    }
    headers = tuple((_PREFIX + name, str(value).encode()) for name, value in origin.items())
    return Message(INTAKE, partition, record.key, record.value, (*record.headers, *headers))


def original(record: Record) -> Record:
    """A record of the intake as it was where it was appended first; any other record as it is."""
    if record.topic != INTAKE:
        return record
    origin = {name.removeprefix(_PREFIX): value for name, value in record.headers if name.startswith(_PREFIX)}
    try:
        return Record(
            origin["topic"].decode(),
            int(origin["partition"]),
            int(origin["offset"]),
            int(origin["timestamp"]),
            record.key,
            record.value,
            tuple(header for header in record.headers if not header[0].startswith(_PREFIX)),
        )
    except (KeyError, ValueError):
        return record  # nobody but a worker should write here; who does it all the same is taken by their word
