"""Benefits that are no points: granted, used, refused."""

from __future__ import annotations

from typing import Annotated, Literal

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing

Layer = Literal["basic", "level", "scene"]


class BenefitGranted(Decision):
    """A customer may use a benefit from now on; what was left of the period before is gone."""

    type = "loyalty.benefit.granted"
    topic = topics.REWARDS
    about = ("benefit",)
    benefit: str
    layer: Layer
    quantity: Annotated[int, doc("How often it can be used.")]
    until: Annotated[Instant | None, doc("When the next period begins; null: it has no end.")]


class BenefitUsed(Decision):
    """A benefit was used once."""

    type = "loyalty.benefit.used"
    about = ("use_id",)
    benefit: str
    layer: Layer
    use_id: str
    left: Annotated[int, doc("How often it can still be used in this period.")]


class BenefitRefused(Lacking, Decision):
    """A benefit cannot be used, and what would have had to be different."""

    type = "loyalty.benefit.refused"
    about = ("use_id",)
    missing: Missing = ()
    lacks: Lacks = ()
    benefit: str
    use_id: str


DECISIONS: tuple[type[Decision], ...] = (
    BenefitGranted,
    BenefitUsed,
    BenefitRefused,
)
