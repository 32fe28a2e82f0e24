"""A run: a feed, workers, a projector, faults one after the other, and in the end what must hold."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream_loyalty.adapters.kafka import client
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.core.programs import load_programs
from stream_loyalty.settings import Settings
from tests.chaos import checks
from tests.chaos.faults import DISK_FULL, KINDS, Fault, armed
from tests.chaos.feed import LATENESS_MS, Feed, end_of, storefront_feed
from tests.chaos.fleet import BESIDE, Fleet, RedisServer
from tests.chaos.report import Done, Report
from tests.support import EVERYTHING
from tests.support.broker import RealBroker
from tests.support.live import Live

PARTITIONS = 4
STORES = ("mixed", "memory", "rocksdb")  # where workers keep their states; mixed: in RocksDB all but one
_TICK_S = 0.05
_PATIENCE_S = 90.0  # for work to go on after a fault
_IDLE_S = 90  # dump gives up when the workers get no further for as long
_END_S = 1800.0
_BESIDE_S = 30.0  # for projector and trainer to come to the end


SCARCE = {  # budgets that run short, and a threshold that is measured
    "points = 1000000": "points = 9000",
    "stock = 100000": "stock = 60",
    "[consent]": "[high_value]\ntop_percent = 20\n\n[consent]",
}


class Stuck(Exception):
    """Something that had to come did not."""


def program_file(home: Path) -> Path:
    """The program of a run: all capabilities on."""
    text, file = EVERYTHING.read_text("utf-8"), home / "program.toml"
    for before, after in SCARCE.items():
        assert before in text, f"the program does not say {before!r}"
        text = text.replace(before, after)
    file.write_text(text, "utf-8")
    return file


class Chaos:
    """One run; `kinds` are names of `faults.KINDS`. Without `broker` none may be done to the broker."""

    def __init__(
        self,
        seed: int,
        events: int,
        kinds: Sequence[str],
        home: Path,
        bootstrap: str,
        *,
        workers: int = 3,
        store: str = "mixed",
        broker: RealBroker | None = None,
        sabotage: str = "",
        session_s: float = 6.0,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.chance = Random(f"{seed}/chaos")
        self.session_s = session_s  # after which the group gives a silent worker's partitions to others
        self.redis = RedisServer(home)
        program = program_file(home)
        self.live = Live(
            bootstrap,
            home,
            lateness_ms=str(LATENESS_MS),
            session_timeout_s=str(session_s),
            redis_url=self.redis.url,
            trainer_http_port="0",
            coordinator_http_port="0",
            program=json.dumps([str(program)]),
        )
        slots = [str(number) for number in range(workers)]
        on_disk = {"memory": 0, "mixed": workers - 1, "rocksdb": workers}[store]
        self.fleet = Fleet(self.live, slots, Random(f"{seed}/stores").sample(slots, on_disk), sabotage)
        self.report = Report(seed, events, workers, sabotage, sorted(self.fleet.disks))
        self._kinds = list(kinds)
        self._failpoints = [armed(KINDS[kind], self.chance) for kind in kinds]
        self._failpoint = ""  # of the fault that is being done
        self._prepared = ""  # the slot whose worker has the next fault's failpoint
        self._broker = broker
        self._say = say
        self._began = time.monotonic()
        self._settings = Settings(
            bootstrap=bootstrap,
            topic_prefix=self.live.environment["STREAM_LOYALTY_TOPIC_PREFIX"],
            app_id=self.live.environment["STREAM_LOYALTY_APP_ID"],
        )
        self._program = load_programs([program]).latest
        self._lines, self._last = storefront_feed(seed, events, self._program)
        self._asking = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": client.group(self._settings), "log_level": 0}
        )
        self._seen = 0
        self._marks: dict[str, int] = {}

    # -- what faults use

    @property
    def broker(self) -> RealBroker:
        """The broker, where it may be harmed."""
        assert self._broker is not None, "this run's broker belongs to others too"
        return self._broker

    def signal_broker(self, number: signal.Signals) -> None:
        """Send the broker's process a signal."""
        server = self.broker._server
        assert server is not None
        server._process.send_signal(number)

    def pause(self, seconds: float) -> None:
        """Let time pass, while the fleet is tended."""
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            self._tend()

    def until(self, what: str, condition: Callable[[], bool], seconds: float = _PATIENCE_S) -> None:
        """Wait for a condition while the fleet is tended. Stuck when it does not come."""
        over = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > over:
                raise Stuck(f"{what}: not within {seconds:g} s")
            self._tend()

    def until_reached(self, slot: str, condition: Callable[[], bool]) -> None:
        """Wait for a failpoint, or a fault without one, to take effect.

        A worker that ends for another reason is started again with it.
        """

        def tried() -> bool:
            if condition():
                return True
            if self.fleet.code(slot) not in (None, -signal.SIGKILL):
                self.pause(0.5)
                self.fleet.start(slot, self._failpoint)
            return False

        self.until(f"{self._failpoint or 'what was done'} takes effect in slot {slot}", tried)

    def is_at_work(self, slot: str) -> bool:
        """Whether a worker has taken partitions up since it was started or marked."""
        return self._taken_up(slot) > self._marks.get(slot, 0)

    def times(self, slot: str, words: str) -> int:
        """How often a worker has said these words."""
        with suppress(FileNotFoundError):
            return self.live.log(slot).count(words)
        return 0

    def let_another_leave(self, slot: str) -> None:
        """Tell another worker to end, in order; it is started again."""
        others = [other for other in self.fleet.slots if other != slot]
        self.fleet.signal(self.chance.choice(others), signal.SIGTERM)

    # -- the run

    def run(self) -> Report:
        """Do all of it; never raises for what the product does wrong: that is a problem of the report."""
        self.live.run("topics")
        self.redis.start()
        try:
            if DISK_FULL in self._kinds:
                for disk in self.fleet.disks.values():
                    disk.mount()
            self.feed = Feed(self._settings, self._lines, len(self._kinds) + 1, self.report.seed)
            for name in BESIDE:
                self.fleet.start_beside(name)
            self.feed.release()
            self.feed.start()
            try:
                self.until("all work", lambda: all(map(self.is_at_work, self.fleet.slots)))
                for number in range(len(self._kinds)):
                    self._fault(number)
                self._end()
            except Stuck as error:
                self.report.problems.append(f"stuck: {error}")
        finally:
            self.fleet.close()
            self.redis.kill()
        self.report.starts = self.fleet.starts
        self.report.exits = {str(code): count for code, count in sorted(self.fleet.exits.items())}
        self.report.seconds = round(time.monotonic() - self._began, 1)
        return self.report

    def _fault(self, number: int) -> None:
        """Do a fault and wait for work to go on. One that can not be done is a problem, and the run goes on."""
        kind, failpoint = self._kinds[number], self._failpoints[number]
        fault = KINDS[kind]
        self.feed.release()
        self._failpoint = failpoint
        slot = self._armed(fault, failpoint) if failpoint else self._slot_at_work(fault)
        try:
            detail = fault.act(self, slot)
        except Stuck as error:
            self.report.problems.append(f"fault {number + 1}, {kind}, was not done: {error}")
            self.fleet.let_go(slot)
            return
        began, before = time.monotonic(), self._progress()
        if failpoint and fault.prepared and self._is_prepared(number + 1, slot):
            self._start_armed(slot, self._failpoints[number + 1])
        else:
            self.fleet.let_go(slot)
        self.until(f"more is committed after {kind}", lambda: self._progress() > before)
        done = Done(kind, f"{detail}, {failpoint}" if failpoint else detail, round(time.monotonic() - began, 1))
        self.report.faults.append(done)
        self._say(f"{time.monotonic() - self._began:6.0f} s  {number + 1:3}  {kind}: {done.detail}; {done.seconds} s")

    def _is_prepared(self, number: int, slot: str) -> bool:
        if number == len(self._kinds):
            return False
        fault = KINDS[self._kinds[number]]
        return fault.prepared and (slot in self.fleet.disks or not fault.on_disk)

    def _drawn(self, fault: Fault) -> str:
        return self.chance.choice(list(self.fleet.disks) if fault.on_disk else self.fleet.slots)

    def _armed(self, fault: Fault, failpoint: str) -> str:
        """A slot whose worker was started with the failpoint."""
        if slot := self._prepared:
            self._prepared = ""
            return slot
        slot = self._drawn(fault)
        self.fleet.hold(slot)
        self.fleet.end(slot)
        self._start_armed(slot, failpoint)
        self._prepared = ""
        return slot

    def _start_armed(self, slot: str, failpoint: str) -> None:
        self.fleet.hold(slot)
        self._marks[slot] = self._taken_up(slot)
        self.fleet.start(slot, failpoint)
        self._prepared = slot

    def _slot_at_work(self, fault: Fault) -> str:
        slot = self._drawn(fault)
        self.until(f"slot {slot} works", lambda: self._taken_up(slot) > 0 and self.fleet.code(slot) is None)
        return slot

    def _taken_up(self, slot: str) -> int:
        return self.times(slot, "taken up")

    def _tend(self) -> None:
        if self.feed.error is not None:
            raise Stuck(f"publishing failed: {self.feed.error}")
        self.fleet.tend()
        time.sleep(_TICK_S)

    def _progress(self) -> int:
        """The sum of the committed offsets of the sources; what it was when the broker does not answer."""
        asked = [TopicPartition(self.live.topic(topic), number) for topic in SOURCES for number in range(PARTITIONS)]
        with suppress(KafkaException):
            answers = self._asking.committed(asked, timeout=2)
            self._seen = max(self._seen, sum(max(0, one.offset) for one in answers))
        return self._seen

    # -- the end

    def _end(self) -> None:
        home, target = self.live.home, end_of(self._last)
        for slot in self.fleet.slots:
            self.fleet.let_go(slot)
        self._say(f"{time.monotonic() - self._began:6.0f} s  publishing the rest, then dump")
        self.feed.finish(target)
        self.report.published = {
            "events": self.feed.sent,
            "repeated": self.feed.repeated,
            "out of order": self.feed.jumbled,
        }
        said = self._finished([*self.fleet.command, "dump", "--out", str(home / "live"), "--patience", str(_IDLE_S)])
        self.report.lines = json.loads(said)["lines"]
        prefix, problems = self.live.environment["STREAM_LOYALTY_TOPIC_PREFIX"], self.report.problems
        beside = {  # these may still be on their way
            "projection": lambda: list(checks.projection(home / "live", self.redis.url, prefix)),
            "models": lambda: list(checks.learned(self._settings)),
        }
        for what, found in beside.items():
            with suppress(Stuck):
                self.until(what, lambda found=found: not found(), _BESIDE_S)
            problems += found()
        for slot in self.fleet.slots:
            self.fleet.hold(slot)
            self.fleet.end(slot)
        problems += checks.coverage(home / "live")
        problems += checks.doubles(home / "live")
        problems += checks.wakes(home / "live", target)
        problems += checks.orders(home / "live", self._lines, self._program)
        problems += checks.budgets(home / "live", self._program)
        self._say(f"{time.monotonic() - self._began:6.0f} s  replay along the log")
        product = [sys.executable, "-m", "stream_loyalty"]
        self._finished([*product, "replay", "--applied", str(home / "live"), "--out", str(home / "again")])
        problems += checks.differences(home / "live", home / "again")

    def _finished(self, command: list[str]) -> str:
        """What a command says in the end, while the fleet is tended. Stuck when it fails."""
        with (self.live.home / "command.log").open("w+") as said, (self.live.home / "command.err").open("w+") as err:
            environment = {**os.environ, **self.live.environment}
            process = subprocess.Popen([*command, "--json"], env=environment, stdout=said, stderr=err)
            try:
                self.until(f"{command[3:]} ends", lambda: process.poll() is not None, _END_S)
            finally:
                process.kill()
            said.seek(0)
            err.seek(0)
            if process.wait():
                raise Stuck(f"{' '.join(command[3:5])} ended with {process.returncode}: {err.read()[-500:]}")
            return said.read()
