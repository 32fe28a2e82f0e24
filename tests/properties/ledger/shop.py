"""A shop: the partitions of one installation, the topics between them, the coordinator, and whatever befalls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.budgets import Published, Told, published, read_published, read_told
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine import Arrival, Engine
from stream_loyalty.engine.coordinator import Coordinator
from tests.unit.support_core import NOW, Live, engine_of

Listener = Callable[[Commit], None]
_BETWEEN = (topics.TRANSFERS, topics.INTAKE)  # what partitions write for one another to read


class Process:
    """A worker process: an engine, and how far it has read in `loyalty.grants`."""

    def __init__(self, engine: Engine, versions: int) -> None:
        self.engine, self.versions = engine, versions
        self.heard = 0

    def hear(self, grants: Sequence[Published], count: int = 10**6) -> None:
        for one in grants[self.heard : self.heard + count]:
            self.engine.hear_of(one)
            self.heard += 1


class Worker(Live):
    """One partition in a process; reads its topics merged by time, as a worker does."""

    def __init__(self, process: Process, number: int) -> None:
        self.process = process
        super().__init__(process.engine, number, coordinated=True)
        self._begin()

    def read(self, most: int = 10**6) -> None:
        """Apply up to so many of the records that lie there."""
        for topic, records in self.log.records.items():
            self.merger.add(topic, records[self.fetched[topic] :], at_end=True)
            self.fetched[topic] = len(records)
        self.partition.apply(self.merger.take(most))

    def read_again(self, records: Iterable[Record]) -> None:
        """Records that come a second time, whatever the positions are."""
        self.partition.apply([Arrival(record, self.engine.read(record), 0) for record in records])

    def take_up(self, process: Process, from_the_beginning: bool = False) -> None:
        """Another process takes the partition up, with what was committed; its positions may have been lost."""
        self.process = process
        self.crash(dict.fromkeys(topics.SOURCES, 0) if from_the_beginning else None, process.engine)
        self._begin()

    @property
    def at_rest(self) -> bool:
        return self.partition.positions == self.log.ends

    def _begin(self) -> None:
        self.merger = self.engine.merger()
        self.fetched = dict(self.partition.positions)


class Shop:
    """Program texts may be added as time goes on; `listener` hears of every commit as it is made."""

    def __init__(self, *texts: str, partitions: int = 3, high_value: str | None = None) -> None:
        self.texts, self.partitions, self.high_value = list(texts), partitions, high_value
        self.listener: Listener = lambda commit: None
        self.workers = [Worker(self.process(), number) for number in range(partitions)]
        self.grants: list[Published] = []  # loyalty.grants
        self.tallies: list[list[Told]] = [[] for _ in self.workers]  # loyalty.tallies, by partition
        self._programs = self.workers[0].engine.programs
        self.start_coordinator()

    def process(self, versions: int | None = None) -> Process:
        """A new process, which knows the first so many versions of the program; all of them without."""
        known = self.texts[:versions]
        return Process(engine_of(*known, partitions=self.partitions, high_value=self.high_value), len(known))

    def worker_of(self, user: str) -> Worker:
        return self.workers[partition_of(user.encode(), self.partitions)]

    @property
    def programs(self) -> Programs:
        """All versions, also one that is still ahead."""
        return self._programs

    # -- what goes over the wire

    def publish(self, raw: bytes, astray: bool = False) -> Worker:
        """Put an event into its partition, or beside it; the worker who has to read it."""
        number = partition_of(route(raw)[1] or b"", self.partitions)
        worker = self.workers[(number + astray) % self.partitions]
        worker.log.append(raw)
        return worker

    def advance_clock(self, at: str) -> None:
        for worker in self.workers:
            worker.log.advance_clock(at)

    def commit(self, worker: Worker) -> None:
        """What a partition has to write is written; what is for others lies in their topics."""
        commit = worker.partition.take()
        if commit is None:
            return
        worker.outcome.sink(commit)
        for message in commit.outputs:
            if message.topic in _BETWEEN:
                self._arrives(message)
            elif message.topic == topics.TALLIES:
                self.tallies[worker.log.number] += _told(message)
        self.listener(commit)

    def _arrives(self, message: Message) -> None:
        records, place = self.workers[message.partition].log.records[message.topic], message.partition
        records.append(Record(message.topic, place, len(records), NOW, message.key, message.value, message.headers))

    # -- budgets

    def start_coordinator(self) -> None:
        """A new one knows what was published; of tallies, compaction leaves the newest of each partition."""
        self.coordinator = Coordinator(self.programs, self.partitions)
        for one in self.grants:
            self.coordinator.published(one)
        self._read = [max(0, len(told) - 1) for told in self.tallies]

    def coordinate(self) -> None:
        """The coordinator reads what was committed, and publishes."""
        for number, told in enumerate(self.tallies):
            for one in told[self._read[number] :]:
                self.coordinator.hear(one)
            self._read[number] = len(told)
        self.grants += map(_over_the_wire, self.coordinator.decide())

    def deliver(self) -> None:
        """All workers read `loyalty.grants` to its end."""
        for worker in self.workers:
            worker.process.hear(self.grants)

    def publish_version(self, text: str) -> None:
        self.texts.append(text)
        self._programs = engine_of(*self.texts).programs

    # -- what befalls partitions

    def crash(self, worker: Worker, process: Process | None = None, from_the_beginning: bool = False) -> None:
        """What was not committed is lost; `process`, or a new one, takes over. It knows all grants before it does."""
        process = process or self.process()
        process.hear(self.grants)
        worker.take_up(process, from_the_beginning)

    def settle(self) -> None:
        """All is read, and what that leads to; everybody has heard of everything."""
        quiet = False
        while not quiet:
            self.coordinate()
            self.deliver()
            before = len(self.grants), [worker.log.ends for worker in self.workers]
            for worker in self.workers:
                worker.read()
                self.commit(worker)
            self.coordinate()
            after = len(self.grants), [worker.log.ends for worker in self.workers]
            quiet = before == after and all(worker.at_rest for worker in self.workers)

    @property
    def commits(self) -> list[Commit]:
        return [commit for worker in self.workers for commit in worker.outcome.commits]

    @property
    def states(self) -> dict[bytes, bytes]:
        """Of all customers, as committed."""
        found = (entry for worker in self.workers for entry in worker.outcome.states.items())
        return {key: blob for key, blob in found if key[0]}

    def limits(self, at: int) -> dict[str, int]:
        """The most that each budget had up to `at` (ms) by any version in force."""
        starts = [0, *(one.effective_ms for one in self.programs.versions if one.effective_ms <= at)]
        found: dict[str, int] = {}
        for start in starts:
            for name, total in self.programs.budgets_at(start).items():
                found[name] = max(total, found.get(name, 0))
        return found


def _over_the_wire(one: Published) -> Published:
    message = published(one)
    found = read_published(Record(message.topic, 0, 0, 0, message.key, message.value))
    assert found is not None
    return found


def _told(message: Message) -> list[Told]:
    one = read_told(Record(message.topic, message.partition, 0, NOW, message.key, message.value))
    return [] if one is None else [one]
