"""What customers allow to be done with their data."""

from __future__ import annotations

from stream_loyalty.core.moment import Moment
from stream_loyalty.core.state import Customer

MARKETING = "marketing"  # the purpose that alerts ask for


def may_market(state: Customer, moment: Moment) -> bool:
    """Whether the customer may be told of offers; unknown counts as the program says."""
    return state.consents.get(MARKETING, (moment.program.silence.unknown_consent_is_granted, 0))[0]
