"""One input to one customer: ask the policies in order, and evolve the state by each decision before the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stream_loyalty.contracts.decisions import Decision
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.evolve import evolve
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies import POLICIES
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Customer

Reaction = Callable[[Any, Customer, Moment], Iterator[Decision]]

_REACTIONS: tuple[dict[type, Reaction], ...] = tuple(policy.REACTIONS for policy in POLICIES)
_DUES: tuple[Callable[[Customer, Program], int], ...] = tuple(p.due for p in POLICIES if hasattr(p, "due"))


def decide(trigger: Event | Wake, state: Customer, moment: Moment) -> list[Decision]:
    """The decisions on an input, in order; `state` is evolved by them."""
    key = type(trigger.properties) if isinstance(trigger, Event) else Wake
    triggers: list[tuple[type, Any]] = [(key, trigger)]
    for reactions in _REACTIONS:
        for kind, cause in triggers[:]:  # a policy does not see its own decisions
            reaction = reactions.get(kind)
            if reaction is not None:
                for decision in reaction(cause, state, moment):
                    evolve(state, decision, moment.now)
                    triggers.append((type(decision), decision))
    return [decision for _, decision in triggers[1:]]


def wake_at(state: Customer, program: Program) -> int:
    """When the customer has to be looked at next if nothing else happens (ms)."""
    return min(due(state, program) for due in _DUES)
