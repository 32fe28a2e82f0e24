"""The stores of one worker: a folder for each partition, one bounded budget of memory for all of them."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, WriteBufferManager

from stream_loyalty.adapters.kafka.topics import COPY_STALE_S
from stream_loyalty.adapters.rocksdb.store import RocksStore, StoreFault
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

_OPEN_FILES = 512
_BACKGROUND_JOBS = 2


class RocksStores:
    """Opens and closes the stores below one folder, which belongs to one worker alone."""

    def __init__(self, home: Path, cache_mb: int, memtables_mb: int) -> None:
        self._home = home
        self._options = _options(cache_mb << 20, memtables_mb << 20)
        self._open: dict[int, RocksStore] = {}

    def open(self, number: int, topic_id: bytes, start: int = 0, end: int | None = None) -> RocksStore:
        """The store of a partition of the changelog with this id, which holds the offsets from `start` to `end`.

        It begins empty where what is on disk can not be trusted: another changelog (or one without an id), too old,
        ahead of the log or behind its beginning, or damaged. StoreFault when another process has it.
        """
        self._close(number)
        path = self._home / f"partition-{number}"
        store = self._opened(path)
        reason = _distrust(store, topic_id, start, end)
        if reason is not None:
            if store.meta is not None or len(store):
                _log.warning("partition %d: the states in %s begin anew: %s", number, path, reason)
            store.close()
            shutil.rmtree(path)
            store = RocksStore(path, self._options)
            store.begin(topic_id)
        self._open[number] = store
        return store

    def close(self) -> None:
        """Let go of all of them."""
        for number in tuple(self._open):
            self._close(number)

    def _close(self, number: int) -> None:
        if (store := self._open.pop(number, None)) is not None:
            store.close()

    def _opened(self, path: Path) -> RocksStore:
        try:
            path.mkdir(parents=True, exist_ok=True)
            return RocksStore(path, self._options)
        except StoreFault:  # a full disk: what is there is no worse for it
            raise
        except OSError as error:
            raise StoreFault(f"the states can not be kept in {path}: {error.strerror}; see STATE_DIR") from error
        except Exception as error:  # rocksdict raises nothing more special
            if "lock" in str(error).lower():
                raise StoreFault(f"{path} is in use by another process; each worker needs a slot of its own") from error
            _log.warning("the states in %s can not be opened and begin anew: %s", path, error)
        shutil.rmtree(path)
        return RocksStore(path, self._options)


def from_settings(settings: Settings) -> RocksStores | None:
    """The stores that the settings ask for; None: states are kept in memory."""
    if settings.store == "memory":
        return None
    home = settings.state_dir / f"{settings.topic_prefix}{settings.app_id}-{settings.slot}"
    return RocksStores(home, settings.rocksdb_cache_mb, settings.rocksdb_memtables_mb)


def _distrust(store: RocksStore, topic_id: bytes, start: int, end: int | None) -> str | None:
    """Why a store must not be used, or None."""
    meta = store.meta
    if meta is None:
        return "nothing is there"
    if not topic_id or meta.topic_id != topic_id:
        return "they belong to another changelog"
    if time.time() - meta.written_at > COPY_STALE_S:
        return "they are so old that deletions may have been missed"
    if end is not None and meta.position > end:
        return f"they go up to {meta.position}, the changelog to {end} only"
    if meta.position < start:
        return f"they go up to {meta.position}, the changelog begins at {start}"
    return None


def _options(cache_bytes: int, memtable_bytes: int) -> Options:
    cache = Cache(cache_bytes + memtable_bytes)
    tables = BlockBasedOptions()
    tables.set_block_cache(cache)
    tables.set_cache_index_and_filter_blocks(True)
    tables.set_bloom_filter(10, False)
    tables.set_block_size(4 << 10)
    tables.set_format_version(5)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(tables)
    # memtables are charged to the cache: together they stay below its size
    options.set_write_buffer_manager(
        WriteBufferManager.new_write_buffer_manager_with_cache(memtable_bytes, False, cache)
    )
    options.set_write_buffer_size(max(1 << 20, memtable_bytes // 4))
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_open_files(_OPEN_FILES)
    options.set_max_background_jobs(_BACKGROUND_JOBS)
    options.set_keep_log_file_num(2)
    options.set_max_total_wal_size(max(4 << 20, memtable_bytes))
    return options
