"""States that earlier releases wrote, as this one reads them. Each version's layout is history and stays as it is."""

from __future__ import annotations

from typing import Any

import msgspec

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.core.history import Purchase, record
from stream_loyalty.core.state import Customer

_ORDERS, _DEBT, _REDEMPTIONS = 6, 8, 9  # places in the array of versions 1 and 2
_WALLET = "points"  # the only one that they knew


def upgrade(body: memoryview, version: int) -> Customer:
    """The state of a body (without header) of version 1 or 2."""
    raw: list[Any] = msgspec.msgpack.decode(body)
    _several_wallets(raw)
    state = msgspec.convert(raw, Customer)
    state.orders = dict(sorted(state.orders.items(), key=lambda entry: entry[1].placed_at))
    state.active_at = state.last_order_at or 0
    if version == 1:
        _history(state)
    return state


def _several_wallets(raw: list[Any]) -> None:
    """Version 3 counts points by wallet: in orders, debts and redemptions."""
    raw[_ORDERS] = {name: _order(order) for name, order in raw[_ORDERS].items()}
    raw[_DEBT] = {_WALLET: raw[_DEBT]} if raw[_DEBT] else {}
    raw[_REDEMPTIONS] = {name: [at] for name, at in raw[_REDEMPTIONS].items()}


def _order(old: list[Any]) -> list[Any]:
    placed_at, currency, total, base, value, earned, expired, taken_back, refunded, whole, refunds = old
    points = {_WALLET: [earned, expired, taken_back]} if earned else {}
    return [placed_at, currency, total, base, value, refunded, whole, refunds, points]


def _history(state: Customer) -> None:
    """Version 1 had no purchase history and no watch: both begin with the orders that are remembered (days in UTC)."""
    state.told = list(state.silences)
    for order in sorted(state.orders.values(), key=lambda order: order.placed_at):
        if not order.whole:
            day = order.placed_at // DAY_MS
            record(state.history, Purchase(day, day, 1, order.value, 0))
