"""What the shop sells, and orders of it as its servers write them down. Prices are in cents."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple


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
GIFT_CARD = SHELF[-1]
_FREE_SHIPPING_FROM, _SHIPPING = 4_000, 490


class Line(NamedTuple):
    """So many pieces of an item."""

    item: Item
    pieces: int

    @property
    def product(self) -> dict[str, Any]:
        """As it stands in an order."""
        item = self.item
        return {
            "product_id": item.id,
            "category": item.category,
            "price": item.price / 100,
            "quantity": self.pieces,
        }


class Bill(NamedTuple):
    """An order: its lines, and what was taken off and put on, in cents."""

    order_id: str
    lines: tuple[Line, ...]
    discount: int
    shipping: int
    by_points: int = 0  # of the total, paid with points

    @property
    def goods(self) -> int:
        """What the products cost after discount."""
        return sum(line.item.price * line.pieces for line in self.lines) - self.discount

    @property
    def earns(self) -> int:
        """The points that a customer would expect, at one for a dollar."""
        cards = sum(line.item.price * line.pieces for line in self.lines if line.item == GIFT_CARD)
        return max(0, self.goods - cards - self.by_points) // 100

    @property
    def properties(self) -> dict[str, Any]:
        """As Order Completed and Order Updated say it."""
        order: dict[str, Any] = {
            "order_id": self.order_id,
            "total": (self.goods + self.shipping) / 100,
            "currency": "USD",
            "shipping": self.shipping / 100,
            "products": [line.product for line in self.lines],
        }
        if self.discount:
            order |= {"discount": self.discount / 100, "coupon": "TEATIME"}
        return order | ({"paid_with_points": self.by_points / 100} if self.by_points else {})

    def changed(self, lines: Sequence[Line]) -> Bill:
        """The same order of other lines; the discount falls with them."""
        subtotal = sum(line.item.price * line.pieces for line in lines)
        discount = subtotal // 10 if self.discount else 0
        return self._replace(lines=tuple(lines), discount=discount, by_points=min(self.by_points, subtotal - discount))


def bill(order_id: str, lines: Sequence[Line], rng: Random) -> Bill:
    """An order of these lines, now and then with a discount."""
    subtotal = sum(line.item.price * line.pieces for line in lines)
    discount = subtotal // 10 if rng.random() < 0.12 else 0
    return Bill(order_id, tuple(lines), discount, 0 if subtotal >= _FREE_SHIPPING_FROM else _SHIPPING)
