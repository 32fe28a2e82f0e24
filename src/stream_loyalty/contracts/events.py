"""Events in: the e-commerce track convention of Segment and RudderStack, as far as the engine decides by it.

Every model's `examples` stand in the generated JSON Schema and are test cases.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.money import EXPONENTS, LARGEST, to_minor

EVENTS_OF_TOPIC: dict[str, tuple[str, ...]] = {
    topics.ORDERS: (
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Payment Failed",
    ),
    topics.BROWSING: (
        "Product Viewed",
        "Product List Viewed",
        "Products Searched",
        "Product Added",
        "Cart Viewed",
        "Checkout Started",
        "Competitor Viewed",
    ),
    topics.COMPLAINTS: (
        "Complaint Opened",
        "Complaint Updated",
        "Complaint Resolved",
        "Inquiry Opened",
        "Product Reviewed",
        "NPS Answered",
    ),
    topics.ENGAGEMENT: (
        "Checked In",
        "Product Shared",
        "Content Published",
        "Content Featured",
        "Challenge Joined",
        "Friend Invited",
        "Item Recycled",
        "Vote Cast",
        "Community Joined",
        "Session Attended",
    ),
    topics.LOGISTICS: ("Shipment Dispatched", "Shipment Delayed", "Shipment Delivered"),
    topics.COMMANDS: (
        "Profile Updated",
        "Member Imported",
        "Points Redemption Requested",
        "Points Redemption Confirmed",
        "Points Redemption Released",
        "Points Adjusted",
        "Alert Acknowledged",
        "Alert Outcome Recorded",
        "Consent Updated",
        "Erasure Requested",
    ),
}
TOPIC_OF_EVENT = {event: topic for topic, events in EVENTS_OF_TOPIC.items() for event in events}
UNROUTED = topics.COMMANDS  # where a publisher sends what names no known event: the worker tells what is wrong with it


def _known_currency(code: str) -> str:
    if code.upper() not in EXPONENTS:
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code.upper()


def _plain_number(amount: object) -> Decimal:
    """A JSON number, or a string of one; a float by its shortest spelling, which is what the sender wrote."""
    if isinstance(amount, Decimal):
        return amount
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return Decimal(repr(amount))
    if isinstance(amount, str) and _PLAIN_NUMBER.fullmatch(amount):
        return Decimal(amount)
    raise ValueError(f"{str(amount)[:40]!r} is not a number such as 11.77")


_PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
Identifier = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]
MessageId = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$")]
Amount = Annotated[
    Decimal,
    BeforeValidator(_plain_number),
    Field(ge=0, lt=LARGEST, allow_inf_nan=False, description="Money in major units, e.g. 11.77"),
]
Currency = Annotated[str, AfterValidator(_known_currency), Field(description="ISO 4217 code", examples=["USD"])]


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Track(_Model):
    """What every event has. One of `userId` and `anonymousId` is needed; the Kafka key is the first that is there."""

    messageId: MessageId | Literal[""] | None = Field(  # noqa: N815 - names of the convention
        None, description="The event's own id; an event that comes again under the same id counts once."
    )
    type: Literal["track"] = "track"
    event: str
    userId: Identifier | Literal[""] | None = None  # noqa: N815
    anonymousId: Identifier | Literal[""] | None = None  # noqa: N815
    timestamp: str | None = Field(None, description="When it happened, ISO 8601.", examples=["2026-03-01T12:30:00Z"])
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    receivedAt: str | None = None  # noqa: N815

    @property
    def customer(self) -> str | None:
        """The user id, else the anonymous id."""
        return self.userId or self.anonymousId or None


class Product(_Model):
    """One line of an order."""

    product_id: Identifier
    category: str | None = None
    brand: str | None = None
    price: Amount
    quantity: int = Field(1, ge=0, le=1_000_000)
    batch_id: str | None = None


class OrderCompletedProperties(_Model):
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

    @model_validator(mode="after")
    def _amounts_fit_the_currency(self) -> OrderCompletedProperties:
        for name in ("total", "subtotal", "shipping", "tax", "discount", "paid_with_points"):
            amount = getattr(self, name)
            if amount is not None:
                _check_amount(name, amount, self.currency)
        _check_products(self.products, self.currency)
        return self


class OrderRefundedProperties(_Model):
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
                _check_amount("total", self.total, self.currency)
            _check_products(self.products, self.currency)
        return self


class OrderCancelledProperties(_Model):
    """An order that will not be fulfilled."""

    order_id: Identifier


class BrowsingProperties(_Model):
    """What was looked at; all of it optional."""

    product_id: str | None = None
    category: str | None = None


class ComplaintOpenedProperties(_Model):
    """A customer is not content."""

    complaint_id: Identifier
    order_id: Identifier | None = None
    product_id: str | None = None
    channel: str | None = None


class ConsentUpdatedProperties(_Model):
    """A customer allows or forbids a use of their data."""

    purpose: Identifier = Field(
        description="What for; `marketing` is what wake-up actions need.", examples=["marketing"]
    )
    granted: bool


class RedemptionRequestedProperties(_Model):
    """A customer wants to spend points."""

    redemption_id: Identifier
    points: int = Field(gt=0, le=10**12)
    wallet: Identifier = "points"


def _check_products(products: tuple[Product, ...], currency: str) -> None:
    for i, product in enumerate(products):
        _check_amount(f"products.{i}.price", product.price, currency)
    if sum(product.price * product.quantity for product in products) >= LARGEST:
        raise ValueError(f"products: together they cost more than an order can ({LARGEST:,})")


def _check_amount(name: str, amount: Decimal, currency: str) -> None:
    try:
        to_minor(amount, currency)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _example(event: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": "8f14e45f-ceea-467f-a9f6-3d1f1a2f7c1b",
        "type": "track",
        "event": event,
        "userId": "ada",
        "timestamp": "2026-03-01T12:30:00Z",
        "properties": properties,
    }


def _with_example(event: str, properties: dict[str, Any]) -> ConfigDict:
    return ConfigDict(title=event, json_schema_extra={"examples": [_example(event, properties)]})


class OrderCompleted(Track):
    """An order was placed and paid."""

    model_config = _with_example(
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


class OrderRefunded(Track):
    """Money for an order was given back, in whole or in part."""

    model_config = _with_example("Order Refunded", {"order_id": "order-1001", "refund_id": "refund-1", "total": 35.0})
    event: Literal["Order Refunded"]
    properties: OrderRefundedProperties


class OrderCancelled(Track):
    """An order was cancelled as a whole."""

    model_config = _with_example("Order Cancelled", {"order_id": "order-1001"})
    event: Literal["Order Cancelled"]
    properties: OrderCancelledProperties


class Browsed(Track):
    """A customer looked around, searched, or put something into the cart."""

    model_config = _with_example("Product Viewed", {"product_id": "tea-7", "category": "tea"})
    event: Literal[
        "Product Viewed",
        "Product List Viewed",
        "Products Searched",
        "Product Added",
        "Cart Viewed",
        "Checkout Started",
    ]
    properties: BrowsingProperties = BrowsingProperties()


class ComplaintOpened(Track):
    """A customer complained."""

    model_config = _with_example("Complaint Opened", {"complaint_id": "case-12", "order_id": "order-1001"})
    event: Literal["Complaint Opened"]
    properties: ComplaintOpenedProperties


class ConsentUpdated(Track):
    """A customer allowed or forbade a use of their data."""

    model_config = _with_example("Consent Updated", {"purpose": "marketing", "granted": False})
    event: Literal["Consent Updated"]
    properties: ConsentUpdatedProperties


class PointsRedemptionRequested(Track):
    """A customer wants to spend points; refused, with the reason, where the balance is too low."""

    model_config = _with_example("Points Redemption Requested", {"redemption_id": "gift-5", "points": 50})
    event: Literal["Points Redemption Requested"]
    properties: RedemptionRequestedProperties


EVENT_MODELS: tuple[type[Track], ...] = (
    OrderCompleted,
    OrderRefunded,
    OrderCancelled,
    Browsed,
    ComplaintOpened,
    ConsentUpdated,
    PointsRedemptionRequested,
)
MODEL_OF_EVENT: dict[str, type[Track]] = {
    name: model
    for model in EVENT_MODELS
    for name in model.model_fields["event"].annotation.__args__  # type: ignore[union-attr]
}
