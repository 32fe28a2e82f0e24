"""A story that leads to a decision of every kind: the source of the examples in the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import end_of, parse_instant
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.programs import Programs, load_programs, parse_program
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.engine.replay import read_events, replay

_THRESHOLDS = '[[high_value]]\nfrom = 2024-01-01\nlifetime_value = "150"\n'
_END = "2026-03-31"


def _only(feature: str, value: float) -> tuple[float, ...]:
    return tuple(value if name == feature else 0.0 for name in FEATURE_NAMES)


_MODEL = ModelWeights(  # who has been silent for three weeks is at risk: made up, to have an early alert in the story
    version="example-1",
    trained_to=1_704_067_200_000,
    examples=1000,
    horizon_days=60,
    feature_names=FEATURE_NAMES,
    means=_only("log_recency", 3.0),
    scales=_only("log_recency", 0.5),
    weights=_only("log_recency", -2.0),
    intercept=-0.7,
    alert_from=0.7,
    alert_from_first=0.7,
    quality={"auc": 0.81},
)
Story = tuple[tuple[str, str | None, str, dict[str, Any]], ...]
_LOT = {"lot": "old-1", "points": 40, "expires_at": "2024-12-31T00:00:00Z"}
_ON_ORDER = {"points": 60, "order_id": "order-5"}
_ACTOR = {"actor": "staff-4", "reason": "points were missing"}
_STORY: Story = (
    ("2024-01-05T09:00:00Z", "ada", "Product Viewed", {"product_id": "tea-7", "category": "tea"}),
    ("2024-01-05T09:30:00Z", "ada", "Order Completed", {"order_id": "order-1", "total": 40.5, "currency": "USD"}),
    ("2024-01-05T09:31:00Z", "ada", "Order Completed", {"order_id": "order-2", "total": 0.4, "currency": "USD"}),
    ("2024-01-05T09:32:00Z", "ada", "Order Completed", {"order_id": "order-1", "total": 40.5, "currency": "USD"}),
    ("2024-01-05T10:00:00Z", "ida", "Order Completed", {"order_id": "order-9", "total": 25, "currency": "USD"}),
    ("2024-01-20T18:00:00Z", "ada", "Complaint Opened", {"complaint_id": "case-1", "order_id": "order-1"}),
    ("2024-02-05T08:00:00Z", "ada", "Alert Acknowledged", {"alert": "", "by": "mia"}),
    ("2024-02-06T08:00:00Z", "ada", "Alert Outcome Recorded", {"alert": "", "outcome": "reached"}),
    ("2024-03-20T12:00:00Z", "ada", "Order Completed", {"order_id": "order-3", "total": 110, "currency": "USD"}),
    ("2024-03-21T12:00:00Z", "ada", "Points Redemption Requested", {"redemption_id": "gift-1", "points": 500}),
    ("2024-03-22T12:00:00Z", "ada", "Points Redemption Requested", {"redemption_id": "gift-2", "points": 100}),
    ("2024-03-23T12:00:00Z", "ada", "Order Refunded", {"order_id": "order-1", "refund_id": "refund-1", "total": 20}),
    ("2024-04-01T08:00:00Z", "ada", "Consent Updated", {"purpose": "marketing", "granted": False}),
    ("2024-12-01T12:00:00Z", "ada", "Order Completed", {"order_id": "order-4", "total": 120, "currency": "USD"}),
)


_HELD = (  # what the default program leaves out: points that wait, and redemptions that somebody confirms
    ("2024-01-02T09:00:00Z", "eve", "Member Imported", {"import_id": "move-1", "level": "silver", "lots": [_LOT]}),
    ("2024-01-03T09:00:00Z", "eve", "Order Completed", {"order_id": "order-5", "total": 90, "currency": "USD"}),
    ("2024-01-04T09:00:00Z", "eve", "Order Updated", {"order_id": "order-5", "total": 80, "currency": "USD"}),
    ("2024-01-09T09:00:00Z", "eve", "Points Redemption Requested", {"redemption_id": "gift-3", **_ON_ORDER}),
    ("2024-01-10T09:00:00Z", "eve", "Points Redemption Confirmed", {"redemption_id": "gift-3"}),
    ("2024-01-11T09:00:00Z", "eve", "Points Redemption Requested", {"redemption_id": "gift-4", "points": 20}),
    ("2024-01-11T10:00:00Z", "eve", "Profile Updated", {"birthday": "1988-01-12"}),
    ("2024-01-12T09:00:00Z", "eve", "Benefit Used", {"benefit": "own line", "use_id": "use-1"}),
    ("2024-01-12T10:00:00Z", "eve", "Benefit Used", {"benefit": "sale day", "use_id": "use-2"}),
    ("2024-01-14T09:00:00Z", "eve", "Order Refunded", {"order_id": "order-5"}),
    ("2024-01-15T09:00:00Z", "eve", "Points Adjusted", {"adjustment_id": "fix-1", "points": 30, **_ACTOR}),
    ("2024-01-16T09:00:00Z", "eve", "Points Adjusted", {"adjustment_id": "fix-2", "points": 3000, **_ACTOR}),
    ("2024-01-17T09:00:00Z", "eve", "Erasure Requested", {"request_id": "erasure-1"}),
    ("2024-01-17T09:00:00Z", "pia", "Order Completed", {"order_id": "order-8", "total": 120, "currency": "USD"}),
    ("2024-01-17T12:00:00Z", "pia", "Order Cancelled", {"order_id": "order-8"}),
    ("2024-01-18T09:00:00Z", "zoe", "Order Completed", {"order_id": "order-6", "total": 120, "currency": "USD"}),
    ("2024-01-19T09:00:00Z", "zoe", "Level Frozen", {"freeze_id": "leave-1", "until": "2024-06-01T00:00:00Z"}),
    ("2024-01-20T09:00:00Z", "zoe", "Product Reviewed", {"product_id": "tea-7", "rating": 5}),
    ("2024-01-21T09:00:00Z", "zoe", "Product Reviewed", {"product_id": "tea-8", "rating": 4}),
)

_STANDING = """
[birthday]
points = 100

