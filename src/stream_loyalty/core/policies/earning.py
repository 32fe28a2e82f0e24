"""Points for orders; taken back, or topped up, when an order is given back or changes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.earning import (
    EarnedPart,
    PointsEarned,
    PointsNotEarned,
    PointsReversed,
    RuleMissed,
)
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed, OrderUpdated
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.money import EXPONENTS, format_minor
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.rules import Rule
from stream_loyalty.core.program.wallets import Wallet
from stream_loyalty.core.reckoning import Basket, Part, Reckoned, cut, reckon
from stream_loyalty.core.state import NEVER, Customer, Grant, Order, told


def counted(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A lot of its own in each wallet that earns, by the time of the order; else why it earned nothing."""
    if order.imported:
        return
    program, kept = moment.program, state.orders[order.order_id]
    nothing = True
    found = reckon(_basket(kept, program), program, lambda rule, points: _allowed(rule, points, moment))
    for one in found:
        _within_a_day(one, kept, state, program)
        if points := one.points:
            nothing = False
            yield _earned(one, order.order_id, kept, points, state, moment)
    if nothing:
        yield _nothing(order, found, program)


def reversed_(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Take back what the order earned beyond what it would earn net of all its refunds; not what had expired."""
    order = state.orders[reversal.order_id]
    for one, grant in _net(order, state, moment):
        due = grant.earned - one.points - grant.reversed
        if due > 0 or (due == 0 and any(_drawn(one, order, moment).values())):
            yield from _taken_back(one, grant, due, reversal.order_id, reversal.refund_id, state, moment)


def updated(update: OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The difference to what the order earned before, either way."""
    order = state.orders[update.order_id]
    if order.goods.imported:
        return
    for one, grant in _net(order, state, moment, anew=True):
        due = grant.earned - one.points - grant.reversed
        if due < 0:
            yield _earned(one, update.order_id, order, -due, state, moment)
        elif due > 0 or any(_drawn(one, order, moment).values()):
            yield from _taken_back(one, grant, due, update.order_id, None, state, moment)


def _basket(order: Order, program: Program) -> Basket:
    facts = order.facts
    if "basket" in program.earning.facts:  # in whole major units, as it is now
        facts = {**facts, "basket": order.base // 10 ** EXPONENTS[program.base_currency]}
    return Basket(order.base, order.lines, facts, order.placed_at)


def _net(order: Order, state: Customer, moment: Moment, anew: bool = False) -> Iterator[tuple[Reckoned, Grant]]:
    """What each wallet would get for what is left of an order, by the program of its own time.

    A budget that had too little left for it gives nothing now either, unless it may be another order (`anew`).
    """
    program = moment.programs.at(order.placed_at)

    def allowed(rule: Rule, points: int) -> int | Lack:
        drawn = order.budgeted.get(rule.name)
        if drawn is None or (anew and not drawn):  # it was not asked, or had too little left
            return _allowed(rule, points, moment)
        if not drawn:
            return lack("budget-then")
        return points if moment.budgets is None else min(points, drawn + moment.budgets.get(rule.budget or "", 0))

    for one in reckon(_basket(order, program), program, allowed):
        _within_a_day(one, order, state, program)
        yield one, order.points.get(one.wallet.name) or Grant()


def _taken_back(
    one: Reckoned, grant: Grant, due: int, order_id: str, refund_id: str | None, state: Customer, moment: Moment
) -> Iterator[Decision]:
    wallet, order = one.wallet.name, state.orders[order_id]
    points = min(due, grant.earned - grant.expired - grant.reversed)
    if points <= 0 < due:  # where nothing is due, as many points as before come from other budgets
        return
    returned = tuple(
        EarnedPart(rule=rule, points=-drawn, drawn=drawn) for rule, drawn in _drawn(one, order, moment).items() if drawn
    )
    yield PointsReversed(
        rule="earning.net-of-refunds",
        saw={"earned": grant.earned, "net": grant.earned - grant.reversed - due, "expired": grant.expired},
        wallet=wallet,
        points=points,
        postings=ledger.take_back(state, wallet, order_id, points),
        balance=ledger.balance(state, wallet) - points,
        order_id=order_id,
        refund_id=refund_id,
        expired_before=grant.expired,
        returned=returned,
    )


def _earned(one: Reckoned, order_id: str, order: Order, points: int, state: Customer, moment: Moment) -> PointsEarned:
    program, wallet = moment.programs.at(order.placed_at), one.wallet
    base = program.base_currency
    expires_at = expiry_of(wallet, order.placed_at, program)
    active_from = _active_from(wallet, order, moment.now)
    waits = active_from == NEVER
    rules = program.earning.rules
    return PointsEarned(
        rule=f"earning.{one.parts[0].rule.name}" if len(one.parts) == 1 else "earning.rules",
        saw=_saw(one.parts[0], order.base, base),
        wallet=wallet.name,
        points=points,
        postings=ledger.earn(state, wallet.name, order_id, points),
        balance=ledger.balance(state, wallet.name) + points,
        order_id=order_id,
        lot=order_id,
        expires_at=told(expires_at),
        active_from=told(active_from or NEVER),
        waits=waits,
        parts=() if len(rules) == 1 and rules[0].budget is None else _parts(one, _drawn(one, order, moment), base),
        missed=_missed(one),
        short=tuple([rule.name for rule in one.short]),
    )


def _parts(one: Reckoned, drawn: dict[str, int], base: str) -> tuple[EarnedPart, ...]:
    """What each rule brings, then the budgets that give or get back something beside."""
    parts = [
        EarnedPart(
            rule=part.rule.name,
            points=part.points,
            saw=_saw(part, part.counted, base),
            drawn=drawn.pop(part.rule.name, 0),
        )
        for part in one.parts
    ]
    return tuple(parts + [EarnedPart(rule=rule, points=0, drawn=units) for rule, units in drawn.items() if units])


def _drawn(one: Reckoned, order: Order, moment: Moment) -> dict[str, int]:
    """What each budget of a wallet's rules gives for an order beyond what it gave before; below 0: gets back."""
    rules = moment.programs.at(order.placed_at).earning_of_wallet[one.wallet.name]
    if not rules.have_budgets:
        return {}
    found = {rule.name: -order.budgeted[rule.name] for rule in rules.rules if rule.name in order.budgeted}
    for part in one.parts:
        if part.rule.budget is not None:
            found[part.rule.name] = found.get(part.rule.name, 0) + part.points
    return found


def _missed(one: Reckoned) -> tuple[RuleMissed, ...]:
    return tuple([_rule_missed(rule.name, missing) for rule, missing in one.missed])


@lru_cache(4096)  # most orders miss the same rules for the same reasons
def _rule_missed(rule: str, missing: tuple[Lack, ...]) -> RuleMissed:
    return RuleMissed(rule=rule, lacks=missing)


def _saw(part: Part, counted: int, base: str) -> dict[str, str | int | bool | None]:
    return {"base": format_minor(counted, base), **part.rule.saw}


def expiry_of(wallet: Wallet, earned_at: int, program: Program) -> int:
    """When points of a wallet that came at `earned_at` (ms) expire; NEVER: not by a date."""
    if wallet.expires_after_days is not None:
        return earned_at + wallet.expires_after_days * DAY_MS
    if wallet.expires_on is None:
        return NEVER
    month, day = wallet.last_day
    return program.calendar.end_of_nth(month, day, wallet.expires_years, program.calendar.day(earned_at))


def _active_from(wallet: Wallet, order: Order, now: int) -> int:
    """0: at once; NEVER: when the order has been delivered."""
    if wallet.activates_on_delivery:
        begins = None if order.delivery is None else order.delivery.complete_at
    else:
        begins = order.placed_at if wallet.activates_after_days else 0
    if begins is None:
        return NEVER
    at = begins + wallet.activates_after_days * DAY_MS
    return at if at > now else 0


def _allowed(rule: Rule, points: int, moment: Moment) -> int | Lack:
    """All of so many points, or why a budget does not give them."""
    if moment.budgets is None:
        return points
    left = moment.budgets.get(rule.budget or "", 0)
    return points if points <= left else lack("budget", points, left)


def _within_a_day(one: Reckoned, order: Order, state: Customer, program: Program) -> None:
    room = room_of_day(one.wallet, order.placed_at, state, program, order)
    if room is not None:
        cut(one, room, lack("room-per-day", one.wallet.most_per_day))


def room_of_day(wallet: Wallet, at: int, state: Customer, program: Program, beside: Order | None = None) -> int | None:
    """Points that a wallet's limit leaves for the day of `at` (ms), beside those of one order; None without a limit.

    Orders of the day count net of what they gave back, and so do activities.
    """
    if wallet.most_per_day is None:
        return None
    day, room = program.calendar.day(at), wallet.most_per_day
    start, end = program.calendar.start(day), program.calendar.start(day + 1)
    for other in takewhile(lambda other: other.placed_at >= start, reversed(state.orders.values())):  # newest first
        grant = other.points.get(wallet.name)
        if grant is not None and other is not beside and other.placed_at < end:
            room -= grant.earned - grant.reversed
    for name, done in state.stands.done.items():
        if program.wallet_of_activity.get(name) == wallet.name:
            room -= sum([points for on, _, points in done.times if on == day])
    return max(room, 0)


def _nothing(order: OrderCounted, found: list[Reckoned], program: Program) -> PointsNotEarned:
    base = format_minor(order.base, program.base_currency)
    if order.saw["rate_known"]:
        missed = tuple(lost for one in found for lost in _missed(one))
        lacks = tuple(one for lost in missed for one in lost.lacks) or (lack("rule"),)
    else:
        day = str(program.calendar.date_of(order.placed_at))
        missed, lacks = (), (lack("rate", f"{order.currency}/{program.base_currency}", of=day),)
    return PointsNotEarned(
        rule=f"earning.{program.earning.rules[0].name}" if len(program.earning.rules) == 1 else "earning.rules",
        saw={"base": base},
        order_id=order.order_id,
        lacks=lacks,
        missed=missed,
        short=tuple(rule.name for one in found for rule in one.short),
    )


REACTIONS: dict[type, Any] = {OrderCounted: counted, OrderReversed: reversed_, OrderUpdated: updated}
