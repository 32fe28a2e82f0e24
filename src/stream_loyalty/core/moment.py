"""What a policy is told beside the state: when, under which program, because of what."""

from __future__ import annotations

import uuid

from msgspec import Struct

from stream_loyalty.core.program import Program

NAMESPACE = uuid.UUID("c1a2b0b5-6a2e-5d0c-8f4e-1a7f3c0d9e42")


class Wake(Struct, frozen=True):
    """A trigger that the engine makes when a state's `wake_at` has come."""

    at: int


class Moment(Struct):
    """One input to one customer. `at` is when it happened, `now` the customer's clock after it (ms)."""

    program: Program
    threshold: int | None  # lifetime value that makes high value, minor units of the base currency
    customer: str
    cause: str  # message id, or kind and time of the wake
    at: int
    now: int

    def id(self, *parts: object) -> str:
        """A deterministic id: the same customer, cause and parts give the same one in every run."""
        return str(uuid.uuid5(NAMESPACE, "|".join(map(str, (self.customer, self.cause, *parts)))))
