"""Where a customer stands: age band, high value."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts.decision import Decision, doc


class BandChanged(Decision):
    """A customer grew into another age band (new, growing, mature)."""

    type = "loyalty.band.changed"
    before: str | None
    after: str | None
    strategy: Annotated[str | None, doc("What the program means to do for customers of this band.")] = None


class HighValueChanged(Decision):
    """A customer's value crossed the threshold for high value."""

    type = "loyalty.high-value.changed"
    high_value: bool


DECISIONS: tuple[type[Decision], ...] = (
    BandChanged,
    HighValueChanged,
)
