"""Messages out: every decision is a fact that happened, published with what it rests on.

A decision's fields are what the fact is; `Because` is why. Rewards and alerts go to topics of their own, and every
decision goes to `loyalty.decisions` as its receipt, under the same id. A module for each topic has the decisions; here
is the list of them all.
"""

from __future__ import annotations

from msgspec import Struct, defstruct
from msgspec.structs import fields

from stream_loyalty.contracts.decision import Because, Decision
from stream_loyalty.contracts.decisions import (
    adjusting,
    alerts,
    benefits,
    checkpoints,
    earning,
    guests,
    importing,
    inputs,
    levels,
    lifecycle,
    orders,
    points,
    privacy,
    redemption,
    retention,
    silence,
)

DECISIONS: tuple[type[Decision], ...] = (
    *inputs.DECISIONS,
    *orders.DECISIONS,
    *earning.DECISIONS,
    *points.DECISIONS,
    *redemption.DECISIONS,
    *adjusting.DECISIONS,
    *importing.DECISIONS,
    *levels.DECISIONS,
    *lifecycle.DECISIONS,
    *silence.DECISIONS,
    *alerts.DECISIONS,
    *retention.DECISIONS,
    *checkpoints.DECISIONS,
    *privacy.DECISIONS,
    *benefits.DECISIONS,
    *guests.DECISIONS,
)
NAME_OF_TYPE: dict[str, str] = {decision.type: decision.__name__ for decision in DECISIONS} | {
    f"loyalty.alert.{kind}.{stage}": name
    for kind in alerts.ALERT_KINDS
    for stage, name in (("raised", "AlertRaised"), ("escalated", "AlertEscalated"), ("withdrawn", "AlertWithdrawn"))
}  # CloudEvents type -> name of the decision


def published(decision: type[Decision]) -> type[Struct]:
    """What a decision's message body is: its fields, the customer, and because of what."""
    shown = [(one.name, one.type) for one in fields(decision) if one.name not in decision.hidden]
    return defstruct(
        decision.__name__,
        [*shown, ("customer", str), ("because", Because)],
        namespace={"__doc__": decision.__doc__},
        forbid_unknown_fields=True,
    )
