"""The worker's own part, without Faust: takes partitions up and gives them up, applies, sweeps, commits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from stream_loyalty.adapters.kafka import failpoints, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.commit import CommitLost, Writer, answer
from stream_loyalty.adapters.kafka.fatal import EXIT_COMMIT_LOST, EXIT_FAILED, die
from stream_loyalty.adapters.kafka.life import CHUNK, Chunk, Hand, Life
from stream_loyalty.adapters.kafka.metrics import Metrics, PartitionView
from stream_loyalty.adapters.kafka.ports import Engine, Partition, Store, Stores
from stream_loyalty.adapters.kafka.programs import KNOWN_S, Versions
from stream_loyalty.adapters.kafka.recovery import Recovered, recover
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import CUSTOMERS, TRANSFERS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

THREADS = "stream-loyalty"  # names of the threads that write and recover
_PENDING = 20 * CHUNK  # records, or a sweep's equivalent, that may be applied while a commit is on its way
_POSITIONS_S = 5.0  # between two looks at the changelog's end: so much of it a restart reads beyond what it must
_STALE_S = 60.0  # a worker that has not come round to committing for as long is not healthy

Seek = Callable[[Mapping[Place, int]], Awaitable[bool]]  # False: no longer ours


class Runner:
    """Owns the life of the partitions in hand. Everything but the writing runs in the worker's event loop."""

    def __init__(
        self, settings: Settings, engine: Engine, stores: Stores | None = None, versions: Versions | None = None
    ) -> None:
        """`stores`: where states are kept outside of this process's memory; `versions`: what the program follows."""
        self._settings, self._engine, self._versions = settings, engine, versions
        self.metrics = Metrics(engine.counts, self._views, lambda: versions.age_s if versions else 0.0)
        self._stores = stores
        self._positions_at = 0.0
        self._writer: Writer | None = None
        self._life: Life | None = None
        self._life_began = asyncio.Event()
        self._commit_now = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._pending = 0
        self._writing = asyncio.Lock()
        self._threads = ThreadPoolExecutor(2, THREADS)  # one may commit while one recovers
        self._tasks: set[asyncio.Task[None]] = set()
        self._recovering = 0
        self._stopping = False
        self._beat = time.monotonic()

    def start(self, writer: Writer) -> None:
        """Begin to sweep and commit."""
        self._writer = writer
        self._spawn("committing", self._commit_regularly())
        self._spawn("sweeping", self._sweep_regularly())

    async def stop(self) -> None:
        """Commit what is pending and end. Harmless when nothing was started."""
        self._stopping = True
        await self.end()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._stores is not None and self._life is None and not self._recovering:
            self._stores.close()
        self._threads.shutdown(wait=False)

    # -- lives

    def begin(self, generation: int, member: str, numbers: Sequence[int], seek: Seek) -> None:
        """Take up the partition numbers assigned to (generation, member); the group's heartbeat goes on.

        `seek` moves the sources to their positions.
        """
        if self._stopping:  # a rebalance that was on its way when this worker was told to end
            return
        if generation < 0 or not member:  # the next assignment is on its way
            _log.warning("an assignment came when the group had already moved on: nothing is taken up")
            return
        self._life = life = Life(generation, member, numbers)
        self._life_began.set()
        self._spawn("taking up partitions", self._take_up(life, seek))

    async def end(self) -> None:
        """Give the partitions up: nothing more is applied, what is pending is committed, all is dropped."""
        if self._life is None:
            return
        self._life.end()
        self._life_began.clear()
        failpoints.reached("rebalance.revoked")
        await self.commit()
        self._life = None

    async def life(self) -> Life:
        """The life in force, once its partitions are taken up."""
        while True:
            await self._life_began.wait()
            life = self._life
            if life is not None and life.taken_up.is_set():
                return life
            if life is not None:
                await _first(life.taken_up.wait(), life.over.wait())

    async def _recover(self, life: Life) -> dict[int, Recovered]:
        loop, tell = asyncio.get_running_loop(), self.metrics.recovery_left.set
        arguments = (self._settings, life.numbers, life.abandon, self._stores, tell)
        self._recovering += 1
        try:
            return await loop.run_in_executor(self._threads, recover, *arguments)
        finally:
            self._recovering -= 1

    async def _take_up(self, life: Life, seek: Seek) -> None:
        started = time.monotonic()
        loop = asyncio.get_running_loop()
        recovered = await self._recover(life)
        if self._versions is not None:  # who had the partitions before may have adopted what was published just now
            await loop.run_in_executor(self._threads, self._versions.catch_up)
            self._engine.go_by(self._versions.programs)
        positions: dict[Place, int] = {}
        for number, known in recovered.items():
            if life.over.is_set():
                return
            try:  # a million states may have to be looked at
                hand = life.hands[number] = await loop.run_in_executor(self._threads, self._open, number, known)
            except Exception:
                if life.over.is_set():  # the next life has taken its states away
                    return
                raise
            for topic, start in known.starts.items():  # the engine begins a recreated topic anew
                positions[topic, number] = max(start, hand.partition.positions[topic])
        failpoints.reached("recovery.opened")
        if not await seek(positions) or life.over.is_set():
            return  # the next assignment is on its way
        seconds = time.monotonic() - started
        self.metrics.recovery_seconds.set(seconds)
        customers = sum(len(hand.partition.states) for hand in life.hands.values())
        _log.info("partitions %s taken up: %d states in %.1f s", list(life.numbers), customers, seconds)
        life.taken_up.set()
        failpoints.reached("recovery.taken-up")

    def _open(self, number: int, known: Recovered) -> Hand:
        partition = self._engine.open(number, known.states, known.positions, known.topic_ids, known.ends)
        return Hand(partition, self._engine.merger())

    # -- work

    async def apply(self, chunk: Chunk) -> None:
        """Apply a chunk, unless its life is over. An error ends the process: Faust would just go on."""
        life = chunk.life
        hand = life.hands[chunk.number]
        while True:
            await self._has_room.wait()
            if life is not self._life or life.over.is_set():
                return
            if not _mid_sweep(hand.partition):
                break
            self._sweep_slice(hand)  # a sweep that has begun ends before any other input
            await asyncio.sleep(0)
        started = time.perf_counter()
        try:
            life.apply(chunk)
        except Exception as error:
            die(EXIT_FAILED, f"applying records of partition {chunk.number} failed", error)
        self.metrics.chunk_seconds.observe(time.perf_counter() - started)
        self.metrics.chunk_records.observe(len(chunk.arrivals))
        self._did(len(chunk.arrivals), urgent=life.hands[chunk.number].partition.urgent)

    def _sweep_slice(self, hand: Hand) -> bool:
        more = hand.partition.sweep(int(time.time() * 1000), hand.at_end)
        self._did(CHUNK if more else 0, urgent=hand.partition.urgent)
        return more

    async def _sweep_regularly(self) -> None:
        while True:
            more, spent = False, 0.0
            for hand in self._hands():
                await self._has_room.wait()
                if hand not in self._hands():  # given up meanwhile
                    break
                started = time.perf_counter()
                more |= self._sweep_slice(hand)
                spent += time.perf_counter() - started
                await asyncio.sleep(0)
            if not more:  # a mere look for due customers takes time where there are many: a tenth of it at the most
                await asyncio.sleep(max(self._settings.commit_interval_ms / 1000, 9 * spent))

    def _did(self, amount: int, urgent: bool) -> None:
        self._pending += amount
        if self._pending >= _PENDING:
            self._has_room.clear()
        if urgent or self._pending >= _PENDING:
            self._commit_now.set()

    # -- commits

    async def commit(self) -> None:
        """Write what is pending, in the name of the member that took the partitions up."""
        async with self._writing:
            life = self._life
            commits = [commit for hand in self._hands(ending=True) if (commit := hand.partition.take())]
            self._pending = 0
            self._has_room.set()
            if life is None or self._writer is None or not commits:
                return
            failpoints.reached("commit.taken")
            started = time.perf_counter()
            loop = asyncio.get_running_loop()
            try:
                writing = loop.run_in_executor(self._threads, self._write, life, commits)
                await answer(writing, self._writer)
            except CommitLost as error:
                self.metrics.aborted.inc()
                die(EXIT_COMMIT_LOST, "a commit was lost, the next start rebuilds from the log", error)
            except Exception as error:  # Kafka has it: what a store lacks is read from the log again
                die(EXIT_FAILED, "a commit could not be kept on disk", error)
            self.metrics.commit_seconds.observe(time.perf_counter() - started)
            for commit in commits:
                if (store := self._store(life, commit.partition)) is not None:
                    store.settle(commit.states)

    def _write(self, life: Life, commits: Sequence[Commit]) -> None:
        """In a thread. States go to the stores after Kafka has confirmed them, never before."""
        assert self._writer is not None
        if self._versions is not None and self._versions.age_s > KNOWN_S:
            raise CommitLost(f"which versions of the program are published is not known for {KNOWN_S / 60:.0f} minutes")
        ends = self._changelog_ends(life)
        self._writer.write(commits, life.generation, life.member)
        for commit in commits:
            if (store := self._store(life, commit.partition)) is not None:
                store.write(commit.states, ends.get((CUSTOMERS, commit.partition)))

    def _changelog_ends(self, life: Life) -> dict[Place, int]:
        """Where the changelog ends before a commit; empty where it need not be known yet.

        When that commit then passes the fence, nobody but us can have written before these ends: all that lies there
        belongs to earlier commits, which are in the stores. An end asked for after it would not be safe.
        """
        if self._stores is None or time.monotonic() - self._positions_at < _POSITIONS_S:
            return {}
        self._positions_at = time.monotonic()
        try:
            return topics.ends(self._settings, [(CUSTOMERS, number) for number in life.hands])
        except KafkaFault as error:
            _log.info("the changelog's end is not known: %s", error)
            return {}

    def _store(self, life: Life, number: int) -> Store | None:
        states: Any = life.hands[number].partition.states
        return None if self._stores is None else states

    async def _commit_regularly(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._commit_now.wait(), self._settings.commit_interval_ms / 1000)
            self._commit_now.clear()
            await self.commit()
            self._beat = time.monotonic()

    def _hands(self, ending: bool = False) -> list[Hand]:
        life = self._life
        if life is None or not life.taken_up.is_set() or (life.over.is_set() and not ending):
            return []
        return list(life.hands.values())

    # -- seen from outside

    def healthy(self) -> tuple[bool, str]:
        """Whether the worker comes round to its commits."""
        quiet = time.monotonic() - self._beat
        return quiet < _STALE_S, f"last commit round {quiet:.1f} s ago"

    def ready(self) -> tuple[bool, str]:
        """Whether partitions are assigned (none is an assignment too) and recovered."""
        life = self._life
        if life is None or not life.taken_up.is_set():
            return False, "waiting for partitions" if life is None else "recovering"
        return True, f"{len(life.hands)} partitions in hand"

    def _views(self) -> Iterator[PartitionView]:
        if self._life is None:
            return
        for number, hand in self._life.hands.items():
            states = hand.partition.states
            size = getattr(states, "bytes", 0)
            adoption = getattr(hand.partition, "adoption", None)  # an engine without dated inputs has none
            inputs = () if adoption is None else (adoption.slices_left, adoption.versions)
            yield PartitionView(
                number, hand.lag, len(states), size, hand.partition.watermark, hand.waiting(TRANSFERS), *inputs
            )

    def _spawn(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except Exception as error:
                die(EXIT_FAILED, f"{what} failed", error)

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _mid_sweep(partition: Partition) -> bool:
    """Whether a sweep has begun; an engine that has no sweeps need not say so."""
    return bool(getattr(partition, "mid_sweep", False))


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
