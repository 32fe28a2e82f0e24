"""Ten thousand malformed inputs between good ones: each is kept with its bytes or told apart, none stops the worker."""

import base64
import json
import random
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import Producer

from stream_loyalty.bootstrap import now_ms, replay_engine
from stream_loyalty.contracts.parse import CLAMPED, Event, Rejected
from stream_loyalty.contracts.wire import Record
from tests.conformance.feeds import order
from tests.support.live import Live, lines

SEED = 20260301
GOOD = 500
MALFORMED = 10_000

CORPUS: tuple[bytes, ...] = (
    b"",
    b" ",
    b"\x00",
    b"null",
    b"true",
    b"42",
    b'"text"',
    b"[]",
    b"{}",
    b"{",
    b"}{",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"event":NaN,"userId":"a"}',
    b'{"event":Infinity}',
    b'{"userId":"a"}',
    b'{"event":"Order Completed"}',
    b'{"event":7,"userId":"a"}',
    b'{"event":"Order Completed","userId":"a\x01b"}',
    b"\xef\xbb\xbf" + order("bom", 1),
    order("sixteen", 1).decode().encode("utf-16"),
    b"{'single': 'quotes'}",
    b"<xml/>",
    b"userId=ada&event=Order",
    "日本語".encode("shift_jis"),
    b'{"@timestamp":"2026-03-01T12:00:00Z","level":"info","message":"somebody else\'s log"}',
    b'{"specversion":"1.0","type":"com.example","source":"/x","id":"1"}',
    order("epoch", 1).replace(b"2026-03-01T12:00:00Z", b"1970-01-01T00:00:00Z"),
    order("never", 1).replace(b"2026-03-01T12:00:00Z", b"2026-02-30T00:00:00Z"),
    order("year", 1).replace(b"2026-03-01T12:00:00Z", b"0000-00-00"),
    order("minus", 1).replace(b'"total": 10', b'"total": -10'),
    order("words", 1).replace(b'"total": 10', b'"total": "ten"'),
    order("huge", 1).replace(b'"total": 10', b'"total": 1e308'),
    order("long", 1).replace(b'"total": 10', b'"total": ' + b"9" * 5000),
    order("yes", 1).replace(b'"total": 10', b'"total": true'),
    order("cents", 1).replace(b'"total": 10', b'"total": 10.001'),
    order("coin", 1).replace(b'"USD"', b'"Galleons"'),
    order("nobody", 1).replace(b'"userId": "nobody"', b'"userId": null'),
)


def mutated(chance: random.Random) -> bytes:
    """A good event, damaged: cut, doubled, a byte changed, put in or taken out."""
    raw = bytearray(order(f"user-{chance.randrange(200)}", chance.randrange(10**6)))
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(raw))
        match chance.randrange(5):
            case 0:
                del raw[at:]
                if not raw:
                    return b""
            case 1:
                raw[at] = chance.randrange(256)
            case 2:
                raw.insert(at, chance.randrange(256))
            case 3 if len(raw) > 1:
                del raw[at]
            case _:
                raw[at:at] = raw[at : at + chance.randint(1, 60)]
    return bytes(raw)


@pytest.mark.kafka
def test_ten_thousand_malformed_inputs(kafka: str, tmp_path: Path) -> None:
    """What the parser refuses is in the dead letters byte for byte, as often as it was sent; all good orders count."""
    chance = random.Random(SEED)
    bad = [*CORPUS, *(mutated(chance) for _ in range(MALFORMED - len(CORPUS)))]
    late_clock = order("ahead", 1).replace(b"2026-03-01", b"2099-03-01")
    inputs = [*bad, late_clock, *(order(f"good-{number}", 1) for number in range(GOOD))]
    chance.shuffle(inputs)
    live = Live(kafka, tmp_path)
    live.run("topics")
    producer = Producer({"bootstrap.servers": kafka})
    for raw in inputs:  # without keys, all in one partition: most lie astray as well
        producer.produce(live.topic("orders"), raw, partition=0)
    producer.flush()
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "live"))
    kept = Counter(
        base64.b64decode(json.loads(line)["value"] or "") for line in lines(tmp_path / "live", "dead-letters")
    )
    engine = replay_engine()
    contents = {raw: engine.read(Record("orders", 0, 0, now_ms(), None, raw)) for raw in set(inputs)}
    assert kept == Counter(raw for raw in inputs if isinstance(contents[raw], Rejected))
    assert all(isinstance(contents[raw], Rejected) for raw in CORPUS)
    ahead = contents[late_clock]
    assert isinstance(ahead, Event)
    assert ahead.flags == (CLAMPED,)
    orders = {row["user_id"]: row["orders"] for row in map(json.loads, lines(tmp_path / "live", "customers"))}
    assert all(orders[f"good-{number}"] == 1 for number in range(GOOD))
    assert orders["ahead"] == 1
