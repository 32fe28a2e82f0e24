"""Messages out: CloudEvents, dead letters, routes and control records."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.control import clock_advanced, control_time
from stream_loyalty.contracts.decision import schema_of, written
from stream_loyalty.contracts.decisions import DECISIONS, NAME_OF_TYPE, published
from stream_loyalty.contracts.instants import Instant, parse_instant
from stream_loyalty.contracts.intake import moved, original
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine.merge import ClockAdvanced
from stream_loyalty.simulate.examples import story_told
from tests.unit.support_core import (
    Live,
    engine_of,
    event,
    order,
    run,
)


def test_a_reward_is_a_cloud_event_in_binary_mode() -> None:
    """Required attributes in headers, the customer as key and subject, a JSON object as body."""
    (message,) = run([order("2026-03-01", "o-1", 12.5)]).messages(topics.REWARDS)
    headers = dict(message.headers)
    assert headers.pop("ce_id")
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_type": b"loyalty.points.earned",
        "ce_source": b"/stream-loyalty",
        "ce_subject": b"ada",
        "ce_time": b"2026-03-01T00:00:00Z",
        "content-type": b"application/json",
    }
    assert message.key == b"ada"
    body = json.loads(message.value or b"")
    assert (body["customer"], body["points"], body["order_id"]) == ("ada", 12, "o-1")
    assert body["because"]["event"] == "Order Completed"
    assert body["because"]["program"] == "default/1"


def test_every_body_is_what_its_schema_says() -> None:
    """Types, names and requirements hold for each message of a story that brings out every decision."""
    models = {decision.__name__: published(decision) for decision in DECISIONS if decision.receipt or decision.topic}
    seen = set()
    for message in story_told():
        if message.topic not in (topics.DECISIONS, topics.TRAINING):
            continue
        name = NAME_OF_TYPE[dict(message.headers)["ce_type"].decode()]
        seen.add(name)
        body = msgspec.json.decode(message.value or b"", type=models[name], dec_hook=_instant)
        schema, data = schema_of(models[name]), json.loads(message.value or b"")
        assert set(data) == set(schema["properties"]) == set(schema["required"]), name
        assert json.loads(msgspec.json.encode(body, enc_hook=written)) == data
    assert seen == set(models)


def _instant(kind: type, value: str) -> Instant:
    assert kind is Instant
    return Instant(parse_instant(value))


@pytest.mark.parametrize("raw", [None, b"", b"{", b"\x00\xff\xfe", "过敏".encode(), b"x" * 1_000_001])
def test_a_dead_letter_keeps_everything(raw: bytes | None) -> None:
    """Key and bytes as they came, the source position, and why."""
    live = Live(engine_of(partitions=4), number=3)
    record = Record("browsing", 3, 17, 5, b"\xffkey", raw)
    live.apply([record])
    (message,) = live.commit().messages(topics.DEAD_LETTERS)
    assert (message.key, message.value, message.partition) == (b"\xffkey", raw, 3)
    (line,) = live.outcome.lines(topics.DEAD_LETTERS)
    assert line["source"] == {"partition": 3, "offset": 17}
    assert line["topic"] == "browsing"
    assert base64.b64decode(line["key"]) == b"\xffkey"
    assert (None if line["value"] is None else base64.b64decode(line["value"])) == raw
    assert line["code"] in ("empty", "bad-json", "too-large")
    assert line["schema"]
    assert line["reason"]
    assert live.partition.positions["browsing"] == 18


def test_a_record_in_a_strange_partition() -> None:
    """Not decided where it lies but moved, with all it had; and decided where it belongs as if it had lain there."""
    engine = engine_of(partitions=4)
    lives = [Live(engine, number=number) for number in range(4)]
    users = [f"user-{i}" for i in range(8)]
    lives[0].feed(*(order("2026-01-01", "o", user=user) for user in users))
    outcome = lives[0].commit()
    assert not outcome.lines(topics.DEAD_LETTERS)
    strays = outcome.messages(topics.INTAKE)
    assert 0 < len(strays) < 8
    counted = outcome.facts("order.counted")
    for offset, message in enumerate(strays):
        record = Record(topics.INTAKE, message.partition, offset, 9, message.key, message.value, message.headers)
        assert original(record).topic == "orders"
        lives[message.partition].apply([record])
    for live in lives[1:]:
        counted += live.commit().facts("order.counted")
    assert {fact["customer"] for fact in counted} == set(users)
    assert len(counted) == 8


def test_a_record_that_was_moved_astray_is_kept() -> None:
    """Once is enough: in the wrong partition of the intake it is a dead letter with its first position."""
    live = Live(engine_of(partitions=4), number=1)
    user = next(user for user in map(str, range(99)) if partition_of(user.encode(), 4) != 1)
    first = Record("orders", 3, 17, parse_instant("2026-01-01"), b"k", order("2026-01-01", "o", user=user))
    message = moved(first, 1)
    live.apply([Record(topics.INTAKE, 1, 0, 9, message.key, message.value, message.headers)])
    (line,) = live.commit().lines(topics.DEAD_LETTERS)
    assert (line["code"], line["topic"], line["source"]) == (
        "wrong-partition",
        "orders",
        {"partition": 3, "offset": 17},
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (order("2026-01-01", "o"), ("orders", b"ada")),
        (event("Product Viewed", "2026-01-01", user=None, anonymousId="x"), ("browsing", b"x")),
        (event("Product Viewed", "2026-01-01", user="", anonymousId="x"), ("browsing", b"x")),
        (event("Nobody Knows This", "2026-01-01"), ("commands", b"ada")),
        (event("Product Viewed", "2026-01-01", user=None), ("browsing", None)),
        (b'{"event":"Product Viewed","userId":7}', ("browsing", None)),
        (b'{"event":["x"],"userId":"a"}', ("commands", b"a")),
        (b"{", ("commands", None)),
        (b"\xff", ("commands", None)),
        (b"[" * 100_000, ("commands", None)),
        (b"", ("commands", None)),
    ],
)
def test_route(raw: bytes, expected: tuple[str, bytes | None]) -> None:
    """An event's topic is told by its name, its key by its customer; what cannot be read goes to a worker as it is."""
    assert route(raw) == expected


def test_control_records() -> None:
    """Told by their header alone; other records have no control time, broken ones are dead letters."""
    value, headers = clock_advanced(parse_instant("2026-03-01"))
    at = parse_instant("2026-03-01")
    engine = engine_of(partitions=4)
    assert control_time(Record("orders", 0, 0, 0, None, value)) is None
    assert engine.read(Record("orders", 3, 0, 0, None, value, headers)) == ClockAdvanced(at)
    for broken in (b"{", b"[]", b"\xff", b'{"timestamp":5}', b'{"timestamp":"soon"}', b"[" * 100_000):
        assert engine.read(Record("orders", 0, 0, 0, None, broken, headers)).code == "bad-time"  # type: ignore[union-attr]
    assert engine.read(Record("orders", 0, 0, 0, None, None, headers)).code == "empty"  # type: ignore[union-attr]
