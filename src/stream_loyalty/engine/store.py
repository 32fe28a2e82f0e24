"""Customer states in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class MemoryStore:
    """A dict behind the port `StateStore`; knows the bytes it holds."""

    def __init__(self, states: Mapping[bytes, bytes] | None = None) -> None:
        self._states = dict(states or {})
        self.bytes = sum(map(len, self._states.values()))

    def get(self, key: bytes) -> bytes | None:
        """The encoded state, or None for a customer never seen."""
        return self._states.get(key)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep `value` as the newest state; None forgets the customer."""
        self.bytes -= len(self._states.get(key, b""))
        if value is None:
            self._states.pop(key, None)
        else:
            self._states[key] = value
            self.bytes += len(value)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer with its state; the store must not change meanwhile."""
        return iter(self._states.items())

    def __len__(self) -> int:
        return len(self._states)
