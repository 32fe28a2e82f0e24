"""Points for orders: earned by rules or not, and taken back."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Fact, Instant, Saw
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.lacks import Lack


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
    parts: tuple[EarnedPart, ...] = Field((), description="What each rule brought.")
    missed: tuple[RuleMissed, ...] = Field((), description="The rules of this wallet that did not apply, and why.")
    short: tuple[str, ...] = Field((), description="Those of them whose budget had too little left.")

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """What comes out of the budgets of campaigns."""
        return _draws(self.parts, self.short)


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


DECISIONS: tuple[type[Decision], ...] = (
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
)
