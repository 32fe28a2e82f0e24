"""One input to one customer: ask the policies in order, and evolve the state by each decision before the next."""

from __future__ import annotations

from collections import defaultdict
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

_REACTIONS: dict[type, list[tuple[int, Reaction]]] = defaultdict(list)  # trigger -> place of the policy, its reaction
for _place, _policy in enumerate(POLICIES):
    for _kind, _reaction in _policy.REACTIONS.items():
        _REACTIONS[_kind].append((_place, _reaction))
_DUES: tuple[Callable[[Customer, Program], int], ...] = tuple(p.due for p in POLICIES if hasattr(p, "due"))


def decide(trigger: Event | Wake, state: Customer, moment: Moment) -> list[Decision]:
    """The decisions on an input, in order; `state` is evolved by them."""
    decided: list[Decision] = []
    waiting: list[list[tuple[Reaction, Any]]] = [[] for _ in POLICIES]

    def tell(kind: type, cause: Any, after: int) -> None:
        for place, reaction in _REACTIONS.get(kind, ()):
            if place > after:
                waiting[place].append((reaction, cause))

    tell(type(trigger.properties) if isinstance(trigger, Event) else Wake, trigger, -1)
    for place, reactions in enumerate(waiting):
        for reaction, cause in reactions:
            for decision in reaction(cause, state, moment):
                evolve(state, decision, moment.now)
                decided.append(decision)
                tell(type(decision), decision, place)
    return decided


def wake_at(state: Customer, program: Program) -> int:
    """When the customer has to be looked at next if nothing else happens (ms)."""
    return min(due(state, program) for due in _DUES)
