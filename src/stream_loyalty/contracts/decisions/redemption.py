"""Points spent: held, released, spent, given back with the order, refused."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts.clauses import Ground, Reason, Reasoned
from stream_loyalty.contracts.decision import Decision, Posting, doc
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing


class PointsReserved(PointsDecision):
    """Points held for a redemption until it is confirmed or released, at the latest at `deadline`."""

    type = "loyalty.points.reserved"
    about = ("redemption_id",)
    drawing = True
    redemption_id: str
    reward: str | None
    order_id: str | None
    held: Annotated[tuple[Posting, ...], doc("How much of which lot is held.")]
    deadline: Instant
    stock: Annotated[bool, doc("Whether a piece was taken from the reward's stock.")] = False

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """A piece of the stock."""
        return ((f"stock/{self.reward}", 1),) if self.stock else ()


class PointsReleased(Reasoned, PointsDecision):
    """Points that were held can be spent again: the redemption did not come about. Postings repay a debt, if any."""

    type = "loyalty.points.released"
    about = ("redemption_id",)
    drawing = True
    reason: Reason = ""
    ground: Ground
    redemption_id: str
    reward: str | None
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
    reward: Annotated[str | None, doc("Of the program's catalog; null for points spent as they are.")] = None
    kind: Annotated[str | None, doc("What they became: voucher, discount, gift, donation, collectible.")] = None
    value: Annotated[str | None, doc("What it is worth, e.g. 10.00 USD, where the program says so.")] = None
    order_id: Annotated[str | None, doc("The order they were spent on, which gives them back if refunded.")] = None
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
    cause: Annotated[str, doc("The refund, or the order where it was cancelled.")]
    lots: Annotated[tuple[tuple[str, Instant | None], ...], doc("Each lot, and when it expires now.")]


class RedemptionRefused(Lacking, Decision):
    """A redemption was not carried out, and what would have had to be different."""

    type = "loyalty.redemption.refused"
    about = ("redemption_id",)
    missing: Missing = ()
    lacks: Lacks = ()
    redemption_id: str
    points: int
    wallet: str | None = None
    reward: str | None = None


DECISIONS: tuple[type[Decision], ...] = (
    PointsReserved,
    PointsReleased,
    PointsSpent,
    PointsRestored,
    RedemptionRefused,
)
