"""Whatever stands in a record is an event, passes by, or is a dead letter that says where and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_loyalty.contracts.events import EVENT_MODELS, TOPIC_OF_EVENT
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.parse import CLAMPED, UNTIMED, Event, Passed, Rejected, parse
from stream_loyalty.contracts.wire import Record
from tests.unit.support_core import event, order, refund

EPOCH = parse_instant("1990-01-01")
APPENDED = parse_instant("2026-03-01T12:00:00Z")


def read(raw: bytes | None, appended: int = APPENDED) -> Event | Passed | Rejected:
    return parse(Record("orders", 0, 0, appended, b"ada", raw), EPOCH)


def completed(**changes: Any) -> bytes:
    properties = {"order_id": "o-1", "total": 64.0, "currency": "USD", **changes}
    return event("Order Completed", "2026-03-01", {k: v for k, v in properties.items() if v is not ...})


def of_line(**changes: Any) -> bytes:
    return completed(products=[{"product_id": "p", "price": 1.5} | changes])


NESTED = b'{"event":"Order Completed","userId":"a","properties":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001


@pytest.mark.parametrize(
    ("raw", "code", "path"),
    [
        # nothing there, or no JSON object
        (None, "empty", ""),
        (b"", "empty", ""),
        (b" ", "bad-json", ""),
        (b"{", "bad-json", ""),
        (b"hello", "bad-json", ""),
        (b"[]", "bad-json", ""),
        (b"null", "bad-json", ""),
        (b"17", "bad-json", ""),
        (b'"text"', "bad-json", ""),
        (b'{"event":"Order Completed"} x', "bad-json", ""),
        (b"\xff\xfe{}", "bad-json", ""),
        (b"\x00", "bad-json", ""),
        (b'\xef\xbb\xbf{"event":"x","userId":"a"}', "bad-json", ""),
        (b'{"event":"x","userId":"\xff"}', "bad-json", ""),
        (b'{"event":"x","userId":"\\ud800"}', "bad-json", ""),
        (b'{"event":"x","userId":"a","n":NaN}', "bad-json", ""),
        (b"[" * 100_000, "bad-json", ""),
        (NESTED, "bad-json", ""),
        # too large
        (b'{"event":"x","userId":"a","p":"' + b"x" * 1_000_000 + b'"}', "too-large", ""),
        # the envelope
        (b"{}", "invalid", "event"),
        (event("Order Completed", "2026-03-01", {}, type=7), "invalid", "type"),
        (event("Product Viewed", "2026-03-01", event=7), "invalid", "event"),
        (event("Order Completed", "2026-03-01", {}), "invalid", "properties.order_id"),
        (event("Order Completed", "2026-03-01", properties=[]), "invalid", "properties"),
        (event("Order Completed", "2026-03-01", properties="x"), "invalid", "properties"),
        (event("Product Viewed", "2026-03-01", messageId=7), "invalid", "messageId"),
        (event("Product Viewed", "2026-03-01", messageId="x" * 513), "invalid", "messageId"),
        # nobody
        (event("Product Viewed", "2026-03-01", user=None), "no-customer", "userId"),
        (event("Product Viewed", "2026-03-01", user="", anonymousId=""), "no-customer", "userId"),
        (event("Nobody Knows This", "2026-03-01", user=None), "no-customer", "userId"),
        # wrong types, no coercion
        (completed(total=...), "invalid", "properties.total"),
        (completed(total=None), "invalid", "properties.total"),
        (completed(total=True), "invalid", "properties.total"),
        (completed(total=[64]), "invalid", "properties.total"),
        (completed(total="much"), "invalid", "properties.total"),
        (completed(order_id=1001), "invalid", "properties.order_id"),
        (completed(order_id=""), "invalid", "properties.order_id"),
        (completed(order_id="x" * 257), "invalid", "properties.order_id"),
        (completed(order_id="a\x00b"), "invalid", "properties.order_id"),
        (completed(order_id="a\nb"), "invalid", "properties.order_id"),
        (completed(test="yes"), "invalid", "properties.test"),
        (completed(products={}), "invalid", "properties.products"),
        (of_line(product_id=3), "invalid", "properties.products.0.product_id"),
        (of_line(quantity=1.5), "invalid", "properties.products.0.quantity"),
        (of_line(quantity=-1), "invalid", "properties.products.0.quantity"),
        (of_line(quantity=10**30), "invalid", "properties.products.0.quantity"),
        (
            event("Points Redemption Requested", "2026-03-01", {"redemption_id": "r", "points": 5.5}),
            "invalid",
            "properties.points",
        ),
        (
            event("Points Redemption Requested", "2026-03-01", {"redemption_id": "r", "points": "5"}),
            "invalid",
            "properties.points",
        ),
        (
            event("Points Redemption Requested", "2026-03-01", {"redemption_id": "r", "points": 0}),
            "invalid",
            "properties.points",
        ),
        (
            event("Points Redemption Requested", "2026-03-01", {"redemption_id": "r", "points": 10**13}),
            "invalid",
            "properties.points",
        ),
        (
            event("Consent Updated", "2026-03-01", {"purpose": "marketing", "granted": "false"}),
            "invalid",
            "properties.granted",
        ),
        # money
        (completed(currency="XYZ"), "invalid", "properties.currency"),
        (completed(currency=""), "invalid", "properties.currency"),
        (completed(currency=840), "invalid", "properties.currency"),
        (completed(currency=...), "invalid", "properties.currency"),
        (completed(total=-0.01), "invalid", "properties.total"),
        (completed(total=1e999), "bad-json", ""),
        (completed(total=1e12), "invalid", "properties"),
        (completed(total=1e300), "invalid", "properties"),
        (completed(total=11.777), "invalid", "properties"),
        (completed(total="Infinity"), "invalid", "properties.total"),
        (completed(total="NaN"), "invalid", "properties.total"),
        (completed(total=100.5, currency="JPY"), "invalid", "properties"),
        (completed(discount=-1), "invalid", "properties.discount"),
        (of_line(price=-1), "invalid", "properties.products.0.price"),
        (of_line(price=0.001), "invalid", "properties"),
        (refund("2026-03-01", "o-1", "r-1", -5), "invalid", "properties.total"),
        (refund("2026-03-01", "o-1", None, 5), "invalid", "properties"),
        (refund("2026-03-01", "o-1", "r-1", 5, currency="XYZ"), "invalid", "properties.currency"),
        (refund("2026-03-01", "o-1", "r-1", 11.777, currency="USD"), "invalid", "properties"),
        # times
        (event("Product Viewed", ""), "bad-time", "timestamp"),
        (event("Product Viewed", "yesterday"), "bad-time", "timestamp"),
        (event("Product Viewed", "2026-02-30T00:00:00Z"), "bad-time", "timestamp"),
        (event("Product Viewed", "2026-03-01T25:00:00Z"), "bad-time", "timestamp"),
        (event("Product Viewed", "10000-01-01"), "bad-time", "timestamp"),
        (event("Product Viewed", "1772368200"), "bad-time", "timestamp"),
        (event("Product Viewed", None, timestamp=1772368200), "invalid", "timestamp"),
        (event("Product Viewed", "1989-12-31T23:59:59Z"), "bad-time", ""),
        (event("Product Viewed", "0001-01-01T00:00:00+10:00"), "bad-time", ""),
        (event("Nobody Knows This", "1989-12-31"), "bad-time", ""),
        (event("Product Viewed", None, originalTimestamp="soon"), "bad-time", "originalTimestamp"),
        (
            event("Product Viewed", None, originalTimestamp="2026-03-01", sentAt="x", receivedAt="2026-03-01"),
            "bad-time",
            "sentAt",
        ),
        (
            event("Product Viewed", None, originalTimestamp="0001-01-01", sentAt="9999-01-01", receivedAt="0001-01-01"),
            "bad-time",
            "",
        ),
    ],
)
def test_what_cannot_be_used_says_where_and_why(raw: bytes | None, code: str, path: str) -> None:
    """A dead letter has a code, the place in the event, and one sentence."""
    rejected = read(raw)
    assert isinstance(rejected, Rejected)
    assert rejected.code == code
    assert rejected.path.startswith(path)
    assert rejected.reason
    assert "\n" not in rejected.reason


def test_a_dead_letter_names_the_event_it_should_have_been() -> None:
    """The schema id is the event's name where that is known, else `track`."""
    assert read(completed(total="much")).schema == "Order Completed"  # type: ignore[union-attr]
    assert read(event("Nobody Knows This", "2026-03-01", messageId=7)).schema == "track"  # type: ignore[union-attr]


