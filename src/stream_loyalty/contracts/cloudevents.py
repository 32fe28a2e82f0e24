"""CloudEvents 1.0: Kafka binary mode on the wire (attributes in headers), structured JSON in files."""

from __future__ import annotations

from typing import Any

import msgspec

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.wire import Headers

SOURCE = "/stream-loyalty"


def headers(event_id: str, event_type: str, subject: str, time: int) -> Headers:
    """The attributes as Kafka headers; `time` in ms."""
    return (
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", event_type.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", format_instant(time).encode()),
        ("content-type", b"application/json"),
    )


def structured(record_headers: Headers, value: bytes) -> dict[str, Any]:
    """The same event as one JSON object, as it stands in files; `value` is taken over as it is."""
    attributes = {name.removeprefix("ce_"): text.decode() for name, text in record_headers if name.startswith("ce_")}
    return {**attributes, "datacontenttype": "application/json", "data": msgspec.Raw(value)}
