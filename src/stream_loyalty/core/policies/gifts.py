"""How a policy gives points that are no order's: a lot of their own, which a debt is repaid from first."""

from __future__ import annotations

from stream_loyalty.contracts.decision import Saw
from stream_loyalty.contracts.decisions.points import PointsGranted, PointsWithdrawn
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.earning import expiry_of
from stream_loyalty.core.state import Customer, Given, told


def gift(
    state: Customer, moment: Moment, wallet: str | None, points: int, lot: str, reason: str, rule: str, saw: Saw
) -> PointsGranted:
    """Points for `reason` into `wallet` (None: the program's first), which expire as those of an order of now would."""
    kind = moment.program.wallet_named(wallet)
    expires_at = expiry_of(kind, moment.at, moment.program)
    return PointsGranted(
        rule=rule,
        saw=saw,
        wallet=kind.name,
        points=points,
        postings=ledger.earn(state, kind.name, lot, points),
        balance=ledger.balance(state, kind.name) + points,
        lot=lot,
        expires_at=told(expires_at),
        reason=reason,
    )


def withdrawn(state: Customer, given: Given, reason: str, rule: str, saw: Saw) -> PointsWithdrawn:
    """What has not expired of a gift is taken back: off its own lot first; what was spent of it becomes debt."""
    return PointsWithdrawn(
        rule=rule,
        saw=saw,
        wallet=given.wallet,
        points=given.points,
        postings=ledger.take_back(state, given.wallet, given.lot, given.points),
        balance=ledger.balance(state, given.wallet) - given.points,
        lot=given.lot,
        reason=reason,
    )
