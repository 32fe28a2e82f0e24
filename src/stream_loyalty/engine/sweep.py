"""Who is due, in an order that a replay along the log finds again: by a hash of the customer's key.

All of it works in slices: a deadline is a moment of `time.perf_counter`, and a slice does at least a little.
"""

from __future__ import annotations

import math
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.core import codec
from stream_loyalty.engine.mark import NEVER_YET
from stream_loyalty.ports import StateStore

SLICE_S = 0.02  # how long a slice holds its caller up, as a rule
WHOLE = math.inf  # the deadline of whoever wants it done at once

_AHEAD_MS = DAY_MS  # one look through all states serves the sweeps of a day
_MINUTE_MS = 60_000
_BATCH = 256  # between two looks at the time
_BUCKET_BITS = 12  # of a hash: so many customers are put in order at a time that nobody notices


class Agenda:
    """Hints at who is due up to a horizon. A hint may be out of date; none is missing up to `known`."""

    def __init__(self, states: StateStore) -> None:
        self._states = states
        self._hints: dict[int, set[bytes]] = defaultdict(set)  # by minute
        self._horizon = NEVER_YET  # hints up to here are kept
        self._scan: Iterator[tuple[bytes, bytes]] | None = None
        self.known = NEVER_YET

    def note(self, key: bytes, at: int) -> None:
        """A customer is due at `at` (ms) from now on; to be called at every change."""
        if at <= self._horizon:
            self._hints[at // _MINUTE_MS].add(key)

    def look_ahead(self, target: int, deadline: float) -> bool:
        """Look through the states, where `target` (ms) asks for it; False when there is more of it to do.

        A look that began for an earlier target is finished first: `known` may stay behind `target`.
        """
        if self._scan is None:
            if target <= self.known:
                return True
            self._horizon = target + _AHEAD_MS  # what changes during the look is noted by it already
            self._scan = self._states.scan()
        horizon, hints, wake_at = self._horizon, self._hints, codec.wake_at
        while True:
            some = list(islice(self._scan, _BATCH))
            for key, blob in some:
                at = wake_at(blob)
                if at <= horizon:
                    hints[at // _MINUTE_MS].add(key)
            if len(some) < _BATCH:
                break
            if time.perf_counter() >= deadline:
                return False
        self._scan, self.known = None, horizon
        return True

    def take(self, target: int) -> Iterator[bytes]:
        """The hints up to `target` (ms); they are no longer kept."""
        last = target // _MINUTE_MS
        for minute in [minute for minute in self._hints if minute < last]:
            yield from self._hints.pop(minute)
        for key in self._hints.pop(last, ()):  # of this minute some may be due later
            blob = self._states.get(key)
            if blob is not None and (at := codec.wake_at(blob)) > target:
                self.note(key, at)
            else:
                yield key


class Sweep:
    """A sweep on its way: it finds who may be due, then hands them out by hash. States must not change but by it."""

    def __init__(self, agenda: Agenda, target: int) -> None:
        self.target = target
        self.told = False  # a step of it stands in the log
        self._agenda = agenda
        self._hints: Iterator[bytes] | None = agenda.take(target)
        self._buckets: dict[int, list[bytes]] = defaultdict(list)
        self._waiting: list[int] = []  # numbers of buckets, the next one last
        self._next: list[tuple[int, bytes]] = []  # of the bucket at hand, the next one last

    def gather(self, deadline: float) -> bool:
        """Find who may be due; False when there is more of it to do."""
        while self._agenda.known < self.target:
            if not self._agenda.look_ahead(self.target, deadline):
                return False
        while self._hints is not None:
            some = list(islice(self._hints, _BATCH))
            for key in some:
                self._buckets[zlib.crc32(key) >> (32 - _BUCKET_BITS)].append(key)
            if len(some) < _BATCH:
                self._hints, self._waiting = None, sorted(self._buckets, reverse=True)
            elif time.perf_counter() >= deadline:
                return False
        return True

    @property
    def hash(self) -> int | None:
        """Of the customer who comes next; None at the end. Only for a sweep that is gathered."""
        while not self._next:
            if not self._waiting:
                return None
            keys = self._buckets.pop(self._waiting.pop())
            self._next = sorted(((zlib.crc32(key), key) for key in keys), reverse=True)
        return self._next[-1][0]

    def pop(self) -> bytes:
        """The customer who comes next."""
        return self._next.pop()[1]
