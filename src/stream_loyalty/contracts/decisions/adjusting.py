"""Points put right by a person."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Instant
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.lacks import Lacking


class PointsAdjusted(PointsDecision):
    """Points put right by a person: added (`points` above zero) or taken away."""

    type = "loyalty.points.adjusted"
    about = ("adjustment_id",)
    adjustment_id: str
    lot: str | None = Field(description="The lot of added points.")
    expires_at: Instant | None
    actor: str
    reason: str
    batch: str | None
    approved_by: str | None
    reverses: str | None = Field(None, description="The adjustment that this takes back.")


class AdjustmentRefused(Lacking, Decision):
    """An adjustment was not carried out, and what would have had to be different."""

    type = "loyalty.adjustment.refused"
    about = ("adjustment_id",)
    adjustment_id: str
    actor: str | None
    points: int
    wallet: str | None = None


DECISIONS: tuple[type[Decision], ...] = (
    PointsAdjusted,
    AdjustmentRefused,
)
