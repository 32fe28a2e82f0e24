"""How much a rule can bring for one order, and a member come by in a wallet: bounds that hold for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.wallets import EarnRule, Wallet
from stream_loyalty.core.review.spans import Span, spans

Bound = tuple[int, str]  # so many points at the most, and what says so
_YEAR = 365


def least(rule: EarnRule, program: Program) -> int:
    """Points that a rule brings at least for an order that it applies to, before the bounds of its wallet."""
    points = rule.points or 0
    if rule.points_per_unit is not None and not rule.selective:  # lines can be worth as little as they like
        points = int(rule.points_per_unit * (_basket(rule, program).low or 0))
    return points if rule.most_per_order is None else min(points, rule.most_per_order)


def most(rule: EarnRule, program: Program) -> int | None:
    """Points that a rule brings at the most for an order; None: no bound."""
    points, below = rule.points, _basket(rule, program).high
    if rule.points_per_unit is not None and below is not None:
        points = -int(-rule.points_per_unit * below // 1)
    return min((one for one in (points, rule.most_per_order) if one is not None), default=None)


def _basket(rule: EarnRule, program: Program) -> Span:
    return spans(program, rule.when).get("basket", Span())


def most_within(wallet: Wallet, program: Program, days: int | None) -> Bound | None:
    """The most points that can come within so many days in a row (None: ever); None: no bound.

    Points put right by hand or imported are left aside.
    """
    daily = wallet.most_per_day
    done = _sum([_by_orders(wallet, program, days), _by_activities(wallet, program, days)])
    if daily is not None and days is not None:
        capped = daily * (days + 1), f"most_per_day {daily} over {days} days"
        done = capped if done is None else min(done, capped)
    return _sum([done, _by_birthdays(wallet, program, days), _by_levels(wallet, program)])


def _sum(bounds: list[Bound | None]) -> Bound | None:
    known = [one for one in bounds if one is not None]
    if len(known) < len(bounds):
        return None
    return sum(points for points, _ in known), " and ".join(why for points, why in known if points)


def _by_orders(wallet: Wallet, program: Program, days: int | None) -> Bound | None:
    rules = program.rules_of_wallet.get(wallet.name, ())
    if not rules:
        return 0, ""
    bounds: list[Bound] = []
    if all(rule.budget for rule in rules):
        bounds.append((sum(rule.budget.points for rule in rules if rule.budget), "the budgets of all its rules"))
    tops = [points for rule in rules if (points := most(rule, program)) is not None]
    together = max(sum(tops), wallet.least_per_order or 0) if len(tops) == len(rules) else None
    each = min((one for one in (wallet.most_per_order, together) if one is not None), default=None)
    if each is not None and all(_first(rule, program) for rule in rules):
        bounds.append((each, "rules for the first purchase alone"))
    if each is not None and days is not None and days <= program.horizon.orders_days:
        what = "most_per_order" if each == wallet.most_per_order else "what an order brings at the most,"
        orders = program.horizon.orders
        bounds.append((each * orders, f"{what} {each} and {orders} orders"))
    return min(bounds, default=None)


def _first(rule: EarnRule, program: Program) -> bool:
    asked = spans(program, rule.when)
    first, orders = asked.get("first_purchase", Span()), asked.get("orders", Span())
    return first.values == frozenset((True,)) or orders.high == 1 or orders.values == frozenset((0,))


def _by_activities(wallet: Wallet, program: Program, days: int | None) -> Bound | None:
    return _sum([(0, ""), *_activities(wallet, program, days)])


def _activities(wallet: Wallet, program: Program, days: int | None) -> Iterator[Bound | None]:
    for activity in program.activities:
        if program.wallet_of_activity[activity.name] != wallet.name:
            continue
        times, within = activity.at_most, activity.within_days
        why = f"the points of {activity.name}"
        if within is None:
            yield activity.points * times, why
        else:
            yield None if days is None else (activity.points * times * (days // within + 1), why)


def _by_birthdays(wallet: Wallet, program: Program, days: int | None) -> Bound | None:
    gift = program.birthday
    if gift is None or program.wallet_named(gift.wallet) is not wallet:
        return 0, ""
    return None if days is None else (gift.points * (days // _YEAR + 1), "birthdays")


def _by_levels(wallet: Wallet, program: Program) -> Bound:
    """Each level's gift is held once at the most; who loses it with the level gives it back."""
    if program.wallet_named(program.levels.gift_wallet) is not wallet:
        return 0, ""
    return sum(step.gift or 0 for step in program.levels.steps[1:]), "gifts of levels"
