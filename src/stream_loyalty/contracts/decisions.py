"""Messages out: every decision is a fact that happened, published with what it rests on.

A decision's fields are what the fact is; `Because` is why. Rewards and alerts go to topics of their own, and every
decision goes to `loyalty.decisions` as its receipt, under the same id.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.benefits import BENEFITS
from stream_loyalty.contracts.decision import Because, Decision, Fact, Instant, Saw
from stream_loyalty.contracts.guests import GUESTS, Sent
from stream_loyalty.contracts.points import POINTS
from stream_loyalty.contracts.transfer import Transfer


class OrderLine(Fact):
    """A product of an order as rules see it; `value` in minor units of the order's currency, for all pieces."""

    product: str
    category: str | None = None
    brand: str | None = None
    value: int


class OrderCounted(Decision):
    """An order is kept: it counts for spend, levels and recency."""

    type = "loyalty.order.counted"
    about = ("order_id",)
    order_id: str
    placed_at: Instant
    currency: str
    total: int = Field(description="Minor units of `currency`.")
    value: int = Field(description="Minor units of the base currency; 0 where no rate is known.")
    base: int = Field(description="What earns, in minor units of the base currency.")
    items: int = Field(0, description="Pieces bought; 0 where the order does not say.")
    categories: tuple[str, ...] = Field((), description="Of its products.")
    lines: tuple[OrderLine, ...] = Field((), description="Its products, where rules of the program go by them.")
    facts: Saw = Field(default_factory=dict, description="What the conditions of earning rules ask for.")
    imported: bool = Field(False, description="It came along from another program: it earns nothing here.")


class InputIgnored(Decision):
    """An order or a command changes nothing, and why: it came twice, is a test, or nothing is left to do."""

    type = "loyalty.input.ignored"
    about = ("ref",)
    ref: str = Field(description="Id of the order, refund or redemption.")
    reason: str


class OrderUpdated(Decision):
    """What an order consists of has changed; the difference is posted."""

    type = "loyalty.order.updated"
    about = ("order_id",)
    order_id: str
    total: int = Field(description="Of the whole order now, refunds not taken off; minor units of its currency.")
    change: int = Field(description="Against before, in minor units of the order's currency.")
    value: int = Field(description="The same in minor units of the base currency.")
    currency: str
    base: int = Field(description="What earns now, in minor units of the base currency.")
    lines: tuple[OrderLine, ...] = ()


class OrderReversed(Decision):
    """An order is cancelled or refunded, in whole or in part."""

    type = "loyalty.order.reversed"
    about = ("order_id", "refund_id")
    order_id: str
    refund_id: str | None = Field(description="Null for a cancellation or a refund of the whole order.")
    total: int = Field(description="What is given back now, in minor units of the order's currency.")
    value: int = Field(description="The same in minor units of the base currency.")
    currency: str
    base: int = Field(description="What still earns, in minor units of the base currency.")
    whole: bool = Field(description="Nothing of the order is left.")
    lines: tuple[OrderLine, ...] = Field((), description="What is left of its products, where rules go by them.")


class LevelChanged(Decision):
    """A customer rose or fell to another level."""

    type = "loyalty.level.changed"
    topic = topics.REWARDS
    about = ("after",)
    before: str
    after: str
    review_at: Instant | None = Field(description="When the level is looked at again; null for the lowest.")


class LevelGraceBegan(Decision):
    """A review found too little: the level is kept until another look, so that there is time to make up for it."""

    type = "loyalty.level.grace-began"
    topic = topics.REWARDS
    level: str
    review_at: Instant
    would_be: str = Field(description="The level that the customer falls to if nothing changes.")


class LevelFrozen(Decision):
    """No review of the level until then."""

    type = "loyalty.level.frozen"
    topic = topics.REWARDS
    about = ("freeze_id",)
    freeze_id: str
    level: str
    until: Instant


class LevelRenewed(Decision):
    """A review found the level still deserved."""

    type = "loyalty.level.renewed"
    topic = topics.REWARDS
    level: str
    review_at: Instant


class BandChanged(Decision):
    """A customer grew into another age band (new, growing, mature)."""

    type = "loyalty.band.changed"
    before: str | None
    after: str | None
    strategy: str | None = Field(None, description="What the program means to do for customers of this band.")


class HighValueChanged(Decision):
    """A customer's value crossed the threshold for high value."""

    type = "loyalty.high-value.changed"
    high_value: bool


class ChurnWarningChanged(Decision):
    """The churn warning went up (`since`: the last purchase) or came down (null)."""

    type = "loyalty.churn-warning.changed"
    about = ("since",)
    since: Instant | None


class SilenceNoticed(Decision):
    """A customer stopped doing something they used to do; for information, nobody has to act."""

    type = "loyalty.silence.noticed"
    about = ("signal", "since")
    signal: str
    since: Instant
    days: int


Severity = Literal["info", "warning", "critical"]
AlertKind = Literal["churn-risk", "care", "service", "data-quality"]
HeldBackWhy = Literal["no-consent", "resting", "no-room"]


class Alert(Decision):
    """What all stages of one alert have in common; `alert` stays the same from the first to the last."""

    about = ("alert",)

    alert: str
    kind: AlertKind


