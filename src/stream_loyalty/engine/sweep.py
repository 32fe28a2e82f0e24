"""Who is due, in an order that a replay along the log finds again: by a hash of the customer's key."""

from __future__ import annotations

import zlib

from stream_loyalty.core import codec
from stream_loyalty.ports import StateStore


def due_customers(states: StateStore, target: int, bound: int | None = None) -> list[bytes]:
    """Keys of the customers due up to `target` (ms), in order; `bound`: only those whose hash is not above it."""
    due = [key for key, blob in states.items() if codec.wake_at(blob) <= target]
    if bound is not None:
        due = [key for key in due if zlib.crc32(key) <= bound]
    return sorted(due, key=lambda key: (zlib.crc32(key), key))


def next_slice(due: list[bytes], limit: int) -> tuple[list[bytes], list[bytes], int | None]:
    """About `limit` customers, the rest, and the hash that parts them (None without a rest).

    Customers of the same hash stay together, so that the hash says exactly who was woken.
    """
    end = min(limit, len(due))
    while 0 < end < len(due) and zlib.crc32(due[end]) == zlib.crc32(due[end - 1]):
        end += 1
    rest = due[end:]
    return due[:end], rest, zlib.crc32(due[end - 1]) if rest else None
