"""What changes nothing, and why."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts.clauses import Ground, Reason, Reasoned
from stream_loyalty.contracts.decision import Decision, doc


class InputIgnored(Reasoned, Decision):
    """An order or a command changes nothing, and why: it came twice, is a test, or nothing is left to do."""

    type = "loyalty.input.ignored"
    about = ("ref",)
    reason: Reason = ""
    ground: Ground
    ref: Annotated[str, doc("Id of the order, refund or redemption.")]


DECISIONS: tuple[type[Decision], ...] = (InputIgnored,)
