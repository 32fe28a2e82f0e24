"""Our worker under the meter: from the first record it is given to the transaction that holds the last one.

`python ours.py` runs the plain job as an engine of its own over our transport, `python ours.py full` the product.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

import meter
import msgspec

from stream_loyalty.adapters.kafka import worker
from stream_loyalty.adapters.kafka.commit import TransactionalWriter
from stream_loyalty.bootstrap import calm_collector
from stream_loyalty.commands.worker import run_worker
from stream_loyalty.contracts.topics import ORDERS, REWARDS, SOURCES
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.engine import merge
from stream_loyalty.settings import Settings


class Order(msgspec.Struct):
    id: int
    user: str
    amount: float
    ts: float
    sku: str


class Customer(msgspec.Struct, array_like=True):
    orders: int = 0
    spend: float = 0.0
    last: float = 0.0


_order = msgspec.json.Decoder(Order).decode
_customer = msgspec.msgpack.Decoder(Customer).decode
_encode = msgspec.msgpack.Encoder().encode


class OrdersMerger:
    """One topic has records, so there is nothing to merge."""

    def __init__(self) -> None:
        self._waiting: deque[Record] = deque()
        self._open = set(SOURCES)

    def add(self, topic: str, records: list[Record], at_end: bool) -> None:
        self._waiting.extend(records)
        (self._open.discard if at_end else self._open.add)(topic)

    def buffered(self, topic: str) -> int:
        return len(self._waiting) if topic == ORDERS else 0

    def take(self, limit: int = 500) -> list[Record]:
        return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]

    @property
    def at_end(self) -> bool:
        return not self._open and not self._waiting


class OrdersPartition:
    """Counts; states are bytes, as they stand in the changelog. The transaction makes each order count once."""

    urgent = False
    watermark = None

    def __init__(self, number: int, states: dict[bytes, bytes], positions: dict[str, int]) -> None:
        self.number, self.states, self.positions = number, states, dict(positions)
        self._dirty: dict[bytes, Customer] = {}
        self._outputs: list[Message] = []

    def apply(self, chunk: list[Record]) -> None:
        for record in chunk:
            key, order = record.key or b"", _order(record.value or b"")
            customer = self._dirty.get(key)
            if customer is None:
                blob = self.states.get(key)
                customer = self._dirty[key] = _customer(blob) if blob else Customer()
            customer.orders += 1
            customer.spend += order.amount
            customer.last = order.ts
            if customer.orders % 10 == 0:
                value = msgspec.json.encode({"user": order.user, "points": 10})
                self._outputs.append(Message(REWARDS, self.number, key, value))
            self.positions[record.topic] = record.offset + 1

    def sweep(self, now_ms: int, at_end: bool) -> bool:
        return False

    def take(self) -> Commit | None:
        if not self._dirty:
            return None
        states: dict[bytes, bytes | None] = {key: _encode(customer) for key, customer in self._dirty.items()}
        self.states.update(states)  # type: ignore[arg-type]
        commit = Commit(self.number, self._outputs, states, dict(self.positions))
        self._dirty, self._outputs = {}, []
        return commit


class OrdersEngine:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()

    def learn_of(self, weights: object) -> None:
        """It scores nothing."""

    def hear_of(self, one: object) -> None:
        """It has no budgets."""

    def go_by(self, programs: object) -> None:
        """It has no program."""

    def merger(self) -> OrdersMerger:
        return OrdersMerger()

    def open(self, number: int, states: dict[bytes, bytes], positions: dict[str, int], *_: object) -> OrdersPartition:
        return OrdersPartition(number, states, positions)


def metered(merger: Any) -> None:
    """Begin at the first record that a merger gets, end when committed positions add up to all events."""
    add, write = merger.add, TransactionalWriter.write
    positions: dict[int, int] = {}

    def first(self: Any, topic: str, records: list[Record], at_end: bool) -> None:
        if records:
            meter.start()
            merger.add = add
        add(self, topic, records, at_end)

    def last(self: TransactionalWriter, commits: Sequence[Commit], *others: Any, **more: Any) -> Any:
        written = write(self, commits, *others, **more)
        for commit in commits:
            positions[commit.partition] = sum(commit.positions.values())
        if sum(positions.values()) >= meter.EVENTS:
            TransactionalWriter.write = write  # type: ignore[method-assign]
            meter.finish()
        return written

    merger.add = first
    TransactionalWriter.write = last  # type: ignore[method-assign]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    full = sys.argv[1:] == ["full"]
    metered(merge.Merger if full else OrdersMerger)
    if full:
        sys.exit(run_worker(Settings()))
    calm_collector()  # as the product's worker does
    sys.exit(worker.run(Settings(), OrdersEngine()))
