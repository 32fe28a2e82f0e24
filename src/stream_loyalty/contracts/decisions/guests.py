"""Orders by an anonymous id: kept as they came, claimed by a known customer, handed over once."""

from __future__ import annotations

import msgspec
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from stream_loyalty.contracts.clauses import Reasoned
from stream_loyalty.contracts.decision import Decision, Fact, Instant
from stream_loyalty.contracts.events.guests import ASKED
from stream_loyalty.contracts.transfer import Transfer


class GuestEventFact(Fact):
    """An event about a guest's order as it came."""

    order_id: str
    event: str
    message_id: str
    at: int
    properties: str

    def to(self, receiver: str) -> Transfer:
        """The same event on its way to a known customer."""
        return Transfer(receiver, self.event, self.message_id, self.at, msgspec.Raw(self.properties.encode()))


class GuestClaimed(Decision):
    """A customer says who they were before; the anonymous id is asked for its orders."""

    type = "loyalty.guest.claimed"
    about = ("anonymous_id",)
    sending = True
    anonymous_id: str
    claimer: str
    request: str = Field(description="Id of the message that asks.")
    claimed_at: Instant

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """The question."""
        properties = msgspec.Raw(msgspec.json.encode({"claimer": self.claimer}))
        return (Transfer(self.anonymous_id, ASKED, self.request, self.claimed_at, properties),)


class GuestOrderKept(Decision):
    """What a guest ordered, or what became of it, is kept until somebody claims it."""

    type = "loyalty.guest.order-kept"
    about = ("order_id",)
    order_id: str
    until: Instant = Field(description="The last moment at which it can be claimed.")
    kept: SkipJsonSchema[GuestEventFact] = Field(exclude=True)


class GuestOrdersHandedOver(Decision):
    """What was kept of a guest goes to the customer who claimed it; also what comes later, as it comes."""

    type = "loyalty.guest.orders-handed-over"
    sending = True
    claimer: str
    claimed_at: Instant
    order_ids: tuple[str, ...]
    handed: SkipJsonSchema[tuple[GuestEventFact, ...]] = Field(exclude=True)

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """The events in the order in which they came, with their own ids and times."""
        return tuple(one.to(self.claimer) for one in self.handed)


class GuestClaimRefused(Reasoned, Decision):
    """A second customer claims a guest; nothing is handed over, now or later."""

    type = "loyalty.guest.claim-refused"
    about = ("claimer",)
    claimer: str


class GuestOrdersForgotten(Decision):
    """Nobody claimed these orders in time."""

    type = "loyalty.guest.orders-forgotten"
    order_ids: tuple[str, ...]
    until: Instant


DECISIONS: tuple[type[Decision], ...] = (
    GuestClaimed,
    GuestOrderKept,
    GuestOrdersHandedOver,
    GuestClaimRefused,
    GuestOrdersForgotten,
)
