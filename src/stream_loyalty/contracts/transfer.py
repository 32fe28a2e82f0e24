"""The form of what travels from one customer to another."""

from __future__ import annotations

import msgspec


class Transfer(msgspec.Struct, frozen=True):
    """An event for `receiver`: `at` is when it happened (ms), `id` its message id, `properties` JSON.

    `claim` is the id of the claim that it rests on, `guest` the anonymous id that sent it: the receiver takes it only
    as long as they claim that guest under that id.
    """

    receiver: str
    event: str
    id: str
    at: int
    properties: msgspec.Raw
    claim: str = ""
    guest: str = ""
