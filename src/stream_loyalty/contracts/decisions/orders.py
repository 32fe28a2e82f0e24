"""What counts of orders, and what is taken back of them."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from stream_loyalty.contracts.decision import Decision, Fact, Saw, doc
from stream_loyalty.contracts.instants import Instant


class OrderLine(Fact):
    """A product of an order as rules see it; `value` in minor units of the order's currency, for all pieces."""

    product: str
    category: str | None = None
    brand: str | None = None
    value: int


class OrderCounted(Decision):
    """An order is kept: it counts for spend, levels and recency."""

    type = "loyalty.order.counted"
    about = ("order_id",)
    order_id: str
    placed_at: Instant
    currency: str
    total: Annotated[int, doc("Minor units of `currency`.")]
    value: Annotated[int, doc("Minor units of the base currency; 0 where no rate is known.")]
    base: Annotated[int, doc("What earns, in minor units of the base currency.")]
    items: Annotated[int, doc("Pieces bought; 0 where the order does not say.")] = 0
    categories: Annotated[tuple[str, ...], doc("Of its products.")] = ()
    lines: Annotated[tuple[OrderLine, ...], doc("Its products, where rules of the program go by them.")] = ()
    facts: Annotated[Saw, doc("What the conditions of earning rules ask for.")] = field(default_factory=dict)
    imported: Annotated[bool, doc("It came along from another program: it earns nothing here.")] = False
    cards: Annotated[tuple[str, ...], doc("Its products that are gift cards, which earn nothing.")] = ()


class OrderUpdated(Decision):
    """What an order consists of has changed; the difference is posted."""

    type = "loyalty.order.updated"
    about = ("order_id",)
    order_id: str
    total: Annotated[int, doc("Of the whole order now, refunds not taken off; minor units of its currency.")]
    change: Annotated[int, doc("Against before, in minor units of the order's currency.")]
    value: Annotated[int, doc("The same in minor units of the base currency.")]
    currency: str
    base: Annotated[int, doc("What earns now, in minor units of the base currency.")]
    lines: tuple[OrderLine, ...] = ()
    facts: Annotated[Saw, doc("What the conditions of earning rules ask for, as it is now.")] = field(
        default_factory=dict
    )
    cards: Annotated[tuple[str, ...], doc("Its products that are gift cards, which earn nothing.")] = ()


class OrderReversed(Decision):
    """An order is cancelled or refunded, in whole or in part."""

    type = "loyalty.order.reversed"
    about = ("order_id", "refund_id")
    order_id: str
    refund_id: Annotated[str | None, doc("Null for a cancellation or a refund of the whole order.")]
    total: Annotated[int, doc("What is given back now, in minor units of the order's currency.")]
    value: Annotated[int, doc("The same in minor units of the base currency.")]
    currency: str
    base: Annotated[int, doc("What still earns, in minor units of the base currency.")]
    whole: Annotated[bool, doc("Nothing of the order is left.")]
    lines: Annotated[tuple[OrderLine, ...], doc("What is left of its products, where rules go by them.")] = ()
    products: Annotated[int, doc("Products given back that had earned, in minor units of the base currency.")] = 0
    items: Annotated[int, doc("Pieces given back, as far as the refund says so.")] = 0


DECISIONS: tuple[type[Decision], ...] = (
    OrderCounted,
    OrderUpdated,
    OrderReversed,
)
