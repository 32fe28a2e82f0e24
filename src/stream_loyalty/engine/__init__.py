"""Chunk in, effects out: merge, load, dedupe, decide, evolve, sweep. No I/O of its own."""

from stream_loyalty.engine.engine import Engine
from stream_loyalty.engine.mark import StatesAhead
from stream_loyalty.engine.merge import Arrival, Merger
from stream_loyalty.engine.partition import Partition
from stream_loyalty.engine.store import MemoryStore

__all__ = ["Arrival", "Engine", "MemoryStore", "Merger", "Partition", "StatesAhead"]
