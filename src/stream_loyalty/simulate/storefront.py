"""A small tea shop with a seed: believable traffic to try the engine with. No clock, no files, no network.

Every customer draws from a generator of their own, so one more customer changes nothing about the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant

MINUTE_MS = 60_000
SECOND_MS = 1_000


class Persona(NamedTuple):
    """How a kind of customer behaves. Gaps are in days between visits; chances are of 1."""

    name: str
    weight: int  # how many of a hundred customers
    gap: tuple[float, float]  # a customer's own mean gap lies between these
    buys: float  # chance that a visit ends with an order
    lines: tuple[int, int]  # different products in an order
    taste: tuple[int, int]  # price range of what they buy, in cents
    fades: float = 0.0  # chance that the customer goes quiet at some point
    stretch: float = 1.0  # each gap is so much longer than the one before


PERSONAS = (
    Persona("regular", 36, (9, 32), 0.75, (1, 3), (400, 3_500), fades=0.15),
    Persona("one-timer", 24, (70, 160), 0.25, (1, 2), (400, 3_000), fades=0.75),
    Persona("browser", 17, (3, 12), 0.05, (1, 1), (400, 1_500), fades=0.3),
    Persona("fading", 17, (7, 18), 0.8, (1, 3), (400, 4_000), stretch=1.35),
    Persona("vip", 6, (6, 12), 0.8, (2, 5), (1_500, 9_000), fades=0.35),
)


class Item(NamedTuple):
    """Something on the shelf; the price is in cents."""

    id: str
    category: str
    price: int


SHELF = (
    Item("assam-100g", "tea", 890),
    Item("darjeeling-100g", "tea", 1_450),
    Item("earl-grey-100g", "tea", 790),
    Item("jasmine-100g", "tea", 1_120),
    Item("oolong-100g", "tea", 1_890),
    Item("gyokuro-50g", "tea", 3_250),
    Item("white-peony-50g", "tea", 2_480),
    Item("pu-erh-cake", "tea", 4_900),
    Item("rooibos-100g", "herbal", 640),
    Item("mint-80g", "herbal", 520),
    Item("chai-mix-150g", "herbal", 980),
    Item("strainer", "ware", 1_200),
    Item("cup-porcelain", "ware", 1_650),
    Item("teapot-glass", "ware", 3_490),
    Item("kyusu-clay", "ware", 8_900),
    Item("matcha-set", "ware", 7_450),
    Item("shortbread", "sweets", 560),
    Item("honey-lime", "sweets", 740),
    Item("gift-card-25", "gift-card", 2_500),
)
_SEARCHES = ("green tea", "teapot", "gift for mother", "matcha cheaper elsewhere", "sencha")
_QUESTIONS = (
    "Is the glass teapot safe in the dishwasher?",
    "Do you ship to the islands?",
    "The clay kyusu is too expensive for me, will there be a sale?",
)
_FIRST_NAMES = (
    "ada ben cleo dan eva finn gia hugo ida jon kira leo mia ned olga pia quin rosa sam tess uma vito wren yara zoe"
)
NAMES = tuple(_FIRST_NAMES.split())


class _Shopper:
    """One customer: lives through the days and writes down what reaches the shop's servers."""

    def __init__(self, seed: int, number: int, start: int, end: int) -> None:
        self.rng = Random(f"{seed}/{number}")
        self.name = f"{NAMES[number % len(NAMES)]}-{number + 1}"
        self.persona = self.rng.choices(PERSONAS, [persona.weight for persona in PERSONAS])[0]
        self.end = end
        self.events: list[tuple[int, bytes]] = []
        self.points = 0  # what the customer believes to have
        self._orders = 0
        self._next_prize = self.rng.choice((60, 100, 150))
        shelf = [item for item in SHELF if self.persona.taste[0] <= item.price <= self.persona.taste[1]]
        self._likes = self.rng.sample(shelf, min(5, len(shelf)))
        self._live(start, end)

    def _live(self, start: int, end: int) -> None:
        rng, persona = self.rng, self.persona
        joined = start + int((end - start) * max(0.0, rng.uniform(-0.35, 0.75)))
        leaves = end
        self._fades = persona.stretch > 1 or rng.random() < persona.fades
        if self._fades and persona.stretch == 1:
            leaves = joined + int((end - joined) * rng.uniform(0.05, 0.6))
        gap = rng.uniform(*persona.gap)
        day = joined + rng.uniform(0, gap) * DAY_MS
        while day < end and (day < leaves or not self._orders):
            first = not self._orders and persona.name != "browser"
            self._visit(_opening_hours(rng, int(day)), buys=first or rng.random() < persona.buys)
            day += gap * rng.uniform(0.7, 1.3) * DAY_MS
            gap *= persona.stretch
        if rng.random() < 0.07:
            self._changes_consent(rng.randrange(joined, end, SECOND_MS))

    def _visit(self, at: int, buys: bool) -> None:
        rng = self.rng
        for _ in range(rng.randint(1, 4)):
            item = rng.choice(SHELF)
            self._send(at, "Product Viewed", {"product_id": item.id, "category": item.category})
            at += rng.randint(15, 240) * SECOND_MS
        if rng.random() < 0.15:
            self._send(at, "Products Searched", {"query": rng.choice(_SEARCHES)})
            at += rng.randint(15, 240) * SECOND_MS
        if self._fades and rng.random() < 0.12:
            self._send(at, "Competitor Viewed", {"competitor": "leaf-and-co"})
        if buys:
            self._buy(at)
        elif rng.random() < 0.04:
            question = {"inquiry_id": f"ask-{self.name}-{len(self.events)}", "text": rng.choice(_QUESTIONS)}
            self._send(at, "Inquiry Opened", question)
        elif rng.random() < 0.3:  # put into the cart and left there
            item = rng.choice(self._likes)
            self._send(at, "Product Added", {"product_id": item.id, "category": item.category})
        if self.points >= self._next_prize:
            self._redeem(at + rng.randint(48, 150) * HOUR_MS)

    def _buy(self, at: int) -> None:
        rng = self.rng
        self._orders += 1
        order_id = f"{self.name}-{self._orders:03}"
        items = rng.sample(self._likes, min(len(self._likes), rng.randint(*self.persona.lines)))
        if rng.random() < 0.06:
            items.append(SHELF[-1])
        lines = [(item, 1 if item.price > 3_000 else rng.choice((1, 1, 1, 2, 3))) for item in items]
        for item, _ in lines:
            self._send(at, "Product Added", {"product_id": item.id, "category": item.category})
            at += rng.randint(10, 90) * SECOND_MS
        order = _order(order_id, lines, rng)
        again = 2 if rng.random() < 0.03 else 1  # a client that was not sure sends again, under the same messageId
        self._send(at, "Order Completed", order, times=again)
        if rng.random() < 0.004:
            self._send(at + 3 * SECOND_MS, "Order Completed", order)  # and a broken one under another
        self.points += _earns(order)
        self._aftermath(at, order)

    def _aftermath(self, at: int, order: dict[str, Any]) -> None:
        """What becomes of an order: mostly it just arrives."""
        rng, about = self.rng, {"order_id": order["order_id"]}
        if rng.random() < 0.02:
            self._send(at + rng.randint(5, 90) * MINUTE_MS, "Order Cancelled", about)
            self.points -= _earns(order)
            return
        arrives = at + rng.randint(2, 5) * DAY_MS + rng.randint(-5, 5) * HOUR_MS
        if rng.random() < 0.04:
            hours = rng.choice((24, 48, 72))
            self._send(arrives, "Shipment Delayed", about | {"hours": hours})
            arrives += hours * HOUR_MS
        self._send(arrives, "Shipment Delivered", about)
        luck = rng.random()
        if luck < 0.04:
            line = rng.choice(order["products"])
            refund = {"refund_id": f"{order['order_id']}-r", "total": line["price"]}
            self._send(arrives + rng.randint(20, 200) * HOUR_MS, "Order Refunded", about | refund)
        elif luck < 0.07:
            case = {"complaint_id": f"case-{order['order_id']}", "channel": rng.choice(("mail", "chat", "phone"))}
            self._complain(arrives + rng.randint(1, 60) * HOUR_MS, about | case)
        elif luck < 0.15:
            review = {"product_id": order["products"][0]["product_id"], "rating": rng.randint(3, 5)}
            self._send(arrives + rng.randint(24, 150) * HOUR_MS, "Product Reviewed", review)
        elif luck < 0.18:
            self._send(arrives + rng.randint(24, 150) * HOUR_MS, "NPS Answered", {"score": rng.randint(4, 10)})

    def _complain(self, at: int, case: dict[str, Any]) -> None:
        """Most complaints are answered and settled; how well is a matter of luck."""
        rng, about = self.rng, {"complaint_id": case["complaint_id"]}
        self._send(at, "Complaint Opened", case)
        at += rng.randint(1, 50) * HOUR_MS
        self._send(at, "Complaint Updated", about)
        if rng.random() < 0.85:
            settled = about | {"satisfaction": rng.choice((1, 2, 3, 4, 4, 5, 5))}
            self._send(at + rng.randint(1, 90) * HOUR_MS, "Complaint Resolved", settled)

    def _redeem(self, at: int) -> None:
        """Spend what there is; now and then more than that. A refund or expiry may be forgotten, too."""
        wanted = self._next_prize if self.rng.random() < 0.96 else self.points + 40
        request = {"redemption_id": f"prize-{self.name}-{self._orders}", "points": wanted}
        self._send(at, "Points Redemption Requested", request, times=2 if self.rng.random() < 0.05 else 1)
        self.points = max(0, self.points - wanted)
        self._next_prize = self.rng.choice((60, 100, 150, 250))

    def _changes_consent(self, at: int) -> None:
        self._send(at, "Consent Updated", {"purpose": "marketing", "granted": False})
        if self.rng.random() < 0.3:
            later = at + self.rng.randint(10, 90) * DAY_MS
            self._send(later, "Consent Updated", {"purpose": "marketing", "granted": True})

    def _send(self, at: int, event: str, properties: dict[str, Any], times: int = 1) -> None:
        message_id = UUID(int=self.rng.getrandbits(128), version=4)
        if at < self.end:
            self.events += [(at, _track(message_id, event, self.name, at, properties))] * times


