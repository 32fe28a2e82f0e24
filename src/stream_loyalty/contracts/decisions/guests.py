"""Orders by an anonymous id: kept as they came, claimed by a known customer, handed over once."""

from __future__ import annotations

from typing import Annotated

import msgspec

from stream_loyalty.contracts.clauses import Ground, Reason, Reasoned
from stream_loyalty.contracts.decision import Decision, Fact, doc
from stream_loyalty.contracts.events.guests import ASKED
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.lacks import Lacking, Lacks, Missing
from stream_loyalty.contracts.transfer import Transfer


class Sent(Fact):
    """An event on its way to another customer."""

    receiver: str
    event: str
    message_id: str
    at: int
    properties: str
    claim: str
    guest: str = ""

    @property
    def transfer(self) -> Transfer:
        """As it travels."""
        properties = msgspec.Raw(self.properties.encode())
        return Transfer(self.receiver, self.event, self.message_id, self.at, properties, self.claim, self.guest)


class GuestEventFact(Fact):
    """An event about a guest's order as it came."""

    order_id: str
    event: str
    message_id: str
    at: int
    properties: str

    def to(self, receiver: str, claim: str, guest: str) -> Transfer:
        """The same event on its way from the guest to who claims it."""
        properties = msgspec.Raw(self.properties.encode())
        return Transfer(receiver, self.event, self.message_id, self.at, properties, claim, guest)


class GuestClaimed(Decision):
    """A customer says who they were before; the anonymous id is asked for its orders."""

    type = "loyalty.guest.claimed"
    hidden = ("claim", "let_go")
    about = ("anonymous_id",)
    sending = True
    anonymous_id: str
    claimer: str
    request: Annotated[str, doc("Id of the message that asks.")]
    claimed_at: Instant
    claim: str
    let_go: tuple[Sent, ...] = ()

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """The question; before it, guests claimed long ago are let go where there are too many."""
        properties = msgspec.Raw(msgspec.json.encode({"claimer": self.claimer}))
        asked = Transfer(self.anonymous_id, ASKED, self.request, int(self.claimed_at), properties, self.claim)
        return (*(one.transfer for one in self.let_go), asked)


class GuestOrderKept(Decision):
    """What a guest ordered, or what became of it, is kept until somebody claims it."""

    type = "loyalty.guest.order-kept"
    hidden = ("kept",)
    about = ("order_id",)
    order_id: str
    until: Annotated[Instant, doc("The last moment at which it can be claimed.")]
    kept: GuestEventFact


class GuestOrdersHandedOver(Decision):
    """What was kept of a guest goes to the customer who claimed it; also what comes later, as it comes."""

    type = "loyalty.guest.orders-handed-over"
    hidden = ("guest", "handed", "claim", "asked", "answer")
    sending = True
    claimer: str
    claimed_at: Instant
    order_ids: tuple[str, ...]
    guest: str
    handed: tuple[GuestEventFact, ...]
    claim: str
    asked: str | None = None
    answer: Sent | None = None

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """The events in the order in which they came, with their own ids and times; then the answer to a question."""
        events = tuple(one.to(self.claimer, self.claim, self.guest) for one in self.handed)
        return events if self.answer is None else (*events, self.answer.transfer)


class GuestClaimRefused(Reasoned, Decision):
    """A second customer claims a guest; nothing is handed over, now or later."""

    type = "loyalty.guest.claim-refused"
    hidden = ("answer",)
    about = ("claimer",)
    sending = True
    reason: Reason = ""
    ground: Ground
    claimer: str
    answer: Sent

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """The answer."""
        return (self.answer.transfer,)


class GuestClaimAnswered(Lacking, Decision):
    """What came of a claim: how many orders were handed over, and why not more."""

    type = "loyalty.guest.claim-answered"
    about = ("anonymous_id",)
    missing: Missing = ()
    lacks: Lacks = ()
    anonymous_id: str
    request: Annotated[str, doc("Id of the message that asked.")]
    orders: Annotated[int, doc("Those that are on their way to the customer.")]
    refused: bool


class GuestOrdersForgotten(Decision):
    """Nobody claimed these orders in time."""

    type = "loyalty.guest.orders-forgotten"
    order_ids: tuple[str, ...]
    until: Instant


class GuestClosed(Decision):
    """Who claimed a guest is not known any more; nobody else gets the orders. Told under a name that says nothing."""

    type = "loyalty.guest.closed"
    orders: Annotated[int, doc("How many were still kept and are dropped.")]


class GuestForgotten(Decision):
    """Nothing of a claimed guest can count any more, so nothing of it is remembered. The engine's own housekeeping."""

    type = "loyalty.guest.forgotten"
    receipt = False


DECISIONS: tuple[type[Decision], ...] = (
    GuestClaimed,
    GuestOrderKept,
    GuestOrdersHandedOver,
    GuestClaimRefused,
    GuestClaimAnswered,
    GuestOrdersForgotten,
    GuestClosed,
    GuestForgotten,
)
