"""Consent and erasure."""

from __future__ import annotations

from typing import Annotated

from stream_loyalty.contracts.decision import Decision, doc
from stream_loyalty.contracts.decisions.guests import Sent
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.contracts.transfer import Transfer


class ConsentRecorded(Decision):
    """The newest word of a customer on a use of their data."""

    type = "loyalty.consent.recorded"
    about = ("purpose",)
    purpose: str
    granted: bool
    stated_at: Instant


class CustomerErased(Decision):
    """A customer was forgotten. Told under a name that nobody can trace back, with nothing about the person."""

    type = "loyalty.customer.erased"
    hidden = ("parting",)
    sending = True
    request_id: str | None
    wallets: Annotated[tuple[str, ...], doc("Those in which something was written off.")]
    parting: tuple[Sent, ...] = ()

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """What those have to forget who know of the customer: guests of their claimer, and the other way round."""
        return tuple(one.transfer for one in self.parting)


DECISIONS: tuple[type[Decision], ...] = (
    ConsentRecorded,
    CustomerErased,
)
