"""Spending points by command: at once, or held until confirmed; never below zero, each redemption id once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import Clause, clause
from stream_loyalty.contracts.decision import Decision, Posting, Saw
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.orders import OrderReversed
from stream_loyalty.contracts.decisions.redemption import (
    PointsReleased,
    PointsReserved,
    PointsRestored,
    PointsSpent,
    RedemptionRefused,
)
from stream_loyalty.contracts.events.redemption import (
    RedemptionConfirmedProperties,
    RedemptionReleasedProperties,
    RedemptionRequestedProperties,
)
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, Instant, format_instant
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.movements import restored_lot
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.wallets import Reward
from stream_loyalty.core.standing import level_of
from stream_loyalty.core.state import NEVER, Customer, Order, Redemption, told


def due(state: Customer, program: Program) -> int:
    """The next deadline of points that are held."""
    if not state.redemptions:
        return NEVER
    return min((one.deadline for one in state.redemptions.values() if one.deadline is not None), default=NEVER)


def requested(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Spend or hold the points, or say what is missing."""
    request: RedemptionRequestedProperties = event.properties
    ref = request.redemption_id
    if ref in state.redemptions:
        yield InputIgnored(rule="redemption.known", ref=ref, ground=clause("redemption-known"))
        return
    reward = moment.program.redemption.rewards.get(request.reward or "")
    wallet = request.wallet or (reward.wallet if reward else None) or moment.program.main_wallet.name
    points = request.points or (reward.points if reward else 0)
    saw = {"spendable": ledger.spendable(state, wallet), "balance": ledger.balance(state, wallet)}
    missing = tuple(_missing(request, reward, wallet, points, event.at, state, moment))
    if missing:
        yield RedemptionRefused(
            rule="redemption.covered",
            saw=saw,
            redemption_id=ref,
            points=points,
            lacks=missing,
            wallet=wallet,
            reward=request.reward,
        )
        return
    known: dict[str, Any] = {"wallet": wallet, "points": points, "redemption_id": ref, "order_id": request.order_id}
    known |= {"reward": request.reward, "stock": reward is not None and reward.stock is not None, "saw": saw}
    taken = ledger.spend(state, wallet, points)
    hours = moment.program.redemption.confirm_within_hours
    if hours is None:
        yield PointsSpent(
            rule="redemption.covered",
            postings=taken,
            balance=saw["balance"] - points,
            **known,
            **_worth(reward, moment.program),
        )
        if event.at < moment.now:  # of an order that may have been given back since
            yield from _back_already(ref, state, moment)
    else:
        yield PointsReserved(
            rule="redemption.held",
            postings=(),
            balance=saw["balance"],
            held=tuple(Posting(lot=part.lot, points=-part.points) for part in taken),
            deadline=Instant(event.at + hours * HOUR_MS),
            **known,
        )


def _worth(reward: Reward | None, program: Program) -> dict[str, Any]:
    if reward is None:
        return {}
    currency = program.base_currency
    value = None if reward.value is None else format_minor(to_minor(reward.value, currency), currency)
    return {"kind": reward.kind, "value": value}


def _missing(
    request: RedemptionRequestedProperties,
    reward: Reward | None,
    wallet: str,
    points: int,
    at: int,
    state: Customer,
    moment: Moment,
) -> Iterator[Lack]:
    """What would have had to be different."""
    program, known = moment.program, moment.program.wallet_of.get(wallet)
    if known is None or not known.redeemable:
        names = ", ".join(one.name for one in program.wallets if one.redeemable)
        yield lack("wallet", names, wallet)
        return
    if at <= moment.programs.forgotten(moment.now):
        yield lack("request-in-time", program.horizon.orders_days)
    if len(state.redemptions) >= program.horizon.redemptions:
        yield lack("redemptions-remembered", program.horizon.redemptions, of=program.horizon.orders_days)
    if request.reward is not None and reward is None:
        yield lack("reward", saw=request.reward)
    elif reward is None and not program.redemption.free:
        yield lack("some-reward")
    if reward is not None:
        yield from _reward_missing(reward, wallet, points, at, state, moment)
    spendable = ledger.spendable(state, wallet)
    if points > spendable:
        balance = ledger.balance(state, wallet)
        yield (
            lack("balance", points, balance) if spendable == balance else lack("spendable", points, spendable, balance)
        )


def _reward_missing(
    reward: Reward, wallet: str, points: int, at: int, state: Customer, moment: Moment
) -> Iterator[Lack]:
    program = moment.program
    if wallet != (reward.wallet or program.main_wallet.name):
        yield lack("reward-wallet", reward.wallet or program.main_wallet.name, wallet)
    if points != reward.points:
        yield lack("reward-price", reward.points, points, reward.name)
    facts = {
        "level": level_of(state, program),
        "band": state.band,
        "high_value": state.high_value,
        "orders": state.orders_kept,
    }
    for condition in reward.when:
        if (unmet := condition.missing(facts)) is not None:
            yield unmet
    if reward.since and at < program.midnight(reward.since):
        yield lack("request-since", str(reward.since), str(program.calendar.date_of(at)))
    if reward.until and at > program.calendar.end_of(reward.until):
        yield lack("request-until", str(reward.until), str(program.calendar.date_of(at)))
    if reward.stock is not None and moment.budgets is not None and moment.budgets.get(f"stock/{reward.name}", 0) < 1:
        yield lack("stock", reward.name)


