"""What the benchmarks read: plain orders, and the mixed traffic of a shop. The same seed gives the same events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any
from uuid import UUID

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.settings import Settings

PRODUCTS = [
    (f"product-{n}", ("tea", "herbal", "ware", "sweets")[n % 4], 400 + 37 * n) for n in range(200)
]  # id, category, price in cents
SHARES = (("browsing", 80), ("order", 14), ("engagement", 3), ("complaint", 1), ("logistics", 1), ("command", 1))
_BROWSING = ("Product Viewed",) * 6 + ("Product Added", "Products Searched", "Cart Viewed", "Checkout Started")
_ENGAGEMENT = ("Checked In", "Product Shared", "Vote Cast")


def orders(count: int, customers: int, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of the plain job's orders."""
    rng = Random(seed)
    for number in range(count):
        user = f"user-{rng.randrange(customers)}"
        order = {
            "id": number,
            "user": user,
            "amount": rng.randrange(100, 20_000) / 100,
            "ts": 1.7e9 + number,
            "sku": f"sku-{rng.randrange(1000)}",
        }
        yield user.encode(), msgspec.json.encode(order)


def expected_rewards(made: Iterable[tuple[bytes, bytes]]) -> int:
    """One for each tenth order of a customer."""
    return sum(n // 10 for n in Counter(key for key, _ in made).values())


class Shop:
    """Mixed traffic of customers chosen evenly; `event` makes the next one for a given time."""

    def __init__(self, customers: int, seed: int = 1) -> None:
        self._rng = Random(seed)
        self._customers = customers
        self._kinds = [kind for kind, share in SHARES for _ in range(share)]
        self._orders: dict[str, str] = {}  # the last one of each customer
        self._number = 0

    def event(self, at: int) -> tuple[bytes, str | None]:
        """An event at `at` (ms); for a complaint its id as well, which its alert will name."""
        rng = self._rng
        self._number += 1
        user = f"customer-{rng.randrange(self._customers)}"
        kind = rng.choice(self._kinds)
        name, properties = self._order(user) if kind == "order" else self._other(kind, user)
        event = {
            "messageId": str(UUID(int=rng.getrandbits(128), version=4)),
            "type": "track",
            "event": name,
            "userId": user,
            "timestamp": format_instant(at),
            "properties": properties,
        }
        return msgspec.json.encode(event), properties.get("complaint_id")

    def _order(self, user: str) -> tuple[str, dict[str, Any]]:
        rng = self._rng
        last, luck = self._orders.get(user), rng.random()
        if last and luck < 0.03:
            return "Order Refunded", {"order_id": last}
        if last and luck < 0.05:
            return "Order Cancelled", {"order_id": last}
        self._orders[user] = order_id = f"order-{self._number}"
        lines = [(*rng.choice(PRODUCTS), rng.randint(1, 2)) for _ in range(rng.randint(1, 3))]
        return "Order Completed", {
            "order_id": order_id,
            "total": sum(price * count for *_, price, count in lines) / 100,
            "currency": "USD",
            "products": [
                {"product_id": name, "category": category, "price": price / 100, "quantity": count}
                for name, category, price, count in lines
            ],
        }

    def _other(self, kind: str, user: str) -> tuple[str, dict[str, Any]]:
        rng = self._rng
        product = rng.choice(PRODUCTS)
        order_id = self._orders.get(user, "order-unknown")
        if kind == "browsing":
            return rng.choice(_BROWSING), {"product_id": product[0], "category": product[1]}
        if kind == "engagement":
            return rng.choice(_ENGAGEMENT), {"product_id": product[0]}
        if kind == "complaint":
            return "Complaint Opened", {"complaint_id": f"case-{self._number}-{user}", "order_id": order_id}
        if kind == "logistics":
            return "Shipment Delivered", {"order_id": order_id}
        if rng.random() < 0.5:
            return "Consent Updated", {"purpose": "marketing", "granted": rng.random() < 0.9}
        request = {"redemption_id": f"prize-{self._number}", "points": rng.randint(10, 100)}
        return "Points Redemption Requested", request

    def history(self, count: int, start: int, end: int) -> Iterator[bytes]:
        """`count` events spread evenly from `start` to `end` (ms)."""
        for n in range(count):
            yield self.event(start + (end - start) * n // count)[0]


def publish_orders(bootstrap: str, topic: str, made: Iterable[tuple[bytes, bytes]]) -> None:
    """Write orders where Java clients would put them."""
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failed.append(error)

    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 20,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    for key, value in made:
        producer.produce(topic, value, key, on_delivery=delivered)
        producer.poll(0)
    left = producer.flush(60)
    if left or failed:
        raise SystemExit(f"{left + len(failed)} orders were not written")


def publish_mixed(settings: Settings, events: Iterable[bytes]) -> None:
    """Publish events to their topics, as `stream-loyalty publish` does."""
    publisher = Publisher(settings)
    for raw in events:
        topic, key = route(raw)
        publisher.send(topic, key, raw)
    publisher.flush()
