"""RocksDB stores: what is confirmed is kept, what is not is forgotten, and nothing of another changelog is believed."""

import random
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stream_loyalty.adapters.rocksdb import stores as stores_module
from stream_loyalty.adapters.rocksdb.store import RocksStore, StoreFault
from stream_loyalty.adapters.rocksdb.stores import RocksStores
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core import codec
from stream_loyalty.engine.mark import MARK_KEY
from tests.unit.support_core import Live, customers, erase, in_any_order, order, outputs, view

ID = b"changelog-id-16b"


@pytest.fixture
def stores(tmp_path: Path) -> RocksStores:
    return RocksStores(tmp_path, 8, 8)


def fresh(stores: RocksStores, **states: bytes) -> RocksStore:
    store = stores.open(0, ID)
    store.load({key.encode(): value for key, value in states.items()}, len(states))
    store.loaded()
    return store


def test_what_is_put_is_seen_and_kept_only_when_written(stores: RocksStores) -> None:
    store = fresh(stores, a=b"1", b=b"2")
    store.put(b"a", b"one")
    store.put(b"b", None)
    store.put(b"c", b"3")
    assert dict(store.scan()) == {b"a": b"one", b"c": b"3"}
    assert (store.get(b"a"), store.get(b"b"), store.get(b"nobody")) == (b"one", None, None)
    store = stores.open(0, ID)  # a crash: the commit never was
    assert dict(store.items()) == {b"a": b"1", b"b": b"2"}
    assert (store.position, len(store), store.bytes) == (2, 2, 2)


def test_a_write_is_one_batch_with_its_position(stores: RocksStores) -> None:
    store = fresh(stores, a=b"1", b=b"2")
    states = {b"a": b"one", b"b": None, b"c": b"3", MARK_KEY: b"mark"}
    for key, value in states.items():
        if key != MARK_KEY:
            store.put(key, value)
    store.write(states, 9)
    store.put(b"c", newer := b"changed since")
    store.settle(states)
    assert store.get(b"c") == newer
    store = stores.open(0, ID)
    assert dict(store.items()) == {b"a": b"one", b"c": b"3"}
    assert store.get(MARK_KEY) == b"mark"
    assert (store.position, len(store), store.bytes) == (9, 2, 4)
    store.write({b"a": b"1"}, 5)  # a position never goes back, nor does None move it
    store.write({b"a": b"1"})
    assert store.position == 9


def test_a_scan_sees_what_is_written_meanwhile_once(stores: RocksStores) -> None:
    store = fresh(stores, **{f"k{n:03}": b"old" for n in range(600)})
    store.put(b"k599", b"new")
    store.put(b"only in memory", b"x")
    scan = store.scan()
    first = next(scan)
    states = {b"k599": store.get(b"k599"), b"only in memory": b"x"}
    store.write(states)
    store.settle(states)
    seen = [first, *scan]
    assert len(seen) == len(dict(seen)) == 601
    assert dict(seen)[b"k599"] == b"new"


