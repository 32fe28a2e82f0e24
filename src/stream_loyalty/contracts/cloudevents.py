"""CloudEvents 1.0: Kafka binary mode on the wire (attributes in headers), structured JSON in files."""

from __future__ import annotations

from typing import Any

import msgspec

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.wire import Headers

SOURCE = "/stream-loyalty"
_VERSION = ("ce_specversion", b"1.0")
_SOURCE = ("ce_source", SOURCE.encode())
_JSON = ("content-type", b"application/json")


def headers(event_id: str, event_type: str, subject: str, time: int) -> Headers:
    """The attributes as Kafka headers; `time` in ms."""
    return (
        _VERSION,
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        _SOURCE,
        ("ce_subject", subject.encode()),
        ("ce_time", format_instant(time).encode()),
        _JSON,
    )


def structured(record_headers: Headers, value: bytes) -> dict[str, Any]:
    """The same event as one JSON object, as it stands in files; `value` is taken over as it is."""
    attributes = {name.removeprefix("ce_"): text.decode() for name, text in record_headers if name.startswith("ce_")}
    return {**attributes, "datacontenttype": "application/json", "data": msgspec.Raw(value)}
