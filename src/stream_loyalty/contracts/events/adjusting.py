"""Points put right by a person, and taken back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class PointsAdjustedProperties(Properties):
    """A person puts points right."""

    adjustment_id: Identifier
    points: int = Field(ge=-(10**12), le=10**12, description="Added, or taken away below zero.")
    actor: Identifier = Field(description="Who does it: an id of the staff's, not of a customer.")
    reason: Identifier
    wallet: Identifier | None = None
    batch: Identifier | None = Field(None, description="What can be taken back together.")
    approved_by: Identifier | None = None

    @model_validator(mode="after")
    def _some_points(self) -> PointsAdjustedProperties:
        if self.points == 0:
            raise ValueError("points: an adjustment of 0 changes nothing")
        return self


class AdjustmentReversedProperties(Properties):
    """A batch of adjustments is taken back, as far as it concerns this customer."""

    batch: Identifier
    actor: Identifier
    reason: Identifier


class PointsAdjusted(Track):
    """A person puts points right."""

    model_config = with_example(
        "Points Adjusted",
        {
            "adjustment_id": "fix-17",
            "points": 250,
            "actor": "staff-4",
            "reason": "points of order-990 were missing",
            "batch": "march-fixes",
        },
    )
    event: Literal["Points Adjusted"]
    properties: PointsAdjustedProperties


class PointsAdjustmentsReversed(Track):
    """A batch of adjustments is taken back, as far as it concerns this customer."""

    model_config = with_example(
        "Points Adjustments Reversed", {"batch": "march-fixes", "actor": "staff-4", "reason": "wrong list"}
    )
    event: Literal["Points Adjustments Reversed"]
    properties: AdjustmentReversedProperties


EVENTS: tuple[type[Track], ...] = (
    PointsAdjusted,
    PointsAdjustmentsReversed,
)
