"""The ways in which other people's systems break events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from stream_loyalty.simulate.shop.diary import track
from stream_loyalty.simulate.shop.shelf import SHELF, Line, bill
from stream_loyalty.simulate.shop.shoppers import NAMES


def broken(rng: Random, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """One record of each way, spread over the time from `start` to `end` (ms)."""
    step = (end - start) // (len(_BREAKAGES) + 1)
    for number, breakage in enumerate(_BREAKAGES, 1):
        at = start + number * step
        order = bill(f"legacy-{number}", [Line(SHELF[0], 1)], rng)
        message_id = UUID(int=rng.getrandbits(128), version=4)
        raw = track(message_id, "Order Completed", {"userId": f"{rng.choice(NAMES)}-{number}"}, at, order.properties)
        yield at, breakage(msgspec.json.decode(raw))


def _with(**properties: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda event: msgspec.json.encode(event | {"properties": event["properties"] | properties})


_BREAKAGES: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    lambda event: msgspec.json.encode(event)[:-25],  # cut off by a proxy
    lambda event: msgspec.json.encode(event | {"userId": ""}),  # a guest checkout without any id
    _with(total="8,90"),  # a decimal comma
    lambda event: msgspec.json.encode(event | {"timestamp": "yesterday"}),
    _with(currency="TEA"),
    lambda event: b"<order><total>8.90</total></order>",  # a system of 2004
    _with(total=8.905),  # a price of half a cent
    _with(order_id=None),
)
