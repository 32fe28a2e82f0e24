"""The program's words on RFM-X: recency, frequency, monetary value, and three scores of behaviour beyond buying."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from stream_loyalty.core.program.section import POSITIVE, Days, Section, among, exact

Weight = Annotated[float, Field(gt=0, le=1000)]
_SOCIAL = {"Product Shared": 1.0, "Content Published": 2.0, "Content Featured": 4.0, "Friend Invited": 3.0}
_IDENTIFICATION = {
    "Checked In": 0.2,
    "Item Recycled": 2.0,
    "Vote Cast": 1.0,
    "Community Joined": 2.0,
    "Session Attended": 2.0,
    "Challenge Joined": 1.0,
}
_SATISFACTION = {"Product Reviewed": 1.0, "NPS Answered": 1.0, "Complaint Opened": 1.0, "Complaint Resolved": 1.0}
_DEFAULTS = {"social": _SOCIAL, "identification": _IDENTIFICATION, "satisfaction": _SATISFACTION}


class Fading(Section):
    """A score that is worth half after so many days."""

    half_life_days: Days = Field(180, description="After so many days a sum is worth half.")


class Counted(Fading):
    """A sum that fades; `half_at` is the sum that makes a score of 50."""

    half_at: float = Field(3, gt=0, le=10**9, description="The sum that makes a score of 50.")


class Spent(Fading):
    """Money that fades; `half_at` in major units of the base currency."""

    half_at: Annotated[Decimal, exact(POSITIVE, exclusiveMinimum=0, maximum=10**9)] = Field(
        Decimal(300), gt=0, le=10**9, description="The spend that makes a score of 50."
    )


class Behaviour(Counted):
    """What each event adds to the sum, by its name; left out: the weights of the documentation."""

    weights: dict[str, Weight] = Field(
        default_factory=dict,
        description="Event name -> what it adds.",
        json_schema_extra={"propertyNames": among(event for known in _DEFAULTS.values() for event in known)},
    )


class Rfmx(Section):
    """Six scores of each customer, 0 to 100, that fade with time."""

    recency: Fading = Field(Fading(half_life_days=60), description="Since the last order.")
    frequency: Counted = Field(Counted(), description="Orders that were kept.")
    monetary: Spent = Field(Spent(), description="What they are worth.")
    social: Behaviour = Field(Behaviour(), description="Sharing, content, invitations.")
    identification: Behaviour = Field(Behaviour(), description="Taking part in what the brand does.")
    satisfaction: Behaviour = Field(Behaviour(), description="Reviews, NPS, complaints and how they ended.")

    @model_validator(mode="after")
    def _known_events(self) -> Rfmx:
        for score, known in _DEFAULTS.items():
            for event in getattr(self, score).weights:
                if event not in known:
                    raise ValueError(f"{score}.weights: {event!r} is none of {', '.join(known)}")
        return self

    @cached_property
    def weight_of(self) -> dict[str, tuple[str, float]]:
        """Event name -> the score that it counts for, and its weight."""
        return {
            event: (score, weight)
            for score, weights in _DEFAULTS.items()
            for event, weight in (getattr(self, score).weights or weights).items()
        }
