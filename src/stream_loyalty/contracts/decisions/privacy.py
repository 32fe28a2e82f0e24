"""Consent and erasure."""

from __future__ import annotations

from pydantic import Field

from stream_loyalty.contracts.decision import Decision, Instant


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
    request_id: str | None
    wallets: tuple[str, ...] = Field(description="Those in which something was written off.")


DECISIONS: tuple[type[Decision], ...] = (
    ConsentRecorded,
    CustomerErased,
)
