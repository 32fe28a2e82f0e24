"""What changes nothing, and why."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.clauses import Reasoned
from stream_loyalty.contracts.decision import Decision


class InputIgnored(Reasoned, Decision):
    """An order or a command changes nothing, and why: it came twice, is a test, or nothing is left to do."""

    type = "loyalty.input.ignored"
    about = ("ref",)
    ref: str = Field(description="Id of the order, refund or redemption.")


DECISIONS: tuple[type[Decision], ...] = (InputIgnored,)
