"""Points for orders: earned by rules or not, and taken back."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field, computed_field

from stream_loyalty.contracts.decision import Decision, Fact, Instant, Saw
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.lacks import Lacking


class EarnedPart(Fact):
    """What one rule brought, and the numbers it saw."""

    rule: str
    points: int
    saw: Saw = Field(default_factory=dict)
    drawn: int = Field(0, description="Points taken out of the rule's own budget; below 0: given back to it.")


class RuleMissed(Lacking):
    """A rule that did not apply, and what would have had to be different."""

    rule: str


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


class PointsNotEarned(Lacking, Decision):
    """An order earned nothing, and what would have had to be different; `lacks` are those of all rules."""

    type = "loyalty.points.not-earned"
    about = ("order_id",)
    drawing = True
    order_id: str
    short: tuple[str, ...] = Field((), description="Rules whose budget had too little left.")
    missed: tuple[RuleMissed, ...] = Field((), description="The rules one by one.")

    @computed_field(description="`lacks` in English, with the rule where there are several.")  # type: ignore[prop-decorator]
    @cached_property
    def missing(self) -> tuple[str, ...]:
        """`lacks` in English, with the rule where there are several."""
        if len(self.missed) < 2:
            return self.words
        return tuple([f"{one.rule}: {words}" for one in self.missed for words in one.words])

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
