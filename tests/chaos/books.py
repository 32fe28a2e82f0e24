"""Who ordered what, read off a feed without the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from stream_loyalty.contracts.instants import parse_instant
from tests.chaos.feed import Line

_UNDONE = ("Order Cancelled", "Order Refunded", "Order Updated")


class _Order(NamedTuple):
    total: float
    at: int


class Books:
    """Orders by customer, also those that came along from another program, and what was claimed of guests."""

    def __init__(self, feed: Sequence[Line], claim_within_ms: int) -> None:
        self._within = claim_within_ms
        self._bought: dict[str, dict[str, _Order]] = defaultdict(dict)
        self._claims: dict[str, dict[str, int]] = defaultdict(dict)  # guest -> claimer -> when
        self._left_out = {""}
        for line in feed:
            try:
                self._read(msgspec.json.decode(line.value))
            except msgspec.DecodeError:
                continue

    def expected(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Customers and guests, and the totals of their orders; without those of whom it can not be said."""
        for guest, claimers in self._claims.items():
            self._hand_over(guest, claimers)
        for customer, orders in self._bought.items():
            if customer not in self._left_out:
                guest = customer.startswith("anon-")
                yield customer, {} if guest else {name: order.total for name, order in orders.items()}

    def _hand_over(self, guest: str, claimers: dict[str, int]) -> None:
        if len(claimers) > 1 or guest in self._left_out:
            self._left_out |= claimers.keys()
            return
        ((claimer, claimed_at),) = claimers.items()
        for name, order in self._bought[guest].items():
            if abs(order.at - claimed_at) <= self._within:
                self._bought[claimer][name] = order

    def _read(self, event: dict[str, Any]) -> None:
        customer, about = event.get("userId", event.get("anonymousId")), event["properties"]
        name, order_id = event["event"], str(about.get("order_id"))
        undone = name in _UNDONE or name == "Erasure Requested"
        if undone or order_id.startswith("legacy") or (name == "Order Completed" and order_id == "None"):
            self._left_out.add(customer)
        elif name == "Order Completed":
            self._bought[customer][order_id] = _Order(about["total"], parse_instant(event["timestamp"]))
        elif name == "Guest Claimed":
            self._claims[about["anonymous_id"]][customer] = parse_instant(event["timestamp"])
        elif name == "Member Imported":
            for order in about["orders"]:
                self._bought[customer][order["order_id"]] = _Order(order["total"], parse_instant(order["placed_at"]))