@pytest.mark.parametrize("distrust", ["another id", "no id", "ahead", "behind", "old"])
def test_what_can_not_be_trusted_begins_anew(
    stores: RocksStores, distrust: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another changelog, one without an id, a shorter one, one that begins later, deletions that may be forgotten."""
    fresh(stores, a=b"1", b=b"2")
    assert len(stores.open(0, ID, 0, 2)) == 2
    topic_id = {"another id": b"other", "no id": b""}.get(distrust, ID)
    start, end = {"ahead": (0, 1), "behind": (3, 9)}.get(distrust, (0, 2))
    if distrust == "old":
        monkeypatch.setattr(stores_module, "COPY_STALE_S", -1.0)
    store = stores.open(0, topic_id, start, end)
    assert (list(store.items()), store.position, len(store)) == ([], 0, 0)


def test_a_load_that_was_broken_off_goes_on_where_it_was(stores: RocksStores) -> None:
    store = stores.open(0, ID)
    store.load({b"a": b"1"}, 7)
    store = stores.open(0, ID)
    store.load({b"b": b"2"}, store.position + 1)
    store.loaded()
    assert (dict(store.items()), store.position, len(store)) == ({b"a": b"1", b"b": b"2"}, 8, 2)


def test_one_folder_is_one_process(stores: RocksStores, tmp_path: Path) -> None:
    """Two workers with one slot name are told so; damage begins anew."""
    fresh(stores, a=b"1")
    with pytest.raises(StoreFault, match="slot of its own"):
        RocksStores(tmp_path, 8, 8).open(0, ID)
    stores.close()
    (tmp_path / "partition-0" / "CURRENT").write_bytes(b"nonsense")
    assert list(stores.open(0, ID).items()) == []


@contextmanager
def no_room(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes: all that a disk quota can be for one process, and needs no rights."""
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN, "Python lets such writes fail, and lives"
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_full_disk_is_said_in_a_line_and_loses_nothing(stores: RocksStores) -> None:
    """While it is written, and when it is opened; with room again everything up to the last batch is there."""
    store, written = fresh(stores, first=b"1"), 1

    def write() -> None:
        nonlocal written
        store.write({f"k{written}".encode(): random.randbytes(1000)}, written + 1)
        written += 1

    def write_for_ever() -> None:
        while True:
            write()

    while written < 10:
        write()
    with no_room(64 << 10), pytest.raises(StoreFault, match=r"disk is full .*partition-0: make room"):
        write_for_ever()
    with no_room(16), pytest.raises(StoreFault, match="disk is full"):
        stores.open(0, ID)
    store = stores.open(0, ID)
    assert (len(store), store.position) == (written, written)
    write()


# -- with an engine: crashes anywhere around a commit


class Running:
    """A partition over a store: `log` is the changelog that Kafka has confirmed."""

    def __init__(self, stores: RocksStores, seed: int) -> None:
        self.stores, self.rng = stores, random.Random(seed)
        self.live = Live()
        self.log: list[tuple[bytes, bytes | None]] = []
        self.open()

    def open(self) -> None:
        """A restart: the store, then the changelog from its position on."""
        store = self.stores.open(0, ID, 0, len(self.log))
        self.read = len(self.log) - store.position
        store.load(dict(self.log[store.position :]), len(self.log))
        store.loaded()
        live = self.live
        committed = live.outcome.commits[-1].positions if live.outcome.commits else {}
        live.partition = live.engine.open(0, store, dict(committed), live.topic_ids, live.log.ends)
        self.store = store

    def commit(self, crash: str = "", batch_first: bool = False) -> None:
        """`crash`: "before" Kafka confirms, or "between" that and the batch."""
        commit = self.live.partition.take()
        end = len(self.log)
        if batch_first and commit is not None:
            self.store.write(commit.states, end)
        if crash == "before":
            self.open()
            self.live.apply(self.live.rest())
            return
        if commit is not None:
            self.confirm(commit)
        if crash == "between":
            self.open()
        elif commit is not None and not batch_first:
            self.store.write(commit.states, end)
            self.store.settle(commit.states)

    def confirm(self, commit: Commit) -> None:
        self.live.outcome.sink(commit)
        self.log += commit.states.items()


def some(n: int, rng: random.Random) -> list[bytes]:
    """An order and a visit; now and then somebody is erased, who may come again at once, later or never."""
    day = f"{2025 + n // 48}-{n % 48 // 4 + 1:02}-{n % 4 * 7 + 1:02}"
    erasure = [erase(day, f"e-{n}", f"u{n % 7}")] if n % 5 == 0 or n > 56 else []
    return [order(day, f"o-{n}", rng.randint(1, 300), f"u{rng.randrange(6)}"), *erasure, view(day, f"u{(n + 1) % 7}")]


def lived(stores: RocksStores, seed: int, batch_first: bool = False) -> Live:
    running = Running(stores, seed)
    rng = running.rng
    for n in range(60):
        running.live.feed(*some(n, rng))
        running.live.sweep(limit=1)
        if rng.random() < 0.5:
            running.commit(rng.choice(("", "", "before", "between")), batch_first)
    running.commit()
    return running.live


def undisturbed(seed: int) -> Live:
    live, rng = Live(), random.Random(seed)
    for n in range(60):
        live.feed(*some(n, rng))
        live.sweep(limit=1)
        if rng.random() < 0.5:
            rng.choice(("", "", "before", "between"))
    live.commit()
    return live


def result(live: Live) -> tuple[list[str], object]:
    live.apply(live.log.advance_clock("2027-06-01"))
    live.sweep_all().commit()
    return in_any_order(outputs(live.outcome.commits)), customers(live.outcome.states)


@pytest.mark.parametrize("seed", range(4))
def test_crashes_around_a_commit_lose_and_double_nothing(stores: RocksStores, seed: int) -> None:
    """Before Kafka confirms, or between that and the batch."""
    assert result(lived(stores, seed)) == result(undisturbed(seed))


def test_a_batch_before_its_commit_would_be_caught(stores: RocksStores) -> None:
    """The same run with the order turned round differs: so the test above can fail."""
    assert result(lived(stores, 0, batch_first=True)) != result(undisturbed(0))


def test_a_restart_reads_the_tail_only(stores: RocksStores) -> None:
    running = Running(stores, 1)
    for n in range(50):
        running.live.feed(order("2026-01-01", f"o-{n}", 10, f"u{n}"))
        running.commit()
    last = len(running.live.outcome.commits[-1].states)
    running.open()
    assert running.read == last  # the position is the changelog's end before the last commit
    assert len(running.store) == 50
    assert len(running.log) == 100


def test_a_sweep_over_a_store(stores: RocksStores) -> None:
    """Due customers are found on disk and in memory, and those of a crashed life again."""
    running = Running(stores, 2)
    running.live.feed(*(order("2026-01-01", f"o-{n}", 50, f"u{n}") for n in range(30)))
    running.commit()
    running.live.feed(*(order("2026-01-02", f"p-{n}", 50, f"v{n}") for n in range(30)))
    running.live.apply(running.live.log.advance_clock("2027-06-01"))
    running.live.sweep(limit=5)
    running.commit("between")
    running.live.sweep(limit=5)
    running.commit("before")
    running.live.sweep_all()
    running.commit()
    due = [codec.wake_at(blob) for key, blob in running.store.items()]
    assert len(due) == 60
    whole = Live().feed(*(order("2026-01-01", f"o-{n}", 50, f"u{n}") for n in range(30)))
    whole.feed(*(order("2026-01-02", f"p-{n}", 50, f"v{n}") for n in range(30)))
    assert result(running.live) == result(whole)


def test_the_time_of_the_last_write_is_kept(stores: RocksStores) -> None:
    store = fresh(stores, a=b"1")
    assert store.meta is not None
    assert abs(store.meta.written_at - time.time()) < 60


def test_a_store_is_taken_up_again_in_the_middle_of_a_scan(stores: RocksStores) -> None:
    """A rebalance in mid-sweep: what the earlier life began holds no lock."""
    scans = []
    for _ in range(3):
        store = fresh(stores, a=b"1", b=b"2")
        begun, not_begun = store.scan(), store.scan()
        next(begun)
        scans += [begun, not_begun]
    assert len(stores.open(0, ID)) == 2