@pytest.mark.parametrize("model", EVENT_MODELS, ids=lambda model: str(model.__name__))
def test_every_example_is_an_event(model: Any) -> None:
    """What the schemas show is what is accepted."""
    examples = model.model_config["json_schema_extra"]["examples"]
    assert examples
    for example in examples:
        parsed = read(json.dumps(example).encode(), NOW_OF_EXAMPLES)
        assert isinstance(parsed, Event)
        assert (parsed.name, parsed.customer, parsed.message_id) == (
            example["event"],
            example["userId"],
            example["messageId"],
        )
        assert parsed.at == parse_instant(example["timestamp"])
        assert parsed.name in TOPIC_OF_EVENT
        assert not parsed.flags


NOW_OF_EXAMPLES = parse_instant("2030-01-01")


@pytest.mark.parametrize(
    ("fields", "at", "flags"),
    [
        ({"timestamp": "2026-03-01T11:00:00Z"}, "2026-03-01T11:00:00", ()),
        ({"timestamp": "2026-03-01T11:00:00"}, "2026-03-01T11:00:00", ()),
        ({"timestamp": "2026-03-01"}, "2026-03-01T00:00:00", ()),
        ({"timestamp": "2026-03-01T12:00:00.123456+02:00"}, "2026-03-01T10:00:00.123", ()),
        # timestamp goes before the others, even broken ones
        ({"timestamp": "2026-03-01T11:00:00Z", "originalTimestamp": "x"}, "2026-03-01T11:00:00", ()),
        # receivedAt - (sentAt - originalTimestamp): a phone two days behind, sent an hour after
        (
            {
                "originalTimestamp": "2026-02-27T09:00:00Z",
                "sentAt": "2026-02-27T10:00:00Z",
                "receivedAt": "2026-03-01T10:00:00Z",
            },
            "2026-03-01T09:00:00",
            (),
        ),
        ({"originalTimestamp": "2026-02-27T09:00:00Z", "sentAt": "2026-02-27T10:00:00Z"}, "2026-02-27T09:00:00", ()),
        (
            {"originalTimestamp": "2026-02-27T09:00:00Z", "receivedAt": "2026-03-01T10:00:00Z"},
            "2026-02-27T09:00:00",
            (),
        ),
        ({"sentAt": "2026-02-27T10:00:00Z", "receivedAt": "2026-03-01T10:00:00Z"}, "2026-03-01T12:00:00", (UNTIMED,)),
        ({}, "2026-03-01T12:00:00", (UNTIMED,)),
        # up to five minutes ahead of the append time is believed
        ({"timestamp": "2026-03-01T12:05:00Z"}, "2026-03-01T12:05:00", ()),
        ({"timestamp": "2026-03-01T12:05:00.001Z"}, "2026-03-01T12:05:00", (CLAMPED,)),
        ({"timestamp": "9999-12-31T23:59:59Z"}, "2026-03-01T12:05:00", (CLAMPED,)),
        (
            {"originalTimestamp": "9999-01-01", "sentAt": "0001-01-01", "receivedAt": "9999-01-01"},
            "2026-03-01T12:05:00",
            (CLAMPED,),
        ),
        ({"timestamp": "1990-01-01T00:00:00Z"}, "1990-01-01T00:00:00", ()),
    ],
)
@pytest.mark.parametrize("name", ["Product Viewed", "Nobody Knows This"])
def test_event_time(name: str, fields: dict[str, str], at: str, flags: tuple[str, ...]) -> None:
    """Segment's rule, and what is too far ahead is clamped and says so; for what passes by as for what counts."""
    parsed = read(event(name, None, **fields))
    assert isinstance(parsed, Event | Passed)
    assert (parsed.at, parsed.flags) == (parse_instant(at), flags)


