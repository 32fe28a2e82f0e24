"""What a worker must know before it takes up partitions: committed offsets, states, ends and topic ids."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import NamedTuple

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)


class Recovered(NamedTuple):
    """One partition number as the log tells it; all but `states` by logical source topic."""

    states: dict[bytes, bytes]
    positions: dict[str, int]
    topic_ids: dict[str, bytes]
    starts: dict[str, int]
    ends: dict[str, int]


def recover(settings: Settings, numbers: Sequence[int], stop: threading.Event) -> dict[int, Recovered]:
    """Read all of it; blocks, in bulk for all numbers at once. KafkaFault when Kafka refuses.

    The order matters: first the committed offsets, once no pending transaction can move them; only then the
    changelog up to its end, which therefore belongs to these offsets.
    """
    places = [(topic, number) for topic in SOURCES for number in numbers]
    committed = reader.committed(settings, places)
    starts, ends = topics.starts(settings, places), topics.ends(settings, places)
    ids = topics.topic_ids(settings, SOURCES)
    positions = {place: _position(place, committed[place], starts[place]) for place in places}
    states = reader.states(settings, numbers, stop)
    return {
        number: Recovered(
            states[number],
            {topic: positions[topic, number] for topic in SOURCES},
            ids,
            {topic: starts[topic, number] for topic in SOURCES},
            {topic: ends[topic, number] for topic in SOURCES},
        )
        for number in numbers
    }


def _position(place: Place, committed: int | None, start: int) -> int:
    if committed is not None and committed < start:
        _log.warning(
            "records %d to %d of %s, partition %d, fell to retention before they were read",
            committed,
            start - 1,
            *place,
        )
    return start if committed is None else max(committed, start)
