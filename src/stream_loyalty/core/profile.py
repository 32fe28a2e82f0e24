"""A customer as others see it: one flat line for files, the projection and the API. No offsets, no remembered ids."""

from __future__ import annotations

from typing import Any

from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.core import ledger, scores
from stream_loyalty.core.codec import decode, wake_at
from stream_loyalty.core.decide import wanted_by
from stream_loyalty.core.policies.benefits import usable
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.standing import level_of, next_level
from stream_loyalty.core.state import NEVER, Customer, Lot


def profile(key: bytes, blob: bytes, programs: Programs) -> dict[str, Any]:
    """The profile of a stored state. Money is in minor units; times are ISO 8601 or null."""
    state = decode(blob)
    program = programs.at(state.clock)
    due = wake_at(blob)
    return {
        "user_id": key.decode(),
        "orders": state.orders_kept,
        "spend": {currency: state.spend[currency] for currency in sorted(state.spend)},
        "lifetime_value": state.lifetime_value,
        "balances": {name: ledger.balance(state, name) for name in _wallets(state, program)},
        "lots": [_lot(lot, state) for lot in sorted(state.lots, key=lambda lot: (lot.wallet, lot.expires_at, lot.id))],
        "debts": {wallet: state.debts[wallet] for wallet in sorted(state.debts)},
        "level": level_of(state, program),
        "next_level": next_level(state, program, state.clock),
        "level_review_at": _time(None if state.review_at is None else max(state.review_at, state.frozen_until or 0)),
        "benefits": [
            {"benefit": name, "left": one.left, "until": _time(one.until)} for name, one in usable(state, program)
        ],
        "band": state.band,
        "high_value": state.high_value,
        "churn_warning": state.churn_since is not None,
        "churn_warning_since": _time(state.churn_since),
        "churn": _churn(state),
        "rfmx": scores.read(state, program),
        "first_order_at": _time(state.first_order_at),
        "last_order_at": _time(state.last_order_at),
        "consents": {purpose: state.consents[purpose][0] for purpose in sorted(state.consents)},
        "alert": _alert(state),
        "complaints": sorted(state.complaints),
        "next_wake_at": _time(due),
        "next_wake_for": [] if due == NEVER else wanted_by(state, programs.at(due), due),
    }


def _wallets(state: Customer, program: Program) -> list[str]:
    """The program's wallets, and those that an earlier version had."""
    held = {lot.wallet for lot in state.lots} | state.debts.keys()
    return [*program.wallet_of, *sorted(held - program.wallet_of.keys())]


def _lot(lot: Lot, state: Customer) -> dict[str, Any]:
    return {
        "lot": lot.id,
        "wallet": lot.wallet,
        "points": lot.remaining,
        "reserved": lot.reserved,
        "pending": lot.active_from != 0,
        "since": _time(_since(lot, state)),
        "expires_at": _time(lot.expires_at),
    }


def _since(lot: Lot, state: Customer) -> int | None:
    """When the points of a lot came; null where an older release did not write it down."""
    order = state.orders.get(lot.id)
    return state.begun.get(lot.key) if order is None else order.placed_at


def _alert(state: Customer) -> dict[str, Any] | None:
    """The alert that is out about the present silence; of one that is held out nobody is told."""
    alert = state.alert
    if alert is None or alert.held_out:
        return None
    return {"alert": alert.id, "since": format_instant(alert.since), "raised_at": format_instant(alert.raised_at)}


def _churn(state: Customer) -> dict[str, Any] | None:
    """The newest score: how likely the customer is not to buy within the horizon, as of the end of a day."""
    watch = state.watch
    if watch is None or watch.risk is None or watch.day is None:
        return None
    return {"probability": round(watch.risk, 4), "as_of": format_instant(watch.day * DAY_MS)[:10]}


def _time(ms: int | None) -> str | None:
    return None if ms is None or ms == NEVER else format_instant(ms)
