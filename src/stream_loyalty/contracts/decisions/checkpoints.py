"""What the churn model saw at the end of a day, and what came of it."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision, doc


class CheckpointScored(Decision):
    """The churn model looked at the customer as of the end of a day (counted from 1970)."""

    type = "loyalty.checkpoint.scored"
    receipt = False
    about = ("day",)
    day: int
    risk: float | None
    model: str | None
    alert_from: Annotated[float | None, doc("The risk from which an alert is raised about them.")] = None


class ExampleLabelled(Decision):
    """A checkpoint whose outcome is known: what the customer looked like then, and whether they bought again."""

    type = "loyalty.example.labelled"
    topic = topics.TRAINING
    receipt = False
    about = ("day",)
    day: Annotated[int, doc("Of the checkpoint: days since 1970-01-01 in the program's zone.")]
    horizon_days: int
    features: Annotated[tuple[float, ...], doc("Empty where nothing is left to learn from.")]
    bought: bool
    risk: Annotated[float | None, doc("What was predicted at the checkpoint: that they do not buy.")]
    model: Annotated[str | None, doc("The version that predicted it.")]
    peak: Annotated[float, doc("The highest risk predicted earlier in the same silence; 0: none.")]
    last_purchase: Annotated[int, doc("Day of the last purchase as it was known then.")]
    purchase_days: Annotated[int, doc("How many there had been.")]
    value_at_risk: int

    @property
    def told_on(self) -> str | None:
        """Nothing can be learned without features."""
        return self.topic if self.features else None


DECISIONS: tuple[type[Decision], ...] = (
    CheckpointScored,
    ExampleLabelled,
)
