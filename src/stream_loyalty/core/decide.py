"""One input to one customer: ask the policies in order, and evolve the state by each decision before the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.events.guests import BothIds, GuestOrder
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
_WAKING = tuple((place, p.due, p.REACTIONS[Wake]) for place, p in enumerate(POLICIES) if hasattr(p, "due"))


def decide(trigger: Event | Wake, state: Customer, moment: Moment, dues: Sequence[int] = ()) -> list[Decision]:
    """The decisions on an input, in order; `state` is evolved by them. `dues`: for a wake, what `dues` said before."""
    decided: list[Decision] = []
    waiting = list(_asked(trigger, dues))  # a heap: by the place of the policy, then in the order of the causes
    count = len(waiting)
    while waiting:
        place, _, reaction, cause = heappop(waiting)
        for decision in reaction(cause, state, moment):
            evolve(state, decision, moment)
            decided.append(decision)
            if decision.drawing and moment.budgets is not None:
                for name, units in decision.draws:
                    moment.budgets[name] = moment.budgets.get(name, 0) - units
            for later, following in _REACTIONS.get(type(decision), ()):
                if later > place:
                    count += 1
                    heappush(waiting, (later, count, following, decision))
    return decided


def _asked(trigger: Event | Wake, dues: Sequence[int]) -> Iterator[tuple[int, int, Reaction, Any]]:
    """The policies that an input concerns: for a wake those who wanted to be woken by now."""
    if isinstance(trigger, Wake):
        for (place, _, reaction), due in zip(_WAKING, dues, strict=True):
            if due <= trigger.at:
                yield place, 0, reaction, trigger
    else:
        asked = _REACTIONS.get(_kind_of(trigger), [])
        if trigger.anonymous_id:
            asked = sorted([*asked, *_REACTIONS[BothIds]], key=itemgetter(0))
        for place, reaction in asked:
            yield place, 0, reaction, trigger


def _kind_of(event: Event) -> type:
    """What policies react to: of a guest's events only that it is one, so that nothing else is decided by them."""
    return GuestOrder if event.guest else type(event.properties)


def dues(state: Customer, program: Program) -> list[int]:
    """When each policy that waits for something wants to be woken if nothing else happens (ms)."""
    return [due(state, program) for _, due, _ in _WAKING]


def wanted_by(state: Customer, program: Program, at: int) -> list[str]:
    """The policies that want to be woken by `at` (ms), by name."""
    return [
        POLICIES[place].__name__.rpartition(".")[2]
        for (place, _, _), due in zip(_WAKING, dues(state, program), strict=True)
        if due <= at
    ]
