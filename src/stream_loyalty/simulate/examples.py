"""One customer's story that leads to a decision of every kind: the source of the examples in the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

CUSTOMER = "ada"
THRESHOLDS = '[[high_value]]\nfrom = 2024-01-01\nlifetime_value = "150"\n'
END = "2025-12-31"

_STORY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("2024-01-05T09:00:00Z", "Product Viewed", {"product_id": "tea-7", "category": "tea"}),
    ("2024-01-05T09:30:00Z", "Order Completed", {"order_id": "order-1", "total": 40.5, "currency": "USD"}),
    ("2024-01-05T09:31:00Z", "Order Completed", {"order_id": "order-2", "total": 0.4, "currency": "USD"}),
    ("2024-01-05T09:32:00Z", "Order Completed", {"order_id": "order-1", "total": 40.5, "currency": "USD"}),
    ("2024-01-20T18:00:00Z", "Complaint Opened", {"complaint_id": "case-1", "order_id": "order-1"}),
    ("2024-03-20T12:00:00Z", "Order Completed", {"order_id": "order-3", "total": 110, "currency": "USD"}),
    ("2024-03-21T12:00:00Z", "Points Redemption Requested", {"redemption_id": "gift-1", "points": 500}),
    ("2024-03-22T12:00:00Z", "Points Redemption Requested", {"redemption_id": "gift-2", "points": 100}),
    ("2024-03-23T12:00:00Z", "Order Refunded", {"order_id": "order-1", "refund_id": "refund-1", "total": 20}),
    ("2024-04-01T08:00:00Z", "Consent Updated", {"purpose": "marketing", "granted": False}),
    ("2024-12-01T12:00:00Z", "Order Completed", {"order_id": "order-4", "total": 120, "currency": "USD"}),
)


def story() -> Iterator[bytes]:
    """The events in order."""
    for number, (time, event, properties) in enumerate(_STORY, 1):
        yield msgspec.json.encode(
            {
                "messageId": f"message-{number}",
                "type": "track",
                "event": event,
                "userId": CUSTOMER,
                "timestamp": time,
                "properties": properties,
            }
        )