@pytest.mark.parametrize(
    "raw",
    [
        event("Wishlist Shared", "2026-03-01", {"anything": [1, {"deep": None}]}),
        event("Payment Failed", "2026-03-01", {"no": "model yet"}),
        event("Order Completed", "2026-03-01", {}, type="page"),
        b'{"type":"identify","userId":"ada","traits":{"email":"x"},"timestamp":"2026-03-01"}',
        b'{"type":"page","name":"Home","anonymousId":"x","timestamp":"2026-03-01"}',
    ],
)
def test_unknown_events_and_other_calls_pass_by(raw: bytes) -> None:
    """A storefront sends more than the engine decides by; that is no mistake."""
    assert isinstance(read(raw), Passed)


def test_unknown_properties_pass_by() -> None:
    """Properties and context that no model names are nobody's business."""
    assert isinstance(read(completed(loyalty_hint={"x": [1, 2]}, weird=None)), Event)
    assert isinstance(
        read(event("Product Viewed", "2026-03-01", context={"ip": "::1"}, integrations={"All": True})), Event
    )


@pytest.mark.parametrize(
    ("user", "anonymous", "customer"),
    [
        ("ada", "anon-1", "ada"),
        ("", "anon-1", "anon-1"),
        (None, "anon-1", "anon-1"),
        ("过敏🍵", None, "过敏🍵"),
    ],
)
def test_customer(user: str | None, anonymous: str | None, customer: str) -> None:
    """The user id, else the anonymous id."""
    parsed = read(event("Product Viewed", "2026-03-01", user=user, anonymousId=anonymous))
    assert isinstance(parsed, Event)
    assert parsed.customer == customer


