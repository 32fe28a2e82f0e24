"""A shop in which it is known what alerts bring: whoever gets one comes back a little more often than otherwise.

The loop is closed: the engine decides on what the customers do, and they respond to what it decides. What a customer
would do, alerted or not, is drawn beforehand, so the true effect of every single alert can be read off.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import NamedTuple

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.decisions.alerts import AlertHeldOut
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.engine import Arrival, Engine, Partition

_RAISED = "loyalty.alert.churn-risk.raised"


class Shop(NamedTuple):
    """How many customers for how long, and how they behave. Chances are of 1."""

    customers: int = 500
    days: int = 300
    opens_over: int = 60  # days over which customers come for the first time
    falls_silent: float = 0.4  # after a purchase; else the next one comes by the customer's own rhythm
    returns: float = 0.3  # of those silent: within the window, whatever anybody does
    responds: float = 0.3  # of the others: within the window, but only if alerted
    alert_after: int = 60  # days of silence at which the program raises the alert
    window: int = 60  # days in which it is measured who comes back


class Outcome(NamedTuple):
    """What the engine decided, as lines of decisions.ndjson, and by alert 1 if its customer comes back only because."""

    decisions: list[bytes]
    effects: dict[str, int]


class _Pause(NamedTuple):
    """What follows a purchase: the next one `days` later, or `lured` days after an alert, if that brings anything."""

    days: float
    lured: float | None


SHOP = Shop()


def live(seed: int, engine: Engine, start: int, shop: Shop = SHOP) -> Outcome:
    """Let the shop's customers and the engine live together, day by day from `start` (ms since 1970 UTC).

    The engine is one of a single partition on event time. The same arguments give the same outcome.
    """
    return _Loop(seed, engine, start, shop).run()


class _Loop:
    def __init__(self, seed: int, engine: Engine, start: int, shop: Shop) -> None:
        self.seed, self.engine, self.start, self.shop = seed, engine, start, shop
        self.partition: Partition = engine.open(0, {}, {}, {}, {})
        self.visits: dict[int, dict[str, int]] = defaultdict(dict)  # day -> customer -> when they buy (ms)
        self.planned: dict[str, int] = {}  # customer -> the day of their next purchase
        self.pauses: dict[str, _Pause] = {}
        self.bought: dict[str, int] = defaultdict(int)
        self.records = 0
        self.outcome = Outcome([], {})

    def run(self) -> Outcome:
        for number in range(self.shop.customers):
            first = Random(f"{self.seed}/{number}").uniform(0, self.shop.opens_over)
            self._plan(f"c{number}", self.start + int(first * DAY_MS))
        for day in range(self.shop.days):
            buyers = sorted(self.visits.pop(day, {}).items(), key=lambda visit: visit[1])
            self.partition.apply([self._buy(customer, at) for customer, at in buyers])
            self.partition.sweep_to(self.start + (day + 1) * DAY_MS - 1)
            commit = self.partition.take()
            if commit is not None:
                self._read(commit, day)
        return self.outcome

    def _plan(self, customer: str, at: int) -> None:
        """Their next purchase, in opening hours of that day; one that was planned before is dropped."""
        before = self.planned.get(customer)
        if before is not None:
            self.visits[before].pop(customer, None)
        day = (at - self.start) // DAY_MS
        hour = 8 + 12 * Random(f"{self.seed}/{customer}/{day}").random()
        self.planned[customer] = day
        self.visits[day][customer] = self.start + day * DAY_MS + int(hour * HOUR_MS)

    def _buy(self, customer: str, at: int) -> Arrival:
        self.bought[customer] += 1
        pause = self._pause(customer)
        self.pauses[customer] = pause
        del self.planned[customer]
        self._plan(customer, at + int(pause.days * DAY_MS))
        self.records += 1
        raw = _order(customer, f"{customer}-{self.bought[customer]}", at, 20 + self.records % 60)
        topic, key = route(raw)
        record = Record(topic, 0, self.records, at, key, raw)
        return Arrival(record, self.engine.read(record), at)

    def _pause(self, customer: str) -> _Pause:
        """All that may follow this purchase: drawn from the customer's own numbers, whatever the engine decides."""
        rng, shop = Random(f"{self.seed}/{customer}/pause/{self.bought[customer]}"), self.shop
        rhythm, within = rng.uniform(8, 25), rng.uniform(2, shop.window - 4)
        silent, returns, responds = (
            rng.random() < chance for chance in (shop.falls_silent, shop.returns, shop.responds)
        )
        if not silent:
            return _Pause(rhythm, None)
        if returns:
            return _Pause(shop.alert_after + within, None)
        return _Pause(shop.alert_after + shop.window + 5 + 4 * rhythm, within if responds else None)

    def _read(self, commit: Commit, day: int) -> None:
        """Look at what was decided by the end of the day: those who got an alert may respond to it."""
        for message in commit.outputs:
            if message.topic not in (topics.DECISIONS, topics.ALERTS) or message.value is None:
                continue
            event = structured(message.headers, message.value)
            kind, customer = event["type"], event["subject"].split("/")[0]
            if message.topic == topics.DECISIONS:
                self.outcome.decisions.append(msgspec.json.encode(event))
                if kind in (_RAISED, AlertHeldOut.type):
                    alert = msgspec.json.decode(message.value)["alert"]
                    self.outcome.effects[alert] = int(self.pauses[customer].lured is not None)
            elif kind == _RAISED and (lured := self.pauses[customer].lured) is not None:
                self._plan(customer, self.start + (day + 1) * DAY_MS + int(lured * DAY_MS))


def _order(customer: str, order_id: str, at: int, total: int) -> bytes:
    return msgspec.json.encode(
        {
            "messageId": order_id,
            "type": "track",
            "event": "Order Completed",
            "userId": customer,
            "timestamp": format_instant(at),
            "properties": {"order_id": order_id, "total": total, "currency": "USD"},
        }
    )
