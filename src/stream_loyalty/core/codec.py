"""State as bytes: a fixed header (schema version, next wake) and msgpack, so that a sweep need not decode.

Layout, big-endian: 1 byte schema version, 8 bytes `wake_at` (ms; NEVER for none), then the msgpack array of Customer.
"""

from __future__ import annotations

import struct

import msgspec

from stream_loyalty.contracts.instants import Instant
from stream_loyalty.core.state import Customer
from stream_loyalty.core.upgrade import upgrade
from stream_loyalty.errors import StreamLoyaltyError

VERSION = 3
_HEADER = struct.Struct(">Bq")


def _plain(value: object) -> int:
    """A time that came with a decision is a number here. TypeError for what has no place in a state."""
    if isinstance(value, Instant):
        return int(value)
    raise TypeError(f"{type(value).__name__} has no place in a state")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decode = msgspec.msgpack.Decoder(Customer).decode


class UnknownStateVersion(StreamLoyaltyError):
    """A state written by a newer release than this one."""


def encode(state: Customer, wake_at: int) -> bytes:
    """The state as it is stored."""
    return _HEADER.pack(VERSION, wake_at) + _encoder.encode(state)


def decode(blob: bytes) -> Customer:
    """The state of `blob`. UnknownStateVersion for one that a newer release wrote."""
    version = blob[0]
    if version > VERSION:
        raise UnknownStateVersion(
            f"a customer's state has schema version {version}, this release reads up to {VERSION}; use the newer one"
        )
    body = memoryview(blob)[_HEADER.size :]
    return _decode(body) if version == VERSION else upgrade(body, version)


def wake_at(blob: bytes) -> int:
    """When the customer must be looked at next (ms), read from the header alone."""
    due: int = _HEADER.unpack_from(blob)[1]
    return due
