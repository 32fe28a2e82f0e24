"""How movements of points change a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.adjusting import PointsAdjusted
from stream_loyalty.contracts.decisions.earning import PointsEarned, PointsNotEarned, PointsReversed
from stream_loyalty.contracts.decisions.importing import MemberImported, PointsImported
from stream_loyalty.contracts.decisions.points import (
    PointsActivated,
    PointsErased,
    PointsExpired,
    PointsGranted,
    PointsWithdrawn,
)
from stream_loyalty.contracts.decisions.redemption import PointsReleased, PointsReserved, PointsRestored, PointsSpent
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.program.activities import ACTIVITY, mark
from stream_loyalty.core.state import NEVER, Adjustment, Customer, Done, Given, Grant, Redemption, begun

RESTORED = "restored:"  # before the ids of a redemption and a lot: the lot of points that came back
ADJUSTED = "adjusted:"  # before the id of an adjustment: the name of the lot of added points


def _earned(state: Customer, fact: PointsEarned, moment: Moment) -> None:
    order = state.orders[fact.order_id]
    active_from = fact.active_from or 0
    if fact.waits:  # as long as the program of its own time says, whatever is in force when it is delivered
        active_from = ~moment.programs.at(order.placed_at).wallet_of[fact.wallet].activates_after_days
    ledger.open_lot(state, fact.wallet, fact.lot, _or_never(fact.expires_at), active_from)
    ledger.post(state, fact.wallet, fact.postings)
    order.points.setdefault(fact.wallet, Grant()).earned += fact.points
    for part in fact.parts:
        if part.drawn:
            order.budgeted[part.rule] = order.budgeted.get(part.rule, 0) + part.drawn
    _fell_short(state, fact, moment)


def _fell_short(state: Customer, fact: PointsEarned | PointsNotEarned, moment: Moment) -> None:
    """A budget that had too little left for an order gives nothing when a part of it is given back later."""
    for rule in fact.short:
        state.orders[fact.order_id].budgeted.setdefault(rule, 0)


def _reversed(state: Customer, fact: PointsReversed, moment: Moment) -> None:
    ledger.post(state, fact.wallet, fact.postings)
    order = state.orders[fact.order_id]
    order.points[fact.wallet].reversed += fact.points
    for part in fact.returned:
        order.budgeted[part.rule] = order.budgeted.get(part.rule, 0) + part.drawn


def _activated(state: Customer, fact: PointsActivated, moment: Moment) -> None:
    for lot in state.lots:
        if lot.id == fact.lot and lot.wallet == fact.wallet:
            lot.active_from = 0


def _reserved(state: Customer, fact: PointsReserved, moment: Moment) -> None:
    ledger.hold(state, fact.wallet, fact.held, 1)
    expiries = {lot.id: lot.expires_at for lot in state.lots if lot.wallet == fact.wallet}
    state.redemptions[fact.redemption_id] = Redemption(
        moment.now,
        fact.wallet,
        fact.points,
        [(str(part.lot), part.points, expiries[str(part.lot)]) for part in fact.held],
        fact.deadline,
        fact.order_id,
        fact.reward,
        stock=fact.stock,
    )
    state.active_at = max(state.active_at, moment.at)


def _spent(state: Customer, fact: PointsSpent, moment: Moment) -> None:
    held = state.redemptions.get(fact.redemption_id)
    if held is not None:  # confirmed
        for lot, points, _ in held.parts:
            _let_go(state, held.wallet, lot, points)
        held.deadline = None
    else:
        held = Redemption(moment.now, fact.wallet, fact.points, order_id=fact.order_id, reward=fact.reward)
        if fact.order_id is not None:  # only what an order may give back is remembered in detail
            expiries = {lot.id: lot.expires_at for lot in state.lots if lot.wallet == fact.wallet}
            held.parts = [(str(one.lot), -one.points, expiries[str(one.lot)]) for one in fact.postings]
        state.redemptions[fact.redemption_id] = held
        state.active_at = max(state.active_at, moment.at)
    if held.order_id is None:
        held.parts = []
    ledger.post(state, fact.wallet, fact.postings)


def _released(state: Customer, fact: PointsReleased, moment: Moment) -> None:
    held = state.redemptions[fact.redemption_id]
    for lot, points, _ in held.parts:
        _let_go(state, held.wallet, lot, points)
    held.deadline, held.over, held.parts = None, True, []
    ledger.post(state, fact.wallet, fact.postings)


def _let_go(state: Customer, wallet: str, lot: str, points: int) -> None:
    for one in state.lots:
        if one.id == lot and one.wallet == wallet:
            one.reserved -= points


def _restored(state: Customer, fact: PointsRestored, moment: Moment) -> None:
    for lot, expires_at in fact.lots:
        ledger.open_lot(state, fact.wallet, lot, _or_never(expires_at), since=moment.at)
    ledger.post(state, fact.wallet, fact.postings)
    state.redemptions[fact.redemption_id].restored += fact.points


def _expired(state: Customer, fact: PointsExpired, moment: Moment) -> None:
    ledger.post(state, fact.wallet, fact.postings)
    lot = _came_from(fact.lot, fact.wallet, state)
    order = state.orders.get(lot)
    if order is not None and fact.wallet in order.points:
        order.points[fact.wallet].expired += fact.points
    for given in state.stands.given.values():
        if (given.wallet, given.lot) == (fact.wallet, lot):
            given.points = max(given.points - fact.points, 0)
    adjustment = state.adjustments.get(lot.removeprefix(ADJUSTED))
    if adjustment is not None and (adjustment.wallet, adjustment.lot) == (fact.wallet, lot):
        # never more than it had added: an order whose id reads like the lot's name has its points there too
        adjustment.expired = min(adjustment.expired + fact.points, adjustment.points)


def restored_lot(redemption_id: str, lot: str) -> str:
    """The name of the lot for points of `lot` that come back from a redemption."""
    return f"{RESTORED}{redemption_id}:{lot}"


def _came_from(lot: str, wallet: str, state: Customer) -> str:
    """The lot whose points were spent, and came back on `lot`, as far as the redemption is known; else `lot` itself."""
    if lot.startswith(RESTORED):
        for ref, one in state.redemptions.items():
            for spent, *_ in one.parts:
                if one.wallet == wallet and lot == restored_lot(ref, spent):
                    return _came_from(spent, wallet, state)
    return lot


def _granted(state: Customer, fact: PointsGranted, moment: Moment) -> None:
    _lot_opened(state, fact, moment)
    if fact.rule == ACTIVITY:
        _done(state, fact, moment)
    else:
        standing = begun(state)
        standing.gifts[fact.reason] = moment.program.calendar.date_of(moment.at).year
        standing.given[fact.reason] = Given(moment.now, fact.wallet, fact.lot, fact.points)


def _done(state: Customer, fact: PointsGranted, moment: Moment) -> None:
    program, done = moment.program, begun(state).done.setdefault(fact.reason, Done())
    done.times = sorted([*done.times, (program.calendar.day(moment.at), mark(fact.lot), fact.points)])
    while len(done.times) > program.activity_of[fact.reason].at_most:
        done.forgotten = done.times.pop(0)[0]
    state.active_at = max(state.active_at, moment.at)


def _withdrawn(state: Customer, fact: PointsWithdrawn, moment: Moment) -> None:
    ledger.post(state, fact.wallet, fact.postings)
    standing = begun(state)
    del standing.gifts[fact.reason], standing.given[fact.reason]


def _lot_opened(state: Customer, fact: PointsGranted | PointsImported, moment: Moment) -> None:
    ledger.open_lot(state, fact.wallet, fact.lot, _or_never(fact.expires_at), since=moment.at)
    ledger.post(state, fact.wallet, fact.postings)


def _erased(state: Customer, fact: PointsErased, moment: Moment) -> None:
    state.lots = [lot for lot in state.lots if lot.wallet != fact.wallet]
    state.debts.pop(fact.wallet, None)


def _adjusted(state: Customer, fact: PointsAdjusted, moment: Moment) -> None:
    if fact.lot is not None:
        ledger.open_lot(state, fact.wallet, fact.lot, _or_never(fact.expires_at), since=moment.at)
    ledger.post(state, fact.wallet, fact.postings)
    if fact.reverses is not None:
        state.adjustments[fact.reverses].reversed = True
    else:
        done = Adjustment(moment.now, fact.wallet, fact.points, fact.lot, fact.batch)
        state.adjustments[fact.adjustment_id] = done


def _imported(state: Customer, fact: MemberImported, moment: Moment) -> None:
    state.imported = fact.import_id
    state.active_at = max(state.active_at, moment.at)


def _or_never(at: int | None) -> int:
    return NEVER if at is None else at


MOVEMENTS: dict[type[Decision], Callable[[Customer, Any, Moment], None]] = {
    PointsEarned: _earned,
    PointsNotEarned: _fell_short,
    PointsReversed: _reversed,
    PointsActivated: _activated,
    PointsReserved: _reserved,
    PointsSpent: _spent,
    PointsReleased: _released,
    PointsRestored: _restored,
    PointsExpired: _expired,
    PointsGranted: _granted,
    PointsWithdrawn: _withdrawn,
    PointsImported: _lot_opened,
    PointsErased: _erased,
    PointsAdjusted: _adjusted,
    MemberImported: _imported,
}
