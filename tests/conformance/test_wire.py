"""What storefronts really send: every compression, other partitioners, oversize and broken records."""

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.support.live import Live, lines


def order(user: str, number: int) -> bytes:
    event = {
        "messageId": f"{user}-{number}",
        "type": "track",
        "event": "Order Completed",
        "userId": user,
        "timestamp": "2026-03-01T12:00:00Z",
        "properties": {"order_id": f"{user}-{number}", "total": 10, "currency": "USD"},
    }
    return json.dumps(event).encode()


@pytest.mark.kafka
def test_every_compression_is_read(kafka: str, tmp_path: Path) -> None:
    """A codec that a client library chose is no reason to stop."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    codecs = ("none", "gzip", "snappy", "lz4", "zstd")
    for codec in codecs:
        producer = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "compression.type": codec})
        for number in range(50):  # enough for a batch that is worth compressing
            producer.produce(live.topic("orders"), order(codec, number), key=codec)
        producer.flush()
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "live"))
    customers = {row["user_id"]: row["orders"] for row in map(json.loads, lines(tmp_path / "live", "customers"))}
    assert customers == dict.fromkeys(codecs, 50)


@pytest.mark.kafka
def test_bad_records_are_kept_and_stop_nothing(kafka: str, tmp_path: Path) -> None:
    """In another partition than its key's, over 1 MB, broken, without a value: dead letters with their bytes."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    large = order("ada", 1)[:-1] + b', "note": "' + b"x" * 1_200_000 + b'"}'
    sent = [b"{", b"\xff\xfe\x00", b'{"event": NaN}', b"[" * 5000, large]
    java = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "message.max.bytes": 4_000_000})
    other = Producer({"bootstrap.servers": kafka, "partitioner": "consistent_random"})  # CRC32, librdkafka's default
    for value in sent:
        java.produce(live.topic("orders"), value, key="ada")
    java.produce(live.topic("orders"), None, key="ada")
    for number in range(20):
        other.produce(live.topic("orders"), order(f"user-{number}", 1), key=f"user-{number}")
        java.produce(live.topic("orders"), order(f"java-{number}", 1), key=f"java-{number}")
    java.flush()
    other.flush()
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "live"))
    letters = list(map(json.loads, lines(tmp_path / "live", "dead-letters")))
    codes = [letter["code"] for letter in letters]
    assert codes.count("too-large") == 1
    assert codes.count("empty") == 1
    assert codes.count("bad-json") == len(sent) - 1
    customers = {row["user_id"] for row in map(json.loads, lines(tmp_path / "live", "customers"))}
    assert customers >= {f"java-{number}" for number in range(20)}
    strays = codes.count("wrong-partition")
    assert 0 < strays < 20
    assert len(customers) == 40 - strays, "a record was neither applied nor kept"
