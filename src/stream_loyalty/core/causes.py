"""What probably drove a customer away: the first cause that the state bears out, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from stream_loyalty.contracts.clauses import Clause, Figure, clause
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.sections import Cause
from stream_loyalty.core.state import Customer


def diagnose(state: Customer, program: Program, now: int) -> tuple[str | None, tuple[Clause, ...]]:
    """The cause and what it rests on; None where nothing is known."""
    for cause in program.wakeup.causes:
        clues = _CLUES[cause.name](state, cause, now)
        if clues:
            return cause.name, tuple(clues)
    return None, ()


def _seen_as(code: str, state: Customer, cause: Cause, now: int, **figures: Figure) -> list[Clause]:
    """The day on which a trouble was last seen, where that is not too long ago."""
    at = state.troubles.get(cause.name)
    if at is None or at < now - cause.within_days * DAY_MS:
        return []
    return [clause(code, on=format_instant(at), **figures)]


def _complaint(state: Customer, cause: Cause, now: int) -> list[Clause]:
    found = [
        clause("complaint-since", complaint_id=case, since=format_instant(at))
        for case, (at, _) in state.complaints.items()
    ]
    return found + _seen_as("complaint-ended-badly", state, cause, now)


def _slow_service(state: Customer, cause: Cause, now: int) -> list[Clause]:
    late = now - cause.hours * HOUR_MS
    found = [
        clause("complaint-unanswered", complaint_id=case, hours=cause.hours)
        for case, (at, answered) in state.complaints.items()
        if not answered and at < late
    ]
    return found + _seen_as("waited", state, cause, now, hours=cause.hours)


def _inquiries(state: Customer, cause: Cause, now: int) -> list[Clause]:
    since = max(now - cause.within_days * DAY_MS, state.last_order_at or 0)
    count = sum(at > since for at in state.inquiries)
    return [clause("asked-without-ordering", times=count)] if count >= cause.at_least else []


_CLUES: dict[str, Callable[[Customer, Cause, int], list[Clause]]] = {
    "complaint": _complaint,
    "slow-service": _slow_service,
    "late-delivery": partial(_seen_as, "delivery-late"),
    "price": partial(_seen_as, "spoke-of-price"),
    "competitor": partial(_seen_as, "saw-competitor"),
    "inquiries": _inquiries,
}
