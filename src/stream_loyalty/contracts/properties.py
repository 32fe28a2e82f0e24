"""What each event says, as far as the engine decides by it. Names are those of the track convention."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.money import EXPONENTS, LARGEST, to_minor


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


def _whole_number_or_none(value: object) -> int | None:
    """Not worth a dead letter: who sends something else under this name has said nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000 else None


def _instant(value: object) -> object:
    """ISO 8601 to ms."""
    if not isinstance(value, str):
        raise ValueError("wanted a time in ISO 8601, such as 2026-03-01T12:30:00Z")
    try:
        return parse_instant(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value[:40]!r} is not a time in ISO 8601, such as 2026-03-01T12:30:00Z") from None


def _month_day(value: object) -> object:
    """MM-DD or YYYY-MM-DD to month * 100 + day: the year is never kept."""
    found = _BIRTHDAY.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is not None:
            return int(date(2000, int(found[1]), int(found[2])).strftime("%m%d"))
    except ValueError:
        found = None
    raise ValueError("wanted a day such as 02-29 or 1988-02-29")


_BIRTHDAY = re.compile(r"(?:[0-9]{4}-)?([0-9]{2})-([0-9]{2})")
MonthDay = Annotated[
    int,
    BeforeValidator(_month_day),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"}),
]  # on the wire with or without a year, here month * 100 + day
Quantity = Annotated[int | None, BeforeValidator(_whole_number_or_none)]
Time = Annotated[
    int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]  # ISO 8601 on the wire, ms here
Rating = Annotated[int | None, Field(ge=1, le=5)]
Text = Annotated[str | None, Field(max_length=10_000, description="Searched for words of the program; never kept.")]


class Properties(BaseModel):
    """Strict in what is named here; everything else passes by."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


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
                _check_amount(name, amount, self.currency)
        _check_products(self.products, self.currency)
        return self


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
                _check_amount("total", self.total, self.currency)
            _check_products(self.products, self.currency)
        return self


class GuestClaimedProperties(Properties):
    """A known customer was the guest of an anonymous id."""

    anonymous_id: Identifier


class OrderCancelledProperties(Properties):
    """An order that will not be fulfilled."""

    order_id: Identifier


class BrowsingProperties(Properties):
    """What was looked at; all of it optional."""

    product_id: str | None = None
    category: str | None = None
    query: Text = None


class CompetitorViewedProperties(Properties):
    """Where else the customer looked, as far as the shop can know."""

    competitor: str | None = None


class ComplaintOpenedProperties(Properties):
    """A customer is not content."""

    complaint_id: Identifier
    order_id: Identifier | None = None
    product_id: str | None = None
    channel: str | None = None
    text: Text = None


class ComplaintUpdatedProperties(Properties):
    """Somebody answered a complaint, which is not settled yet."""

    complaint_id: Identifier


class ComplaintResolvedProperties(Properties):
    """A complaint is settled, and how the customer liked it."""

    complaint_id: Identifier
    satisfaction: Rating = Field(None, description="1 (bad) to 5 (good), where the customer said so.")


class InquiryOpenedProperties(Properties):
    """A customer asks something."""

    inquiry_id: Identifier
    product_id: str | None = None
    text: Text = None


class ProductReviewedProperties(Properties):
    """What a customer thinks of a product."""

    product_id: str | None = None
    rating: Rating = Field(None, description="1 (bad) to 5 (good).")
    review_body: Text = None


class NpsAnsweredProperties(Properties):
    """Would the customer recommend the shop?"""

    score: int = Field(ge=0, le=10)
    text: Text = None


class ShipmentDelayedProperties(Properties):
    """An order comes later than it was promised."""

    order_id: Identifier
    hours: int = Field(24, ge=0, le=8_760, description="How late it is by now.")


class ShipmentDeliveredProperties(Properties):
    """A parcel of an order has arrived; without a shipment, the whole order."""

    order_id: Identifier
    shipment_id: Identifier | None = None


class AlertAcknowledgedProperties(Properties):
    """Somebody has taken an alert on."""

    alert: Identifier
    by: Identifier | None = Field(None, description="Who, as the retention team calls them.")


class AlertOutcomeProperties(Properties):
    """What came of an alert, in the retention team's own words."""

    alert: Identifier
    outcome: Identifier = Field(examples=["reached", "not-reached", "declined", "offer-accepted"])


