"""When customers are due by other dated inputs than before: a look at every state, in slices of a deadline.

A deadline is a moment of `time.perf_counter`, and a slice does at least a little.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from stream_loyalty.core import codec
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.customers import next_wake
from stream_loyalty.engine.mark import NEVER_YET
from stream_loyalty.ports import StateStore

_BATCH = 64  # states between two looks at the time


class Rescheduling:
    """One look at the states of a partition; those that are stored meanwhile are reckoned by whoever stores them."""

    def __init__(self, states: StateStore) -> None:
        self._states = states
        self._scan: Iterator[tuple[bytes, bytes]] | None = None
        self.alike_until = NEVER_YET  # it has to be over before anything from this moment on is decided (ms)
        self.more = True

    def begin(self, alike_until: int) -> None:
        """Look at all states anew."""
        self._scan, self.alike_until, self.more = None, alike_until, True

    def go_on(self, programs: Programs, deadline: float) -> list[bytes]:
        """The customers found who are due at another time than their state says; `more` says whether it is over."""
        if self._scan is None:
            self._scan = self._states.scan()
        found: list[bytes] = []
        while True:
            some = list(islice(self._scan, _BATCH))
            found += (key for key, blob in some if next_wake(codec.decode(blob), programs) != codec.wake_at(blob))
            if len(some) < _BATCH:
                self._scan, self.more = None, False
                return found
            if time.perf_counter() >= deadline:
                return found
