"""Levels: reached, kept, lost, frozen."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.instants import Instant


class LevelChanged(Decision):
    """A customer rose or fell to another level."""

    type = "loyalty.level.changed"
    topic = topics.REWARDS
    about = ("after",)
    before: str
    after: str
    review_at: Annotated[Instant | None, doc("When the level is looked at again; null for the lowest.")]


class LevelRenewed(Decision):
    """A review found the level still deserved."""

    type = "loyalty.level.renewed"
    topic = topics.REWARDS
    level: str
    review_at: Instant


class LevelGraceBegan(Decision):
    """A review found too little: the level is kept until another look, so that there is time to make up for it."""

    type = "loyalty.level.grace-began"
    topic = topics.REWARDS
    level: str
    review_at: Instant
    would_be: Annotated[str, doc("The level that the customer falls to if nothing changes.")]


class LevelFrozen(Decision):
    """No review of the level until then."""

    type = "loyalty.level.frozen"
    topic = topics.REWARDS
    about = ("freeze_id",)
    freeze_id: str
    level: str
    until: Instant


DECISIONS: tuple[type[Decision], ...] = (
    LevelChanged,
    LevelRenewed,
    LevelGraceBegan,
    LevelFrozen,
)
