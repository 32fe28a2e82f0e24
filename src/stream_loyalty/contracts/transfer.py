"""The form of what travels from one customer to another."""

from __future__ import annotations

import msgspec


class Transfer(msgspec.Struct, frozen=True):
    """An event for `receiver`: `at` is when it happened (ms), `id` its message id, `properties` JSON."""

    receiver: str
    event: str
    id: str
    at: int
    properties: msgspec.Raw