class AlertContent(Alert):
    """Whom it is about, why now, what to do, who, until when; for churn also how likely it is, and why."""

    ref: str | None = Field(None, description="The complaint or the order that it is about; it is told once.")
    severity: Severity
    summary: str = Field(description="One sentence for the person who acts.")
    since: Instant = Field(description="When it began; for a silence the last purchase.")
    reasons: tuple[str, ...]
    action: str
    advice: str = Field(description="The action in words, from the program.")
    owner: str
    deadline: Instant
    probability: float | None = Field(None, description="That the customer does not buy within the horizon.")
    model: str | None = Field(None, description="Version of the model that says so.")
    value_at_risk: int | None = Field(
        None, description="A year's purchases at the customer's own rate, times the probability; minor units."
    )
    cause: str | None = Field(None, description="What probably drove the customer away.")
    evidence: tuple[str, ...] = Field((), description="What the cause rests on.")
    counterfactual: str | None = Field(None, description="What would have had to be different for no alert.")


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


class AlertEscalated(Alert):
    """A silence that somebody was told of goes on: the alert is more urgent than it was."""

    type = "loyalty.alert.escalated"
    topic = topics.ALERTS
    severity: Severity
    summary: str
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


class AlertWithdrawn(Alert):
    """Nobody has to act any more."""

    type = "loyalty.alert.withdrawn"
    topic = topics.ALERTS
    reason: str
    was_published: bool = Field(True, description="Whether the alert itself was; a backfill publishes none.")

    @property
    def published_as(self) -> str:
        """The kind of the alert is part of its type, so that subscribers can choose."""
        return f"loyalty.alert.{self.kind}.withdrawn"

    @property
    def told_on(self) -> str | None:
        """Nobody is told of the end of what they were not told of."""
        return self.topic if self.was_published else None


class AlertHeldBack(Alert):
    """An alert that would have been raised, were it not for `reason`."""

    type = "loyalty.alert.held-back"
    tallied = True
    since: Instant
    why: HeldBackWhy
    ref: str | None = Field(None, description="For care: the product category.")
    value_at_risk: int | None = Field(None, description="As of an alert; null where no model spoke.")
    reason: str

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


class RetentionMeasured(Decision):
    """The window of an alert, or of one that was held out, is over: did the customer buy again?"""

    type = "loyalty.retention.measured"
    about = ("alert",)
    tallied = True
    alert: str
    group: Literal["treated", "held-out"]
    hold_out_percent: float = Field(description="The chance with which it was drawn into the hold-out, of 100.")
    raised_at: Instant
    window_days: int
    band: str | None
    high_value: bool
    cause: str | None
    action: str
    probability: float | None
    bought: bool
    days_to_purchase: int | None
    revenue: int = Field(description="Bought within the window, net of refunds; minor units of the base currency.")
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


class BuyingStopped(Decision):
    """The fixed rule: so many days without a purchase."""

    type = "loyalty.buying.stopped"
    receipt = False
    about = ("since",)
    since: Instant


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


class ConsentRecorded(Decision):
    """The newest word of a customer on a use of their data."""

    type = "loyalty.consent.recorded"
    about = ("purpose",)
    purpose: str
    granted: bool
    stated_at: Instant


class CustomerErased(Decision):
    """A customer was forgotten. Told under a name that nobody can trace back, with nothing about the person."""

    type = "loyalty.customer.erased"
    sending = True
    request_id: str | None
    wallets: tuple[str, ...] = Field(description="Those in which something was written off.")
    parting: SkipJsonSchema[tuple[Sent, ...]] = Field((), exclude=True)

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """What those have to forget who know of the customer: guests of their claimer, and the other way round."""
        return tuple(one.transfer for one in self.parting)


DECISIONS: tuple[type[Decision], ...] = (
    OrderCounted,
    InputIgnored,
    OrderUpdated,
    OrderReversed,
    *POINTS,
    LevelChanged,
    LevelRenewed,
    LevelGraceBegan,
    LevelFrozen,
    BandChanged,
    HighValueChanged,
    ChurnWarningChanged,
    SilenceNoticed,
    AlertRaised,
    AlertHeldOut,
    AlertEscalated,
    AlertWithdrawn,
    AlertHeldBack,
    AlertAcknowledged,
    AlertOutcomeRecorded,
    RetentionMeasured,
    BuyingStopped,
    CheckpointScored,
    ExampleLabelled,
    ConsentRecorded,
    CustomerErased,
    *BENEFITS,
    *GUESTS,
)
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)
NAME_OF_TYPE: dict[str, str] = {decision.type: decision.__name__ for decision in DECISIONS} | {
    f"loyalty.alert.{kind}.{stage}": name
    for kind in ALERT_KINDS
    for stage, name in (("raised", "AlertRaised"), ("escalated", "AlertEscalated"), ("withdrawn", "AlertWithdrawn"))
}  # CloudEvents type -> name of the decision


def published(decision: type[Decision]) -> type[BaseModel]:
    """The model of a decision's message body: its fields, the customer, and because of what."""
    fields: dict[str, Any] = {"customer": (str, ...), "because": (Because, ...)}
    model: type[BaseModel] = create_model(decision.__name__, __base__=decision, __doc__=decision.__doc__, **fields)
    return model
