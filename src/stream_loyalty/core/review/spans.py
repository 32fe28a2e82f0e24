"""What conditions leave of the values that a fact can take: whether any is left, and what one demand covers."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from stream_loyalty.core.conditions import Condition, Value
from stream_loyalty.core.program import Program

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FLAGS = frozenset({"high_value", "first_purchase"})
COUNTS = frozenset({"basket", "items", "orders"})
WORDS = frozenset({"level", "band", "cause", "channel", "coupon", "currency", "weekday"})


class Span(Struct, frozen=True):
    """Values that are possible: of a list (None: any), and from `low` to before `high`."""

    values: frozenset[Value] | None = None
    low: int | None = None
    high: int | None = None

    def narrowed(self, condition: Condition) -> Span:
        """What is left when `condition` has to hold as well."""
        if condition.at_least is not None:
            return replace(self, low=max(condition.at_least, self.low if self.low is not None else condition.at_least))
        if condition.below is not None:
            return replace(self, high=min(condition.below, self.high if self.high is not None else condition.below))
        wanted = frozenset(values_of(condition))
        return replace(self, values=wanted if self.values is None else self.values & wanted)

    @property
    def possible(self) -> bool:
        """Whether any value is left."""
        if self.values is not None:
            return any(self._within(value) for value in self.values)
        return self.low is None or self.high is None or self.low < self.high

    def covers(self, other: Span) -> bool:
        """Whether every value of `other` is one of these."""
        if other.values is not None:
            left = [value for value in other.values if other._within(value)]
            return all((self.values is None or value in self.values) and self._within(value) for value in left)
        if self.values is not None:
            return False
        low = self.low is None or (other.low is not None and other.low >= self.low)
        return low and (self.high is None or (other.high is not None and other.high <= self.high))

    def _within(self, value: Value) -> bool:
        if self.low is None and self.high is None:
            return True
        if not isinstance(value, int):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)


def values_of(condition: Condition) -> tuple[Value, ...]:
    """The values that a condition names; none for one on numbers."""
    return (condition.equals,) if condition.equals is not None else condition.one_of or ()


def domain(program: Program, fact: str) -> Span:
    """Everything that a fact can be in a program."""
    if fact in COUNTS:
        return Span(low=0)
    if fact in FLAGS:
        return Span(frozenset((True, False)))
    if fact == "weekday":
        return Span(frozenset(WEEKDAYS))
    if fact in ("level", "band"):
        return Span(frozenset(names_of(program, fact)))
    return Span()


def names_of(program: Program, fact: str) -> tuple[str, ...]:
    """The levels or the bands of a program."""
    steps = program.levels.steps if fact == "level" else program.lifecycle.bands
    return tuple(step.name for step in steps)


def spans(program: Program, conditions: Iterable[Condition]) -> dict[str, Span]:
    """What is left of each fact that is asked for."""
    left: dict[str, Span] = {}
    for condition in conditions:
        left[condition.fact] = left.get(condition.fact, domain(program, condition.fact)).narrowed(condition)
    return left


def cover(program: Program, wide: Iterable[Condition], narrow: Iterable[Condition]) -> bool:
    """Whether the conditions `wide` hold wherever those of `narrow` do, which have to be possible."""
    these, those = spans(program, wide), spans(program, narrow)
    return all(span.possible for span in those.values()) and all(
        fact in those and span.covers(those[fact]) for fact, span in these.items()
    )