[[benefits]]
name = "own line"
layer = "level"
levels = ["silver"]
quantity = 12
renews = "year"

[[benefits]]
name = "sale day"
layer = "scene"
event = "Session Attended"
at_least = 2
within_days = 90

[[activities]]
name = "review"
event = "Product Reviewed"
points = 10
within_days = 7
"""


_GUEST = (  # what a guest orders, and who claims it
    ("2024-01-02T09:00:00Z", None, "Order Completed", {"order_id": "order-6", "total": 50, "currency": "USD"}),
    ("2024-01-05T09:00:00Z", "ben", "Guest Claimed", {"anonymous_id": "anon-7f3a"}),
    ("2024-01-06T09:00:00Z", "ida", "Guest Claimed", {"anonymous_id": "anon-7f3a"}),
    ("2024-02-20T09:00:00Z", None, "Order Completed", {"order_id": "order-7", "total": 20, "currency": "USD"}),
    ("2024-04-10T09:00:00Z", "ben", "Erasure Requested", {"request_id": "erasure-2"}),
)


def story_told() -> list[Message]:
    """Every message that the engine publishes on the stories."""
    alerts = [message for message in _run(_STORY, _default()) if message.topic == topics.ALERTS]
    first = next(message for message in alerts if b'"kind":"churn-risk"' in (message.value or b""))
    told = _run(_STORY, _default(), msgspec.json.decode(first.value or b"")["alert"])
    waiting = "expires_after_days = 365\n"
    changed = _default().replace(waiting, f"{waiting}activates_after_days = 3\n", 1)
    changed = changed.replace('spend = "100"', 'spend = "100", gift = 20').replace(
        "[levels]", "[levels]\ngrace_days = 30"
    )
    told += _run(_GUEST, f"{_default()}\n[guests]\n")
    return told + _run(_HELD, f"{changed}\n[redemption]\nconfirm_within_hours = 48\n{_STANDING}")


def _default() -> str:
    return load_programs().texts[0]


def _run(story: Story, program: str, first_alert: str = "unknown") -> list[Message]:
    programs = Programs([parse_program(program, "the story's program")], [program])
    engine = Engine(programs, Thresholds(_THRESHOLDS, programs.first), partitions=1, clock="event")
    engine.learn_of(_MODEL)
    told: list[Message] = []
    arrivals = read_events(_story(story, first_alert), engine, parse_instant(_END))
    replay(arrivals, engine, end_of(_END, "UTC"), lambda commit: told.extend(commit.outputs))
    return told


def _story(story: Story, first_alert: str) -> Iterator[bytes]:
    for number, (time, customer, event, properties) in enumerate(story, 1):
        if "alert" in properties:
            properties = properties | {"alert": first_alert}  # the id that the engine gave it
        yield msgspec.json.encode(
            {
                "messageId": f"message-{number}",
                "type": "track",
                "event": event,
                "userId": customer,
                "anonymousId": "anon-7f3a" if customer is None else None,
                "timestamp": time,
                "properties": properties,
            }
        )
