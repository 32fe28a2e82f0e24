"""Alerts from the first stage to the last, and those that nobody gets."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.clauses import Reasoned
from stream_loyalty.contracts.decision import Decision, Instant
from stream_loyalty.contracts.grounds import Grounded, Headed

Severity = Literal["info", "warning", "critical"]
AlertKind = Literal["churn-risk", "care", "service", "data-quality"]
HeldBackWhy = Literal["no-consent", "resting", "no-room"]
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)


class Alert(Decision):
    """What all stages of one alert have in common; `alert` stays the same from the first to the last."""

    about = ("alert",)

    alert: str
    kind: AlertKind


class AlertContent(Grounded, Alert):
    """Whom it is about, why now, what to do, who, until when; for churn also how likely it is, and why."""

    ref: str | None = Field(None, description="The complaint or the order that it is about; it is told once.")
    severity: Severity
    since: Instant = Field(description="When it began; for a silence the last purchase.")
    action: str
    owner: str
    deadline: Instant
    probability: float | None = Field(None, description="That the customer does not buy within the horizon.")
    model: str | None = Field(None, description="Version of the model that says so.")
    value_at_risk: int | None = Field(
        None, description="A year's purchases at the customer's own rate, times the probability; minor units."
    )
    cause: str | None = Field(None, description="What probably drove the customer away.")


class AlertRaised(AlertContent):
    """Somebody should act."""

    type = "loyalty.alert.raised"
    topic = topics.ALERTS

    @property
    def published_as(self) -> str:
        """The kind of the alert is part of its type, so that subscribers can choose."""
        return f"loyalty.alert.{self.kind}.raised"


class AlertHeldOut(AlertContent):
    """An alert that nobody gets, so that it can be measured what alerts bring: the hold-out."""

    type = "loyalty.alert.held-out"


class AlertEscalated(Headed, Alert):
    """A silence that somebody was told of goes on: the alert is more urgent than it was."""

    type = "loyalty.alert.escalated"
    topic = topics.ALERTS
    severity: Severity
    since: Instant
    was_published: bool = Field(True, description="Whether the alert itself was.")

    @property
    def published_as(self) -> str:
        """The kind of the alert is part of its type, so that subscribers can choose."""
        return f"loyalty.alert.{self.kind}.escalated"

    @property
    def told_on(self) -> str | None:
        """Nobody is told more of what they were not told of."""
        return self.topic if self.was_published else None


class AlertWithdrawn(Reasoned, Alert):
    """Nobody has to act any more."""

    type = "loyalty.alert.withdrawn"
    topic = topics.ALERTS
    was_published: bool = Field(True, description="Whether the alert itself was; a backfill publishes none.")

    @property
    def published_as(self) -> str:
        """The kind of the alert is part of its type, so that subscribers can choose."""
        return f"loyalty.alert.{self.kind}.withdrawn"

    @property
    def told_on(self) -> str | None:
        """Nobody is told of the end of what they were not told of."""
        return self.topic if self.was_published else None


class AlertHeldBack(Reasoned, Alert):
    """An alert that would have been raised, were it not for `ground`."""

    type = "loyalty.alert.held-back"
    tallied = True
    since: Instant
    why: HeldBackWhy
    ref: str | None = Field(None, description="For care: the product category.")
    value_at_risk: int | None = Field(None, description="As of an alert; null where no model spoke.")

    @property
    def tallies(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """How many, by kind and why."""
        return ((("held_back", self.kind, self.why), 1),)


class AlertAcknowledged(Decision):
    """Somebody has taken an alert on."""

    type = "loyalty.alert.acknowledged"
    about = ("alert",)
    alert: str
    by: str | None
    measured: bool = Field(description="Whether the alert's effect is being measured; service alerts are not.")


class AlertOutcomeRecorded(Decision):
    """What came of an alert, in the words of who acted on it."""

    type = "loyalty.alert.outcome-recorded"
    about = ("alert",)
    alert: str
    outcome: str
    measured: bool = Field(description="Whether the alert's effect is being measured; service alerts are not.")


DECISIONS: tuple[type[Decision], ...] = (
    AlertRaised,
    AlertHeldOut,
    AlertEscalated,
    AlertWithdrawn,
    AlertHeldBack,
    AlertAcknowledged,
    AlertOutcomeRecorded,
)
