"""What every event has, by the track convention of Segment and RudderStack."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from stream_loyalty.contracts.fields import Identifier, MessageId, Properties


class Track(Properties):
    """What every event has. One of `userId` and `anonymousId` is needed; the Kafka key is the first that is there."""

    messageId: MessageId | Literal[""] | None = Field(  # noqa: N815 - names of the convention
        None, description="The event's own id; an event that comes again under the same id counts once."
    )
    type: Literal["track"] = "track"
    event: str
    userId: Identifier | Literal[""] | None = None  # noqa: N815
    anonymousId: Identifier | Literal[""] | None = None  # noqa: N815
    timestamp: str | None = Field(None, description="When it happened, ISO 8601.", examples=["2026-03-01T12:30:00Z"])
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    receivedAt: str | None = None  # noqa: N815

    @property
    def customer(self) -> str | None:
        """The user id, else the anonymous id."""
        return self.userId or self.anonymousId or None

    @property
    def before(self) -> str:
        """Who the user may have been before; empty where it does not say."""
        return self.anonymousId or ""


def _example(event: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": "8f14e45f-ceea-467f-a9f6-3d1f1a2f7c1b",
        "type": "track",
        "event": event,
        "userId": "ada",
        "timestamp": "2026-03-01T12:30:00Z",
        "properties": properties,
    }


def with_example(event: str, properties: dict[str, Any]) -> ConfigDict:
    """The config of an event's model: its name on the wire, and an example with these properties for its schema."""
    return ConfigDict(title=event, json_schema_extra={"examples": [_example(event, properties)]})
