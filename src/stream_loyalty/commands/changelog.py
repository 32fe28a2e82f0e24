"""The customers' changelog as a dump and a repartition read it: states, and the progress of each partition."""

from __future__ import annotations

from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine.mark import MARK_KEY, Mark


class Changelog:
    """A fold of `loyalty.customers`: the newest state of each customer, the newest mark of each partition number."""

    def __init__(self) -> None:
        self.states: dict[bytes, bytes] = {}
        self.marks: dict[int, Mark] = {}

    def add(self, record: Record) -> None:
        """Take the next record in; one without a value forgets its customer."""
        if record.key == MARK_KEY and record.value is not None:
            self.marks[record.partition] = Mark.decode(record.value)
        elif record.key is not None and record.value is not None:
            self.states[record.key] = record.value
        elif record.key is not None:
            self.states.pop(record.key, None)
