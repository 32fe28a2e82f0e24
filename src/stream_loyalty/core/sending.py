"""What one customer's partition tells another's: events that travel as messages, keyed by who receives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stream_loyalty.contracts.decisions.guests import Sent
from stream_loyalty.contracts.events.guests import FORGOTTEN, LET_GO
from stream_loyalty.core.moment import uuid5
from stream_loyalty.core.state import Claim, Guest


def sent(
    receiver: str, event: str, message_id: str, at: int, said: dict[str, Any], claim: str, guest: str = ""
) -> Sent:
    """An event for another customer; `at` in ms."""
    text = msgspec.json.encode(said).decode()
    return Sent(receiver=receiver, event=event, message_id=message_id, at=at, properties=text, claim=claim, guest=guest)


def let_go(claims: dict[str, Claim], at: int) -> Iterator[Sent]:
    """Tell guests that their claimer is not there any more; `at` in ms. It does not say who that was."""
    for guest, claim in claims.items():
        if claim.id:
            yield sent(guest, LET_GO, uuid5(f"{LET_GO}\x1f{claim.id}"), at, {}, claim.id)


def forget(claimer: str, guest: Guest, name: str, at: int) -> Sent:
    """Tell a claimer that the guest, by this name, asked to be forgotten; `at` in ms."""
    return sent(
        claimer, FORGOTTEN, uuid5(f"{FORGOTTEN}\x1f{guest.asked}"), at, {"asked": guest.asked}, guest.claim, name
    )