def confirmed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What was held is spent."""
    ref = event.properties.redemption_id
    one = state.redemptions.get(ref)
    if one is None or one.deadline is None:
        yield InputIgnored(rule="redemption.not-held", ref=ref, ground=_not_held(one))
        return
    promised = moment.programs.at(one.at)  # what it is worth was said when it was asked for
    yield PointsSpent(
        rule="redemption.confirmed",
        saw=_held(one),
        wallet=one.wallet,
        points=one.points,
        postings=tuple(Posting(lot=lot, points=-points) for lot, points, _ in one.parts),
        balance=ledger.balance(state, one.wallet) - one.points,
        redemption_id=ref,
        reward=one.reward,
        order_id=one.order_id,
        **_worth(promised.redemption.rewards.get(one.reward or ""), promised),
    )
    yield from _back_already(ref, state, moment)


def _back_already(ref: str, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What comes back of points just spent, as a part of their order had been given back before."""
    one = state.redemptions[ref]
    order = state.orders.get(one.order_id or "")
    if one.order_id is not None and order is not None and _back(one, order) > one.restored:
        yield _restored(ref, one, one.order_id, None, state, moment)


def released(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What was held can be spent again."""
    ref = event.properties.redemption_id
    one = state.redemptions.get(ref)
    if one is None or one.deadline is None:
        yield InputIgnored(rule="redemption.not-held", ref=ref, ground=_not_held(one))
        return
    yield _release(ref, one, state, moment, "redemption.released", "called-off")


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Nobody confirmed in time."""
    late = [ref for ref, one in state.redemptions.items() if one.deadline is not None and one.deadline <= wake.at]
    for ref in late:
        yield _release(ref, state.redemptions[ref], state, moment, "redemption.deadline", "not-confirmed")


def given_back(reversal: OrderReversed, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Points that were spent on an order come back with it, in proportion to what was given back."""
    order = state.orders[reversal.order_id]
    for ref, one in list(state.redemptions.items()):
        if one.order_id != reversal.order_id or one.over:
            continue
        if one.deadline is not None:
            if order.whole:
                yield _release(ref, one, state, moment, "redemption.order-gone", "its-order-given-back")
            continue
        if _back(one, order) > one.restored:
            yield _restored(ref, one, reversal.order_id, reversal.refund_id, state, moment)


def _back(one: Redemption, order: Order) -> int:
    """How many of the points come back for what of the order was given back by now."""
    return one.points if order.whole else one.points * order.refunded // max(order.total, 1)


def _restored(
    ref: str, one: Redemption, order_id: str, refund_id: str | None, state: Customer, moment: Moment
) -> PointsRestored:
    """The points go to lots of their own, with the expiry they had, but at least the program's grace."""
    least = moment.now + moment.program.redemption.grace_days * DAY_MS
    passed, points = one.restored, _back(one, state.orders[order_id]) - one.restored
    lots: list[tuple[str, int]] = []
    expiries: list[tuple[str, Instant | None]] = []
    for lot, much, expires_at in one.parts:
        skip = min(passed, much)
        passed -= skip
        part = min(points - sum(number for _, number in lots), much - skip)
        if part > 0:
            name = restored_lot(ref, lot)
            lots.append((name, part))
            expiry = max(expires_at, least)
            expiries.append((name, told(expiry)))
    return PointsRestored(
        rule="redemption.order-given-back",
        saw={"spent": one.points, "restored_before": one.restored},
        wallet=one.wallet,
        points=points,
        postings=ledger.fill(state, one.wallet, lots),
        balance=ledger.balance(state, one.wallet) + points,
        redemption_id=ref,
        order_id=order_id,
        cause=refund_id or order_id,
        lots=tuple(expiries),
    )


def _release(ref: str, one: Redemption, state: Customer, moment: Moment, rule: str, why: str) -> PointsReleased:
    reward = moment.programs.at(one.at).redemption.rewards.get(one.reward or "")
    stock = reward is not None and reward.stock is not None if one.stock is None else one.stock
    freed = tuple(Posting(lot=lot, points=points) for lot, points, _ in one.parts)
    return PointsReleased(
        rule=rule,
        saw=_held(one),
        wallet=one.wallet,
        points=one.points,
        postings=ledger.repay(state, one.wallet, freed),
        balance=ledger.balance(state, one.wallet),
        redemption_id=ref,
        reward=one.reward,
        ground=clause(why),
        stock=stock,
    )


def _held(one: Redemption) -> Saw:
    return {"held": one.points, "deadline": None if one.deadline is None else format_instant(one.deadline)}


def _not_held(one: Redemption | None) -> Clause:
    if one is None:
        return clause("redemption-unknown")
    return clause("redemption-over" if one.over else "redemption-spent")


REACTIONS: dict[type, Any] = {
    Wake: wake,
    RedemptionRequestedProperties: requested,
    RedemptionConfirmedProperties: confirmed,
    RedemptionReleasedProperties: released,
    OrderReversed: given_back,
}
