"""Movements of points. The balance of a wallet is the sum of all `postings`; holds and activations move none."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision, Posting, doc
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing


class PointsDecision(Decision):
    """A movement of points: the balance is the sum of all postings."""

    topic = topics.REWARDS
    wallet: str
    points: Annotated[int, doc("How many; the type says in which direction.")]
    postings: tuple[Posting, ...]
    balance: Annotated[int, doc("Of the wallet, after this.")]


class PointsActivated(PointsDecision):
    """Points that were waiting can be spent now."""

    type = "loyalty.points.activated"
    about = ("wallet", "lot")
    lot: str


class PointsExpired(PointsDecision):
    """What was left of a lot when its time was over."""

    type = "loyalty.points.expired"
    about = ("wallet", "lot")
    lot: str


class PointsGranted(PointsDecision):
    """Points that are no order's: a gift of a level, a birthday, an activity."""

    type = "loyalty.points.granted"
    about = ("wallet", "lot")
    lot: str
    expires_at: Instant | None
    reason: Annotated[str, doc("What for: the name of the program's gift or activity.")]


class PointsNotGranted(Lacking, Decision):
    """An activity brought nothing, and what would have had to be different."""

    type = "loyalty.points.not-granted"
    about = ("activity",)
    missing: Missing = ()
    lacks: Lacks = ()
    activity: Annotated[str, doc("Its name in the program.")]


class PointsWithdrawn(PointsDecision):
    """A gift taken back, as far as it had not expired: the level that it was for went with what had brought it."""

    type = "loyalty.points.withdrawn"
    about = ("wallet", "lot")
    lot: str
    reason: Annotated[str, doc("What it was given for.")]


class PointsErased(PointsDecision):
    """What a customer had who asked to be forgotten, written off; told under a name that nobody can trace back."""

    type = "loyalty.points.erased"
    about = ("wallet",)


DECISIONS: tuple[type[Decision], ...] = (
    PointsActivated,
    PointsExpired,
    PointsGranted,
    PointsWithdrawn,
    PointsErased,
    PointsNotGranted,
)
