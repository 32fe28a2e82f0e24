"""What becomes of an order: cancelled, changed, sent in one or two parcels, and in part or as a whole given back."""

from __future__ import annotations

from random import Random

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS
from stream_loyalty.simulate.shop import care
from stream_loyalty.simulate.shop.diary import Diary
from stream_loyalty.simulate.shop.shelf import SHELF, Bill, Line

MINUTE_MS = 60_000


def fulfilled(diary: Diary, rng: Random, at: int, order: Bill) -> int:
    """Write down what becomes of an order placed at `at` (ms): mostly it just arrives. The points it is good for."""
    if rng.random() < 0.02:
        diary.send(at + rng.randint(5, 90) * MINUTE_MS, "Order Cancelled", {"order_id": order.order_id})
        return 0
    if rng.random() < 0.05:
        order = _changed(order, rng)
        diary.send(at + rng.randint(10, 900) * MINUTE_MS, "Order Updated", order.properties)
    arrived = _sent(diary, rng, at, order)
    luck = rng.random()
    if luck < 0.055:
        return order.earns - _given_back(diary, rng, arrived, order)
    if luck < 0.085:
        care.complains(diary, rng, arrived + rng.randint(1, 60) * HOUR_MS, order.order_id)
    elif luck < 0.195:
        care.says(diary, rng, arrived, order.lines[0].item.id)
    return order.earns


def _changed(order: Bill, rng: Random) -> Bill:
    """A product is not to be had, or another one is put in with it."""
    if len(order.lines) > 1 and rng.random() < 0.6:
        return order.changed(order.lines[:-1])
    return order.changed([*order.lines, Line(rng.choice(SHELF[:-1]), 1)])


def _sent(diary: Diary, rng: Random, at: int, order: Bill) -> int:
    """Parcels leave and arrive, now and then late, rarely never; when (ms) the last one does."""
    about = {"order_id": order.order_id}
    parcels = 2 if len(order.lines) > 1 and rng.random() < 0.3 else 1
    lost = rng.random() < 0.015
    arrived = at
    for number in range(1, parcels + 1):
        parcel = about | {"shipment_id": f"{order.order_id}-p{number}"}
        leaves = at + rng.randint(20, 26) * HOUR_MS + (number - 1) * rng.randint(1, 3) * DAY_MS
        diary.send(leaves, "Shipment Dispatched", parcel)
        arrives = leaves + rng.randint(1, 4) * DAY_MS + rng.randint(-5, 5) * HOUR_MS
        if rng.random() < 0.04:
            hours = rng.choice((24, 48, 72))
            diary.send(arrives, "Shipment Delayed", about | {"hours": hours})
            arrives += hours * HOUR_MS
        if not (lost and number == parcels):
            diary.send(arrives, "Shipment Delivered", parcel if rng.random() < 0.9 or parcels > 1 else about)
        arrived = max(arrived, arrives)
    return arrived


def _given_back(diary: Diary, rng: Random, at: int, order: Bill) -> int:
    """A piece, by its price or by its name; a second one some days later; or all. The points that are lost by it."""
    at += rng.randint(20, 200) * HOUR_MS
    about = {"order_id": order.order_id}
    kind = rng.random()
    if kind < 0.04:  # somebody has typed it in
        diary.send(
            at, "Order Refunded", {"order_id": f"{order.order_id}O", "refund_id": f"{order.order_id}-r", "total": 1}
        )
        return 0
    if kind < 0.25:
        diary.send(at, "Order Refunded", about)
        return order.earns
    line = rng.choice(order.lines)
    piece = Line(line.item, 1)
    first = about | {"refund_id": f"{order.order_id}-r"}
    if kind < 0.6:
        diary.send(at, "Order Refunded", first | {"total": line.item.price / 100})
    else:
        diary.send(at, "Order Refunded", first | {"products": [piece.product]}, times=2 if rng.random() < 0.1 else 1)
    if line.pieces > 1 and rng.random() < 0.5:
        again = about | {"refund_id": f"{order.order_id}-r2", "products": [piece.product]}
        diary.send(at + rng.randint(2, 9) * DAY_MS, "Order Refunded", again)
    return min(order.earns, line.item.price // 100)