def storefront(seed: int, customers: int, start: int, days: int) -> Iterator[bytes]:
    """What the shop's servers send in `days` days from `start` (ms since 1970 UTC), in order of time.

    JSON events as in `contracts.events`, a few of them twice, and a handful that are broken. The same arguments give
    the same bytes. The whole of it is held in memory. ValueError without customers or days.
    """
    for _, raw in timed(seed, customers, start, days):
        yield raw


def timed(seed: int, customers: int, start: int, days: int) -> Iterator[tuple[int, bytes]]:
    """The same, each with the time (ms) at which it is sent: what is broken does not say its own."""
    if customers < 1 or days < 1:
        raise ValueError("a shop needs at least one customer and one day")
    end = start + days * DAY_MS
    events: list[tuple[int, bytes]] = []
    for number in range(customers):
        events += _Shopper(seed, number, start, end).events
    events += _broken(Random(seed), start, end)
    events.sort(key=lambda event: event[0])  # stable: what one customer sends at one time stays in order
    yield from events


def _order(order_id: str, lines: list[tuple[Item, int]], rng: Random) -> dict[str, Any]:
    subtotal = sum(item.price * count for item, count in lines)
    discount = subtotal // 10 if rng.random() < 0.12 else 0
    shipping = 0 if subtotal >= 4_000 else 490
    order: dict[str, Any] = {
        "order_id": order_id,
        "total": _money(subtotal - discount + shipping),
        "currency": "USD",
        "shipping": _money(shipping),
        "products": [
            {"product_id": item.id, "category": item.category, "price": _money(item.price), "quantity": count}
            for item, count in lines
        ],
    }
    return order | ({"discount": _money(discount), "coupon": "TEATIME"} if discount else {})


