"""What the retention team says of an alert."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class AlertAcknowledgedProperties(Properties):
    """Somebody has taken an alert on."""

    alert: Identifier
    by: Identifier | None = Field(None, description="Who, as the retention team calls them.")


class AlertOutcomeProperties(Properties):
    """What came of an alert, in the retention team's own words."""

    alert: Identifier
    outcome: Identifier = Field(examples=["reached", "not-reached", "declined", "offer-accepted"])


class AlertAcknowledged(Track):
    """The retention team has taken an alert on."""

    model_config = with_example("Alert Acknowledged", {"alert": "0b1c9a52-1f9d-5f5e-9a53-2f1f0b6f3a10", "by": "mia"})
    event: Literal["Alert Acknowledged"]
    properties: AlertAcknowledgedProperties


class AlertOutcomeRecorded(Track):
    """The retention team says what came of an alert."""

    model_config = with_example(
        "Alert Outcome Recorded", {"alert": "0b1c9a52-1f9d-5f5e-9a53-2f1f0b6f3a10", "outcome": "reached"}
    )
    event: Literal["Alert Outcome Recorded"]
    properties: AlertOutcomeProperties


EVENTS: tuple[type[Track], ...] = (
    AlertAcknowledged,
    AlertOutcomeRecorded,
)
