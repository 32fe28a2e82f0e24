"""The product with one of its guards taken out, so that the harness can show that it sees what then goes wrong.

`python -m tests.chaos.sabotaged NAME ARGUMENTS...` runs a command of the product. No switch of this kind is in it.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import Consumer

from stream_loyalty.__main__ import main
from stream_loyalty.adapters.kafka import client, commit, failpoints
from stream_loyalty.adapters.kafka.life import Life
from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core import codec
from stream_loyalty.engine import engine
from stream_loyalty.engine.mark import Mark

GAP = "sabotage.gap"  # a failpoint between effects and offsets


def unfenced() -> None:
    """Offsets are sent in nobody's name: a broker takes them from whoever comes."""
    fenced = commit.group_metadata
    commit.group_metadata = lambda group, generation, member: fenced(group, -1, "")


def dirty_recovery() -> None:
    """A worker reads its changelog with what was aborted."""
    if "worker" in sys.argv:
        _read_uncommitted()


def dirty_dump() -> None:
    """The dump reads what was aborted."""
    if "dump" in sys.argv:
        _read_uncommitted()


def apart() -> None:
    """Offsets are committed in a transaction of their own, and states and marks forget what was applied to them."""
    commit.TransactionalWriter.write = _write_apart  # type: ignore[method-assign]
    decode = codec.decode

    def forgetful(blob: bytes) -> Any:
        state = decode(blob)
        state.applied.clear()
        state.messages.clear()  # the third net: message ids that repeat
        return state

    codec.decode = forgetful
    vars(engine)["Mark"] = _ForgetfulMark


class _ForgetfulMark(Mark):
    @classmethod
    def decode(cls, blob: bytes) -> Mark:
        mark = Mark.decode(blob)
        mark.positions.clear()
        return mark


def _write_apart(self: commit.TransactionalWriter, commits: Sequence[Commit], generation: int, member: str) -> None:
    producer = self._producer
    producer.begin_transaction()
    for one in commits:
        self._produce([*one.outputs, *commit._changelog(one)])
    producer.commit_transaction(30)
    if any(len(one.states) > 1 for one in commits):  # more than the mark: some records were applied
        failpoints.reached(GAP)
    producer.begin_transaction()
    metadata = commit.group_metadata(self._group, generation, member)
    producer.send_offsets_to_transaction(self._offsets(commits), metadata, 30)
    producer.commit_transaction(30)


def batch_first() -> None:
    """States go to RocksDB before Kafka has confirmed their commit."""
    write = Runner._write

    def hasty(self: Runner, life: Life, commits: Sequence[Commit]) -> None:
        self._positions_at = 0.0  # ask for the changelog's ends each time: a tail would mend what is in it
        ends = self._changelog_ends(life)
        for one in commits:
            if (store := self._store(life, one.partition)) is not None:
                store.write(one.states, ends[CUSTOMERS, one.partition])
        write(self, life, commits)

    Runner._write = hasty  # type: ignore[method-assign]


def _read_uncommitted() -> None:
    def consumer(config: dict[str, Any]) -> Consumer:
        return Consumer(config | {"isolation.level": "read_uncommitted"})

    vars(client)["Consumer"] = consumer


SABOTAGES: dict[str, Callable[[], None]] = {
    "unfenced": unfenced,
    "dirty-recovery": dirty_recovery,
    "dirty-dump": dirty_dump,
    "apart": apart,
    "batch-first": batch_first,
}

if __name__ == "__main__":
    SABOTAGES[sys.argv.pop(1)]()
    main()
