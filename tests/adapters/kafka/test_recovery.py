"""Recovery with stores on disk, on a real broker: a restart reads the end of the changelog that the store lacks."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka import runner as runner_module
from stream_loyalty.adapters.kafka.commit import TransactionalWriter
from stream_loyalty.adapters.kafka.life import Hand, Life
from stream_loyalty.adapters.kafka.recovery import Recovered, recover
from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.adapters.rocksdb.stores import RocksStores, from_settings
from stream_loyalty.contracts.topics import CUSTOMERS, ORDERS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.engine.mark import Mark
from stream_loyalty.settings import Settings
from tests.adapters.kafka.conftest import Member, make_settings
from tests.unit.support_core import engine_of

pytestmark = pytest.mark.kafka


@pytest.fixture
def on_disk(kafka: str, tmp_path: Path) -> Settings:
    return make_settings(kafka, store="rocksdb", state_dir=tmp_path)


@pytest.fixture
def stores(on_disk: Settings) -> Iterator[RocksStores]:
    made = from_settings(on_disk)
    assert made is not None
    yield made
    made.close()


def write(settings: Settings, name: str, states: dict[bytes, bytes | None], commit: bool = True) -> None:
    producer = client.producer(settings, {"transactional.id": settings.topic_prefix + name})
    producer.init_transactions(15)
    producer.begin_transaction()
    for key, value in states.items():
        producer.produce(client.physical(settings, CUSTOMERS), value, key, 1)
    assert producer.flush(15) == 0
    if commit:
        producer.commit_transaction(15)
    else:
        producer.abort_transaction(15)


def read(settings: Settings, stores: RocksStores | None) -> tuple[dict[int, Recovered], int]:
    """What was recovered, and how many records were read for it."""
    left: list[int] = []
    known = recover(settings, [0, 1], threading.Event(), stores, left.append)
    assert left[-1] == 0
    return known, left[0] - (left[-2] if len(left) > 1 else left[0])


def test_a_restart_reads_the_tail_only(
    on_disk: Settings, stores: RocksStores, caplog: pytest.LogCaptureFixture
) -> None:
    """Committed records alone; what a store has already is not read again; deletions arrive."""
    caplog.set_level(logging.INFO)
    write(on_disk, "a", {b"u%d" % n: b"1" for n in range(3000)})
    write(on_disk, "b", {b"u0": b"aborted", b"u3": b"aborted"}, commit=False)
    known, count = read(on_disk, stores)
    assert count == len(known[1].states) == 3000
    assert "3000 changelog records" in caplog.text
    assert read(on_disk, stores)[1] == 0
    write(on_disk, "c", {b"u1": b"2", b"u2": None, b"new": b"1"})
    write(on_disk, "d", {b"u1": b"aborted"}, commit=False)
    known, count = read(on_disk, stores)
    assert count == 3
    assert len(known[1].states) == 3000
    states = known[1].states
    assert [states.get(key) for key in (b"u0", b"u1", b"u2", b"new")] == [b"1", b"2", None, b"1"]
    assert dict(states.items()) == read(on_disk, None)[0][1].states


def test_a_recovery_that_is_given_up_leaves_a_store_that_goes_on(on_disk: Settings, stores: RocksStores) -> None:
    write(on_disk, "a", {b"u%d" % n: b"1" for n in range(100)})
    stop = threading.Event()
    stop.set()
    recover(on_disk, [1], stop, stores)
    known, count = read(on_disk, stores)
    assert count == len(known[1].states) == 100


def test_commits_reach_the_store_after_kafka_with_a_safe_position(
    on_disk: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three commits of a runner: the next recovery reads the last one again, and its store holds them all."""
    monkeypatch.setattr(runner_module, "_POSITIONS_S", 0.0)
    member = Member(on_disk)
    order: list[str] = []

    class Watched(TransactionalWriter):
        def write(self, commits: list[Commit], generation: int, member: str) -> None:  # type: ignore[override]
            super().write(commits, generation, member)
            order.append(f"kafka {store.get(b'n')!r} {len(store)}")

    engine = engine_of()
    runner = Runner(on_disk, engine, from_settings(on_disk))
    stores = runner._stores
    assert isinstance(stores, RocksStores)
    known = recover(on_disk, [1], threading.Event(), stores)
    store = known[1].states
    life = Life(member.generation, member.id, [1])
    life.hands[1] = Hand(engine.open(1, store, known[1].positions, known[1].topic_ids, known[1].ends), engine.merger())
    runner._writer = Watched(on_disk)
    for n in (b"1", b"2", b"3"):
        states = {b"n": n, b"k" + n: n, b"\x00mark": Mark().encode()}
        for key in (b"n", b"k" + n):
            store.put(key, states[key])
        runner._write(life, [Commit(1, [], states, {ORDERS: 0})])
        store.settle(states)
    member.close()
    assert order == ["kafka b'1' 0", "kafka b'2' 2", "kafka b'3' 3"]  # on disk: only what was confirmed before
    known, count = read(on_disk, stores)
    assert count == 3
    assert dict(known[1].states.items()) == {b"n": b"3", b"k1": b"1", b"k2": b"2", b"k3": b"3"}
    asyncio.run(runner.stop())


def test_a_fenced_commit_never_reaches_the_store(on_disk: Settings) -> None:
    member = Member(on_disk)
    runner = Runner(on_disk, engine := engine_of(), from_settings(on_disk))
    known = recover(on_disk, [1], threading.Event(), runner._stores)
    store = known[1].states
    life = Life(member.generation + 1, member.id, [1])
    life.hands[1] = Hand(engine.open(1, store, known[1].positions, known[1].topic_ids, known[1].ends), engine.merger())
    runner._writer = TransactionalWriter(on_disk)
    store.put(b"u", b"1")
    with pytest.raises(Exception, match="given this worker's partitions to others"):
        runner._write(life, [Commit(1, [], {b"u": b"1"}, {ORDERS: 0})])
    member.close()
    known, _ = read(on_disk, runner._stores)
    assert len(known[1].states) == 0
    assert known[1].states.get(b"u") is None
    asyncio.run(runner.stop())
