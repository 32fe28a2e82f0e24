"""Postings for each movement: they always sum to what moved, and no lot goes below zero."""

from __future__ import annotations

import pytest

from stream_loyalty.core import ledger
from stream_loyalty.core.state import Customer, Lot


def customer(*lots: tuple[str, int, int], debt: int = 0) -> Customer:
    return Customer(lots=[Lot(*lot) for lot in lots], debts={"points": debt} if debt else {})


@pytest.mark.parametrize(
    ("state", "movement", "lots", "debt"),
    [
        (customer(), lambda s: ledger.earn(s, "points", "a", 10), {"a": 10}, 0),
        (customer(debt=4), lambda s: ledger.earn(s, "points", "a", 10), {"a": 6}, 0),
        (customer(debt=10), lambda s: ledger.earn(s, "points", "a", 10), {}, 0),
        (customer(debt=14), lambda s: ledger.earn(s, "points", "a", 10), {}, 4),
        (customer(("a", 5, 2), ("b", 5, 1)), lambda s: ledger.spend(s, "points", 7), {"a": 3}, 0),
        (customer(("b", 5, 1), ("a", 5, 1)), lambda s: ledger.spend(s, "points", 1), {"b": 5, "a": 4}, 0),
        (customer(("a", 5, 2), ("b", 5, 1)), lambda s: ledger.take_back(s, "points", "a", 5), {"b": 5}, 0),
        (customer(("a", 5, 2), ("b", 5, 1)), lambda s: ledger.take_back(s, "points", "a", 7), {"b": 3}, 0),
        (customer(("a", 5, 2), ("b", 5, 1)), lambda s: ledger.take_back(s, "points", "gone", 12), {}, 2),
        (customer(debt=1), lambda s: ledger.take_back(s, "points", "gone", 12), {}, 13),
    ],
)
def test_movements(state: Customer, movement: object, lots: dict[str, int], debt: int) -> None:
    """Lots and debt after each movement; the balance moved by the sum of the postings."""
    before = ledger.balance(state, "points")
    postings = movement(state)  # type: ignore[operator]
    if "a" in {posting.lot for posting in postings} - {lot.id for lot in state.lots}:
        ledger.open_lot(state, "points", "a", 9)
    ledger.post(state, "points", postings)
    assert {lot.id: lot.remaining for lot in state.lots} == lots
    assert state.debts.get("points", 0) == debt
    assert ledger.balance(state, "points") - before == sum(posting.points for posting in postings)
