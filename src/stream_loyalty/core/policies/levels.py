"""Membership levels: up at once, down at a review; what an order brought goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.adjusting import PointsAdjusted
from stream_loyalty.contracts.decisions.earning import PointsEarned
from stream_loyalty.contracts.decisions.importing import PointsImported
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.levels import (
    LevelChanged,
    LevelFrozen,
    LevelGraceBegan,
    LevelRenewed,
)
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed, OrderUpdated
from stream_loyalty.contracts.decisions.points import PointsGranted
from stream_loyalty.contracts.events.levels import LevelFrozenProperties
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies.gifts import gift, withdrawn
from stream_loyalty.core.program import Program
from stream_loyalty.core.standing import level_of, next_level, orders_between, rank, standing
from stream_loyalty.core.state import NEVER, Customer, Given


def due(state: Customer, program: Program) -> int:
    """When the level is reviewed: not while it is frozen; at once under a new version, where that says so."""
    anew = program.levels.on_new_version == "review" and state.level_version != program.version
    if state.review_at is None:  # nobody falls from the lowest level, but a new version may take less for the next one
        now = max(state.clock, program.effective_ms)
        lifted = anew and rank(program, deserved_level(state, program, now)) > rank(program, state.level)
        return program.effective_ms if lifted else NEVER
    at = min(state.review_at, program.effective_ms) if anew else state.review_at
    return at if state.frozen_until is None else max(at, state.frozen_until)


def counted(order: OrderCounted | OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Rise as soon as it suffices, also by a fast track."""
    program = moment.program
    deserved, tracked = deserved_level(state, program, moment.now), _tracked(state, program, moment.now)
    if rank(program, tracked) > rank(program, deserved):
        yield from _rise(state, moment, tracked, "levels.fast-track")
    else:
        yield from _rise(state, moment, deserved, "levels.reached")


def moved(
    fact: PointsEarned | PointsAdjusted | PointsImported | PointsGranted, state: Customer, moment: Moment
) -> Iterator[Decision]:
    """Rise by points, where those decide; what a batch of adjustments had brought goes with it."""
    levels = moment.program.levels
    if levels.by != "points" or fact.wallet != (levels.wallet or moment.program.main_wallet.name):
        return
    if isinstance(fact, PointsAdjusted) and fact.reverses is not None and fact.points <= 0:
        yield from _without(state.adjustments[fact.reverses].at, state, moment, "levels.adjustment-taken-back")
    else:
        yield from _rise(state, moment, deserved_level(state, moment.program, moment.now), "levels.reached")


