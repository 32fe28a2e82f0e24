"""An engine as small as can be: it counts events by key; each tenth event of a key is an output.

`python -m tests.adapters.kafka.fold` runs a worker over it, with settings from the environment.
"""

import json
import logging
import os
import sys
from collections import Counter, deque

from stream_loyalty.adapters.kafka.worker import run
from stream_loyalty.contracts.budgets import Published
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.topics import REWARDS, SOURCES
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.core.programs import Programs
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

POISON = b"poison"  # a value that breaks the fold


class FoldMerger:
    def __init__(self) -> None:
        self._waiting: dict[str, deque[Record]] = {topic: deque() for topic in SOURCES}
        self._ended = dict.fromkeys(SOURCES, False)

    def add(self, topic: str, records: list[Record], at_end: bool) -> None:
        self._waiting[topic].extend(records)
        self._ended[topic] = at_end

    def buffered(self, topic: str) -> int:
        return len(self._waiting[topic])

    def take(self, limit: int = 500) -> list[Record]:
        taken: list[Record] = []
        while len(taken) < limit:
            if any(not self._waiting[t] and not self._ended[t] for t in SOURCES):
                break
            heads = [(w[0].timestamp, t) for t, w in self._waiting.items() if w]
            if not heads:
                break
            taken.append(self._waiting[min(heads)[1]].popleft())
        return taken

    @property
    def at_end(self) -> bool:
        return all(self._ended.values()) and not any(self._waiting.values())


class FoldPartition:
    urgent = False
    watermark = None

    def __init__(self, number: int, states: dict[bytes, bytes], positions: dict[str, int]) -> None:
        self.number, self.states, self.positions = number, states, dict(positions)
        self._dirty: set[bytes] = set()
        self._outputs: list[Message] = []
        self.at_end = False

    def apply(self, chunk: list[Record]) -> None:
        for record in chunk:
            assert record.key is not None
            if record.value == POISON:
                raise ValueError("what the customer sent")
            self.positions[record.topic] = record.offset + 1
            count, applied = json.loads(self.states.get(record.key, b"[0, {}]"))
            if record.offset <= applied.get(record.topic, -1):
                continue
            applied[record.topic] = record.offset
            self.states[record.key] = json.dumps([count + 1, applied]).encode()
            self._dirty.add(record.key)
            if (count + 1) % 10 == 0:
                value = b"%s:%d" % (record.key, count + 1)
                self._outputs.append(Message(REWARDS, self.number, record.key, value))

    def sweep(self, now_ms: int, at_end: bool) -> bool:
        self.at_end = at_end
        return False

    def take(self) -> Commit | None:
        if not self._dirty:
            return None
        states: dict[bytes, bytes | None] = {key: self.states[key] for key in self._dirty}
        commit = Commit(self.number, self._outputs, states, dict(self.positions))
        self._dirty, self._outputs = set(), []
        return commit


class FoldEngine:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.opened: dict[int, FoldPartition] = {}

    def hear_of(self, one: Published) -> None:
        pass

    def learn_of(self, weights: ModelWeights) -> None:
        """It scores nothing."""

    def go_by(self, programs: Programs) -> None:
        """It decides nothing."""

    def merger(self) -> FoldMerger:
        return FoldMerger()

    def open(
        self,
        number: int,
        states: dict[bytes, bytes],
        positions: dict[str, int],
        topic_ids: dict[str, bytes],
        ends: dict[str, int],
    ) -> FoldPartition:
        if any(positions[topic] > ends[topic] for topic in SOURCES):
            raise StreamLoyaltyError(f"partition {number}: the log is shorter than what was read of it")
        self.opened[number] = FoldPartition(number, states, positions)
        return self.opened[number]


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("LEVEL", "INFO"), format="%(asctime)s %(name)s %(message)s")
    sys.exit(run(Settings(), FoldEngine()))
