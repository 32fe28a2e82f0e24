"""What a policy is told beside the state: when, under which program, because of what."""

from __future__ import annotations

import hashlib
import uuid

from msgspec import Struct

from stream_loyalty.core.model import Model
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import Programs

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
NAMESPACE = uuid.UUID("c1a2b0b5-6a2e-5d0c-8f4e-1a7f3c0d9e42")
_BEGUN = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)  # a copy is cheaper than a beginning


def uuid5(name: str) -> str:
    """`str(uuid.uuid5(NAMESPACE, name))` (RFC 9562), without the object in between: every message needs one."""
    sha1 = _BEGUN.copy()
    sha1.update(name.encode())
    h = sha1.hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"


class Wake(Struct, frozen=True):
    """A trigger that the engine makes when a state's `wake_at` has come."""

    at: int


class Moment(Struct):
    """One input to one customer. `at` is when it happened, `now` the customer's clock after it (ms)."""

    program: Program
    programs: Programs  # all versions, for what goes by the time of an earlier event
    threshold: int | None  # lifetime value that makes high value, minor units of the base currency
    customer: str
    cause: str  # message id, or kind and time of the wake
    at: int
    now: int
    model: Model | None = None  # that churn is scored with
    budgets: dict[str, int] | None = None  # units left here of each budget; None: no limits are known

    def id(self, *parts: object) -> str:
        """A deterministic id: the same customer, cause and parts give the same one in every run.

        They are joined by a character that identifiers cannot contain, so that no two lists give one name.
        """
        return uuid5("\x1f".join(map(str, (self.customer, self.cause, *parts))))
