"""What a customer says of their data: consent, erasure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class ConsentUpdatedProperties(Properties):
    """A customer allows or forbids a use of their data."""

    purpose: Identifier = Field(
        description="What for; `marketing` is what wake-up actions need.", examples=["marketing"]
    )
    granted: bool


class ErasureRequestedProperties(Properties):
    """A customer wants to be forgotten."""

    request_id: Identifier | None = Field(None, description="The request's own id, for whoever has to prove it.")


class ConsentUpdated(Track):
    """A customer allowed or forbade a use of their data."""

    model_config = with_example("Consent Updated", {"purpose": "marketing", "granted": False})
    event: Literal["Consent Updated"]
    properties: ConsentUpdatedProperties


class ErasureRequested(Track):
    """A customer wants to be forgotten: state and projection go, a receipt without personal data stays."""

    model_config = with_example("Erasure Requested", {"request_id": "erasure-9"})
    event: Literal["Erasure Requested"]
    properties: ErasureRequestedProperties


EVENTS: tuple[type[Track], ...] = (
    ConsentUpdated,
    ErasureRequested,
)
