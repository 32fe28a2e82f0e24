"""The ledger: lots and postings. Functions say which postings a movement takes; only `post` changes a state.

The balance is always the sum of all postings: what lots hold, less the debt.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream_loyalty.contracts.decisions import Posting
from stream_loyalty.core.state import Customer, Lot

DEBT = None  # the lot of a posting that makes or repays debt: no order can have its id


def post(state: Customer, postings: Iterable[Posting]) -> None:
    """Carry postings out; lots that are empty afterwards are dropped."""
    lots = {lot.id: lot for lot in state.lots}
    for posting in postings:
        if posting.lot is None:
            state.debt -= posting.points
        else:
            lots[posting.lot].remaining += posting.points
    state.lots = [lot for lot in state.lots if lot.remaining]


def open_lot(state: Customer, lot: str, expires_at: int) -> None:
    """An empty lot, which the postings of the same decision fill."""
    state.lots.append(Lot(lot, 0, expires_at))


def earn(state: Customer, lot: str, points: int) -> tuple[Posting, ...]:
    """Fill a new lot; a debt is repaid from it first."""
    repaid = min(points, state.debt)
    if not repaid:
        return (Posting(lot=lot, points=points),)
    return (
        Posting(lot=lot, points=points),
        Posting(lot=lot, points=-repaid),
        Posting(lot=DEBT, points=repaid),
    )


def spend(state: Customer, points: int) -> tuple[Posting, ...]:
    """Take points off the lots that expire first. The caller has seen that the balance is enough."""
    return tuple(_take(_by_expiry(state), points))


def take_back(state: Customer, lot: str, points: int) -> tuple[Posting, ...]:
    """Take points back: off their own lot first, then off the others by expiry; what nobody holds becomes debt."""
    own = [other for other in state.lots if other.id == lot]
    others = [other for other in _by_expiry(state) if other.id != lot]
    taken = _take(own + others, points)
    owed = points + sum(posting.points for posting in taken)
    return (*taken, Posting(lot=DEBT, points=-owed)) if owed else tuple(taken)


def _by_expiry(state: Customer) -> list[Lot]:
    return sorted(state.lots, key=lambda lot: (lot.expires_at, lot.id))


def _take(lots: Iterable[Lot], points: int) -> list[Posting]:
    postings = []
    for lot in lots:
        part = min(points, lot.remaining)
        if part:
            postings.append(Posting(lot=lot.id, points=-part))
            points -= part
        if not points:
            break
    return postings
