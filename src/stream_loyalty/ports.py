"""What the engine needs from outside, as Protocols: adapters provide them, tests use the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol


class StateStore(Protocol):
    """The customer states of one partition number: key (user id, UTF-8) -> encoded state."""

    def get(self, key: bytes) -> bytes | None:
        """The encoded state, or None for a customer never seen."""

    def put(self, key: bytes, value: bytes | None) -> None:
        """Keep `value` as the newest state; None forgets the customer."""

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Every customer with its state, in any order; the store must not change meanwhile."""

    def __len__(self) -> int:
        """How many customers are held."""


class Scorer(Protocol):
    """Churn probabilities by a published model: a dot product, no learning here."""

    @property
    def version(self) -> str:
        """Name of the weights in use; every alert that used them repeats it."""

    def score(self, features: Sequence[float]) -> float:
        """Probability in [0, 1] that the customer does not buy within the program's horizon."""
