"""What an order earns by the rules of a program: pure arithmetic, the same for an order, its refund and its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.lacks import sentence
from stream_loyalty.contracts.money import EXPONENTS, format_minor
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import Line
from stream_loyalty.core.wallets import EarnRule, Wallet

_MOST_EVER = 10**15  # by one order: thousands of such sums still fit the 64 bits of a state
Value = str | int | bool | None
Allowed = Callable[[EarnRule, int], int | str]  # what a rule's budget gives of so many points, or why it does not


class Part(Struct):
    """What one rule brings."""

    rule: EarnRule
    points: int
    counted: int  # minor units of the base currency that it goes by


class Reckoned(Struct):
    """What an order earns in one wallet: the rules that bring something, and why the others do not."""

    wallet: Wallet
    parts: list[Part]
    missed: list[tuple[EarnRule, tuple[str, ...]]]
    short: list[EarnRule] = []  # those of them whose budget had too little left

    @property
    def points(self) -> int:
        """All parts together."""
        return sum(part.points for part in self.parts)


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
    return [
        _wallet(basket, program, program.wallet_of[name], rules, allowed)
        for name, rules in program.rules_of_wallet.items()
    ]


def _wallet(basket: Basket, program: Program, wallet: Wallet, rules: Sequence[EarnRule], allowed: Allowed) -> Reckoned:
    found = Reckoned(wallet, [], [])
    for rule in rules:
        missing = () if rule.is_plain else missing_of(rule, basket, program)
        if missing:
            found.missed.append((rule, missing))
            continue
        counted = _counted(rule, basket)
        points = _points(rule, basket, counted, found, program)
        given = allowed(rule, points) if rule.budget is not None and points else points
        if isinstance(given, str):
            found.missed.append((rule, (given,)))
            found.short.append(rule)
        elif not given:
            found.missed.append((rule, (_too_little(rule, counted, program),)))
        else:
            found.parts.append(Part(rule, given, counted))
    _one_of_each_group(found, program)
    _bounds(found)
    return found


def _points(rule: EarnRule, basket: Basket, counted: int, found: Reckoned, program: Program) -> int:
    if rule.points is not None:
        points = rule.points if counted else 0
    elif rule.points_per_unit is not None:
        units = Decimal(counted).scaleb(-EXPONENTS[program.base_currency])
        points = found.wallet.whole(units * rule.points_per_unit)
    else:
        before = _brought_before(rule, found.parts)
        times = (rule.multiplier or Decimal(1)) - 1
        points = found.wallet.whole(before * times * counted / basket.base) if basket.base else 0
    return points if rule.most_per_order is None else min(points, rule.most_per_order)


def _brought_before(rule: EarnRule, parts: Sequence[Part]) -> int:
    """What a multiplier multiplies: no multiplier, and of each group only the best, for the others bring nothing."""
    alone, best = 0, dict[str, int]()
    for part in parts:
        if part.rule.multiplier is not None:
            continue
        group = part.rule.group
        if group is None:
            alone += part.points
        elif group != rule.group:
            best[group] = max(part.points, best.get(group, 0))
    return alone + sum(best.values())


def _counted(rule: EarnRule, basket: Basket) -> int:
    """What of the order a rule goes by: its lines' share of what earns."""
    if not rule.selective:
        return basket.base
    whole = sum(line.value for line in basket.lines)
    if not whole:
        return 0
    return basket.base * sum(line.value for line in basket.lines if _matches(rule, line)) // whole


def _matches(rule: EarnRule, line: Line) -> bool:
    return (
        (not rule.products or line.product in rule.products)
        and (not rule.categories or line.category in rule.categories)
        and (not rule.brands or line.brand in rule.brands)
    )


def missing_of(rule: EarnRule, basket: Basket, program: Program) -> tuple[str, ...]:
    """What a rule wants and does not see, in words; empty where it applies."""
    missing = [words for condition in rule.when if (words := condition.missing(basket.facts)) is not None]
    calendar = program.calendar
    if rule.since and basket.at < program.midnight(rule.since):
        missing.append(sentence("order-since", str(rule.since), format_instant(basket.at)[:10]))
    if rule.until and basket.at > calendar.end_of(rule.until):
        missing.append(sentence("order-until", str(rule.until), format_instant(basket.at)[:10]))
    if rule.hours is not None:
        clock = calendar.clock(basket.at)
        since, until = rule.hours
        if not (since <= clock < until if since <= until else clock >= since or clock < until):
            missing.append(sentence("hours", f"{since:%H:%M} and {until:%H:%M}", f"{clock:%H:%M}"))
    if rule.selective and not any(_matches(rule, line) for line in basket.lines):
        wanted = ", ".join((*rule.products, *rule.categories, *rule.brands))
        missing.append(sentence("product", wanted))
    return tuple(missing)


def _too_little(rule: EarnRule, counted: int, program: Program) -> str:
    saw = format_minor(counted, program.base_currency)
    if rule.multiplier is not None:
        return sentence("points-to-multiply", saw=saw)
    if rule.points_per_unit is None:
        return sentence("something-that-earns", saw=saw)
    exponent = EXPONENTS[program.base_currency]
    least = (Decimal(1) / rule.points_per_unit).scaleb(exponent).to_integral_value("ROUND_UP")
    return sentence("amount", format_minor(int(least), program.base_currency), saw)


def _one_of_each_group(found: Reckoned, program: Program) -> None:
    """Of the rules of a group, and of the multipliers where the program says so, only the best counts."""
    best: dict[str, Part] = {}
    for part in found.parts:
        group = _group(part.rule, program)
        if group is not None and (group not in best or part.points > best[group].points):
            best[group] = part
    for part in list(found.parts):
        group = _group(part.rule, program)
        if group is not None and best[group] is not part:
            found.parts.remove(part)
            found.missed.append((part.rule, (sentence("best-of-group", best[group].rule.name),)))


def _group(rule: EarnRule, program: Program) -> str | None:
    if rule.multiplier is not None and program.earning.multipliers == "best":
        return "multipliers"
    return rule.group


def _bounds(found: Reckoned) -> None:
    """The wallet's least and most for one order: the first part without a budget is raised, the last ones are cut."""
    wallet, points = found.wallet, found.points
    if wallet.least_per_order is not None and 0 < points < wallet.least_per_order:
        for part in [part for part in found.parts if part.rule.budget is None][:1]:  # no budget gave more
            part.points += wallet.least_per_order - points
    most = _MOST_EVER if wallet.most_per_order is None else wallet.most_per_order
    if found.points > most:
        cut(found, most, sentence("room-per-order", most))


def cut(found: Reckoned, most: int, why: str) -> None:
    """Cut the last parts until all together bring no more than `most`."""
    over = found.points - most
    for part in reversed(list(found.parts)):
        if over <= 0:
            return
        gone = min(over, part.points)
        part.points -= gone
        over -= gone
        if not part.points:
            found.parts.remove(part)
            found.missed.append((part.rule, (why,)))
