"""Points expire with their lot, or all together where the customer has not been active."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision, Posting
from stream_loyalty.contracts.decisions.points import PointsExpired
from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer, Lot


def due(state: Customer, program: Program) -> int:
    """When the next lot expires. What is held for a redemption waits for its end."""
    if not program.inactive_days:
        return min([lot.expires_at for lot in state.lots if lot.remaining > lot.reserved], default=NEVER)
    return min([_expires_at(lot, state, program) for lot in state.lots if lot.free], default=NEVER)


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Write off what is left of each lot whose time is over."""
    over = [lot for lot in state.lots if lot.free and _expires_at(lot, state, moment.program) <= wake.at]
    for lot in over:
        points = lot.free
        yield PointsExpired(
            rule="expiry.lot" if lot.expires_at <= wake.at else "expiry.inactive",
            saw={"expires_at": format_instant(_expires_at(lot, state, moment.program)), "held": lot.reserved},
            wallet=lot.wallet,
            points=points,
            postings=(Posting(lot=lot.id, points=-points),),
            balance=ledger.balance(state, lot.wallet) - points,
            lot=lot.id,
        )


def _expires_at(lot: Lot, state: Customer, program: Program) -> int:
    days = program.inactive_days.get(lot.wallet)
    if days is None:
        return lot.expires_at
    since = max(state.active_at, state.begun.get(lot.key, 0))  # what is given in the silence has its time all the same
    return min(lot.expires_at, since + days * DAY_MS)


REACTIONS = {Wake: wake}
