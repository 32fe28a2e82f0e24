"""Which partition a key belongs to: murmur2, as Java clients and aiokafka do it."""

from __future__ import annotations

from functools import lru_cache
from struct import unpack_from

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """The 32-bit hash of Kafka's default partitioner (Apache Kafka, `Utils.murmur2`, seed 0x9747b28c)."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for word in unpack_from(f"<{whole // 4}I", data):
        k = word * _M & _MASK
        h = h * _M & _MASK ^ (k ^ k >> 24) * _M & _MASK
    if whole < length:
        h = (h ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


@lru_cache(1 << 16)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition number of `key` in a topic of `partitions` partitions."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