def updated(update: OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """An order that grows can lift, one that shrinks takes back what it had brought."""
    yield from counted(update, state, moment) if update.value > 0 else gone(update, state, moment)


def gone(reversal: OrderReversed | OrderUpdated, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What the order had brought, a level or its renewal, goes as far as it is not deserved without it."""
    if moment.program.levels.follow_refunds:
        placed_at = state.orders[reversal.order_id].placed_at
        yield from _without(placed_at, state, moment, "levels.order-given-back")


def _without(brought_at: int, state: Customer, moment: Moment, rule: str) -> Iterator[Decision]:
    """Look again at a level that may rest on something of `brought_at` (ms) which is gone.

    Nothing changes where what is left suffices now, or did when the level was reached or renewed. A renewal goes as a
    review would have it; a level that was reached goes back to what is deserved, never below what was held before.
    """
    program = moment.program
    if not state.levels or state.levels[-1] == state.given:
        return
    reached_at = state.levels[-1][0]
    settled_at = max(reached_at, state.renewed_at or reached_at)
    if settled_at < brought_at:
        return
    since = [one.placed_at for one in state.orders.values() if settled_at < one.placed_at < moment.now]
    brought = [one for one in state.levels if one[0] >= brought_at]
    deserved = max(
        (
            level
            for at in (settled_at, *since, moment.now)
            for level in _without_gifts(brought, state, moment.programs.at(at), at)
        ),
        key=lambda level: rank(program, level),
    )
    if rank(program, deserved) >= rank(program, state.level):
        return
    if settled_at > reached_at:
        if not state.in_grace and (state.frozen_until or 0) <= moment.now:
            yield from _too_little(state, moment, deserved, rule)
        return
    held, review = _held_before(brought_at, state, program)
    level = deserved if rank(program, deserved) > rank(program, held) else held
    if rank(program, level) < rank(program, state.level):
        undone = [one for one in brought if rank(program, one[1]) > rank(program, level)]
        yield _change(state, moment, level, rule, review if level == held else None)
        yield from _gifts_back(undone, state, moment, rule)


def _gifts_back(undone: list[tuple[int, str]], state: Customer, moment: Moment, rule: str) -> Iterator[Decision]:
    """Take the gifts of levels back that were reached and are gone, but for what has expired."""
    for level, given in _gifts_for(undone, state):
        if given.points:
            yield withdrawn(state, given, _gift_of(level), rule, {"level": level})


def _gifts_for(reached: list[tuple[int, str]], state: Customer) -> Iterator[tuple[str, Given]]:
    """The gifts that came with levels of `reached`, and not when they were reached before."""
    for since, level in reached:
        given = state.stands.given.get(_gift_of(level))
        if given is not None and given.at >= since:
            yield level, given


def _without_gifts(reached: list[tuple[int, str]], state: Customer, program: Program, at: int) -> Iterator[str]:
    """What is deserved at `at` (ms): no level of `reached` by its own gift, nor by that of one above it."""
    gifts = [(rank(program, level), given.lot) for level, given in _gifts_for(reached, state)]
    for place, (name, needed) in reversed(list(enumerate(program.level_needs))):
        if standing(state, program, at, [lot for above, lot in gifts if above >= place]) >= needed:
            yield name
            break
    yield _tracked(state, program, at)


def _held_before(at: int, state: Customer, program: Program) -> tuple[str, int | None]:
    """The level that is held without what came at `at` (ms), and its review: a rise after that may be its doing."""
    held, review = program.level_needs[0][0], None
    for place, (since, level) in enumerate(state.levels):
        if since < at or (since, level) == state.given or rank(program, level) < rank(program, held):
            known = state.reviews[place] if place < len(state.reviews) else 0  # an older release did not keep it
            held, review = level, known or since + program.levels.holds_days * DAY_MS
    return held, review


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """At a review the standing decides: renewed, a grace, or down to what it deserves."""
    program = moment.program
    if due(state, program) > wake.at:
        return
    deserved = deserved_level(state, program, moment.now)
    early = state.review_at is None or state.review_at > wake.at
    rule = "levels.new-version" if early else "levels.review"
    if rank(program, deserved) > rank(program, state.level):
        yield from _rise(state, moment, deserved, rule)
    elif deserved == state.level:
        holds = moment.at + program.levels.holds_days * DAY_MS
        review = Instant(state.review_at if early and state.review_at is not None else holds)
        saw = _saw(state, program, moment.now)
        yield LevelRenewed(rule=rule, saw=saw, level=deserved, review_at=review)
    else:
        yield from _too_little(state, moment, deserved, rule)


def _too_little(state: Customer, moment: Moment, deserved: str, rule: str) -> Iterator[Decision]:
    """A grace where the program has one, then down."""
    program = moment.program
    if program.levels.grace_days and not state.in_grace:
        yield LevelGraceBegan(
            rule="levels.grace",
            saw=_saw(state, program, moment.now),
            level=level_of(state, program),
            review_at=Instant(moment.at + program.levels.grace_days * DAY_MS),
            would_be=_falls_to(state, program, deserved),
        )
    else:
        yield _change(state, moment, _falls_to(state, program, deserved), rule)


def freeze(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """No review until then, as during a parental leave; not for longer than the program allows."""
    wish: LevelFrozenProperties = event.properties
    longest = moment.program.levels.longest_freeze_days
    if event.at < state.frozen_at:
        yield InputIgnored(rule="levels.freeze-late", ref=wish.freeze_id, ground=clause("freeze-late"))
    elif wish.until > moment.at + longest * DAY_MS:
        ground = clause("freeze-too-long", days=longest, until=format_instant(wish.until))
        yield InputIgnored(rule="levels.freeze-too-long", ref=wish.freeze_id, ground=ground)
    else:
        yield LevelFrozen(
            rule="levels.frozen",
            freeze_id=wish.freeze_id,
            until=Instant(wish.until),
            level=level_of(state, moment.program),
        )


def deserved_level(state: Customer, program: Program, now: int) -> str:
    """The highest level that the standing suffices for."""
    has = standing(state, program, now)
    return [name for name, needed in program.level_needs if has >= needed][-1]


def _tracked(state: Customer, program: Program, now: int) -> str:
    """The highest level that a fast track leads to by the orders of the days before `now` (ms), else the lowest."""
    found = program.level_needs[0][0]
    for track in program.levels.fast_track:
        if rank(program, track.level) <= rank(program, found):
            continue
        since = now - track.within_days * DAY_MS
        if len([one for one in orders_between(state, since, now) if not one.whole]) >= track.orders:
            found = track.level
    return found


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
    review = Instant(max(review_at or moment.at + program.levels.holds_days * DAY_MS, moment.now))
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
    counted = format_minor(has, program.base_currency) if by == "spend" else has
    saw: dict[str, str | int | bool | None] = {by: counted, "window_days": program.levels.window_days}
    following = next_level(state, program, now, level)
    if following is not None:
        saw |= {"next_level": following["level"], "missing": following["missing"]}
    return saw


REACTIONS: dict[type, Any] = {
    OrderCounted: counted,
    OrderUpdated: updated,
    PointsEarned: moved,
    PointsAdjusted: moved,
    PointsImported: moved,
    PointsGranted: moved,
    OrderReversed: gone,
    LevelFrozenProperties: freeze,
    Wake: wake,
}
