"""What a shop knows of its loyalty program: what points buy, what has to be confirmed, who may be a guest."""

from __future__ import annotations

from typing import NamedTuple

from stream_loyalty.core.program import Program


class Offer(NamedTuple):
    """A reward of the catalog and what it takes, in points of the first wallet or else in stamps, one for an order."""

    name: str
    points: int
    by_stamps: bool


_OFFERS = (
    Offer("voucher", 500, False),
    Offer("gift set", 800, False),
    Offer("hour with an adviser", 1500, False),
    Offer("seat at a preview", 3000, False),
)


class Club(NamedTuple):
    """The program as customers and the shop's servers go by it. As it stands: that of the default program."""

    levels: tuple[str, ...] = ("regular", "silver", "gold", "black gold")
    rewards: tuple[Offer, ...] = _OFFERS
    free: bool = True  # points can be spent without a reward
    confirm_hours: int | None = None  # points are held so long at the most; None: they are spent at once
    approval_above: int = 1000  # more points than so many are put right by two
    benefits: tuple[str, ...] = ()
    scenes: tuple[str, ...] = ()  # events that bring benefits
    guests: bool = False

    @classmethod
    def of(cls, program: Program) -> Club:
        """The club that a program makes of a shop."""
        return cls(
            levels=tuple(step.name for step in program.levels.steps),
            rewards=tuple(
                Offer(one.name, one.points, one.wallet not in (None, program.main_wallet.name))
                for one in program.redemption.catalog
            ),
            free=program.redemption.free,
            confirm_hours=program.redemption.confirm_within_hours,
            approval_above=program.adjustments.approval_above,
            benefits=tuple(program.benefit_of),
            scenes=tuple(program.scenes_of_event),
            guests=program.guests is not None,
        )
