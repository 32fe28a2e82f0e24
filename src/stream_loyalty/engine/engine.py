"""The engine of one process: what all its partitions share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from stream_loyalty.contracts.applied import Inputs
from stream_loyalty.contracts.budgets import Published
from stream_loyalty.contracts.control import control_time
from stream_loyalty.contracts.intake import original
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.parse import Event, Rejected, parse
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import INTAKE, TRANSFERS
from stream_loyalty.contracts.transfers import transferred
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.model import Model
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine.basis import Basis
from stream_loyalty.engine.grants import Grants
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.engine.merge import ClockAdvanced, Content, Merger, Stray
from stream_loyalty.engine.partition import Partition
from stream_loyalty.engine.store import MemoryStore
from stream_loyalty.ports import StateStore


class Engine:
    """Program, thresholds and clock; makes mergers and partitions, and counts what happens.

    `counts` has keys ("event", topic, outcome), ("decision", type), ("dead_letter", code), ("backfilled",), and what
    decisions tally.
    """

    def __init__(
        self,
        programs: Programs,
        thresholds: Thresholds,
        *,
        partitions: int,
        clock: Literal["wall", "event"] = "wall",
        lateness_ms: int = 60_000,
    ) -> None:
        self.basis = Basis(programs, thresholds, partitions)  # what partitions adopt at their next chunk
        self.clock = clock
        self.lateness_ms = lateness_ms
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.models: dict[str, Model] = {}  # by version; old ones stay, for logs that name them
        self.newest_model = ""  # what partitions adopt at their next chunk
        self.grants = Grants()

    @property
    def programs(self) -> Programs:
        """The newest versions known."""
        return self.basis.programs

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds given for high value."""
        return self.basis.thresholds

    @property
    def partitions(self) -> int:
        """How many partition numbers there are."""
        return self.basis.partitions

    @property
    def inputs(self) -> Inputs:
        """The dated inputs, for who has to make the same engine again."""
        return self.basis.inputs

    def go_by(self, programs: Programs) -> None:
        """Versions were published: partitions adopt them at their next chunk. The same ones again change nothing."""
        if programs is not self.programs:
            self.basis = Basis(programs, self.thresholds, self.partitions)

    def learn_of(self, weights: ModelWeights) -> None:
        """A version of the churn model was published; partitions adopt the newest at their next chunk."""
        self.models[weights.version] = Model(weights)
        self.newest_model = weights.version

    def hear_of(self, one: Published) -> None:
        """The coordinator has published; partitions adopt what is theirs at their next chunk."""
        self.grants.add(one)

    def merger(self) -> Merger:
        """A buffer for one partition number."""
        return Merger(self.read)

    def read(self, record: Record) -> Content:
        """What a record says, and whether it lies where its key belongs. Never raises."""
        try:
            control = control_time(record)
        except ValueError:
            return Rejected("bad-time", "the time of this Clock Advanced cannot be read", "timestamp", "Clock Advanced")
        if control is not None:
            return ClockAdvanced(control)
        transfer = record.topic == TRANSFERS
        content = transferred(record) if transfer else parse(original(record), self.programs.epoch)
        if not isinstance(content, Event):
            return content
        belongs = partition_of(content.customer.encode(), self.partitions)
        if belongs == record.partition:
            return content
        if record.topic not in (INTAKE, TRANSFERS):
            return Stray(belongs, content.at)
        return Rejected(
            "wrong-partition",
            f"the record was moved to partition {record.partition}, but its customer belongs to {belongs}",
            "userId",
            content.name,
        )

    def open(
        self,
        number: int,
        states: dict[bytes, bytes] | StateStore,
        positions: Mapping[str, int],
        topic_ids: Mapping[str, bytes],
        ends: Mapping[str, int],
    ) -> Partition:
        """Take a partition number up with the states recovered for it. StatesAhead where the log is shorter.

        A dict is taken over as it is, with the mark in it; a store keeps the mark out of what it lists and counts.
        """
        blob = states.pop(MARK_KEY, None) if isinstance(states, dict) else states.get(MARK_KEY)
        mark = Mark.decode(blob) if blob else Mark()
        mark.check(number, dict(topic_ids), dict(ends))
        recreated = {t for t, known in mark.topic_ids.items() if t in topic_ids and topic_ids[t] != known}
        # committed offsets may be older (plain writes that broke off, offsets that the broker forgot or somebody put
        # back), but states have no memory of what was applied to customers who are erased: the mark has
        mark.positions = {
            topic: 0 if topic in recreated else max(offset, mark.positions.get(topic, 0))
            for topic, offset in positions.items()
        }
        mark.topic_ids = dict(topic_ids)
        store = MemoryStore(states) if isinstance(states, dict) else states
        return Partition(self, number, store, mark)

    def resume(self, number: int, partition: Partition | None) -> Partition:
        """Go on with a partition under this engine's dated inputs; None begins an empty one."""
        if partition is None:
            return Partition(self, number, MemoryStore(), Mark())
        partition.resume(self)
        return partition
