"""Orders: placed and paid, changed, refunded, cancelled."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from stream_loyalty.contracts.fields import Amount, Currency, Identifier, Properties, Quantity, check_amount
from stream_loyalty.contracts.money import LARGEST
from stream_loyalty.contracts.track import Track, with_example


class Product(Properties):
    """One line of an order."""

    product_id: Identifier
    category: str | None = None
    brand: str | None = None
    price: Amount
    quantity: int = Field(1, ge=0, le=1_000_000)
    batch_id: str | None = None


class OrderCompletedProperties(Properties):
    """An order that was placed and paid."""

    order_id: Identifier
    total: Amount
    currency: Currency
    subtotal: Amount | None = None
    shipping: Amount | None = None
    tax: Amount | None = None
    discount: Amount | None = None
    coupon: str | None = None
    channel: str | None = None
    paid_with_points: Amount | None = Field(None, description="The part of the price that points paid, as money.")
    test: bool = Field(False, description="Orders marked test never count.")
    products: tuple[Product, ...] = Field((), strict=False)
    quantity: Quantity = Field(None, description="How many items it has, where `products` does not say so.")

    @property
    def items(self) -> int:
        """How many pieces were bought, as far as the order says so; 0 where it does not."""
        return sum(line.quantity for line in self.products) or self.quantity or 0

    @model_validator(mode="after")
    def _amounts_fit_the_currency(self) -> OrderCompletedProperties:
        for name in ("total", "subtotal", "shipping", "tax", "discount", "paid_with_points"):
            amount = getattr(self, name)
            if amount is not None:
                check_amount(name, amount, self.currency)
        _check_products(self.products, self.currency)
        return self


class OrderUpdatedProperties(OrderCompletedProperties):
    """What an order consists of now: it replaces what the order said before."""


class OrderRefundedProperties(Properties):
    """Money given back: `total`, else the products' prices, else the whole order."""

    order_id: Identifier
    refund_id: Identifier | None = None
    total: Amount | None = Field(None, description="What is given back now.")
    currency: Currency | None = Field(None, description="The order's own currency when left out.")
    products: tuple[Product, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _a_part_has_an_id(self) -> OrderRefundedProperties:
        if self.refund_id is None and (self.total is not None or self.products):
            raise ValueError("refund_id is needed for a refund of an amount, so that it never counts twice")
        return self

    @model_validator(mode="after")
    def _amounts_fit_the_currency(self) -> OrderRefundedProperties:
        if self.currency is not None:
            if self.total is not None:
                check_amount("total", self.total, self.currency)
            _check_products(self.products, self.currency)
        return self


class OrderCancelledProperties(Properties):
    """An order that will not be fulfilled."""

    order_id: Identifier


class OrderCompleted(Track):
    """An order was placed and paid."""

    model_config = with_example(
        "Order Completed",
        {
            "order_id": "order-1001",
            "total": 64.0,
            "currency": "USD",
            "shipping": 4.0,
            "discount": 10.0,
            "products": [{"product_id": "tea-7", "category": "tea", "price": 35.0, "quantity": 2}],
        },
    )
    event: Literal["Order Completed"]
    properties: OrderCompletedProperties


class OrderUpdated(Track):
    """What an order consists of has changed: an exchange, a product that is not to be had."""

    model_config = with_example(
        "Order Updated",
        {
            "order_id": "order-1001",
            "total": 39.0,
            "currency": "USD",
            "shipping": 4.0,
            "products": [{"product_id": "tea-7", "category": "tea", "price": 35.0, "quantity": 1}],
        },
    )
    event: Literal["Order Updated"]
    properties: OrderUpdatedProperties


class OrderRefunded(Track):
    """Money for an order was given back, in whole or in part."""

    model_config = with_example("Order Refunded", {"order_id": "order-1001", "refund_id": "refund-1", "total": 35.0})
    event: Literal["Order Refunded"]
    properties: OrderRefundedProperties


class OrderCancelled(Track):
    """An order was cancelled as a whole."""

    model_config = with_example("Order Cancelled", {"order_id": "order-1001"})
    event: Literal["Order Cancelled"]
    properties: OrderCancelledProperties


EVENTS: tuple[type[Track], ...] = (
    OrderCompleted,
    OrderUpdated,
    OrderRefunded,
    OrderCancelled,
)


def _check_products(products: tuple[Product, ...], currency: str) -> None:
    for i, product in enumerate(products):
        check_amount(f"products.{i}.price", product.price, currency)
    if sum(product.price * product.quantity for product in products) >= LARGEST:
        raise ValueError(f"products: together they cost more than an order can ({LARGEST:,})")
