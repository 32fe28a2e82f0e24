"""What a whole worker keeps resident: all states recovered from the changelog, then traffic at the speed it manages.

usage: python -m benchmarks.memory --bootstrap HOST:PORT [--customers 1000000] [--events 100000]

It makes topics of its own and fills the changelog; a worker with each store then takes it up as a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from benchmarks import load
from benchmarks.recovery import fill
from benchmarks.sweep import population
from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.bootstrap import build_engine
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.core.programs import load_programs
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.settings import Settings

STORES = ("memory", "rocksdb")
PATIENCE_S = 300.0  # with one step of a worker
LOOK_S = 0.1
PARTITIONS = 4


class Failed(Exception):
    """A worker did not come so far; the message says why in a line."""


class Worker:
    """A worker of the product as a process of its own, and the most it was seen to keep resident."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        variables = {
            "STREAM_LOYALTY_BOOTSTRAP": settings.bootstrap,
            "STREAM_LOYALTY_TOPIC_PREFIX": settings.topic_prefix,
            "STREAM_LOYALTY_STORE": settings.store,
            "STREAM_LOYALTY_STATE_DIR": str(directory / "states"),
            "STREAM_LOYALTY_HTTP_PORT": str(port),
        }
        self._said = directory / "said"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stream_loyalty", "worker"], env=os.environ | variables, stdout=said, stderr=said
            )
        self._memory = psutil.Process(self._process.pid).memory_info
        self._pages = f"http://127.0.0.1:{port}"
        self.peak_mb = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def resident_mb(self) -> int:
        """At present."""
        now = int(self._memory().rss) >> 20
        self.peak_mb = max(self.peak_mb, now)
        return now

    def until(self, what: str, done: Callable[[], bool]) -> None:
        """Watch the memory until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            try:
                self._process.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                self.resident_mb()
            else:
                raise Failed(f"it ended before {what}: {self._said.read_text(errors='replace')[-200:]}")
            if time.monotonic() > deadline:
                raise Failed(f"{what} took more than {PATIENCE_S:.0f} s")

    def ready(self) -> bool:
        """All states are taken up."""
        return self._page("readyz") is not None

    def total(self, metric: str) -> float:
        """The sum of a metric over its labels."""
        lines = (self._page("metrics") or "").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric))

    def _page(self, name: str) -> str | None:
        try:
            with urllib.request.urlopen(f"{self._pages}/{name}", timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return None


def prepare(bootstrap: str, customers: int) -> Settings:
    """Topics of their own, and a changelog as workers leave it, with the mark of each partition."""
    settings = Settings(bootstrap=bootstrap, topic_prefix=f"memory-{time.time_ns()}.", partitions=PARTITIONS)
    topics.ensure(settings)
    fill(settings, population(customers, 0.01)[1])
    mark = Mark(adopted=build_engine(settings, load_programs(settings.program)).inputs.digest).encode()
    producer = client.producer(settings)
    for number in range(PARTITIONS):
        producer.produce(client.physical(settings, CUSTOMERS), mark, MARK_KEY, number)
    producer.flush(30)
    return settings


def measure(settings: Settings, customers: int, events: int) -> dict[str, int]:
    """Resident MB of one worker: with all states, and at the most while it applies traffic of these customers."""
    with TemporaryDirectory(prefix="stream-loyalty-memory-") as directory, Worker(settings, Path(directory)) as worker:
        worker.until("all states were taken up", worker.ready)
        figures = {"customers": int(worker.total("stream_loyalty_customers{")), "recovered_mb": worker.resident_mb()}
        figures["recovery_peak_mb"], worker.peak_mb = worker.peak_mb, 0
        now = time.time_ns() // 1_000_000
        load.publish_mixed(settings, load.Shop(customers).history(events, now - 3_600_000, now))
        worker.until("all events were applied", lambda: worker.total("stream_loyalty_events_total{") >= events)
        after = worker.resident_mb()
        return figures | {"events": events, "after_load_mb": after, "load_peak_mb": worker.peak_mb}


def both(bootstrap: str, customers: int, events: int) -> dict[str, Any]:
    """A worker with each store on the same changelog, one after the other."""
    settings = prepare(bootstrap, customers)
    return {store: measure(settings.model_copy(update={"store": store}), customers, events) for store in STORES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=100_000)
    given = parser.parse_args()
    print(json.dumps(both(given.bootstrap, given.customers, given.events)))


if __name__ == "__main__":
    main()
