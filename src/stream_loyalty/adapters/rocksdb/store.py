"""The states of one partition in RocksDB, never ahead of what Kafka has confirmed.

What the engine puts stays in memory until its commit is confirmed, then the commit's states go into RocksDB in one
WriteBatch, with the position of the changelog up to which everything is in there. Whatever happens in between, the
store is a state that the log had, and the log from its position on holds what is missing.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
from rocksdict import Options, Rdict, ReadOptions, WriteBatch, WriteOptions

from stream_loyalty.adapters.kafka import failpoints
from stream_loyalty.errors import StreamLoyaltyError

META_KEY = b"\x00meta"  # like the engine's mark no customer's key: identifiers have no control characters
_FIRST_KEY = b"\x01"
_NO_ROOM = ("no space left", "file too large", "quota exceeded")  # rocksdict has one kind of error: words must do


class Meta(msgspec.Struct):
    """What a store knows of itself; written with every batch."""

    topic_id: bytes
    position: int = 0  # next offset of the changelog to read; everything before it is in the store
    written_at: float = 0.0  # seconds since 1970 UTC
    customers: int = 0
    size: int = 0  # bytes of the encoded states


class StoreFault(StreamLoyaltyError):
    """A store on disk can not be used; the message says what to do."""


class RocksStore:
    """Behind the port `StateStore`. `put` keeps in memory what `write` (any thread), then `settle`, move to disk."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path = path
        with _needing_room(path):
            self._db = Rdict(str(path), options)
        self._overlay: dict[bytes, bytes | None] = {}
        self._scans: weakref.WeakSet[Generator[tuple[bytes, bytes], None, None]] = weakref.WeakSet()
        blob = self._db.get(META_KEY)
        self.meta: Meta | None = msgspec.msgpack.decode(blob, type=Meta) if blob else None
        self.bytes = self.meta.size if self.meta else 0
        self._loading = False

    # -- for the engine

    def get(self, key: bytes) -> bytes | None:
        """The encoded state, or None for a customer never seen."""
        if key in self._overlay:
            return self._overlay[key]
        found: bytes | None = self._db.get(key)
        return found

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep `value` as the newest state; None forgets the customer. In memory, until it is written."""
        self._overlay[key] = value

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer with its state."""
        return self.scan()

    def scan(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer held at the call, with the state of then; the store may change meanwhile."""
        # first what is in memory only: were it written in between, the view of the disk would have it too
        made = self._scan(dict(self._overlay), self._db.items(from_key=_FIRST_KEY, read_opt=_passing_by()))
        self._scans.add(made)
        return made

    def _scan(self, overlay: dict[bytes, bytes | None], disk: Any) -> Generator[tuple[bytes, bytes], None, None]:
        for key, value in overlay.items():
            if value is not None:
                yield key, value
        if not overlay:
            yield from disk
        else:
            for key, value in disk:
                if key not in overlay:
                    yield key, value

    def __len__(self) -> int:
        """How many customers are on disk; those of the next commit are not among them."""
        return self.meta.customers if self.meta else 0

    # -- for recovery

    @property
    def position(self) -> int:
        """The changelog has to be read from here on."""
        return self.meta.position if self.meta else 0

    def begin(self, topic_id: bytes) -> None:
        """The store is empty and belongs to this changelog from now on."""
        self.meta, self._loading = Meta(topic_id), True

    def load(self, states: Mapping[bytes, bytes | None], position: int) -> None:
        """Take over what the changelog says up to `position`."""
        if self._loading:
            meta = self._known()
            meta.position, meta.customers = max(meta.position, position), -1  # counted at the end
            self._batch(states, _without_log())
        else:
            self._add(states, position)
        failpoints.reached("store.loading")

    def loaded(self) -> None:
        """All is read: what was loaded without a write-ahead log is made safe, before anything is written with one."""
        meta = self._known()
        if self._loading:
            with _needing_room(self.path):
                self._db.flush()
        if self._loading or meta.customers < 0:
            sizes = [len(value) for _, value in self.scan()]
            meta.customers, meta.size = len(sizes), sum(sizes)
        self._loading = False
        self._batch({}, None)

    # -- for the runner

    def write(self, states: Mapping[bytes, bytes | None], position: int | None = None) -> None:
        """Write the states of a commit that Kafka has confirmed, as one batch; None leaves the position where it is."""
        self._add(states, position)
        failpoints.reached("store.written")

    def _add(self, states: Mapping[bytes, bytes | None], position: int | None) -> None:
        meta = self._known()
        keys = [key for key in states if key >= _FIRST_KEY] if meta.customers >= 0 else []
        known: Any = self._db.get(list(keys)) if keys else []
        for key, old in zip(keys, known, strict=True):
            new = states[key]
            meta.customers += (new is not None) - (old is not None)
            meta.size += len(new or b"") - len(old or b"")
        meta.position = max(meta.position, position or 0)
        self._batch(states, None)

    def settle(self, states: Mapping[bytes, bytes | None]) -> None:
        """What was written need not be kept in memory, unless it has changed since; in the thread that puts."""
        overlay = self._overlay
        for key, value in states.items():
            if key in overlay and overlay[key] is value:
                del overlay[key]

    def close(self) -> None:
        """Let go of the files; what was not written is forgotten."""
        for scan in list(self._scans):
            scan.close()
        self._overlay.clear()
        with suppress(StoreFault), _needing_room(self.path):  # what a full disk does not take is read from logs again
            self._db.close()

    def _known(self) -> Meta:
        if self.meta is None:
            raise StoreFault(f"the store in {self.path} belongs to no changelog")
        return self.meta

    def _batch(self, states: Mapping[bytes, bytes | None], options: WriteOptions | None) -> None:
        meta = self._known()
        meta.written_at = time.time()
        batch = WriteBatch(raw_mode=True)
        for key, value in states.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(META_KEY, msgspec.msgpack.encode(meta))
        with _needing_room(self.path):
            self._db.write(batch, options)
        self.bytes = meta.size


@contextmanager
def _needing_room(path: Path) -> Iterator[None]:
    """StoreFault for what RocksDB says of a full disk."""
    try:
        yield
    except Exception as error:
        if not any(words in str(error).lower() for words in _NO_ROOM):
            raise
        hint = "make room there and start again, nothing is lost"
        raise StoreFault(f"the disk is full that keeps the states in {path}: {hint}") from error


def _passing_by() -> ReadOptions:
    options: Any = ReadOptions()
    options.fill_cache(False)
    options.set_readahead_size(1 << 20)
    return options  # type: ignore[no-any-return]


def _without_log() -> WriteOptions:
    options: Any = WriteOptions()
    options.disable_wal = True
    return options  # type: ignore[no-any-return]
