"""What the engine needs from outside, as Protocols: adapters provide them, tests use the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class StateStore(Protocol):
    """The customer states of one partition number: key (user id, UTF-8) -> encoded state."""

    def get(self, key: bytes) -> bytes | None:
        """The encoded state, or None for a customer never seen."""

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep `value` as the newest state; None forgets the customer."""

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer with its state, in any order; the store must not change meanwhile."""

    def scan(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer held at the call, with a state from then or from later; those who came since may lack.

        Unlike with `items` the store may change between two steps, so that the reading can be done in slices.
        """

    def __len__(self) -> int:
        """How many customers are held."""
