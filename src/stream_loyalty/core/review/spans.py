"""What conditions leave of the values that a fact can take: whether any is left, and what one demand covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import time

from msgspec import Struct
from msgspec.structs import replace

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Condition, Value
from stream_loyalty.core.program.wallets import EarnRule

Hours = tuple[time, time] | None
_DAY = 86_400
_SOME = Condition(fact="orders", at_least=1)
_FIRST = (
    (True, Condition(fact="orders", below=1), "at the first purchase there are no orders yet"),
    (False, _SOME, "after the first purchase there are orders"),
)  # what `first_purchase` says of the orders so far
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


def clash(program: Program, left: Mapping[str, Span], of_order: bool) -> str | None:
    """Why what is left of several facts is of no customer at once; `of_order`: asked when an order is placed."""
    first, orders = left.get("first_purchase"), left.get("orders", Span(low=0))
    for is_first, demand, why in _FIRST:
        if first is not None and first.values == frozenset((is_first,)):
            orders = orders.narrowed(demand)
            if not orders.possible:
                return why
    band, youngest = left.get("band"), program.lifecycle.bands[0].name
    if band is None or orders.narrowed(_SOME).possible:
        return None
    if not of_order:
        return "who has no orders is in no band yet"
    return None if youngest in (band.values or ()) else f"at the first purchase the band is {youngest}"


def meet(program: Program, one: EarnRule, other: EarnRule) -> bool:
    """Whether an order can have both rules apply to it, as far as conditions, days and hours tell."""
    left = spans(program, (*one.when, *other.when))
    since = max((rule.since for rule in (one, other) if rule.since), default=None)
    until = min((rule.until for rule in (one, other) if rule.until), default=None)
    return (
        all(span.possible for span in left.values())
        and clash(program, left, of_order=True) is None
        and not (since and until and until < since)
        and any(a < d and c < b for a, b in _seconds(one.hours) for c, d in _seconds(other.hours))
    )


def hours_cover(wide: Hours, narrow: Hours) -> bool:
    """Whether hours of the day hold all of others; None is the whole day."""
    return all(any(a <= c and d <= b for a, b in _seconds(wide)) for c, d in _seconds(narrow))


def _seconds(hours: Hours) -> list[tuple[int, int]]:
    """Hours as seconds of the day, in two parts where they go over midnight."""
    if hours is None:
        return [(0, _DAY)]
    since, until = (one.hour * 3600 + one.minute * 60 + one.second for one in hours)
    return [(since, until)] if since <= until else [(since, _DAY), (0, until)]


def cover(program: Program, wide: Iterable[Condition], narrow: Iterable[Condition]) -> bool:
    """Whether the conditions `wide` hold wherever those of `narrow` do, which have to be possible."""
    these, those = spans(program, wide), spans(program, narrow)
    return all(span.possible for span in those.values()) and all(
        fact in those and span.covers(those[fact]) for fact, span in these.items()
    )
