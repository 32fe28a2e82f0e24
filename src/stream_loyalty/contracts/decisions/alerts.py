"""Alerts from the first stage to the last, and those that nobody gets."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec.structs import force_setattr

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.clauses import Clause, Ground, Reason, Reasoned, sentence_of
from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.instants import Instant

Severity = Literal["info", "warning", "critical"]
AlertKind = Literal["churn-risk", "care", "service", "data-quality"]
HeldBackWhy = Literal["no-consent", "resting", "no-room"]
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)


class Alert(Decision):
    """What all stages of one alert have in common; `alert` stays the same from the first to the last."""

    about = ("alert",)

    alert: str
    kind: AlertKind


class Headed(Alert):
    """An alert that begins with what it is about."""

    summary: Annotated[str, doc("`headline` in English words.")] = ""
    headline: Annotated[tuple[Clause, ...], doc("What it is about.")]

    def __post_init__(self) -> None:
        force_setattr(self, "summary", sentence_of(self.headline))


class AlertContent(Headed):
    """Whom it is about, why now, what to do, who, until when; for churn also how likely it is, and why.

    What people read stands before the codes that it is made of.
    """

    summary: Annotated[str, doc("For the person who acts: `headline` in English words, and the advice.")] = ""
    advice: Annotated[str, doc("The action in words, from the program.")]
    reasons: Annotated[tuple[str, ...], doc("`grounds` in English words.")] = ()
    grounds: Annotated[tuple[Clause, ...], doc("Why now.")]
    evidence: Annotated[tuple[str, ...], doc("`clues` in English words.")] = ()
    clues: Annotated[tuple[Clause, ...], doc("What the cause rests on.")] = ()
    counterfactual: Annotated[str | None, doc("`otherwise` in English words.")] = None
    otherwise: Annotated[Clause | None, doc("What would have had to be different for no alert.")] = None
    ref: Annotated[str | None, doc("The complaint or the order that it is about; it is told once.")] = None
    severity: Severity
    since: Annotated[Instant, doc("When it began; for a silence the last purchase.")]
    action: str
    owner: str
    deadline: Instant
    probability: Annotated[float | None, doc("That the customer does not buy within the horizon.")] = None
    model: Annotated[str | None, doc("Version of the model that says so.")] = None
    value_at_risk: Annotated[
        int | None, doc("A year's purchases at the customer's own rate, times the probability; minor units.")
    ] = None
    cause: Annotated[str | None, doc("What probably drove the customer away.")] = None

    def __post_init__(self) -> None:
        force_setattr(self, "summary", f"{sentence_of(self.headline)} {self.advice}")
        force_setattr(self, "reasons", tuple([one.words for one in self.grounds]))
        force_setattr(self, "evidence", tuple([one.words for one in self.clues]))
        force_setattr(self, "counterfactual", None if self.otherwise is None else self.otherwise.words)


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


class AlertEscalated(Headed):
    """A silence that somebody was told of goes on: the alert is more urgent than it was."""

    type = "loyalty.alert.escalated"
    topic = topics.ALERTS
    severity: Severity
    since: Instant
    was_published: Annotated[bool, doc("Whether the alert itself was.")] = True

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
    reason: Reason = ""
    ground: Ground
    was_published: Annotated[bool, doc("Whether the alert itself was; a backfill publishes none.")] = True

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
    reason: Reason = ""
    ground: Ground
    since: Instant
    why: HeldBackWhy
    ref: Annotated[str | None, doc("For care: the product category.")] = None
    value_at_risk: Annotated[int | None, doc("As of an alert; null where no model spoke.")] = None

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
    measured: Annotated[bool, doc("Whether the alert's effect is being measured; service alerts are not.")]


class AlertOutcomeRecorded(Decision):
    """What came of an alert, in the words of who acted on it."""

    type = "loyalty.alert.outcome-recorded"
    about = ("alert",)
    alert: str
    outcome: str
    measured: Annotated[bool, doc("Whether the alert's effect is being measured; service alerts are not.")]


DECISIONS: tuple[type[Decision], ...] = (
    AlertRaised,
    AlertHeldOut,
    AlertEscalated,
    AlertWithdrawn,
    AlertHeldBack,
    AlertAcknowledged,
    AlertOutcomeRecorded,
)
