"""What a member brought along from another program."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec.structs import force_setattr

from stream_loyalty.contracts.decision import Decision, Fact, doc
from stream_loyalty.contracts.decisions.points import PointsDecision
from stream_loyalty.contracts.instants import Instant
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
    ref: Annotated[str, doc("Id of the lot or the order, name of the level.")]
    wallet: str | None = None
    points: int = 0
    lack: Lack

    @property
    def words(self) -> str:
        """In English."""
        name = {"lot": f"lot {self.ref} of {self.points} points", "order": f"order {self.ref}"}.get(
            self.what, self.what
        )
        return f"{name}: {self.lack.english}"


class MemberImported(Decision):
    """A member came from another program; what came along stands in the decisions beside this one."""

    type = "loyalty.member.imported"
    about = ("import_id",)
    import_id: str
    orders: int
    lots: int
    points: Annotated[dict[str, int], doc("By wallet.")]
    refused: Annotated[tuple[str, ...], doc("`refusals` in English words.")] = ()
    refusals: Annotated[tuple[ImportRefusal, ...], doc("What was not taken over, and why.")] = ()

    def __post_init__(self) -> None:
        force_setattr(self, "refused", tuple([one.words for one in self.refusals]))


DECISIONS: tuple[type[Decision], ...] = (
    PointsImported,
    MemberImported,
)
