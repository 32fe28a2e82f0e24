"""What an order earns by the rules of a program: pure arithmetic, the same for an order, its refund and its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.rules import Rule, Rules, Value
from stream_loyalty.core.program.wallets import Wallet
from stream_loyalty.core.state import Line

_MOST_EVER = 10**15  # by one order: thousands of such sums still fit the 64 bits of a state
Allowed = Callable[[Rule, int], int | Lack]  # what a rule's budget gives of so many points, or why it does not


class Part(Struct):
    """What one rule brings."""

    rule: Rule
    points: int
    counted: int  # minor units of the base currency that it goes by


class Reckoned(Struct):
    """What an order earns in one wallet: the rules that bring something, and why the others do not."""

    wallet: Wallet
    parts: list[Part] = field(default_factory=list)
    missed: list[tuple[Rule, tuple[Lack, ...]]] = field(default_factory=list)
    short: list[Rule] = field(default_factory=list)  # those of them whose budget had too little left

    @property
    def points(self) -> int:
        """All parts together."""
        return sum([part.points for part in self.parts])


class Basket(Struct):
    """An order as rules see it. `base`: what earns, minor units of the base currency; `at`: when it was placed (ms)."""

    base: int
    lines: Sequence[Line]
    facts: Mapping[str, Value]
    at: int


def reckon(basket: Basket, program: Program, allowed: Allowed) -> list[Reckoned]:
    """What each wallet of the program gets, in the program's order.

    Each rule's points are rounded by themselves, per order. A multiplier multiplies what the rules before it brought,
    as far as its own lines go. Lines share an order's discount in proportion to their prices.
    """
    worth = sum([line.value for line in basket.lines])
    return [_wallet(basket, worth, program, rules, allowed) for rules in program.earning_of_wallet.values()]


def _wallet(basket: Basket, worth: int, program: Program, rules: Rules, allowed: Allowed) -> Reckoned:
    found = Reckoned(rules.wallet)
    for rule in rules.rules:
        counted = basket.base
        if not rule.is_plain:
            share = rule.share(basket.lines) if rule.said.selective else None
            if missing := rule.missing(basket.facts, basket.at, share, program.calendar):
                found.missed.append((rule, missing))
                continue
            if share is not None:
                counted = basket.base * share // worth if worth else 0
        before = _brought_before(rule, found.parts) if rule.extra is not None else 0
        points = _points(rule, rules.wallet, counted, before, basket.base)
        given = allowed(rule, points) if rule.budget is not None and points else points
        if isinstance(given, Lack):
            found.missed.append((rule, (given,)))
            found.short.append(rule)
        elif not given:
            found.missed.append((rule, (_too_little(rule, counted, program),)))
        else:
            found.parts.append(Part(rule, given, counted))
    if rules.compete:
        _one_of_each_group(found)
    _bounds(found)
    return found


def _brought_before(rule: Rule, parts: Sequence[Part]) -> int:
    """What a multiplier multiplies: no multiplier, and of each group only the best, for the others bring nothing."""
    alone, best = 0, dict[str, int]()
    for part in parts:
        group = part.rule.group
        if part.rule.extra is not None or (group is not None and group == rule.group):
            continue
        if group is None:
            alone += part.points
        else:
            best[group] = max(part.points, best.get(group, 0))
    return alone + sum(best.values())


def _points(rule: Rule, wallet: Wallet, counted: int, before: int, base: int) -> int:
    if rule.rate is not None:
        points, of = rule.rate
        points = wallet.whole(counted * points, of)
    elif rule.extra is not None:
        times, of = rule.extra
        points = wallet.whole(before * times * counted, of * base) if base else 0
    else:
        points = rule.said.points or 0 if counted else 0
    most = rule.said.most_per_order
    return points if most is None else min(points, most)


def _too_little(rule: Rule, counted: int, program: Program) -> Lack:
    saw = format_minor(counted, program.base_currency)
    if rule.extra is not None:
        return lack("points-to-multiply", saw=saw)
    if rule.rate is None:
        return lack("something-that-earns", saw=saw)
    points, of = rule.rate
    return lack("amount", format_minor(-(-of // points), program.base_currency), saw)


def _one_of_each_group(found: Reckoned) -> None:
    """Of the rules of a group, and of the multipliers where the program says so, only the best counts."""
    best: dict[str, Part] = {}
    beaten = False
    for part in found.parts:
        group = part.rule.group
        if group is not None:
            beaten = beaten or group in best
            if group not in best or part.points > best[group].points:
                best[group] = part
    if not beaten:
        return
    parts, found.parts = found.parts, []
    for part in parts:
        group = part.rule.group
        if group is None or best[group] is part:
            found.parts.append(part)
        else:
            found.missed.append((part.rule, (lack("best-of-group", best[group].rule.name),)))


def _bounds(found: Reckoned) -> None:
    """The wallet's least and most for one order: the first part without a budget is raised, the last ones are cut."""
    wallet = found.wallet
    if wallet.least_per_order is not None and 0 < (points := found.points) < wallet.least_per_order:
        for part in [part for part in found.parts if part.rule.budget is None][:1]:  # no budget gave more
            part.points += wallet.least_per_order - points
    most = _MOST_EVER if wallet.most_per_order is None else wallet.most_per_order
    if found.points > most:
        cut(found, most, lack("room-per-order", most))


def cut(found: Reckoned, most: int, why: Lack) -> None:
    """Cut the last parts until all together bring no more than `most`."""
    over = found.points - most
    while over > 0:
        last = found.parts[-1]
        gone = min(over, last.points)
        last.points -= gone
        over -= gone
        if not last.points:
            found.parts.pop()
            found.missed.append((last.rule, (why,)))
