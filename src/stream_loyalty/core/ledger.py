"""The ledger: lots and postings by wallet. Functions say which postings a movement takes; only `post` moves points.

The balance of a wallet is always the sum of all its postings: what its lots hold, less the debt.
"""

from __future__ import annotations

from collections.abc import Iterable

from stream_loyalty.contracts.decision import Posting
from stream_loyalty.core.state import Customer, Lot

DEBT = None  # the lot of a posting that makes or repays debt: no order can have its id


def balance(state: Customer, wallet: str) -> int:
    """Points in hand, waiting and held ones included; below zero where some were taken back that had been spent."""
    return sum([lot.remaining for lot in state.lots if lot.wallet == wallet]) - state.debts.get(wallet, 0)


def spendable(state: Customer, wallet: str) -> int:
    """Points that a redemption can take now; never below zero."""
    free = sum([lot.free for lot in state.lots if lot.wallet == wallet and not lot.active_from])
    return max(free - state.debts.get(wallet, 0), 0)


def post(state: Customer, wallet: str, postings: Iterable[Posting]) -> None:
    """Carry postings out; lots that are empty afterwards are dropped."""
    moved: dict[str | None, int] = {}
    for posting in postings:
        moved[posting.lot] = moved.get(posting.lot, 0) + posting.points
    if owed := moved.pop(DEBT, 0):
        state.debts[wallet] = state.debts.get(wallet, 0) - owed
        if not state.debts[wallet]:
            del state.debts[wallet]
    empty = False
    for lot in reversed(state.lots):  # most postings are about the newest
        if not moved:
            break
        if lot.id in moved and lot.wallet == wallet:
            lot.remaining += moved.pop(lot.id)
            if not lot.remaining:
                empty = True
                state.begun.pop(lot.key, None)
    if moved:
        raise KeyError(f"no lot {', '.join(map(str, moved))} in wallet {wallet}")
    if empty:
        state.lots = [lot for lot in state.lots if lot.remaining]


def open_lot(
    state: Customer, wallet: str, name: str, expires_at: int, active_from: int = 0, since: int | None = None
) -> None:
    """An empty lot, which the postings of the same decision fill; one that is there already holds no shorter.

    `since`: when its points came (ms); None for an order's lot, of which the order says it.
    """
    known = [lot for lot in state.lots if lot.id == name and lot.wallet == wallet]
    for lot in known:
        lot.expires_at = max(lot.expires_at, expires_at)
    if not known:
        lot = Lot(name, 0, expires_at, wallet, active_from)
        state.lots.append(lot)
        if since is not None:
            state.begun[lot.key] = since


def fill(state: Customer, wallet: str, lots: Iterable[tuple[str, int]]) -> tuple[Posting, ...]:
    """Put points on lots; a debt is repaid from them first."""
    owed = state.debts.get(wallet, 0)
    postings = []
    for lot, points in lots:
        postings.append(Posting(lot=lot, points=points))
        if repaid := min(points, owed):
            owed -= repaid
            postings += [Posting(lot=lot, points=-repaid), Posting(lot=DEBT, points=repaid)]
    return tuple(postings)


def earn(state: Customer, wallet: str, lot: str, points: int) -> tuple[Posting, ...]:
    """Fill one lot; a debt is repaid from it first."""
    return fill(state, wallet, ((lot, points),))


def spend(state: Customer, wallet: str, points: int) -> tuple[Posting, ...]:
    """Take points off the lots that expire first. The caller has seen that there are as many to spend."""
    return tuple(_take(_by_expiry(lot for lot in state.lots if lot.wallet == wallet and not lot.active_from), points))


def take_back(state: Customer, wallet: str, lot: str | None, points: int) -> tuple[Posting, ...]:
    """Take points back: off their own lot first, then off the others by expiry; what nobody holds becomes debt.

    What is held for a redemption stays held: the debt is repaid if the redemption does not come about.
    """
    lots = [other for other in state.lots if other.wallet == wallet]
    own = [other for other in lots if other.id == lot]
    others = [other for other in _by_expiry(lots) if other.id != lot]
    taken = _take(own + others, points)
    owed = points + sum(posting.points for posting in taken)
    return (*taken, Posting(lot=DEBT, points=-owed)) if owed else tuple(taken)


def close(state: Customer, wallet: str) -> tuple[Posting, ...]:
    """Write a wallet off: its lots together, for their own names are those of orders, and the debt."""
    held = sum(lot.remaining for lot in state.lots if lot.wallet == wallet)
    owed = state.debts.get(wallet, 0)
    postings = (Posting(lot="erased", points=-held), Posting(lot=DEBT, points=owed))
    return tuple(posting for posting in postings if posting.points)


def hold(state: Customer, wallet: str, held: Iterable[Posting], sign: int) -> None:
    """Hold points of lots for a redemption (`sign` 1) or let them go (-1). `held` says how many, above zero."""
    lots = {lot.id: lot for lot in state.lots if lot.wallet == wallet}
    for part in held:
        if part.lot in lots:
            lots[part.lot].reserved += sign * part.points


def repay(state: Customer, wallet: str, freed: Iterable[Posting]) -> tuple[Posting, ...]:
    """Postings that repay the debt of a wallet from points that are let go."""
    owed = state.debts.get(wallet, 0)
    postings = []
    for part in freed:
        if repaid := min(part.points, owed):
            owed -= repaid
            postings += [Posting(lot=part.lot, points=-repaid), Posting(lot=DEBT, points=repaid)]
    return tuple(postings)


def _by_expiry(lots: Iterable[Lot]) -> list[Lot]:
    return sorted(lots, key=lambda lot: (lot.expires_at, lot.id))


def _take(lots: Iterable[Lot], points: int) -> list[Posting]:
    postings = []
    for lot in lots:
        part = min(points, lot.free)
        if part:
            postings.append(Posting(lot=lot.id, points=-part))
            points -= part
        if not points:
            break
    return postings
