"""Earning rules that can never bring anything, or not what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from itertools import combinations

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.wallets import EarnRule, Wallet
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.reach import least, most
from stream_loyalty.core.review.spans import WEEKDAYS, cover, hours_cover, meet, spans


def review_earning(program: Program) -> Iterator[Finding]:
    """Rules by themselves, and beside the other rules of their wallet."""
    for rule in program.earning.rules:
        yield from _alone(rule, program)
        yield from _budget(rule, program)
    for name, rules in program.rules_of_wallet.items():
        wallet = program.wallet_of[name]
        for rule in rules:
            yield from _against_wallet(rule, wallet)
        yield from _multipliers(rules, program)
        yield from _alone_in_group(rules)
        yield from _shadows(rules, program)
        yield from _twins(rules)


def _where(rule: EarnRule) -> str:
    return f"earning.rules, {rule.name}"


def _alone(rule: EarnRule, program: Program) -> Iterator[Finding]:
    where = _where(rule)
    if rule.until and rule.until < program.effective_from:
        yield error(
            "rule-over", where, f"it ends on {rule.until}, before the program begins on {program.effective_from}"
        )
    yield from _currencies(rule, program)
    if (day := _no_day(rule, program)) is not None:
        yield error("rule-no-day", where, f"from {rule.since} to {rule.until} there is no {day}; give it other days")
    if any(not one.strip() for one in (*rule.products, *rule.categories, *rule.brands)):
        yield error("rule-blank", where, "one of its products, categories or brands is empty; take it out")
    if rule.hours is not None and rule.hours[0] == rule.hours[1]:
        yield error("rule-no-hours", where, f"from {rule.hours[0]:%H:%M} to before {rule.hours[1]:%H:%M} is no time")
    gift_cards = set(program.earning.gift_card_categories)
    if rule.categories and gift_cards.issuperset(rule.categories):
        yield error("rule-gift-card", where, f"gift cards earn nothing, and it asks for {', '.join(rule.categories)}")
    elif gift_cards.intersection(rule.categories):
        never = ", ".join(sorted(gift_cards.intersection(rule.categories)))
        yield warning("rule-gift-card", where, f"gift cards earn nothing: {never} can be left out")
    value = program.wallet_named(rule.wallet).unit_value
    if value and rule.points_per_unit and rule.most_per_order is None and rule.points_per_unit * value >= 1:
        what = f"{rule.points_per_unit} points that are booked at {value} each give back all that is paid, or more"
        yield warning("rule-gives-all", where, what)
    if rule.points and rule.most_per_order and rule.points > rule.most_per_order:
        yield warning("rule-capped", where, f"of its {rule.points} points most_per_order leaves {rule.most_per_order}")


def _no_day(rule: EarnRule, program: Program) -> str | None:
    """The weekdays that a rule asks for, where none of its days is one of them."""
    asked = spans(program, rule.when).get("weekday")
    if asked is None or not asked.values or rule.since is None or rule.until is None:
        return None
    days = {WEEKDAYS[(rule.since + timedelta(days=n)).weekday()] for n in range((rule.until - rule.since).days + 1)}
    return None if days & asked.values else " or ".join(day for day in WEEKDAYS if day in asked.values)


def _currencies(rule: EarnRule, program: Program) -> Iterator[Finding]:
    """Whether any currency that a rule asks for has a rate while the rule holds."""
    asked = spans(program, rule.when).get("currency")
    if asked is None or not asked.values or rule.until is None:
        return
    begins = {program.base_currency: program.epoch} | {
        rate.currency: min(one.since for one in program.rates if one.currency == rate.currency)
        for rate in program.rates
        if rate.currency != program.base_currency
    }
    known = [begins[str(code)] for code in asked.values if code in begins]
    if known and min(known) > rule.until:
        codes = " or ".join(sorted(map(str, asked.values)))
        what = f"it ends on {rule.until}, and there is no rate for {codes} before {min(known)}; add an earlier one"
        yield error("unknown-currency", _where(rule), what)


def _budget(rule: EarnRule, program: Program) -> Iterator[Finding]:
    where = _where(rule)
    if rule.budget is None:
        if rule.since and rule.until:
            yield warning("campaign-without-budget", where, "a campaign without a budget: what it gives has no limit")
        return
    if not rule.budget.owner.strip():
        yield error("budget-without-owner", where, "nobody answers for its budget; name an owner")
    if rule.budget.points < least(rule, program):
        yield error("budget-too-small", where, f"its budget of {rule.budget.points} does not suffice for one order")
    if rule.until is None:
        yield warning("budget-without-end", where, "it has a budget and no last day: it ends without notice; add until")


def _against_wallet(rule: EarnRule, wallet: Wallet) -> Iterator[Finding]:
    most = min((cap for cap in (wallet.most_per_order, wallet.most_per_day) if cap is not None), default=None)
    if rule.points and most is not None and rule.points > most:
        yield warning(
            "rule-capped", _where(rule), f"of its {rule.points} points wallet {wallet.name} leaves {most} at the most"
        )


def _multipliers(rules: Sequence[EarnRule], program: Program) -> Iterator[Finding]:
    """Whether there is something before each multiplier that it can multiply."""
    for number, rule in enumerate(rules):
        if rule.multiplier is None:
            continue
        before = [one for one in rules[:number] if one.multiplier is None]
        beside = [one for one in before if one.group is None or one.group != rule.group]
        if not before:
            what = "it multiplies what the rules before it brought, and there are none; put it behind them"
            yield error("multiplier-first", _where(rule), what)
        elif not any(meet(program, one, rule) for one in beside):
            what = "no rule before it brings points for the orders that it is for, so there is nothing to multiply"
            yield error("multiplier-alone", _where(rule), what)


def _shadows(rules: Sequence[EarnRule], program: Program) -> Iterator[Finding]:
    for rule in rules:
        group = _group(rule, program)
        for other in rules:
            if other is rule or group is None or group != _group(other, program):
                continue
            if _brings_more(other, rule, rules, program) and _applies_wherever(other, rule, program):
                yield error(
                    "rule-shadowed",
                    _where(rule),
                    f"in its group {other.name} brings as much or more wherever this rule applies, so it never counts; "
                    "take it out of the group, or let it bring more",
                )
                break


def _alone_in_group(rules: Sequence[EarnRule]) -> Iterator[Finding]:
    sizes = Counter(rule.group for rule in rules)
    for rule in rules:
        if rule.group is not None and sizes[rule.group] == 1:
            others = get_close_matches(rule.group, [name for name in sizes if name and name != rule.group], 1)
            hint = f"; did you mean {others[0]!r}?" if others else ": the group says nothing"
            yield warning("group-alone", _where(rule), f"no other rule of its wallet is in group {rule.group!r}{hint}")


def _group(rule: EarnRule, program: Program) -> str | None:
    if rule.multiplier is not None and program.earning.multipliers == "best":
        return "multipliers"
    return rule.group


def _applies_wherever(wide: EarnRule, narrow: EarnRule, program: Program) -> bool:
    """Whether `wide` applies to every order, and every line, that `narrow` applies to."""
    if wide.budget is not None or not cover(program, wide.when, narrow.when):
        return False
    since = wide.since is None or (narrow.since is not None and wide.since <= narrow.since)
    until = wide.until is None or (narrow.until is not None and wide.until >= narrow.until)
    hours = hours_cover(wide.hours, narrow.hours)
    lines = all(
        not mine or (theirs and set(mine) >= set(theirs))
        for mine, theirs in (
            (wide.products, narrow.products),
            (wide.categories, narrow.categories),
            (wide.brands, narrow.brands),
        )
    )
    return bool(since and until and hours and lines)


def _brings_more(other: EarnRule, rule: EarnRule, rules: Sequence[EarnRule], program: Program) -> bool:
    """Whether `other` brings no less than `rule` on the same order; the earlier of two equal ones counts."""
    earlier = rules.index(other) < rules.index(rule)
    sure, highest = least(other, program), most(rule, program)
    if highest is not None and (sure > highest or (sure == highest and earlier)):
        return True
    mine, theirs = _rate(rule), _rate(other)
    if mine[0] != theirs[0] or other.most_per_order not in (None, rule.most_per_order):
        return False
    if rule.multiplier is not None and earlier:  # the later one multiplies more, unless nothing stands between
        between = rules[rules.index(other) : rules.index(rule)]
        if any(one.multiplier is None for one in between):
            return False
    return theirs[1] > mine[1] or (theirs[1] == mine[1] and earlier)


def _rate(rule: EarnRule) -> tuple[str, Decimal]:
    if rule.points is not None:
        return "points", Decimal(rule.points)
    if rule.points_per_unit is not None:
        return "points_per_unit", rule.points_per_unit
    return "multiplier", rule.multiplier or Decimal(1)


def _twins(rules: Sequence[EarnRule]) -> Iterator[Finding]:
    for first, second in combinations(rules, 2):
        if first.group is not None and first.group == second.group:
            continue
        if first.multiplier is None and _demands(first) == _demands(second) and _rate(first)[0] == _rate(second)[0]:
            yield warning(
                "rules-overlap", _where(second), f"it applies to the very orders of {first.name}, and both are paid"
            )


def _demands(rule: EarnRule) -> object:
    return (
        frozenset(rule.products),
        frozenset(rule.categories),
        frozenset(rule.brands),
        frozenset(rule.when),
        rule.since,
        rule.until,
        rule.hours,
    )
