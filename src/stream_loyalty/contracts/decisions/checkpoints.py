"""What the churn model saw at the end of a day, and what came of it."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision


class CheckpointScored(Decision):
    """The churn model looked at the customer as of the end of a day (counted from 1970)."""

    type = "loyalty.checkpoint.scored"
    receipt = False
    about = ("day",)
    day: int
    risk: float | None
    model: str | None
    alert_from: float | None = Field(None, description="The risk from which an alert is raised about them.")


class ExampleLabelled(Decision):
    """A checkpoint whose outcome is known: what the customer looked like then, and whether they bought again."""

    type = "loyalty.example.labelled"
    topic = topics.TRAINING
    receipt = False
    about = ("day",)
    day: int = Field(description="Of the checkpoint: days since 1970-01-01 in the program's zone.")
    horizon_days: int
    features: tuple[float, ...] = Field(description="Empty where nothing is left to learn from.")
    bought: bool
    risk: float | None = Field(description="What was predicted at the checkpoint: that they do not buy.")
    model: str | None = Field(description="The version that predicted it.")
    peak: float = Field(description="The highest risk predicted earlier in the same silence; 0: none.")
    last_purchase: int = Field(description="Day of the last purchase as it was known then.")
    purchase_days: int = Field(description="How many there had been.")
    value_at_risk: int

    @property
    def told_on(self) -> str | None:
        """Nothing can be learned without features."""
        return self.topic if self.features else None


DECISIONS: tuple[type[Decision], ...] = (
    CheckpointScored,
    ExampleLabelled,
)
