"""Customers who want to be forgotten: what they had is written off, whoever was told of them is told to stop."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertWithdrawn
from stream_loyalty.contracts.decisions.guests import Sent
from stream_loyalty.contracts.decisions.points import PointsErased
from stream_loyalty.contracts.decisions.privacy import CustomerErased
from stream_loyalty.contracts.events.guests import GuestLetGoProperties
from stream_loyalty.contracts.events.privacy import ErasureRequestedProperties
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.sending import forget, let_go
from stream_loyalty.core.state import Customer


def erases(event: Event) -> bool:
    """Whether the event asks to forget its customer; that is possible whatever the state is like."""
    return isinstance(event.properties, ErasureRequestedProperties)


def is_unnamed(event: Event) -> bool:
    """Whether what is decided on the event must not say whom it was about."""
    return erases(event) or isinstance(event.properties, GuestLetGoProperties)


def requested(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The last decisions about a customer; the engine then forgets the state."""
    if state.alert is not None and not state.alert.held_out:
        told = not moment.program.is_backfill(state.alert.raised_at)
        ground = clause("asked-to-be-forgotten")
        yield AlertWithdrawn(
            rule="erasure.requested", alert=state.alert.id, kind="churn-risk", ground=ground, was_published=told
        )
    wallets = sorted({lot.wallet for lot in state.lots} | state.debts.keys())
    for wallet in wallets:
        balance = ledger.balance(state, wallet)
        yield PointsErased(
            rule="erasure.written-off",
            saw={"balance": balance},
            wallet=wallet,
            points=balance,
            postings=ledger.close(state, wallet),
            balance=0,
        )
    request: ErasureRequestedProperties = event.properties
    yield CustomerErased(
        rule="erasure.requested",
        request_id=request.request_id,
        wallets=tuple(wallets),
        parting=tuple(_parting(event, state)),
    )


def _parting(event: Event, state: Customer) -> Iterator[Sent]:
    """Who has to forget the customer too: guests of theirs, and who claimed them when they were a guest."""
    yield from let_go(state.claims or {}, event.at)
    guest = state.guest
    if guest is not None and guest.claimed_by is not None:
        yield forget(guest.claimed_by, guest, event.customer, event.at)


REACTIONS = {ErasureRequestedProperties: requested}
