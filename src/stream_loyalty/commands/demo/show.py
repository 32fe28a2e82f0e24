"""All the parts in one process: broker, Redis, worker, storefront, projector, and a consumer of what comes out."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.embedded import PARTITIONS, PLAIN_WIRE, EmbeddedBroker
from stream_loyalty.adapters.kafka.inputs import InputWriter
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.adapters.kafka.worker import Worker
from stream_loyalty.adapters.redis.projector import Projector
from stream_loyalty.bootstrap import load_settings
from stream_loyalty.commands.demo.tally import Tally
from stream_loyalty.commands.trainer import ROLE, train
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, parse_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import ALERTS, CUSTOMERS, DEAD_LETTERS, REWARDS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.programs import load_programs
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.models.learners import learners
from stream_loyalty.models.trainer import Trainer
from stream_loyalty.simulate.storefront import timed

CLOSING = parse_instant("2026-01-01T00:00:00Z")  # the shop's last midnight; a fixed one, so that a run can be repeated
HIGH_VALUE = '[[high_value]]\nfrom = 1990-01-01\nlifetime_value = "500"\n'  # about a fifth of the shop's customers
PREFIX = "demo:"
OUTPUTS = (REWARDS, ALERTS, DEAD_LETTERS)

_SECONDS = 25.0  # the storefront takes so long for all its days
_AHEAD = 4_000  # events on their way: the embedded broker forgets what is not read in time
_LATENESS_MS = 5 * DAY_MS  # sixteen days pass in a second here, so topics drift apart by days
_TICK_S = 0.1


class Show:
    """The demo without its looks. `perform` runs it; the rest is for those who watch."""

    def __init__(self, redis_url: str, seed: int, customers: int, days: int) -> None:
        self.redis_url = redis_url
        self.start = CLOSING - days * DAY_MS
        self.programs = load_programs()
        self.tally = Tally()
        self.sent = 0
        self.now = self.start  # simulated time, in ms
        self.began = 0.0  # when the first event was sent, by the monotonic clock
        self.seconds = 0.0  # from the first event to the last effect
        self._shop = (seed, customers, self.start, days)
        self._stop = threading.Event()
        self._marks: dict[int, Mark] = {}
        self._outputs_end: dict[tuple[str, int], int] = {}

    @property
    def settled(self) -> int:
        """How many events have had all their effects, Redis included: what the partitions' marks say."""
        return sum(sum(mark.positions.values()) for mark in list(self._marks.values()))

    @property
    def done(self) -> float:
        """How much of the simulated time is over, of 1."""
        return (self.now - self.start) / (CLOSING - self.start)

    @property
    def on_time(self) -> bool:
        """Whether the pace was that of the show, not that of the machine."""
        return self.seconds < 1.1 * _SECONDS

    async def perform(self, tick: Callable[[], None]) -> Engine:
        """Run from the first event to the last effect; `tick` is called ten times a second. The engine, afterwards."""
        with EmbeddedBroker() as broker:
            given = {"bootstrap": broker.bootstrap, "commit": "plain", "clock": "event", "partitions": PARTITIONS}
            self._settings = load_settings({**PLAIN_WIRE, **given, "http_port": 0, "topic_prefix": ""})
            await asyncio.to_thread(broker.prepare, self._settings)
            engine = Engine(
                self.programs,
                Thresholds(HIGH_VALUE, self.programs.first),
                partitions=PARTITIONS,
                clock="event",
                lateness_ms=_LATENESS_MS,
            )
            worker = Worker(self._settings, engine)
            try:
                await worker.start()
                while not worker.ready():
                    tick()
                    await asyncio.sleep(_TICK_S)
                await self._play(tick)
            finally:
                self._stop.set()
                await worker.stop()
                del worker
                gc.collect()  # its producer must be gone before its broker, or it says so on the screen
            return engine

    async def _play(self, tick: Callable[[], None]) -> None:
        works = (self._publish, self._watch, self._project, self._train)
        parts = [asyncio.create_task(asyncio.to_thread(part)) for part in works]
        try:
            while not self._finished():
                for part in parts:
                    if part.done():
                        part.result()  # what went wrong in it
                tick()
                await asyncio.sleep(_TICK_S)
            self.seconds = time.monotonic() - self.began
            tick()
        finally:
            self._stop.set()
            await asyncio.gather(*parts, return_exceptions=True)

    def _finished(self) -> bool:
        """Every wake has run and is in Redis, and the watching consumer has read all there is."""
        if len(self._marks) < PARTITIONS or any(mark.swept < CLOSING for mark in list(self._marks.values())):
            return False
        if not self._outputs_end:  # effects are written before the mark that says so: this is their end
            places = [(topic, number) for topic in OUTPUTS for number in range(PARTITIONS)]
            self._outputs_end = topics.ends(self._settings, places)
        return all(self.tally.reached.get(place, 0) >= end for place, end in self._outputs_end.items())

    def _publish(self) -> None:
        publisher = Publisher(self._settings)
        self.began = time.monotonic()
        for at, raw in timed(*self._shop):
            self._keep_pace(at)
            if self._stop.is_set():
                return
            topic, key = route(raw)
            publisher.send(topic, key, raw, partition=0 if key is None else None)
            self.sent += 1
        publisher.flush()
        publisher.advance(CLOSING)
        self.now = CLOSING

    def _keep_pace(self, at: int) -> None:
        """Wait until it is time for an event of the simulated time `at`, and until not too many are on their way."""
        if at - self.now >= HOUR_MS:
            self.now = at
            self._stop.wait(max(0.0, self.began + self.done * _SECONDS - time.monotonic()))
        while self.sent - self.settled > _AHEAD and not self._stop.wait(0.02):
            pass

    def _train(self) -> None:
        churn = self.programs.latest.churn
        if churn is not None:
            train(self._settings, Trainer(churn, learners()), InputWriter(self._settings, ROLE), 0, self._stop)

    def _watch(self) -> None:
        for batch in reader.follow(self._settings, OUTPUTS, self._stop):
            for record in batch:
                self.tally.add(record)

    def _project(self) -> None:
        projector = Projector(self.redis_url, self.programs, PREFIX, self._stop)
        projector.run(self._changelog)
        projector.close()

    def _changelog(self, positions: dict[int, int]) -> Iterator[list[Record]]:
        start = {(CUSTOMERS, number): offset for number, offset in positions.items()}
        for batch in reader.follow(self._settings, (CUSTOMERS,), self._stop, start):
            yield batch
            for record in batch:  # by now the batch is in Redis
                if record.key == MARK_KEY and record.value is not None:
                    self._marks[record.partition] = Mark.decode(record.value)
