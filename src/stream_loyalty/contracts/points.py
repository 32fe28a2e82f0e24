"""Movements of points. The balance of a wallet is the sum of all `postings`; holds and activations move none."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision, Fact, Instant, Posting, Saw
from stream_loyalty.contracts.lacks import Lack


class PointsDecision(Decision):
    """A movement of points: the balance is the sum of all postings."""

    topic = topics.REWARDS
    wallet: str
    points: int = Field(description="How many; the type says in which direction.")
    postings: tuple[Posting, ...]
    balance: int = Field(description="Of the wallet, after this.")


class EarnedPart(Fact):
    """What one rule brought, and the numbers it saw."""

    rule: str
    points: int
    saw: Saw = Field(default_factory=dict)
    drawn: int = Field(0, description="Points taken out of the rule's own budget; below 0: given back to it.")


class RuleMissed(Fact):
    """A rule that did not apply: `missing` says what would have had to be different."""

    rule: str
    missing: tuple[str, ...]
    lacks: tuple[Lack, ...] = Field((), description="`missing` in structured form.")


def _draws(parts: tuple[EarnedPart, ...], short: tuple[str, ...] = ()) -> tuple[tuple[str, int], ...]:
    drawn = tuple((f"campaign/{part.rule}", part.drawn) for part in parts if part.drawn)
    return drawn + tuple((f"campaign/{rule}", 0) for rule in short)


class PointsEarned(PointsDecision):
    """Points for an order, as a lot of their own in each wallet."""

    type = "loyalty.points.earned"
    about = ("wallet", "lot")
    drawing = True
    order_id: str
    lot: str
    expires_at: Instant | None = Field(description="Null: not by a date.")
    active_from: Instant | None = Field(None, description="When they can be spent, where that is later; see `waits`.")
    waits: bool = Field(False, description="They can be spent when the order has been delivered.")
    parts: tuple[EarnedPart, ...] = Field((), description="What each rule brings for the order as it is now.")
    missed: tuple[RuleMissed, ...] = Field((), description="The rules of this wallet that did not apply, and why.")
    short: tuple[str, ...] = Field((), description="Those of them whose budget had too little left.")

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """What comes out of the budgets of campaigns."""
        return _draws(self.parts, self.short)


class PointsReversed(PointsDecision):
    """Points of an order taken back, because it was cancelled, refunded or changed."""

    type = "loyalty.points.reversed"
    about = ("wallet", "order_id", "refund_id")
    drawing = True
    order_id: str
    refund_id: str | None
    expired_before: int = Field(description="Points of the order that had expired and are not taken back again.")
    returned: tuple[EarnedPart, ...] = Field((), description="Rules whose budgets get something back, or give more.")

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """What goes back into the budgets of campaigns."""
        return _draws(self.returned)


class PointsActivated(PointsDecision):
    """Points that were waiting can be spent now."""

    type = "loyalty.points.activated"
    about = ("wallet", "lot")
    lot: str


class PointsReserved(PointsDecision):
    """Points held for a redemption until it is confirmed or released, at the latest at `deadline`."""

    type = "loyalty.points.reserved"
    about = ("redemption_id",)
    drawing = True
    redemption_id: str
    reward: str | None
    order_id: str | None
    held: tuple[Posting, ...] = Field(description="How much of which lot is held.")
    deadline: Instant
    stock: bool = Field(False, description="Whether a piece was taken from the reward's stock.")

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """A piece of the stock."""
        return ((f"stock/{self.reward}", 1),) if self.stock else ()


class PointsReleased(PointsDecision):
    """Points that were held can be spent again: the redemption did not come about. Postings repay a debt, if any."""

    type = "loyalty.points.released"
    about = ("redemption_id",)
    drawing = True
    redemption_id: str
    reward: str | None
    reason: str
    stock: bool = False

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """A piece back into the stock."""
        return ((f"stock/{self.reward}", -1),) if self.stock else ()


class PointsSpent(PointsDecision):
    """Points redeemed by the customer, the lots that expire first before the others."""

    type = "loyalty.points.spent"
    about = ("redemption_id",)
    drawing = True
    redemption_id: str
    reward: str | None = Field(None, description="Of the program's catalog; null for points spent as they are.")
    kind: str | None = Field(None, description="What they became: voucher, discount, gift, donation, collectible.")
    value: str | None = Field(None, description="What it is worth, e.g. 10.00 USD, where the program says so.")
    order_id: str | None = Field(None, description="The order they were spent on, which gives them back if refunded.")
    stock: bool = False

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """A piece of the stock, where it was not taken when the points were held."""
        return ((f"stock/{self.reward}", 1),) if self.stock else ()


class PointsRestored(PointsDecision):
    """Points that were spent on an order which was then given back."""

    type = "loyalty.points.restored"
    about = ("redemption_id", "cause")
    redemption_id: str
    order_id: str
    cause: str = Field(description="The refund, or the order where it was cancelled.")
    lots: tuple[tuple[str, Instant | None], ...] = Field(description="Each lot, and when it expires now.")


class PointsExpired(PointsDecision):
    """What was left of a lot when its time was over."""

    type = "loyalty.points.expired"
    about = ("wallet", "lot")
    lot: str


class PointsGranted(PointsDecision):
    """Points that are no order's: a gift of a level, a birthday, a service recovery."""

    type = "loyalty.points.granted"
    about = ("wallet", "lot")
    lot: str
    expires_at: Instant | None
    reason: str = Field(description="What for: the name of the program's gift.")


