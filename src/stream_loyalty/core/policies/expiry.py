"""Points expire with their lot."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decisions import Decision, PointsExpired, Posting
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.state import NEVER, Customer


def due(state: Customer, program: Program) -> int:
    """When the next lot expires."""
    return min((lot.expires_at for lot in state.lots), default=NEVER)


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Write off what is left of each lot whose time is over."""
    for lot in [lot for lot in state.lots if lot.expires_at <= wake.at]:
        yield PointsExpired(
            rule="expiry.lot",
            wallet=moment.program.earning.wallet,
            points=lot.remaining,
            postings=(Posting(lot=lot.id, points=-lot.remaining),),
            balance=state.balance - lot.remaining,
            lot=lot.id,
        )


REACTIONS = {Wake: wake}
