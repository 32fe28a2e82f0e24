"""Earning rules as their arithmetic goes by them: what the program says, resolved once for each of its versions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct, field

from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.core.calendar import Calendar, day_number
from stream_loyalty.core.program.wallets import EarnRule, Wallet
from stream_loyalty.core.state import NEVER, Line

Value = str | int | bool | None
_KINDS_OF_ORDERS = 1024  # whose unmet conditions a rule remembers


class Rule(Struct):
    """One earning rule. Ratios are (numerator, denominator) by minor units of the base currency."""

    said: EarnRule
    name: str
    is_plain: bool  # whether it holds for every order alike
    budget: str | None  # the name of what it draws on
    group: str | None  # of its rules only the best counts
    rate: tuple[int, int] | None  # points for each minor unit
    extra: tuple[int, int] | None  # of what other rules brought, where it multiplies
    saw: dict[str, Value]  # its figures, for receipts
    since: int  # ms
    before: int  # ms
    facts: tuple[str, ...]  # that its conditions ask for
    unmet_of: dict[tuple[Value, ...], tuple[Lack, ...]] = field(default_factory=dict)  # by what they saw

    def share(self, lines: Iterable[Line]) -> int | None:
        """What the lines that the rule is about are worth together; None where there is no such line."""
        products, categories, brands = self.said.products, self.said.categories, self.said.brands
        found = None
        for line in lines:
            if (
                (not products or line.product in products)
                and (not categories or line.category in categories)
                and (not brands or line.brand in brands)
            ):
                found = (found or 0) + line.value
        return found

    def missing(self, facts: Mapping[str, Value], at: int, share: int | None, calendar: Calendar) -> tuple[Lack, ...]:
        """What the rule wants of an order of `at` (ms) and does not see; empty where it applies."""
        missing = self._unmet(facts) if self.facts else ()
        if at < self.since:
            missing += (lack("order-since", str(self.said.since), str(calendar.date_of(at))),)
        if at >= self.before:
            missing += (lack("order-until", str(self.said.until), str(calendar.date_of(at))),)
        if self.said.hours is not None:
            clock, (since, until) = calendar.clock(at), self.said.hours
            if not (since <= clock < until if since <= until else clock >= since or clock < until):
                missing += (lack("hours", f"{since:%H:%M}-{until:%H:%M}", f"{clock:%H:%M}"),)
        if share is None and self.said.selective:
            wanted = ", ".join((*self.said.products, *self.said.categories, *self.said.brands))
            missing += (lack("product", wanted),)
        return missing

    def _unmet(self, facts: Mapping[str, Value]) -> tuple[Lack, ...]:
        seen = tuple([facts.get(name) for name in self.facts])
        found = self.unmet_of.get(seen)
        if found is None:
            missing = [condition.missing(facts) for condition in self.said.when]
            found = tuple([unmet for unmet in missing if unmet is not None])
            if len(self.unmet_of) < _KINDS_OF_ORDERS:
                self.unmet_of[seen] = found
        return found


class Rules(Struct):
    """The rules of one wallet, in the program's order."""

    wallet: Wallet
    rules: tuple[Rule, ...]
    compete: bool  # whether any of them are of one group
    have_budgets: bool


def resolve(
    wallet: Wallet, said: Sequence[EarnRule], exponent: int, best_multiplier: bool, start: Callable[[int], int]
) -> Rules:
    """The rules of a wallet by the exponent of the base currency, and when days of the zone begin, by number (ms)."""
    rules = tuple([_resolve(rule, exponent, best_multiplier, start) for rule in said])
    return Rules(
        wallet,
        rules,
        compete=any(rule.group is not None for rule in rules),
        have_budgets=any(rule.budget is not None for rule in rules),
    )


def _resolve(said: EarnRule, exponent: int, best_multiplier: bool, start: Callable[[int], int]) -> Rule:
    rate, extra = said.points_per_unit, said.multiplier
    figures = {"per_unit": rate, "points": said.points, "multiplier": extra}
    return Rule(
        said,
        said.name,
        said.is_plain,
        budget=None if said.budget is None else f"campaign/{said.name}",
        group="multipliers" if extra is not None and best_multiplier else said.group,
        rate=None if rate is None else (Fraction(rate) / 10**exponent).as_integer_ratio(),
        extra=None if extra is None else (Fraction(extra) - 1).as_integer_ratio(),
        saw={name: str(figure) for name, figure in figures.items() if figure is not None},
        since=-NEVER if said.since is None else start(day_number(said.since)),
        before=NEVER if said.until is None else start(day_number(said.until) + 1),
        facts=tuple([condition.fact for condition in said.when]),
    )
