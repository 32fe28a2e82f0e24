"""A customer was a guest before; what is asked of the guest's id."""

from __future__ import annotations

from typing import Literal

from stream_loyalty.contracts.events.orders import (
    OrderCancelledProperties,
    OrderCompletedProperties,
    OrderRefundedProperties,
    OrderUpdatedProperties,
)
from stream_loyalty.contracts.fields import Identifier, MessageId, Properties
from stream_loyalty.contracts.track import Track, with_example

ASKED = "Guest Orders Asked"
ANSWERED = "Guest Orders Answered"
LET_GO = "Guest Let Go"
FORGOTTEN = "Guest Forgotten"
ORDER_PROPERTIES = (
    OrderCompletedProperties,
    OrderUpdatedProperties,
    OrderRefundedProperties,
    OrderCancelledProperties,
)


class GuestOrder:
    """The trigger that every event about a guest's order is, whatever it says."""


class BothIds:
    """The trigger that every event is which carries an anonymous id beside the user's, where that claims the guest."""


class IdentifiedProperties(Properties):
    """An identify or alias call: nothing but who somebody is, and was before."""


class GuestClaimedProperties(Properties):
    """A known customer was the guest of an anonymous id."""

    anonymous_id: Identifier


class GuestOrdersAskedProperties(Properties):
    """A known customer asks an anonymous id for its orders."""

    claimer: Identifier


class GuestOrdersAnsweredProperties(Properties):
    """What an anonymous id has to say to the question `asked`, behind the orders themselves."""

    asked: MessageId
    orders: int
    too_late: int
    refused: bool


class GuestLetGoProperties(Properties):
    """Whoever claimed an anonymous id is not there any more, or claims too many."""


class GuestForgottenProperties(Properties):
    """An anonymous id that was claimed asked to be forgotten; `asked`: the last question that it had heard."""

    asked: MessageId


class GuestClaimed(Track):
    """A customer was a guest before, under an anonymous id: what the guest ordered is theirs."""

    model_config = with_example("Guest Claimed", {"anonymous_id": "anon-7f3a"})
    event: Literal["Guest Claimed"]
    properties: GuestClaimedProperties


EVENTS: tuple[type[Track], ...] = (GuestClaimed,)
