"""Where a customer stands, now and at an earlier time: the age band, the level, what they have of what levels take."""

from __future__ import annotations

from collections.abc import Container

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Facts
from stream_loyalty.core.state import Customer, Order

GIVEN = ("imported:", "gift:", "activity:")  # how lots are called that are neither an order's nor put right by hand


def level_of(state: Customer, program: Program) -> str:
    """The level's name; a customer without one has the lowest."""
    return state.level or program.level_needs[0][0]


def level_at(state: Customer, program: Program, at: int) -> str:
    """The level that the customer had at `at` (ms), as far back as changes are remembered."""
    past = [level for since, level in state.levels if since <= at]
    if past or not state.levels:
        return past[-1] if past else level_of(state, program)
    return program.level_needs[0][0]


def band_at(state: Customer, program: Program, time: int) -> str | None:
    """The age band of a customer at `time` (ms); None before the first purchase."""
    if state.first_order_at is None:
        return None
    days = (time - state.first_order_at) // DAY_MS
    return [band.name for band in program.lifecycle.bands if days >= band.from_day or band.from_day == 0][-1]


def facts_of(state: Customer, program: Program) -> Facts:
    """What conditions of actions ask for, as it is now."""
    return {"high_value": state.high_value, "level": level_of(state, program), "band": state.band}


def rank(program: Program, level: str | None) -> int:
    """Place of a level in the program's order; one that this version does not know is the lowest."""
    return program.level_ranks.get(level, 0)


def standing(state: Customer, program: Program, now: int, without: Container[str] = ()) -> int:
    """What counts for levels at `now` (ms): spend (minor units), points or orders of the window before it.

    `without`: lots of gifts that are left out.
    """
    levels = program.levels
    counting = orders_between(state, now - levels.window_days * DAY_MS, now)
    if levels.by == "spend":
        return sum([order.value for order in counting])
    if levels.by == "orders":
        return len([order for order in counting if not order.whole])
    wallet, start = levels.wallet or program.main_wallet.name, now - levels.window_days * DAY_MS
    grants = [order.points[wallet] for order in counting if wallet in order.points]
    points = sum([one.earned - one.reversed for one in grants]) + _other_points(state, wallet, start, now, without)
    return max(points, 0)  # who owes points has the lowest level


def orders_between(state: Customer, after: int, until: int) -> list[Order]:
    """The orders placed in (after, until] (ms), the newest first."""
    found = []
    for order in reversed(state.orders.values()):  # they are kept in the order of their times
        if order.placed_at <= after:
            break
        if order.placed_at <= until:
            found.append(order)
    return found


def _other_points(state: Customer, wallet: str, after: int, until: int, without: Container[str]) -> int:
    """Points put right by hand, and what is left of those that were imported or given, of (`after`, `until`]."""
    put_right = [one for one in state.adjustments.values() if one.wallet == wallet and after < one.at <= until]
    lots = [lot for lot in state.lots if lot.wallet == wallet and lot.id.startswith(GIVEN) and lot.id not in without]
    return sum(one.points for one in put_right if not one.reversed) + sum(
        lot.remaining for lot in lots if after < state.begun.get(lot.key, 0) <= until
    )


def next_level(state: Customer, program: Program, now: int, level: str | None = None) -> dict[str, str | int] | None:
    """The level above `level` (the customer's own without it) and what is missing to it; None for the highest."""
    above = program.level_needs[rank(program, level or state.level) + 1 :]
    if not above:
        return None
    name, needed = above[0]
    missing = max(needed - standing(state, program, now), 0)
    by_spend = program.levels.by == "spend"
    return {
        "level": name,
        "missing": format_minor(missing, program.base_currency) if by_spend else missing,
        "by": program.levels.by,
    }
