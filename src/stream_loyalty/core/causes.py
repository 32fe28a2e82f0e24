"""What probably drove a customer away: the first cause of the program that the state bears out, with its evidence."""

from __future__ import annotations

from collections.abc import Callable

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant
from stream_loyalty.core.program import Program
from stream_loyalty.core.sections import Cause
from stream_loyalty.core.state import Customer


def diagnose(state: Customer, program: Program, now: int) -> tuple[str | None, tuple[str, ...]]:
    """The cause and what it rests on; None where nothing is known."""
    for cause in program.wakeup.causes:
        evidence = _EVIDENCE[cause.name](state, cause, now)
        if evidence:
            return cause.name, tuple(evidence)
    return None, ()


def _seen(state: Customer, cause: Cause, now: int) -> str | None:
    """The day on which a trouble was last seen, where that is not too long ago."""
    at = state.troubles.get(cause.name)
    return None if at is None or at < now - cause.within_days * DAY_MS else format_instant(at)[:10]


def _complaint(state: Customer, cause: Cause, now: int) -> list[str]:
    found = [f"complaint {case} is open since {format_instant(at)[:10]}" for case, (at, _) in state.complaints.items()]
    day = _seen(state, cause, now)
    return found + ([f"was not content with how a complaint ended on {day}"] if day else [])


def _slow_service(state: Customer, cause: Cause, now: int) -> list[str]:
    late = now - cause.hours * HOUR_MS
    found = [
        f"complaint {case} has had no answer for more than {cause.hours} h"
        for case, (at, answered) in state.complaints.items()
        if not answered and at < late
    ]
    day = _seen(state, cause, now)
    return found + ([f"waited more than {cause.hours} h for an answer, until {day}"] if day else [])


def _late_delivery(state: Customer, cause: Cause, now: int) -> list[str]:
    day = _seen(state, cause, now)
    return [f"a delivery was late on {day}"] if day else []


def _price(state: Customer, cause: Cause, now: int) -> list[str]:
    day = _seen(state, cause, now)
    return [f"spoke of the price on {day}"] if day else []


def _competitor(state: Customer, cause: Cause, now: int) -> list[str]:
    day = _seen(state, cause, now)
    return [f"looked at a competitor on {day}"] if day else []


def _inquiries(state: Customer, cause: Cause, now: int) -> list[str]:
    since = max(now - cause.within_days * DAY_MS, state.last_order_at or 0)
    count = sum(at > since for at in state.inquiries)
    return [f"asked {count} times without ordering since"] if count >= cause.at_least else []


_EVIDENCE: dict[str, Callable[[Customer, Cause, int], list[str]]] = {
    "complaint": _complaint,
    "slow-service": _slow_service,
    "late-delivery": _late_delivery,
    "price": _price,
    "competitor": _competitor,
    "inquiries": _inquiries,
}