def _earns(order: dict[str, Any]) -> int:
    """The points that a customer would expect for an order, at one for a dollar."""
    lines = [line for line in order["products"] if line["category"] != "gift-card"]
    return int(sum(line["price"] * line["quantity"] for line in lines) - order.get("discount", 0))


def _broken(rng: Random, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """One record of each way in which other people's systems break things, spread over the time."""
    step = (end - start) // (len(_BREAKAGES) + 1)
    for number, breakage in enumerate(_BREAKAGES, 1):
        at = start + number * step
        lines = [(SHELF[0], 1)]
        event = {
            "messageId": str(UUID(int=rng.getrandbits(128), version=4)),
            "type": "track",
            "event": "Order Completed",
            "userId": f"{rng.choice(NAMES)}-{number}",
            "timestamp": format_instant(at),
            "properties": _order(f"legacy-{number}", lines, rng),
        }
        yield at, breakage(event)


def _with(**properties: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda event: msgspec.json.encode(event | {"properties": event["properties"] | properties})


_BREAKAGES: tuple[Callable[[dict[str, Any]], bytes], ...] = (
    lambda event: msgspec.json.encode(event)[:-25],  # cut off by a proxy
    lambda event: msgspec.json.encode(event | {"userId": ""}),  # a guest checkout without any id
    _with(total="8,90"),  # a decimal comma
    lambda event: msgspec.json.encode(event | {"timestamp": "yesterday"}),
    _with(currency="TEA"),
    lambda event: b"<order><total>8.90</total></order>",  # a system of 2004
    _with(total=8.905),  # a price of half a cent
    _with(order_id=None),
)


def _track(message_id: UUID, event: str, customer: str, at: int, properties: dict[str, Any]) -> bytes:
    return msgspec.json.encode(
        {
            "messageId": str(message_id),
            "type": "track",
            "event": event,
            "userId": customer,
            "timestamp": format_instant(at),
            "properties": properties,
        }
    )


def _opening_hours(rng: Random, at: int) -> int:
    """That day between seven in the morning and eleven at night, rather in the evening."""
    return at - at % DAY_MS + int(rng.triangular(7, 23, 19) * HOUR_MS) // SECOND_MS * SECOND_MS


def _money(cents: int) -> float:
    return cents / 100
