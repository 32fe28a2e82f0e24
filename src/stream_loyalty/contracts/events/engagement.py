"""What a customer did for the brand, or together with it."""

from __future__ import annotations

from typing import Literal

from stream_loyalty.contracts.fields import Properties
from stream_loyalty.contracts.track import Track, with_example


class EngagementProperties(Properties):
    """What a customer did for or with the brand; all of it optional."""

    content_id: str | None = None
    product_id: str | None = None
    channel: str | None = None


class Engaged(Track):
    """A customer did something for the brand, or together with it."""

    model_config = with_example("Session Attended", {"content_id": "tea-tasting", "channel": "store"})
    event: Literal[
        "Checked In",
        "Product Shared",
        "Content Published",
        "Content Featured",
        "Challenge Joined",
        "Friend Invited",
        "Item Recycled",
        "Vote Cast",
        "Community Joined",
        "Session Attended",
    ]
    properties: EngagementProperties = EngagementProperties()


EVENTS: tuple[type[Track], ...] = (Engaged,)
