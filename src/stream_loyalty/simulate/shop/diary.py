"""What one person sends to the shop's servers: as a known customer, or as a guest under an anonymous id."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

import msgspec

from stream_loyalty.contracts.instants import format_instant


class Diary:
    """Writes down events with ids and times (ms); nothing from `end` on."""

    def __init__(self, seed: int, number: int, name: str, end: int) -> None:
        self.name = name
        self.events: list[tuple[int, bytes]] = []
        self.incognito = False  # whether the shop sees only a guest
        self._end = end
        self._ids = Random(f"{seed}/{number}/ids")
        self.guest = f"anon-{self._ids.getrandbits(48):012x}"

    def send(
        self, at: int, event: str, properties: dict[str, Any], times: int = 1, *, customer: str | None = None
    ) -> None:
        """Send an event, `times` of the same bytes; `customer` names somebody else than the writer."""
        message_id = UUID(int=self._ids.getrandbits(128), version=4)
        if at < self._end:
            who = {"anonymousId": self.guest} if self.incognito else {"userId": customer or self.name}
            self.events += [(at, track(message_id, event, who, at, properties))] * times

    def close(self, at: int) -> None:
        """Nothing is sent after `at`: what was written for later is torn out."""
        self.events = [event for event in self.events if event[0] <= at]


def track(message_id: UUID, event: str, who: dict[str, str], at: int, properties: dict[str, Any]) -> bytes:
    """An event of the track convention as JSON."""
    head = {"messageId": str(message_id), "type": "track", "event": event}
    return msgspec.json.encode({**head, **who, "timestamp": format_instant(at), "properties": properties})
