"""Points put right by a person."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing


class PointsAdjusted(PointsDecision):
    """Points put right by a person: added (`points` above zero) or taken away."""

    type = "loyalty.points.adjusted"
    about = ("adjustment_id",)
    adjustment_id: str
    lot: Annotated[str | None, doc("The lot of added points.")]
    expires_at: Instant | None
    actor: str
    reason: str
    batch: str | None
    approved_by: str | None
    reverses: Annotated[str | None, doc("The adjustment that this takes back.")] = None


class AdjustmentRefused(Lacking, Decision):
    """An adjustment was not carried out, and what would have had to be different."""

    type = "loyalty.adjustment.refused"
    about = ("adjustment_id",)
    missing: Missing = ()
    lacks: Lacks = ()
    adjustment_id: str
    actor: str | None
    points: int
    wallet: str | None = None


DECISIONS: tuple[type[Decision], ...] = (
    PointsAdjusted,
    AdjustmentRefused,
)
