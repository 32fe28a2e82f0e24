"""What a member brought along from another program."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Fact, Instant
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.lacks import Lack


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


DECISIONS: tuple[type[Decision], ...] = (
    PointsImported,
    MemberImported,
)
