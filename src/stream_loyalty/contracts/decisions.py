"""Messages out: every decision is a fact that happened, published with what it rests on.

A decision's fields are what the fact is; `Because` is why. Rewards and alerts go to topics of their own, and every
decision goes to `loyalty.decisions` as its receipt, under the same id.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, create_model

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import format_instant

Instant = Annotated[
    int, PlainSerializer(format_instant, str), WithJsonSchema({"type": "string", "format": "date-time"})
]
Saw = dict[str, str | int | bool | None]  # the numbers a rule looked at, by their names


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Because(_Fact):
    """Why a decision was taken: the input, the program's version, and what was odd about the input."""

    input: str = Field(description="Message id of the event, or kind and due time of the wake.")
    event: str = Field(description="Name of the event, or `wake`.")
    program: str = Field(description="Name and version of the program in force.", examples=["default/1"])
    flags: tuple[str, ...] = Field((), description="What was odd, e.g. time-clamped.")


class Posting(_Fact):
    """Points put on a lot or taken off it. Without a lot: a debt, for what no lot could give back, or its repayment."""

    lot: str | None
    points: int


class Decision(_Fact):
    """A fact that happened, by which rule, and the numbers the rule saw."""

    type: ClassVar[str]
    topic: ClassVar[str | None] = None  # where it goes beside loyalty.decisions
    about: ClassVar[tuple[str, ...]] = ()  # the fields that say what it is about
    receipt: ClassVar[bool] = True  # whether loyalty.decisions has it
    tallied: ClassVar[bool] = False  # whether there is more to count than how often it was taken
    drawing: ClassVar[bool] = False  # whether it may draw on budgets: those that say what they draw

    rule: str
    saw: Saw = Field(default_factory=dict)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """So that those which draw nothing, nearly all, are not asked."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.drawing = cls.draws is not Decision.draws

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """Budgets and the units drawn on them; below 0: given back; 0: more was wanted than was left."""
        return ()

    @property
    def subject(self) -> str:
        """What it is about, as far as the id has to tell it from others of the same cause and rule."""
        return "/".join([str(getattr(self, field)) for field in self.about])

    @property
    def told_on(self) -> str | None:
        """The topic that the world reads it on, beside its receipt."""
        return self.topic

    @property
    def tallies(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """What metrics count of it: family and labels, and how much."""
        return ()

    @property
    def published_as(self) -> str:
        """The CloudEvents type."""
        return self.type


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


class InputIgnored(Decision):
    """An order or a command changes nothing, and why: it came twice, is a test, or nothing is left to do."""

    type = "loyalty.input.ignored"
    about = ("ref",)
    ref: str = Field(description="Id of the order, refund or redemption.")
    reason: str


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


class PointsDecision(Decision):
    """A movement of points: the balance is the sum of all postings."""

    topic = topics.REWARDS
    wallet: str
    points: int = Field(description="How many; the type says in which direction.")
    postings: tuple[Posting, ...]
    balance: int = Field(description="After this.")


class PointsEarned(PointsDecision):
    """Points for an order, as a lot of their own."""

    type = "loyalty.points.earned"
    about = ("lot",)
    order_id: str
    lot: str
    expires_at: Instant


class PointsReversed(PointsDecision):
    """Points of an order taken back, because it was cancelled or refunded."""

    type = "loyalty.points.reversed"
    about = ("order_id", "refund_id")
    order_id: str
    refund_id: str | None
    expired_before: int = Field(description="Points of the order that had expired and are not taken back again.")


class PointsSpent(PointsDecision):
    """Points redeemed by the customer, the lots that expire first before the others."""

    type = "loyalty.points.spent"
    about = ("redemption_id",)
    redemption_id: str


class PointsExpired(PointsDecision):
    """What was left of a lot when its time was over."""

    type = "loyalty.points.expired"
    about = ("lot",)
    lot: str


class PointsNotEarned(Decision):
    """An order earned nothing: `missing` says what would have had to be different."""

    type = "loyalty.points.not-earned"
    about = ("order_id",)
    order_id: str
    missing: tuple[str, ...]


class RedemptionRefused(Decision):
    """A redemption was not carried out: `missing` says what would have had to be different."""

    type = "loyalty.redemption.refused"
    about = ("redemption_id",)
    redemption_id: str
    points: int
    missing: tuple[str, ...]


class LevelChanged(Decision):
    """A customer rose or fell to another level."""

    type = "loyalty.level.changed"
    topic = topics.REWARDS
    about = ("after",)
    before: str
    after: str
    review_at: Instant | None = Field(description="When the level is looked at again; null for the lowest.")


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
    why: Literal["no-consent", "resting", "no-room"]
    ref: str | None = Field(None, description="For care: the product category.")
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


DECISIONS: tuple[type[Decision], ...] = (
    OrderCounted,
    InputIgnored,
    OrderReversed,
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
    PointsSpent,
    PointsExpired,
    RedemptionRefused,
    LevelChanged,
    LevelRenewed,
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