def test_the_last_of_repeated_keys_counts() -> None:
    """Both decoders read the same event where a key stands twice."""
    raw = b'{"event":"Order Cancelled","event":"Product Viewed","userId":"a","userId":"b","timestamp":"2026-03-01"}'
    parsed = read(raw)
    assert isinstance(parsed, Event)
    assert (parsed.name, parsed.customer) == ("Product Viewed", "b")


def test_an_event_without_an_id_is_known_by_its_bytes() -> None:
    """The same bytes have the same message id, other bytes another; an empty id is none."""
    ids = []
    for at, mid in (("2026-03-01", None), ("2026-03-01", None), ("2026-03-02", None), ("2026-03-01", "")):
        parsed = read(event("Product Viewed", at, messageId=mid))
        assert isinstance(parsed, Event)
        ids.append(parsed.message_id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_money_is_read_exactly() -> None:
    """Numbers and decimal strings are read as decimals, with the noise of added floats taken off later."""
    for total in (27.500000000000004, "27.50", 27.5):
        parsed = read(completed(total=total))
        assert isinstance(parsed, Event)
    assert isinstance(read(completed(total=0)), Event)
    assert isinstance(read(completed(total=99_999_999_999.99)), Event)
    lower = read(order("2026-03-01", "o", 5, currency="eur"))
    assert isinstance(lower, Event)
    assert lower.properties.currency == "EUR"
