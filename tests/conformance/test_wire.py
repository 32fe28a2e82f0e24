"""What storefronts really send: every compression, other partitioners, oversize and broken records."""

import json
import subprocess
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.conformance.agreement import assert_same
from tests.conformance.feeds import order
from tests.support.live import Live, lines, run


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
    """Over 1 MB, broken, without a value: dead letters with their bytes, and the good ones between them applied."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    large = order("ada", 1)[:-1] + b', "note": "' + b"x" * 1_200_000 + b'"}'
    sent = [b"{", b"\xff\xfe\x00", b'{"event": NaN}', b"[" * 5000, large]
    java = Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "message.max.bytes": 4_000_000})
    for value in sent:
        java.produce(live.topic("orders"), value, key="ada")
    java.produce(live.topic("orders"), None, key="ada")
    for number in range(20):
        java.produce(live.topic("orders"), order(f"java-{number}", 1), key=f"java-{number}")
    java.flush()
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "live"))
    letters = list(map(json.loads, lines(tmp_path / "live", "dead-letters")))
    codes = [letter["code"] for letter in letters]
    assert codes.count("too-large") == 1
    assert codes.count("empty") == 1
    assert codes.count("bad-json") == len(sent) - 1
    customers = {row["user_id"] for row in map(json.loads, lines(tmp_path / "live", "customers"))}
    assert customers == {f"java-{number}" for number in range(20)}


@pytest.mark.kafka
def test_other_partitioners_lead_to_the_same_results(kafka: str, kcat: str, tmp_path: Path) -> None:
    """What kcat (CRC-32) and Go's clients (FNV-1a) put elsewhere is moved to its customer, and decided once."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    users = [f"user-{number}" for number in range(80)]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(order(user, 1) for user in users))
    go = Producer({"bootstrap.servers": kafka})
    for user in users[:40]:
        go.produce(live.topic("orders"), order(user, 1), key=user, partition=fnv1a(user.encode()) % 4)
    go.flush()
    lines_of_kcat = "\n".join(f"{user}|{order(user, 1).decode()}" for user in users[40:])
    command = [kcat, "-P", "-b", kafka, "-t", live.topic("orders"), "-K", "|"]
    subprocess.run(command, input=lines_of_kcat, text=True, check=True, timeout=60)
    with live.worker("0"), live.worker("1"):
        live.run("dump", "--out", str(tmp_path / "live"))
    run(["replay", str(tmp_path / "events.ndjson"), "--out", str(tmp_path / "replay")])
    assert not lines(tmp_path / "live", "dead-letters")
    assert_same(tmp_path / "live", tmp_path / "replay")
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")


def fnv1a(key: bytes) -> int:
    """The hash of the default partitioner of Go's Sarama (FNV-1a, 32 bits, its sign taken off)."""
    value = 0x811C9DC5
    for byte in key:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return abs(value - (value >> 31 << 32))
