"""Membership levels: up at once, down at a review."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions import LevelChanged, LevelRenewed, OrderCounted
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer


def due(state: Customer, program: Program) -> int:
    """When the level is reviewed."""
    return NEVER if state.review_at is None else state.review_at


def level_of(state: Customer, program: Program) -> str:
    """The level's name; a customer without one has the lowest."""
    return state.level or program.level_spends[0][0]


def level_at(state: Customer, program: Program, at: int) -> str:
    """The level that the customer had at `at` (ms), as far back as changes are remembered."""
    past = [level for since, level in state.levels if since <= at]
    if past or not state.levels:
        return past[-1] if past else level_of(state, program)
    return program.level_spends[0][0]


def spend_in_window(state: Customer, program: Program, now: int) -> int:
    """What was spent and kept in the window that ends with `now`, in minor units of the base currency."""
    start = now - program.levels.window_days * DAY_MS
    return sum(order.value for order in state.orders.values() if start < order.placed_at <= now)


def counted(order: OrderCounted, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Rise as soon as the spend suffices."""
    program = moment.program
    spend = spend_in_window(state, program, moment.now)
    deserved = _deserved(program, spend)
    if _rank(program, deserved) > _rank(program, state.level):
        yield _change(state, moment, deserved, spend, "levels.reached")


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """At a review the spend of the window decides: renewed, or down to what it deserves."""
    if state.review_at is None or state.review_at > wake.at:
        return
    program = moment.program
    spend = spend_in_window(state, program, moment.now)
    deserved = _deserved(program, spend)
    if deserved == state.level:
        yield LevelRenewed(
            rule="levels.review",
            saw={"spend": format_minor(spend, program.base_currency)},
            level=deserved,
            review_at=moment.at + program.levels.holds_days * DAY_MS,
        )
    else:
        yield _change(state, moment, deserved, spend, "levels.review")


def _change(state: Customer, moment: Moment, level: str, spend: int, rule: str) -> LevelChanged:
    program = moment.program
    return LevelChanged(
        rule=rule,
        saw={"spend": format_minor(spend, program.base_currency), "window_days": program.levels.window_days},
        before=level_of(state, program),
        after=level,
        review_at=None if level == program.level_spends[0][0] else moment.at + program.levels.holds_days * DAY_MS,
    )


def _deserved(program: Program, spend: int) -> str:
    return [name for name, needed in program.level_spends if spend >= needed][-1]


def _rank(program: Program, level: str | None) -> int:
    """Place of a level in the program's order; one that this version does not know is the lowest."""
    names = [name for name, _ in program.level_spends]
    return names.index(level) if level in names else 0


REACTIONS = {OrderCounted: counted, Wake: wake}
