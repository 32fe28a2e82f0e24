"""Membership levels: up at once, down at a review; what an order brought goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.adjusting import PointsAdjusted
from stream_loyalty.contracts.decisions.earning import PointsEarned, PointsReversed
from stream_loyalty.contracts.decisions.importing import PointsImported
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.levels import LevelChanged, LevelFrozen, LevelGraceBegan, LevelRenewed
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed, OrderUpdated
from stream_loyalty.contracts.decisions.points import PointsGranted
from stream_loyalty.contracts.events.levels import LevelFrozenProperties
from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies.gifts import gift
from stream_loyalty.core.program import Program
from stream_loyalty.core.standing import level_of, next_level, orders_between, rank, standing
from stream_loyalty.core.state import NEVER, Customer, Order


def due(state: Customer, program: Program) -> int:
    """When the level is reviewed: not while it is frozen; at once under a new version, where that says so."""
    if state.review_at is None:
        return NEVER
    at = state.review_at
    if program.levels.on_new_version == "review" and state.level_version != program.version:
        at = min(at, program.effective_ms)
    return at if state.frozen_until is None else max(at, state.frozen_until)


def counted(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Rise as soon as it suffices, also by a fast track."""
    program = moment.program
    deserved = deserved_level(state, program, moment.now)
    tracked = _tracked(state, program, moment.now, state.level)
    if rank(program, tracked) > rank(program, deserved):
        yield from _rise(state, moment, tracked, "levels.fast-track")
    else:
        yield from _rise(state, moment, deserved, "levels.reached")


def _tracked(state: Customer, program: Program, at: int, above: str | None = None) -> str:
    """The highest level that a fast track led to by `at` (ms), by the orders that were kept; else `above`."""
    found = above or program.level_needs[0][0]
    for track in program.levels.fast_track:
        if rank(program, track.level) <= rank(program, found):
            continue
        since = at - track.within_days * DAY_MS
        if len([one for one in orders_between(state, since, at) if not one.whole]) >= track.orders:
            found = track.level
    return found


def moved(
    fact: PointsEarned | PointsGranted | PointsAdjusted | PointsImported, state: Customer, moment: Moment
) -> Iterator[Decision]:
    """Rise by points, where those decide."""
    levels = moment.program.levels
    if levels.by == "points" and fact.wallet == (levels.wallet or moment.program.main_wallet.name):
        yield from _rise(state, moment, deserved_level(state, moment.program, moment.now), "levels.reached")


