"""What a sweep costs: CPU and the longest slice, with 1 % of the customers due, and the memory that the states take.

usage: python benchmarks/sweep.py [--customers 1000000] [--store memory|rocksdb] [--dir DIR] [--due 0.01] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from stream_loyalty.adapters.rocksdb.store import RocksStore
from stream_loyalty.adapters.rocksdb.stores import RocksStores
from stream_loyalty.bootstrap import calm_collector, replay_engine
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.core import codec
from stream_loyalty.engine import Engine
from stream_loyalty.engine.partition import Partition
from stream_loyalty.engine.replay import read_events, replay

TEMPLATES = 1000


def templates() -> list[bytes]:
    """States as the engine makes them: one to five orders and some browsing in 2026, swept to the year's end."""
    events = []
    for n in range(TEMPLATES):
        for k in range(1 + n % 5):
            at = f"2026-{1 + (n * 7 + k * 2) % 12:02}-{1 + (n * 13 + k) % 28:02}T{n % 24:02}:{n % 60:02}:00Z"
            order = {"order_id": f"o-{n}-{k}", "total": 5 + n % 90, "currency": "USD"}
            events.append(("Order Completed", at, n, f"o-{n}-{k}", order))
            events.append(("Product Viewed", at, n, f"v-{n}-{k}", {"product_id": "p"}))
    lines = [
        json.dumps(
            {
                "type": "track",
                "event": name,
                "userId": f"u{n}",
                "messageId": mid,
                "timestamp": at,
                "properties": properties,
            }
        ).encode()
        for name, at, n, mid, properties in events
    ]
    engine, now = replay_engine(), parse_instant("2027-01-01T00:00:00Z")
    partition = replay(read_events(lines, engine, now), engine, now, lambda commit: None)
    return [blob for _, blob in partition.states.items()]


def population(customers: int, due: float) -> tuple[int, Iterator[tuple[bytes, bytes]]]:
    """A time, and so many customers, of whom the share `due` has to be woken by then."""
    blobs = sorted(templates(), key=codec.wake_at)
    target = codec.wake_at(blobs[len(blobs) // 10])
    early = [blob for blob in blobs if codec.wake_at(blob) <= target]
    late = [blob for blob in blobs if codec.wake_at(blob) > target + 60_000]
    every = round(1 / due)

    def made() -> Iterator[tuple[bytes, bytes]]:
        for n in range(customers):
            blob = early[n // every % len(early)] if n % every == 0 else late[n % len(late)]
            yield b"customer-%d" % n, blob[:9] + blob[9:]  # bytes of their own

    return target, made()


def resident_mb() -> int:
    with Path("/proc/self/statm").open() as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() >> 20


def opened(engine: Engine, store: str, directory: str, made: Iterator[tuple[bytes, bytes]]) -> Partition:
    if store == "memory":
        return engine.open(0, dict(made), {}, {}, {})
    states = RocksStores(Path(directory), cache_mb=64, memtables_mb=64).open(0, b"benchmark")
    while batch := dict(islice(made, 5000)):
        states.load(batch, 0)
    states.loaded()
    busy = ("rocksdb.num-running-compactions", "rocksdb.num-running-flushes", "rocksdb.compaction-pending")
    while any(states._db.property_int_value(name) for name in busy):  # of the load, not of the sweep
        time.sleep(0.1)
    return engine.open(0, states, {}, {}, {})


def swept(partition: Partition, target: int) -> tuple[float, float, float, int]:
    """CPU seconds, the longest slice in ms by the clock and of CPU, and slices; with RocksDB commits are written."""
    partition.mark.watermark = target
    rocks = partition.states if isinstance(partition.states, RocksStore) else None
    longest, longest_cpu, slices, begun = 0.0, 0.0, 0, time.process_time()
    more = True
    while more:
        start, start_cpu = time.perf_counter(), time.thread_time()
        more = partition.sweep(0, False)
        longest, longest_cpu = (
            max(longest, time.perf_counter() - start),
            max(longest_cpu, time.thread_time() - start_cpu),
        )
        slices += 1
        if (slices % 10 == 0 or not more) and (commit := partition.take()) is not None and rocks is not None:
            rocks.write(commit.states)
            rocks.settle(commit.states)
    return time.process_time() - begun, longest * 1000, longest_cpu * 1000, slices


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--store", choices=("memory", "rocksdb"), default="memory")
    parser.add_argument("--dir", default=None)
    parser.add_argument("--due", type=float, default=0.01)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    calm_collector()
    engine = replay_engine()
    engine.lateness_ms = 0
    target, made = population(given.customers, given.due)
    with tempfile.TemporaryDirectory(dir=given.dir) as directory:
        partition = opened(engine, given.store, directory, made)
        partition.take()
        gc.collect()
        report: dict[str, object] = {
            "store": given.store,
            "customers": len(partition.states),
            "state_mb": getattr(partition.states, "bytes", 0) >> 20,
            "resident_mb_before": resident_mb(),
        }
        before = sum(n for key, n in engine.counts.items() if key[0] == "decision")
        for name, at in (("first", target), ("second", target + 50_000)):
            cpu, longest, longest_cpu, slices = swept(partition, at)
            report |= {f"{name}_cpu_s": round(cpu, 3), f"{name}_longest_ms": round(longest, 1)}
            report |= {f"{name}_longest_cpu_ms": round(longest_cpu, 1), f"{name}_slices": slices}
        report["decisions"] = sum(n for key, n in engine.counts.items() if key[0] == "decision") - before
        report["resident_mb_after"] = resident_mb()
    if given.json:
        print(json.dumps(report))
    else:
        for name, figure in report.items():
            print(f"{name:24} {figure:>12}")


if __name__ == "__main__":
    main()
