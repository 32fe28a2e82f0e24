"""Customers of several kinds: when they come, what they look at, and how they leave."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS
from stream_loyalty.simulate.shop import care, orders
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.shop.diary import Diary
from stream_loyalty.simulate.shop.members import SECOND_MS, Member
from stream_loyalty.simulate.shop.shelf import GIFT_CARD, SHELF, Line, bill


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
_SEARCHES = ("green tea", "teapot", "gift for mother", "matcha cheaper elsewhere", "sencha")
_FIRST_NAMES = (
    "ada ben cleo dan eva finn gia hugo ida jon kira leo mia ned olga pia quin rosa sam tess uma vito wren yara zoe"
)
NAMES = tuple(_FIRST_NAMES.split())


class Shopper:
    """One customer: lives through the days and writes down what reaches the shop's servers."""

    def __init__(self, seed: int, number: int, start: int, end: int, club: Club) -> None:
        self.rng = Random(f"{seed}/{number}")
        self.diary = Diary(seed, number, f"{NAMES[number % len(NAMES)]}-{number + 1}", end)
        self.persona = self.rng.choices(PERSONAS, [persona.weight for persona in PERSONAS])[0]
        self.member = Member(seed, self.diary, self.rng, club)
        self._orders = 0
        self._was_guest = club.guests and self.rng.random() < 0.2
        self.diary.incognito = self._was_guest
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
        if not self._was_guest:
            self.member.joins(joined)
            self.member.lives(joined, end)
        while day < end and (day < leaves or not self._orders):
            first = not self._orders and persona.name != "browser"
            self._comes(_opening_hours(rng, int(day)), buys=first or rng.random() < persona.buys)
            day += gap * rng.uniform(0.7, 1.3) * DAY_MS
            gap *= persona.stretch
        if rng.random() < 0.04:
            self._wants_to_be_forgotten(rng.randrange(joined, end, SECOND_MS))

    def _comes(self, at: int, buys: bool) -> None:
        """As who they are; those who began as guests say so after an order or two, if ever, and forget to log in."""
        diary, rng = self.diary, self.rng
        if diary.incognito and self._orders and rng.random() < 0.5:
            diary.incognito = False
            self._claims(at)
        forgot = self._was_guest and not diary.incognito and rng.random() < 0.15
        diary.incognito = diary.incognito or forgot
        self._visit(at + 30 * SECOND_MS, buys)
        diary.incognito = diary.incognito and not forgot

    def _claims(self, at: int) -> None:
        """Who was the guest; somebody else at the same computer may think so too."""
        claim = {"anonymous_id": self.diary.guest}
        self.diary.send(at, "Guest Claimed", claim)
        if self.rng.random() < 0.2:
            other = f"{self.diary.name}-home"
            self.diary.send(at + self.rng.randint(1, 70) * HOUR_MS, "Guest Claimed", claim, customer=other)

    def _visit(self, at: int, buys: bool) -> None:
        rng, send = self.rng, self.diary.send
        for _ in range(rng.randint(1, 4)):
            item = rng.choice(SHELF)
            send(at, "Product Viewed", {"product_id": item.id, "category": item.category})
            at += rng.randint(15, 240) * SECOND_MS
        if rng.random() < 0.15:
            send(at, "Products Searched", {"query": rng.choice(_SEARCHES)})
            at += rng.randint(15, 240) * SECOND_MS
        if self._fades and rng.random() < 0.12:
            send(at, "Competitor Viewed", {"competitor": "leaf-and-co"})
        if buys:
            at = self._buy(at)
        elif rng.random() < 0.04:
            care.asks(self.diary, rng, at)
        elif rng.random() < 0.3:  # put into the cart and left there
            item = rng.choice(self._likes)
            send(at, "Product Added", {"product_id": item.id, "category": item.category})
        if not self.diary.incognito:
            self.member.takes_part(at + rng.randint(30, 600) * SECOND_MS)
            self.member.spends(at)

    def _buy(self, at: int) -> int:
        """Fill the cart and order; when that was (ms)."""
        rng, diary, member = self.rng, self.diary, self.member
        self._orders += 1
        order_id = f"{diary.name}-{self._orders:03}"
        items = rng.sample(self._likes, min(len(self._likes), rng.randint(*self.persona.lines)))
        if rng.random() < 0.06:
            items.append(GIFT_CARD)
        lines = [Line(item, 1 if item.price > 3_000 else rng.choice((1, 1, 1, 2, 3))) for item in items]
        for item, _ in lines:
            diary.send(at, "Product Added", {"product_id": item.id, "category": item.category})
            at += rng.randint(10, 90) * SECOND_MS
        order = bill(order_id, lines, rng)
        if not diary.incognito and (points := member.pays_with(at - 5 * SECOND_MS, order_id)):
            order = order._replace(by_points=min(points, order.goods))
        again = 2 if rng.random() < 0.03 else 1  # a client that was not sure sends again, under the same messageId
        diary.send(at, "Order Completed", order.properties, times=again)
        if rng.random() < 0.004:
            diary.send(at + 3 * SECOND_MS, "Order Completed", order.properties)  # and a broken one under another
        member.points += orders.fulfilled(diary, rng, at, order)
        member.stamps += 1
        if not diary.incognito and rng.random() < 0.05:
            member.is_put_right(at + rng.randint(2, 200) * HOUR_MS)
        return at

    def _wants_to_be_forgotten(self, at: int) -> None:
        """For good, mostly; some ask twice, some come back as if they had never been there."""
        rng, diary = self.rng, self.diary
        if rng.random() < 0.6:
            diary.close(at)
        diary.incognito = False
        for number in range(rng.choice((1, 1, 2))):
            diary.send(at + number * DAY_MS, "Erasure Requested", {"request_id": f"erasure-{diary.name}-{number}"})


def _opening_hours(rng: Random, at: int) -> int:
    """That day between seven in the morning and eleven at night, rather in the evening."""
    return at - at % DAY_MS + int(rng.triangular(7, 23, 19) * HOUR_MS) // SECOND_MS * SECOND_MS