def changed(update: OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """An order that grew can suffice for more, one that shrank is given back in part."""
    if update.value < 0:
        yield from gone(update, state, moment)
    else:
        yield from _rise(state, moment, deserved_level(state, moment.program, moment.now), "levels.reached")


def gone(change: OrderReversed | OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Back to what is deserved without the order, now or when the level was reached; never below what was held before.

    An order that came along with an imported member has not brought a level here.
    """
    program, order = moment.program, state.orders[change.order_id]
    along = state.imported is not None and not order.base and not order.points
    if along or not program.levels.follow_refunds or not state.levels or state.levels[-1][0] < order.placed_at:
        return
    reached_at = state.levels[-1][0]
    before = [(since, level) for since, level in state.levels if since < order.placed_at]
    since, held = before[-1] if before else (order.placed_at, program.level_needs[0][0])
    deserved = [deserved_level(state, program, at) for at in (moment.now, reached_at)]
    level = max(held, *deserved, _tracked(state, program, reached_at), key=lambda one: rank(program, one))
    if rank(program, level) < rank(program, state.level):
        review = since + program.levels.holds_days * DAY_MS if level == held else None
        yield _change(state, moment, level, "levels.order-given-back", review)
        yield from _gifts_back(change, order, level, state, moment)


def _gifts_back(
    change: OrderReversed | OrderUpdated, order: Order, level: str, state: Customer, moment: Moment
) -> Iterator[Decision]:
    """The gifts of the levels above, where they came with the order or after it; not what of them had expired."""
    above = moment.program.level_needs[rank(moment.program, level) + 1 :]
    for lost in [name for name, _ in above]:
        given = state.stands.given.get(_gift_of(lost))
        if given is None or given.at < order.placed_at or not given.points:
            continue
        yield PointsReversed(
            rule="levels.gift-given-back",
            saw={"level": lost},
            wallet=given.wallet,
            points=given.points,
            postings=ledger.take_back(state, given.wallet, given.lot, given.points),
            balance=ledger.balance(state, given.wallet) - given.points,
            order_id=change.order_id,
            refund_id=change.refund_id if isinstance(change, OrderReversed) else None,
            expired_before=0,
            reason=_gift_of(lost),
        )


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """At a review the standing decides: renewed, a grace, or down to what it deserves."""
    program = moment.program
    if due(state, program) > wake.at:
        return
    deserved = deserved_level(state, program, moment.now)
    early = state.review_at is not None and state.review_at > wake.at
    rule = "levels.new-version" if early else "levels.review"
    if rank(program, deserved) > rank(program, state.level):
        yield from _rise(state, moment, deserved, rule)
    elif deserved == state.level:
        holds = moment.at + program.levels.holds_days * DAY_MS
        review = state.review_at if early and state.review_at is not None else holds
        saw = _saw(state, program, moment.now)
        yield LevelRenewed(rule=rule, saw=saw, level=deserved, review_at=review)
    elif program.levels.grace_days and not state.in_grace:
        yield LevelGraceBegan(
            rule="levels.grace",
            saw=_saw(state, program, moment.now),
            level=level_of(state, program),
            review_at=moment.at + program.levels.grace_days * DAY_MS,
            would_be=_falls_to(state, program, deserved),
        )
    else:
        yield _change(state, moment, _falls_to(state, program, deserved), rule)


def freeze(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """No review until then, as during a parental leave; not for longer than the program allows."""
    wish: LevelFrozenProperties = event.properties
    longest = moment.program.levels.longest_freeze_days
    if wish.until > moment.at + longest * DAY_MS:
        ground = clause("freeze-too-long", days=longest, until=format_instant(wish.until))
        yield InputIgnored(rule="levels.freeze-too-long", ref=wish.freeze_id, ground=ground)
    else:
        yield LevelFrozen(
            rule="levels.frozen", freeze_id=wish.freeze_id, until=wish.until, level=level_of(state, moment.program)
        )


def deserved_level(state: Customer, program: Program, now: int) -> str:
    """The highest level that the standing suffices for."""
    has = standing(state, program, now)
    return [name for name, needed in program.level_needs if has >= needed][-1]


def _falls_to(state: Customer, program: Program, deserved: str) -> str:
    if program.levels.downgrade == "to-deserved":
        return deserved
    return program.level_needs[max(rank(program, state.level) - 1, rank(program, deserved))][0]


def _rise(state: Customer, moment: Moment, level: str, rule: str) -> Iterator[Decision]:
    program = moment.program
    if rank(program, level) <= rank(program, state.level):
        return
    yield _change(state, moment, level, rule)
    points = next(step.gift for step in program.levels.steps if step.name == level)
    given = {} if state.standing is None else state.standing.gifts
    if points is not None and (reason := _gift_of(level)) not in given:
        wallet = program.levels.gift_wallet
        yield gift(state, moment, wallet, points, f"gift:{level}", reason, "levels.gift", {"level": level})


def _gift_of(level: str) -> str:
    return f"level {level}"


def _change(state: Customer, moment: Moment, level: str, rule: str, review_at: int | None = None) -> LevelChanged:
    program = moment.program
    review = max(review_at or moment.at + program.levels.holds_days * DAY_MS, moment.now)
    return LevelChanged(
        rule=rule,
        saw=_saw(state, program, moment.now, level),
        before=level_of(state, program),
        after=level,
        review_at=None if level == program.level_needs[0][0] else review,
    )


def _saw(state: Customer, program: Program, now: int, level: str | None = None) -> dict[str, str | int | bool | None]:
    """The standing, and what is missing to the level above `level` (the customer's own without it)."""
    has, by = standing(state, program, now), program.levels.by
    saw: dict[str, str | int | bool | None] = {by: format_minor(has, program.base_currency) if by == "spend" else has}
    if by != "points":
        saw["window_days"] = program.levels.window_days
    following = next_level(state, program, now, level)
    if following is not None:
        saw |= {"next_level": following["level"], "missing": following["missing"]}
    return saw


REACTIONS: dict[type, Any] = {
    OrderCounted: counted,
    PointsEarned: moved,
    PointsGranted: moved,
    PointsAdjusted: moved,
    PointsImported: moved,
    OrderReversed: gone,
    OrderUpdated: changed,
    LevelFrozenProperties: freeze,
    Wake: wake,
}
