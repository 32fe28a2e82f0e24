"""Events in: the e-commerce track convention of Segment and RudderStack, as far as the engine decides by it.

Every model's `examples` stand in the generated JSON Schema and are test cases.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.properties import (
    AdjustmentReversedProperties,
    AlertAcknowledgedProperties,
    AlertOutcomeProperties,
    BenefitUsedProperties,
    BrowsingProperties,
    CompetitorViewedProperties,
    ComplaintOpenedProperties,
    ComplaintResolvedProperties,
    ComplaintUpdatedProperties,
    ConsentUpdatedProperties,
    EngagementProperties,
    ErasureRequestedProperties,
    GuestClaimedProperties,
    Identifier,
    InquiryOpenedProperties,
    LevelFrozenProperties,
    MemberImportedProperties,
    MessageId,
    NpsAnsweredProperties,
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    OrderUpdatedProperties,
    PointsAdjustedProperties,
    ProductReviewedProperties,
    ProfileUpdatedProperties,
    Properties,
    RedemptionConfirmedProperties,
    RedemptionReleasedProperties,
    RedemptionRequestedProperties,
    ShipmentDelayedProperties,
    ShipmentDeliveredProperties,
    ShipmentDispatchedProperties,
)

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
        "Level Frozen",
        "Points Redemption Requested",
        "Points Redemption Confirmed",
        "Points Redemption Released",
        "Points Adjusted",
        "Points Adjustments Reversed",
        "Alert Acknowledged",
        "Alert Outcome Recorded",
        "Consent Updated",
        "Erasure Requested",
        "Benefit Used",
        "Guest Claimed",
    ),
}
TOPIC_OF_EVENT = {event: topic for topic, events in EVENTS_OF_TOPIC.items() for event in events}
UNROUTED = topics.COMMANDS  # where a publisher sends what names no known event: the worker tells what is wrong with it


class Track(Properties):
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

    @property
    def before(self) -> str:
        """Who the user may have been before; empty where it does not say."""
        return self.anonymousId or ""


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


class CompetitorViewed(Track):
    """A customer looked at another shop's offer."""

    model_config = _with_example("Competitor Viewed", {"competitor": "leaf-and-co"})
    event: Literal["Competitor Viewed"]
    properties: CompetitorViewedProperties = CompetitorViewedProperties()


class ComplaintOpened(Track):
    """A customer complained."""

    model_config = _with_example("Complaint Opened", {"complaint_id": "case-12", "order_id": "order-1001"})
    event: Literal["Complaint Opened"]
    properties: ComplaintOpenedProperties


class ComplaintUpdated(Track):
    """A complaint was answered."""

    model_config = _with_example("Complaint Updated", {"complaint_id": "case-12"})
    event: Literal["Complaint Updated"]
    properties: ComplaintUpdatedProperties


class ComplaintResolved(Track):
    """A complaint was settled."""

    model_config = _with_example("Complaint Resolved", {"complaint_id": "case-12", "satisfaction": 2})
    event: Literal["Complaint Resolved"]
    properties: ComplaintResolvedProperties


class InquiryOpened(Track):
    """A customer asked something."""

    model_config = _with_example("Inquiry Opened", {"inquiry_id": "chat-7", "text": "Is the teapot dishwasher-safe?"})
    event: Literal["Inquiry Opened"]
    properties: InquiryOpenedProperties


class ProductReviewed(Track):
    """A customer reviewed a product."""

    model_config = _with_example("Product Reviewed", {"product_id": "tea-7", "rating": 4, "review_body": "Fragrant."})
    event: Literal["Product Reviewed"]
    properties: ProductReviewedProperties = ProductReviewedProperties()


class NpsAnswered(Track):
    """A customer said how likely they are to recommend the shop."""

    model_config = _with_example("NPS Answered", {"score": 9})
    event: Literal["NPS Answered"]
    properties: NpsAnsweredProperties


class ShipmentDelayed(Track):
    """An order is late."""

    model_config = _with_example("Shipment Delayed", {"order_id": "order-1001", "hours": 48})
    event: Literal["Shipment Delayed"]
    properties: ShipmentDelayedProperties


class ShipmentDelivered(Track):
    """An order has arrived."""

    model_config = _with_example("Shipment Delivered", {"order_id": "order-1001"})
    event: Literal["Shipment Delivered"]
    properties: ShipmentDeliveredProperties


class AlertAcknowledged(Track):
    """The retention team has taken an alert on."""

    model_config = _with_example("Alert Acknowledged", {"alert": "0b1c9a52-1f9d-5f5e-9a53-2f1f0b6f3a10", "by": "mia"})
    event: Literal["Alert Acknowledged"]
    properties: AlertAcknowledgedProperties


class AlertOutcomeRecorded(Track):
    """The retention team says what came of an alert."""

    model_config = _with_example(
        "Alert Outcome Recorded", {"alert": "0b1c9a52-1f9d-5f5e-9a53-2f1f0b6f3a10", "outcome": "reached"}
    )
    event: Literal["Alert Outcome Recorded"]
    properties: AlertOutcomeProperties


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


