"""A customer stopped doing what they used to do."""

from __future__ import annotations

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.instants import Instant


class ChurnWarningChanged(Decision):
    """The churn warning went up (`since`: the last purchase) or came down (null)."""

    type = "loyalty.churn-warning.changed"
    about = ("since",)
    since: Instant | None


class SilenceNoticed(Decision):
    """A customer stopped doing something they used to do; for information, nobody has to act."""

    type = "loyalty.silence.noticed"
    about = ("signal", "since")
    signal: str
    since: Instant
    days: int


class BuyingStopped(Decision):
    """The fixed rule: so many days without a purchase."""

    type = "loyalty.buying.stopped"
    receipt = False
    about = ("since",)
    since: Instant


DECISIONS: tuple[type[Decision], ...] = (
    ChurnWarningChanged,
    SilenceNoticed,
    BuyingStopped,
)