class ConsentUpdatedProperties(Properties):
    """A customer allows or forbids a use of their data."""

    purpose: Identifier = Field(
        description="What for; `marketing` is what wake-up actions need.", examples=["marketing"]
    )
    granted: bool


class ShipmentDispatchedProperties(Properties):
    """A parcel of an order is on its way."""

    order_id: Identifier
    shipment_id: Identifier


class OrderUpdatedProperties(OrderCompletedProperties):
    """What an order consists of now: it replaces what the order said before."""


class RedemptionRequestedProperties(Properties):
    """A customer wants to spend points, as they are or for a reward of the catalog."""

    redemption_id: Identifier
    points: int | None = Field(None, gt=0, le=10**12, description="What the reward costs, when left out.")
    wallet: Identifier | None = Field(None, description="The reward's, else the program's first.")
    reward: Identifier | None = Field(None, description="Name of a reward of the program's catalog.")
    order_id: Identifier | None = Field(None, description="The order that they are spent on.")

    @model_validator(mode="after")
    def _something_to_spend(self) -> RedemptionRequestedProperties:
        if self.points is None and self.reward is None:
            raise ValueError("give points, or the reward that says how many")
        return self


class RedemptionConfirmedProperties(Properties):
    """What points were held for has come about."""

    redemption_id: Identifier


class RedemptionReleasedProperties(Properties):
    """What points were held for does not come about."""

    redemption_id: Identifier


class PointsAdjustedProperties(Properties):
    """A person puts points right."""

    adjustment_id: Identifier
    points: int = Field(ge=-(10**12), le=10**12, description="Added, or taken away below zero.")
    actor: Identifier = Field(description="Who does it: an id of the staff's, not of a customer.")
    reason: Identifier
    wallet: Identifier | None = None
    batch: Identifier | None = Field(None, description="What can be taken back together.")
    approved_by: Identifier | None = None

    @model_validator(mode="after")
    def _some_points(self) -> PointsAdjustedProperties:
        if self.points == 0:
            raise ValueError("points: an adjustment of 0 changes nothing")
        return self


class AdjustmentReversedProperties(Properties):
    """A batch of adjustments is taken back, as far as it concerns this customer."""

    batch: Identifier
    actor: Identifier
    reason: Identifier


class ImportedLot(Properties):
    """Points that a member brings along."""

    lot: Identifier
    points: int = Field(gt=0, le=10**12)
    wallet: Identifier | None = None
    expires_at: Time | None = Field(None, description="Null: not by a date.")


class ImportedOrder(Properties):
    """An order from before: it counts for value, levels and scores, and earns nothing."""

    order_id: Identifier
    placed_at: Time
    total: Amount
    currency: Currency

    @model_validator(mode="after")
    def _amount_fits_the_currency(self) -> ImportedOrder:
        _check_amount("total", self.total, self.currency)
        return self


class LevelFrozenProperties(Properties):
    """A member's level is not to be reviewed for a time, for instance during a parental leave."""

    freeze_id: Identifier
    until: Time
    reason: Identifier | None = None


class MemberImportedProperties(Properties):
    """A member comes from another program."""

    import_id: Identifier
    level: str | None = None
    level_review_at: Time | None = None
    lots: Annotated[tuple[ImportedLot, ...], Field(max_length=500, strict=False)] = ()
    orders: Annotated[tuple[ImportedOrder, ...], Field(max_length=2000, strict=False)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> MemberImportedProperties:
        for name, ids in (
            ("lots", [(lot.wallet, lot.lot) for lot in self.lots]),
            ("orders", [order.order_id for order in self.orders]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name}: the same id stands there twice")
        return self


class ErasureRequestedProperties(Properties):
    """A customer wants to be forgotten."""

    request_id: Identifier | None = Field(None, description="The request's own id, for whoever has to prove it.")


class EngagementProperties(Properties):
    """What a customer did for or with the brand; all of it optional."""

    content_id: str | None = None
    product_id: str | None = None
    channel: str | None = None


class BenefitUsedProperties(Properties):
    """A customer makes use of a benefit."""

    benefit: Identifier = Field(description="Its name in the program.")
    use_id: Identifier


class ProfileUpdatedProperties(Properties):
    """What a customer says of themselves, as far as the program goes by it."""

    birthday: MonthDay | None = Field(None, description="MM-DD or YYYY-MM-DD; the year is not kept.")


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
