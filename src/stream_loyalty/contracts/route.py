"""Where an event belongs: the topic by its name, the key by its customer. For publishers and replays alike."""

from __future__ import annotations

from typing import Any

import msgspec

from stream_loyalty.contracts.events import TOPIC_OF_EVENT, UNROUTED


class _Head(msgspec.Struct):
    event: Any = None
    userId: Any = None  # noqa: N815 - names of the convention
    anonymousId: Any = None  # noqa: N815


_head = msgspec.json.Decoder(_Head).decode


def route(raw: bytes) -> tuple[str, bytes | None]:
    """Topic and key of an event's bytes. What cannot be read goes to a worker as it is, which says what is wrong."""
    try:
        head = _head(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return UNROUTED, None
    topic = TOPIC_OF_EVENT.get(head.event, UNROUTED) if isinstance(head.event, str) else UNROUTED
    for identity in (head.userId, head.anonymousId):
        if identity:
            return topic, identity.encode() if isinstance(identity, str) else None
    return topic, None
