"""Points spent by the customer: requested, confirmed, released."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class RedemptionRequestedProperties(Properties):
    """A customer wants to spend points, as they are or for a reward of the catalog."""

    redemption_id: Identifier
    points: int | None = Field(None, gt=0, le=10**12, description="What the reward costs, when left out.")
    wallet: Identifier | None = Field(None, description="The reward's, else the program's first.")
    reward: Identifier | None = Field(None, description="Name of a reward of the program's catalog.")
    order_id: Identifier | None = Field(None, description="The order that they are spent on.")

    @model_validator(mode="after")
    def _something_to_spend(self) -> RedemptionRequestedProperties:
        if self.points is None and self.reward is None:
            raise ValueError("give points, or the reward that says how many")
        return self


class RedemptionConfirmedProperties(Properties):
    """What points were held for has come about."""

    redemption_id: Identifier


class RedemptionReleasedProperties(Properties):
    """What points were held for does not come about."""

    redemption_id: Identifier


class PointsRedemptionRequested(Track):
    """A customer wants to spend points; refused, with the reason, where the balance is too low."""

    model_config = with_example("Points Redemption Requested", {"redemption_id": "gift-5", "points": 50})
    event: Literal["Points Redemption Requested"]
    properties: RedemptionRequestedProperties


class PointsRedemptionConfirmed(Track):
    """What points were held for has come about."""

    model_config = with_example("Points Redemption Confirmed", {"redemption_id": "gift-5"})
    event: Literal["Points Redemption Confirmed"]
    properties: RedemptionConfirmedProperties


class PointsRedemptionReleased(Track):
    """What points were held for does not come about."""

    model_config = with_example("Points Redemption Released", {"redemption_id": "gift-5"})
    event: Literal["Points Redemption Released"]
    properties: RedemptionReleasedProperties


EVENTS: tuple[type[Track], ...] = (
    PointsRedemptionRequested,
    PointsRedemptionConfirmed,
    PointsRedemptionReleased,
)
