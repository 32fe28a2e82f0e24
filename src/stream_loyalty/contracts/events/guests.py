"""A customer was a guest before; what is asked of the guest's id."""

from __future__ import annotations

from typing import Literal

from stream_loyalty.contracts.events.orders import (
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    OrderUpdatedProperties,
)
from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example

ASKED = "Guest Orders Asked"
ORDER_PROPERTIES = (
    OrderCompletedProperties,
    OrderUpdatedProperties,
    OrderRefundedProperties,
    OrderCancelledProperties,
)


class GuestOrder:
    """The trigger that every event about a guest's order is, whatever it says."""


class GuestClaimedProperties(Properties):
    """A known customer was the guest of an anonymous id."""

    anonymous_id: Identifier


class GuestOrdersAskedProperties(Properties):
    """A known customer asks an anonymous id for its orders."""

    claimer: Identifier


class GuestClaimed(Track):
    """A customer was a guest before, under an anonymous id: what the guest ordered is theirs."""

    model_config = with_example("Guest Claimed", {"anonymous_id": "anon-7f3a"})
    event: Literal["Guest Claimed"]
    properties: GuestClaimedProperties


EVENTS: tuple[type[Track], ...] = (GuestClaimed,)
