"""What a person says of a member's level."""

from __future__ import annotations

from typing import Literal

from stream_loyalty.contracts.fields import Identifier, Properties, Time
from stream_loyalty.contracts.track import Track, with_example


class LevelFrozenProperties(Properties):
    """A member's level is not to be reviewed for a time, for instance during a parental leave."""

    freeze_id: Identifier
    until: Time
    reason: Identifier | None = None


class LevelFrozen(Track):
    """A member's level is not to be reviewed for a time."""

    model_config = with_example(
        "Level Frozen", {"freeze_id": "leave-3", "until": "2026-12-01T00:00:00Z", "reason": "parental leave"}
    )
    event: Literal["Level Frozen"]
    properties: LevelFrozenProperties


EVENTS: tuple[type[Track], ...] = (LevelFrozen,)
