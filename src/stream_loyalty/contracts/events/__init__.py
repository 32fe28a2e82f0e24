"""Events in: the e-commerce track convention of Segment and RudderStack, as far as the engine decides by it.

A module for each topic has what its events say and the events; here is the list of them all. Every model's `examples`
stand in the generated JSON Schema and are test cases.
"""

from __future__ import annotations

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.events import (
    adjusting,
    alerts,
    benefits,
    browsing,
    engagement,
    guests,
    importing,
    levels,
    logistics,
    orders,
    privacy,
    profile,
    redemption,
    service,
)
from stream_loyalty.contracts.track import Track

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
EVENT_MODELS: tuple[type[Track], ...] = (
    *orders.EVENTS,
    *logistics.EVENTS,
    *browsing.EVENTS,
    *service.EVENTS,
    *engagement.EVENTS,
    *alerts.EVENTS,
    *redemption.EVENTS,
    *adjusting.EVENTS,
    *importing.EVENTS,
    *levels.EVENTS,
    *benefits.EVENTS,
    *profile.EVENTS,
    *privacy.EVENTS,
    *guests.EVENTS,
)
MODEL_OF_EVENT: dict[str, type[Track]] = {
    name: model
    for model in EVENT_MODELS
    for name in model.model_fields["event"].annotation.__args__  # type: ignore[union-attr]
}
