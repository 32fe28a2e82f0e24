"""Dead letters: the original key and bytes as they came, and in headers where from and why."""

from __future__ import annotations

import base64
from typing import Any

from stream_loyalty.contracts.parse import Rejected
from stream_loyalty.contracts.topics import DEAD_LETTERS
from stream_loyalty.contracts.wire import Message, Record


def dead_letter(record: Record, why: Rejected) -> Message:
    """The message that keeps `record`."""
    about = {
        "source_topic": record.topic,
        "source_partition": str(record.partition),
        "source_offset": str(record.offset),
        "code": why.code,
        "schema": why.schema,
        "path": why.path,
        "reason": why.reason,
    }
    headers = tuple((name, text.encode("utf-8", "replace")) for name, text in about.items())
    return Message(DEAD_LETTERS, record.partition, record.key, record.value, headers)


def dead_letter_line(record: Record | Message) -> dict[str, Any]:
    """A dead letter as a line of a file: key and value in base64, the source position apart so it can be left out."""
    about = {name: text.decode() for name, text in record.headers}
    source = {name: about.pop(name) for name in ("source_topic", "source_partition", "source_offset")}
    return {
        **about,
        "topic": source["source_topic"],
        "key": _base64(record.key),
        "value": _base64(record.value),
        "source": {"partition": int(source["source_partition"]), "offset": int(source["source_offset"])},
    }


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
