"""What taking partitions up costs: changelog messages for each second and for each CPU second, from a real broker.

usage: python -m benchmarks.recovery --bootstrap HOST:PORT [--customers 1000000] [--store memory|rocksdb]

It makes topics of its own and fills the changelog, so many customers once each; `--prefix` names those that
an earlier run has filled. With RocksDB a second run reads the tail: `--tail` messages are written in between.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.sweep import population, resident_mb
from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.ports import Stores
from stream_loyalty.adapters.kafka.recovery import recover
from stream_loyalty.adapters.rocksdb.stores import from_settings
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.settings import Settings

TRANSACTION = 5000


def fill(settings: Settings, made: Iterable[tuple[bytes, bytes]]) -> None:
    """The changelog as workers leave it: transactions of some thousand states."""
    producer = client.producer(settings, {"transactional.id": f"{settings.topic_prefix}fill", "linger.ms": 5})
    producer.init_transactions(30)
    name = client.physical(settings, CUSTOMERS)
    producer.begin_transaction()
    for n, (key, blob) in enumerate(made, 1):
        producer.produce(name, blob, key, partition_of(key, settings.partitions))
        if n % TRANSACTION == 0:
            producer.commit_transaction(30)
            producer.begin_transaction()
    producer.commit_transaction(30)


def timed(settings: Settings, name: str, stores: Stores | None) -> dict[str, object]:
    """One recovery of all partitions."""
    wall, cpu = time.perf_counter(), time.process_time()
    left: list[int] = []
    known = recover(settings, range(settings.partitions), threading.Event(), stores, left.append)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    read = left[0] - left[-2]  # before the last, which says that nothing is left
    return {
        f"{name}_messages": read,
        f"{name}_states": sum(len(found.states) for found in known.values()),
        f"{name}_wall_s": round(wall, 2),
        f"{name}_cpu_s": round(cpu, 2),
        f"{name}_messages_per_s": round(read / wall),
        f"{name}_messages_per_cpu_s": round(read / cpu),
        f"{name}_resident_mb": resident_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--tail", type=int, default=10_000)
    parser.add_argument("--store", choices=("memory", "rocksdb"), default="memory")
    parser.add_argument("--prefix", default=None)
    parser.add_argument("--dir", default=None)
    given = parser.parse_args()
    prefix = given.prefix or f"benchmark-{time.time_ns()}-"
    with tempfile.TemporaryDirectory(dir=given.dir) as directory:
        settings = Settings(
            bootstrap=given.bootstrap, topic_prefix=prefix, store=given.store, state_dir=Path(directory)
        )
        if given.prefix is None:
            topics.ensure(settings)
            fill(settings, population(given.customers, 0.01)[1])
            print(f"filled: --prefix {prefix}", file=sys.stderr)
        stores = from_settings(settings)
        report = timed(settings, "whole", stores)
        if stores is not None:
            stores.close()
            fill(settings, population(given.tail, 0.01)[1])
            report |= timed(settings, "tail", stores)
            stores.close()
    report["resident_mb_max"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(report))


if __name__ == "__main__":
    main()