class PointsAdjusted(PointsDecision):
    """Points put right by a person: added (`points` above zero) or taken away."""

    type = "loyalty.points.adjusted"
    about = ("adjustment_id",)
    adjustment_id: str
    lot: str | None = Field(description="The lot of added points.")
    expires_at: Instant | None
    actor: str
    reason: str
    batch: str | None
    approved_by: str | None
    reverses: str | None = Field(None, description="The adjustment that this takes back.")


class PointsImported(PointsDecision):
    """A lot that a member brought along from another program."""

    type = "loyalty.points.imported"
    about = ("wallet", "lot")
    lot: str
    expires_at: Instant | None
    import_id: str


class ImportRefusal(Fact):
    """Something of a member that was not taken over."""

    what: Literal["lot", "order", "level"]
    ref: str = Field(description="Id of the lot or the order, name of the level.")
    wallet: str | None = None
    points: int = 0
    lack: Lack


class PointsErased(PointsDecision):
    """What a customer had who asked to be forgotten, written off; told under a name that nobody can trace back."""

    type = "loyalty.points.erased"
    about = ("wallet",)


class MemberImported(Decision):
    """A member came from another program; what came along stands in the decisions beside this one."""

    type = "loyalty.member.imported"
    about = ("import_id",)
    import_id: str
    orders: int
    lots: int
    points: dict[str, int] = Field(description="By wallet.")
    refused: tuple[str, ...] = Field(description="What was not taken over, and why.")
    refusals: tuple[ImportRefusal, ...] = Field((), description="`refused` in structured form.")


class PointsNotEarned(Decision):
    """An order earned nothing: `missing` says what would have had to be different."""

    type = "loyalty.points.not-earned"
    about = ("order_id",)
    drawing = True
    order_id: str
    missing: tuple[str, ...]
    short: tuple[str, ...] = Field((), description="Rules whose budget had too little left.")
    lacks: tuple[Lack, ...] = Field((), description="What all rules lacked, in structured form.")
    missed: tuple[RuleMissed, ...] = Field((), description="The rules one by one.")

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """Nothing, of budgets of which more was wanted."""
        return _draws((), self.short)


class RedemptionRefused(Decision):
    """A redemption was not carried out: `missing` says what would have had to be different."""

    type = "loyalty.redemption.refused"
    about = ("redemption_id",)
    redemption_id: str
    points: int
    missing: tuple[str, ...]
    lacks: tuple[Lack, ...] = Field((), description="`missing` in structured form.")
    wallet: str | None = None
    reward: str | None = None


class AdjustmentRefused(Decision):
    """An adjustment or an import was not carried out: `missing` says what would have had to be different."""

    type = "loyalty.adjustment.refused"
    about = ("adjustment_id",)
    adjustment_id: str
    actor: str | None
    points: int
    missing: tuple[str, ...]
    lacks: tuple[Lack, ...] = Field((), description="`missing` in structured form.")
    wallet: str | None = None


POINTS: tuple[type[Decision], ...] = (
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
    PointsActivated,
    PointsReserved,
    PointsReleased,
    PointsSpent,
    PointsRestored,
    PointsExpired,
    PointsAdjusted,
    PointsImported,
    PointsGranted,
    PointsErased,
    PointsGranted,
    MemberImported,
    RedemptionRefused,
    AdjustmentRefused,
)
