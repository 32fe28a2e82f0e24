"""What people who run the engine or the team should know: messages on `loyalty.alerts` that are about no customer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from stream_loyalty.contracts.decisions.alerts import AlertKind, HeldBackWhy

MODEL_CHANGED = b"loyalty.model.changed"  # CloudEvents type of ModelChanged
LEFT_OUT = b"loyalty.alerts.left-out"  # of AlertsLeftOut


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelChanged(_Wire):
    """What operators should know of the churn model; published on `loyalty.alerts` as `loyalty.model.changed`."""

    what: Literal["promoted", "unusable", "usable", "drift"]
    champion: str
    summary: str = Field(description="One sentence for who runs the engine.")
    quality: dict[str, float] = Field(default_factory=dict)


class LeftOutGroup(_Wire):
    """Alerts of one kind that were held back for one reason."""

    kind: AlertKind
    why: HeldBackWhy
    alerts: int = Field(gt=0)
    valued: int = Field(ge=0, description="Of how many the value at risk is known; fixed rules know none.")
    value_at_risk: int = Field(description="Of these together; minor units of the base currency.")


class AlertsLeftOut(_Wire):
    """What one partition held back on one day; published on `loyalty.alerts` as `loyalty.alerts.left-out`.

    One message for each partition and day, when the day is over; none where nothing was held back. The sum over the
    partitions is the day's. What comes to light after the message counts on the next day that has none yet.
    """

    partition: int
    day: str = Field(description="The day in the program's time zone, as in 2026-03-01.")
    alerts: int = Field(gt=0)
    groups: tuple[LeftOutGroup, ...]
    summary: str = Field(description="The same in words.")
