"""What alerts bring, measured against the hold-out."""

from __future__ import annotations

from typing import Annotated, Literal

from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.instants import Instant


class RetentionMeasured(Decision):
    """The window of an alert, or of one that was held out, is over: did the customer buy again?"""

    type = "loyalty.retention.measured"
    about = ("alert",)
    tallied = True
    alert: str
    group: Literal["treated", "held-out"]
    hold_out_percent: Annotated[float, doc("The chance with which it was drawn into the hold-out, of 100.")]
    raised_at: Instant
    window_days: int
    band: str | None
    high_value: bool
    cause: str | None
    action: str
    probability: float | None
    bought: bool
    days_to_purchase: int | None
    revenue: Annotated[int, doc("Bought within the window, net of refunds; minor units of the base currency.")]
    acknowledged: bool
    outcome: str | None

    @property
    def tallies(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """How many by group, band, cause and action, how many of them bought, and for how much."""
        labels = (self.group, self.band or "none", self.cause or "unknown", self.action)
        return (
            (("measured", *labels), 1),
            (("recalled", *labels), int(self.bought)),
            (("revenue", *labels), self.revenue),
        )


DECISIONS: tuple[type[Decision], ...] = (RetentionMeasured,)
