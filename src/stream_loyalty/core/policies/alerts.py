"""How a policy words an alert: the program's action, who does it and by when, and what the policy knows."""

from __future__ import annotations

from typing import Any, TypeVar

from stream_loyalty.contracts.decisions.alerts import AlertContent
from stream_loyalty.contracts.instants import HOUR_MS, Instant
from stream_loyalty.core.program.sections import Action

C = TypeVar("C", bound=AlertContent)


def alert(message: type[C], action: Action, at: int, /, *, since: int, **known: Any) -> C:
    """An alert for an action, as a message of that type; its deadline counts from `at`, it began at `since` (ms)."""
    return message(
        severity=action.severity,
        action=action.name,
        advice=action.advice,
        owner=action.owner,
        since=Instant(since),
        deadline=Instant(at + action.deadline_hours * HOUR_MS),
        **known,
    )
