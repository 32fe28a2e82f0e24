"""Whatever the bytes: never an exception, never a stopped partition, never a silent drop."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stream_loyalty.contracts.control import clock_advanced
from stream_loyalty.contracts.events import EVENT_MODELS
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.contracts.wire import Record
from tests.unit.support_core import NOW, Live, Outcome, engine_of, order

EXAMPLES: list[Any] = [
    example
    for model in EVENT_MODELS
    for example in model.model_config["json_schema_extra"]["examples"]  # type: ignore[index, union-attr]
]
TEXTS = st.text() | st.sampled_from(
    (
        "",
        "\x00",
        "debt",
        "USD",
        "EUR",
        "JPY",
        "1e999",
        "-0",
        "NaN",
        "9" * 400,
        "0001-01-01T00:00:00+23:59",
        "9999-12-31",
        "2026-01-01",
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.sampled_from((0, 1, 11.777, 1e11, 999_999_999_999, 10**12, 10**6, 2**63, -0.0))
    | TEXTS
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NUMBERS = st.sampled_from(
    (0, 1, 0.001, 11.777, -1, -0.0, 1e11, 999_999_999_999, 10**12, 10**6, 2**63, 1e300, "5", "1e-999999")
)
MONEY = {
    "total",
    "price",
    "quantity",
    "discount",
    "points",
    "subtotal",
    "tax",
    "shipping",
    "paid_with_points",
}
NAMES = (
    "order_id",
    "refund_id",
    "total",
    "currency",
    "products",
    "price",
    "quantity",
    "discount",
    "test",
    "points",
    "granted",
    "purpose",
    "userId",
    "anonymousId",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "type",
    "event",
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """An event of the schemas' examples with some of its values exchanged, taken away or added."""
    body = json.loads(json.dumps(draw(st.sampled_from(EXAMPLES))))
    for _ in range(draw(st.integers(1, 3))):
        target = body if draw(st.booleans()) or not isinstance(body.get("properties"), dict) else body["properties"]
        name = draw(st.sampled_from(sorted(target)) if target and draw(st.booleans()) else st.sampled_from(NAMES))
        if draw(st.booleans()) or name not in target:
            lines = st.lists(
                st.fixed_dictionaries({"product_id": TEXTS, "price": NUMBERS, "quantity": NUMBERS}),
                max_size=2,
            )
            values = NUMBERS if name in MONEY else lines if name == "products" else LEAVES
            target[name] = draw(values if draw(st.booleans()) else JSON)
        else:
            del target[name]
    raw = json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 9)) == 0 else raw


def survived(records: list[tuple[str, bytes | None, Any]]) -> Outcome:
    """Apply records, sweep, commit, go on with a good one; everything is accounted for."""
    live = Live(engine_of())
    live.feed(order("2026-03-01", "order-1001", 100))
    bad = [Record(topic, 0, 100 + i, NOW, None, raw, headers) for i, (topic, raw, headers) in enumerate(records)]
    live.apply(bad)
    live.sweep_all()
    live.apply([Record("orders", 0, 1000, NOW, b"bob", order("2026-04-01", "good", 5, "bob"))])
    outcome = live.commit()
    assert outcome.profile("bob")["balances"] == {"points": 5}
    counts = live.engine.counts
    assert sum(n for key, n in counts.items() if key[0] == "event") == len(records) + 2
    letters = outcome.lines("loyalty.dead-letters")
    assert len(letters) == sum(n for key, n in counts.items() if key[0] == "dead_letter")
    kept = {(record.topic, record.offset): record.value for record in bad}
    for letter in letters:
        value = None if letter["value"] is None else base64.b64decode(letter["value"])
        assert value == kept[letter["topic"], letter["source"]["offset"]]
    return outcome


@given(st.lists(st.tuples(st.sampled_from(SOURCES), st.none() | st.binary(max_size=200), st.just(())), max_size=5))
def test_any_bytes(records: list[tuple[str, bytes | None, Any]]) -> None:
    """Bytes that are nothing at all are dead letters."""
    survived(records)


@given(
    st.lists(
        st.tuples(st.sampled_from(SOURCES), JSON.map(lambda x: json.dumps(x).encode()), st.just(())),
        max_size=5,
    )
)
def test_any_json(records: list[tuple[str, bytes | None, Any]]) -> None:
    """JSON that is no event is a dead letter."""
    survived(records)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(SOURCES), mutated(), st.just(())), min_size=1, max_size=6))
def test_any_mutation_of_an_event(records: list[tuple[str, bytes | None, Any]]) -> None:
    """Almost an event: decided on, passed by, or a dead letter."""
    survived(records)


@given(st.binary(max_size=60) | st.none() | TEXTS.map(lambda t: json.dumps({"timestamp": t}).encode()))
def test_any_control_record(raw: bytes | None) -> None:
    """The header of a control record does not let anything through."""
    _, headers = clock_advanced(parse_instant("2026-01-01"))
    survived([(topic, raw, headers) for topic in SOURCES])


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_identifier(user: str, order_id: str) -> None:
    """Users and orders by whatever name storefronts give them."""
    body = {"event": "Order Completed", "userId": user, "timestamp": "2026-03-01", "messageId": order_id}
    body["properties"] = {"order_id": order_id, "total": 5, "currency": "USD"}  # type: ignore[assignment]
    survived([("orders", json.dumps(body).encode(), ())])