class OrderUpdated(Track):
    """What an order consists of has changed: an exchange, a product that is not to be had."""

    model_config = _with_example(
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


class ShipmentDispatched(Track):
    """A parcel of an order was sent."""

    model_config = _with_example("Shipment Dispatched", {"order_id": "order-1001", "shipment_id": "parcel-1"})
    event: Literal["Shipment Dispatched"]
    properties: ShipmentDispatchedProperties


class PointsRedemptionConfirmed(Track):
    """What points were held for has come about."""

    model_config = _with_example("Points Redemption Confirmed", {"redemption_id": "gift-5"})
    event: Literal["Points Redemption Confirmed"]
    properties: RedemptionConfirmedProperties


class PointsRedemptionReleased(Track):
    """What points were held for does not come about."""

    model_config = _with_example("Points Redemption Released", {"redemption_id": "gift-5"})
    event: Literal["Points Redemption Released"]
    properties: RedemptionReleasedProperties


class PointsAdjusted(Track):
    """A person puts points right."""

    model_config = _with_example(
        "Points Adjusted",
        {
            "adjustment_id": "fix-17",
            "points": 250,
            "actor": "staff-4",
            "reason": "points of order-990 were missing",
            "batch": "march-fixes",
        },
    )
    event: Literal["Points Adjusted"]
    properties: PointsAdjustedProperties


class PointsAdjustmentsReversed(Track):
    """A batch of adjustments is taken back, as far as it concerns this customer."""

    model_config = _with_example(
        "Points Adjustments Reversed", {"batch": "march-fixes", "actor": "staff-4", "reason": "wrong list"}
    )
    event: Literal["Points Adjustments Reversed"]
    properties: AdjustmentReversedProperties


class MemberImported(Track):
    """A member comes from another program."""

    model_config = _with_example(
        "Member Imported",
        {
            "import_id": "move-2026",
            "level": "silver",
            "level_review_at": "2026-12-31T00:00:00Z",
            "lots": [{"lot": "old-77", "points": 420, "expires_at": "2026-09-30T00:00:00Z"}],
            "orders": [{"order_id": "old-1", "placed_at": "2025-11-03T10:00:00Z", "total": 120.0, "currency": "USD"}],
        },
    )
    event: Literal["Member Imported"]
    properties: MemberImportedProperties


class LevelFrozen(Track):
    """A member's level is not to be reviewed for a time."""

    model_config = _with_example(
        "Level Frozen", {"freeze_id": "leave-3", "until": "2026-12-01T00:00:00Z", "reason": "parental leave"}
    )
    event: Literal["Level Frozen"]
    properties: LevelFrozenProperties


class ErasureRequested(Track):
    """A customer wants to be forgotten: state and projection go, a receipt without personal data stays."""

    model_config = _with_example("Erasure Requested", {"request_id": "erasure-9"})
    event: Literal["Erasure Requested"]
    properties: ErasureRequestedProperties


class Engaged(Track):
    """A customer did something for the brand, or together with it."""

    model_config = _with_example("Session Attended", {"content_id": "tea-tasting", "channel": "store"})
    event: Literal[
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
    ]
    properties: EngagementProperties = EngagementProperties()


class BenefitUsed(Track):
    """A customer makes use of a benefit."""

    model_config = _with_example("Benefit Used", {"benefit": "tasting", "use_id": "use-31"})
    event: Literal["Benefit Used"]
    properties: BenefitUsedProperties


class ProfileUpdated(Track):
    """A customer says something of themselves."""

    model_config = _with_example("Profile Updated", {"birthday": "02-29"})
    event: Literal["Profile Updated"]
    properties: ProfileUpdatedProperties = ProfileUpdatedProperties()


class GuestClaimed(Track):
    """A customer was a guest before, under an anonymous id: what the guest ordered is theirs."""

    model_config = _with_example("Guest Claimed", {"anonymous_id": "anon-7f3a"})
    event: Literal["Guest Claimed"]
    properties: GuestClaimedProperties


EVENT_MODELS: tuple[type[Track], ...] = (
    OrderCompleted,
    OrderRefunded,
    OrderCancelled,
    Browsed,
    CompetitorViewed,
    ComplaintOpened,
    ComplaintUpdated,
    ComplaintResolved,
    InquiryOpened,
    ProductReviewed,
    NpsAnswered,
    ShipmentDelayed,
    ShipmentDelivered,
    AlertAcknowledged,
    AlertOutcomeRecorded,
    ConsentUpdated,
    PointsRedemptionRequested,
    OrderUpdated,
    ShipmentDispatched,
    PointsRedemptionConfirmed,
    PointsRedemptionReleased,
    PointsAdjusted,
    PointsAdjustmentsReversed,
    MemberImported,
    LevelFrozen,
    ErasureRequested,
    Engaged,
    BenefitUsed,
    ProfileUpdated,
    GuestClaimed,
)
MODEL_OF_EVENT: dict[str, type[Track]] = {
    name: model
    for model in EVENT_MODELS
    for name in model.model_fields["event"].annotation.__args__  # type: ignore[union-attr]
}
