"""The customers' changelog as a dump and a repartition read it: states, and the progress of each partition."""

from __future__ import annotations

from collections.abc import Iterable

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.settings import Settings

_TAIL = 1000  # records at the end of a partition: every commit ends with the mark


class Changelog:
    """A fold of `loyalty.customers`: the newest state of each customer, the newest mark of each partition number."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.states: dict[bytes, bytes] = {}
        self.marks: dict[int, Mark] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take the next record in; one without a value forgets its customer."""
        if record.key == MARK_KEY and record.value is not None:
            self.marks[record.partition] = Mark.decode(record.value)
        elif record.key is not None and record.value is not None:
            self.states[record.key] = record.value
        elif record.key is not None:
            self.states.pop(record.key, None)


def marks(settings: Settings) -> dict[int, Mark]:
    """The progress of each partition that has any, mostly from the end of the changelog. KafkaFault as ever."""
    places = topics.places(settings, (CUSTOMERS,))
    starts, ends = topics.starts(settings, places), topics.ends(settings, places)
    tail = {place: max(starts[place], ends[place] - _TAIL) for place in places}
    changelog = Changelog(reader.read(settings, (CUSTOMERS,), begin=tail))
    unseen = {number for _, number in places} - changelog.marks.keys()
    whole = {place: starts[place] for place in places if place[1] in unseen and starts[place] < tail[place]}
    if whole:  # commits that were not made, longer than the tail
        for record in reader.read(settings, (CUSTOMERS,), {number for _, number in whole}, whole):
            changelog.add(record)
    return changelog.marks
