"""Keys lie where Java clients put them."""

from __future__ import annotations

import random

import pytest
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.partitioner import murmur2 as theirs

from stream_loyalty.contracts.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_vectors_of_apache_kafka(key: bytes, expected: int) -> None:
    """The same numbers as in Kafka's own UtilsTest."""
    assert murmur2(key) == expected & 0xFFFFFFFF


def test_the_same_as_aiokafka() -> None:
    """Any key of any length hashes and lies as aiokafka has it."""
    rng = random.Random(7)
    keys = [rng.randbytes(length) for length in range(64) for _ in range(5)]
    assert all(murmur2(key) == theirs(key) & 0xFFFFFFFF for key in keys)
    for count in (1, 4, 12):
        places = list(range(count))
        assert all(partition_of(key, count) == DefaultPartitioner()(key, places, places) for key in keys)
