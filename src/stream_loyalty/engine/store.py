"""Customer states in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice


class MemoryStore:
    """A dict behind the port `StateStore`; knows the bytes it holds."""

    def __init__(self, states: Mapping[bytes, bytes] | None = None) -> None:
        """Takes a dict over as it is: a million states are not copied."""
        self._states = states if isinstance(states, dict) else dict(states or {})
        self._forgotten = 0
        self.bytes = sum(map(len, self._states.values()))

    def get(self, key: bytes) -> bytes | None:
        """The encoded state, or None for a customer never seen."""
        return self._states.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep `value` as the newest state; None forgets the customer."""
        before = self._states.get(key)
        self.bytes -= len(before or b"")
        if value is None:
            self._states.pop(key, None)
            self._forgotten += before is not None
        else:
            self._states[key] = value
            self.bytes += len(value)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer with its state; the store must not change meanwhile."""
        return iter(self._states.items())

    def scan(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer held at the call, with the state of the moment; the store may change meanwhile.

        For each one forgotten meanwhile another may come twice. A list of keys made first would hold its caller up,
        and looking each of them up takes twice as long.
        """
        done, forgotten = 0, self._forgotten
        entries = iter(self._states.items())
        while True:
            try:
                for entry in entries:
                    done += 1
                    yield entry
                    if self._forgotten != forgotten:
                        break
                else:
                    return
            except RuntimeError:  # the dict has grown, at its end
                pass
            # whoever is forgotten may have stood before this place, so that the others have moved up
            done, forgotten = max(0, done - (self._forgotten - forgotten)), self._forgotten
            entries = iter(self._states.items())
            next(islice(entries, done, done), None)

    def __len__(self) -> int:
        return len(self._states)
