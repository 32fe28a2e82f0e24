"""Points for orders: earned by rules or not, and taken back."""

from __future__ import annotations

from typing import Annotated

from msgspec import field
from msgspec.structs import force_setattr

from stream_loyalty.contracts.decision import Decision, Fact, Saw, doc
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing


class EarnedPart(Fact):
    """What one rule brought, and the numbers it saw."""

    rule: str
    points: int
    saw: Saw = field(default_factory=dict)
    drawn: Annotated[int, doc("Points taken out of the rule's own budget; below 0: given back to it.")] = 0


class RuleMissed(Lacking, Fact):
    """A rule that did not apply, and what would have had to be different."""

    missing: Missing = ()
    lacks: Lacks = ()
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
    expires_at: Annotated[Instant | None, doc("Null: not by a date.")]
    active_from: Annotated[Instant | None, doc("When they can be spent, where that is later; see `waits`.")] = None
    waits: Annotated[bool, doc("They can be spent when the order has been delivered.")] = False
    parts: Annotated[tuple[EarnedPart, ...], doc("What each rule brings for the order as it is now.")] = ()
    missed: Annotated[tuple[RuleMissed, ...], doc("The rules of this wallet that did not apply, and why.")] = ()
    short: Annotated[tuple[str, ...], doc("Those of them whose budget had too little left.")] = ()

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """What comes out of the budgets of campaigns."""
        return _draws(self.parts, self.short)


class PointsNotEarned(Lacking, Decision):
    """An order earned nothing, and what would have had to be different; `lacks` are those of all rules."""

    type = "loyalty.points.not-earned"
    about = ("order_id",)
    drawing = True
    missing: Annotated[tuple[str, ...], doc("`lacks` in English, with the rule where there are several.")] = ()
    lacks: Lacks = ()
    order_id: str
    short: Annotated[tuple[str, ...], doc("Rules whose budget had too little left.")] = ()
    missed: Annotated[tuple[RuleMissed, ...], doc("The rules one by one.")] = ()

    def __post_init__(self) -> None:
        if len(self.missed) < 2:
            super().__post_init__()
        else:
            said = [f"{one.rule}: {words}" for one in self.missed for words in one.missing]
            force_setattr(self, "missing", tuple(said))

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
    expired_before: Annotated[int, doc("Points of the order that had expired and are not taken back again.")]
    returned: Annotated[tuple[EarnedPart, ...], doc("Rules whose budgets get something back, or give more.")] = ()

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """What goes back into the budgets of campaigns."""
        return _draws(self.returned)


DECISIONS: tuple[type[Decision], ...] = (
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
)
