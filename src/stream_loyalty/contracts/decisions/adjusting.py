"""Points put right by a person."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Instant
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.lacks import Lack


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


class AdjustmentRefused(Decision):
    """An adjustment or an import was not carried out: `missing` says what would have had to be different."""

    type = "loyalty.adjustment.refused"
    about = ("adjustment_id",)
    adjustment_id: str
    actor: str | None
    points: int
    missing: tuple[str, ...]
    lacks: tuple[Lack, ...] = Field((), description="`missing` in structured form.")
    wallet: str | None = None


DECISIONS: tuple[type[Decision], ...] = (
    PointsAdjusted,
    AdjustmentRefused,
)
