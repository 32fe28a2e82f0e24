"""Results as files: one NDJSON file for each kind, the same from a replay as from a dump of the live topics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import msgspec

from stream_loyalty.adapters.files.events import written
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.deadletters import dead_letter_line
from stream_loyalty.contracts.operators import LEFT_OUT, MODEL_CHANGED
from stream_loyalty.contracts.wire import Message, Record
from stream_loyalty.errors import StreamLoyaltyError

FILES = {
    topics.REWARDS: "rewards.ndjson",
    topics.ALERTS: "alerts.ndjson",
    topics.DECISIONS: "decisions.ndjson",
    topics.DEAD_LETTERS: "dead-letters.ndjson",
}
OPERATORS = "operators.ndjson"  # of the alerts those about no customer: each trainer and partition has its own
CUSTOMERS = "customers.ndjson"
APPLIED = "applied.ndjson"
SOURCES = "sources.ndjson"
PROGRAMS = "programs.ndjson"  # the program's versions by which the results came about
_ABOUT_NOBODY = {("ce_type", MODEL_CHANGED), ("ce_type", LEFT_OUT)}


class Results:
    """A directory of results, complete when the block ends without an error."""

    def __init__(self, directory: Path, extra: Iterable[str] = ()) -> None:
        """StreamLoyaltyError where the directory cannot be made."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StreamLoyaltyError(f"{directory} cannot be made: {error}") from None
        self.counts: Counter[str] = Counter()
        self._directory = directory
        self._names = [*FILES.values(), OPERATORS, CUSTOMERS, *extra]
        self._stack = ExitStack()
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Results:
        self._files = {name: self._stack.enter_context(written(self._directory / name)) for name in self._names}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def message(self, message: Message | Record) -> None:
        """Write a message down, if its topic is one that has a file."""
        name = FILES.get(message.topic)
        if name is None:
            return
        if message.topic == topics.DEAD_LETTERS:
            self.line(name, dead_letter_line(message))
        elif not _ABOUT_NOBODY.isdisjoint(message.headers):
            self.line(OPERATORS, structured(message.headers, message.value or b"{}"))
        else:
            self.line(name, structured(message.headers, message.value or b"{}"))

    def line(self, name: str, line: Any) -> None:
        """Write one line of JSON to the file `name`."""
        self.counts[name] += 1
        self._files[name].write(msgspec.json.encode(line) + b"\n")
