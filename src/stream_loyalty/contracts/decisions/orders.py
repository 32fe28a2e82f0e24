"""What counts of orders, and what is taken back of them."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Fact, Instant, Saw


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
    total: int = Field(description="Minor units of `currency`.")
    value: int = Field(description="Minor units of the base currency; 0 where no rate is known.")
    base: int = Field(description="What earns, in minor units of the base currency.")
    items: int = Field(0, description="Pieces bought; 0 where the order does not say.")
    categories: tuple[str, ...] = Field((), description="Of its products.")
    lines: tuple[OrderLine, ...] = Field((), description="Its products, where rules of the program go by them.")
    facts: Saw = Field(default_factory=dict, description="What the conditions of earning rules ask for.")
    imported: bool = Field(False, description="It came along from another program: it earns nothing here.")
    cards: tuple[str, ...] = Field((), description="Its products that are gift cards, which earn nothing.")


class OrderUpdated(Decision):
    """What an order consists of has changed; the difference is posted."""

    type = "loyalty.order.updated"
    about = ("order_id",)
    order_id: str
    total: int = Field(description="Of the whole order now, refunds not taken off; minor units of its currency.")
    change: int = Field(description="Against before, in minor units of the order's currency.")
    value: int = Field(description="The same in minor units of the base currency.")
    currency: str
    base: int = Field(description="What earns now, in minor units of the base currency.")
    lines: tuple[OrderLine, ...] = ()
    facts: Saw = Field(default_factory=dict, description="What the conditions of earning rules ask for, as it is now.")
    cards: tuple[str, ...] = Field((), description="Its products that are gift cards, which earn nothing.")


class OrderReversed(Decision):
    """An order is cancelled or refunded, in whole or in part."""

    type = "loyalty.order.reversed"
    about = ("order_id", "refund_id")
    order_id: str
    refund_id: str | None = Field(description="Null for a cancellation or a refund of the whole order.")
    total: int = Field(description="What is given back now, in minor units of the order's currency.")
    value: int = Field(description="The same in minor units of the base currency.")
    currency: str
    base: int = Field(description="What still earns, in minor units of the base currency.")
    whole: bool = Field(description="Nothing of the order is left.")
    lines: tuple[OrderLine, ...] = Field((), description="What is left of its products, where rules go by them.")
    products: int = Field(0, description="Products given back that had earned, in minor units of the base currency.")
    items: int = Field(0, description="Pieces given back, as far as the refund says so.")


DECISIONS: tuple[type[Decision], ...] = (
    OrderCounted,
    OrderUpdated,
    OrderReversed,
)
