"""What came out, added up by a consumer that sees nothing but the output topics."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, NamedTuple

import msgspec

from stream_loyalty.commands.demo.words import Line, line
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.topics import DEAD_LETTERS, REWARDS
from stream_loyalty.contracts.wire import Record

_POINTS = "loyalty.points."
_FRESH = 2_000  # lines that wait for the screen; it shows a few of them anyway


class Alert(NamedTuple):
    """An alert that is out: the message, and what it says."""

    record: Record
    data: dict[str, Any]

    @property
    def event(self) -> dict[str, Any]:
        """The whole message as one JSON object."""
        return {**structured(self.record.headers, b"{}"), "data": self.data}


class Tally:
    """Sums over `loyalty.rewards`, `loyalty.alerts` and `loyalty.dead-letters`.

    Every message carries an id, and one that comes again is left out: what any subscriber should do.
    """

    def __init__(self) -> None:
        self.points: Counter[str] = Counter()  # earned, spent, ... -> points
        self.postings = 0  # the sum of all postings
        self.movements = 0
        self.raised: Counter[str] = Counter()  # kind of alert -> how many
        self.withdrawn: Counter[str] = Counter()  # the reason -> how many
        self.open: dict[str, Alert] = {}
        self.dead_letters: dict[str, list[str]] = {}  # code -> the reasons
        self.reached: dict[tuple[str, int], int] = {}  # topic and partition -> next offset
        self.fresh: deque[Line] = deque(maxlen=_FRESH)
        self._seen: set[bytes] = set()

    def add(self, record: Record) -> None:
        """Take in one record."""
        headers = dict(record.headers)
        identity = headers.get("ce_id")
        if identity is None or identity not in self._seen:
            if identity is not None:
                self._seen.add(identity)
            self._count(record, headers)
            said = line(record)
            if said is not None:
                self.fresh.append(said)
        self.reached[record.topic, record.partition] = record.offset + 1

    def _count(self, record: Record, headers: dict[str, bytes]) -> None:
        if record.topic == DEAD_LETTERS:
            reason = " ".join(part for name in ("path", "reason") if (part := headers[name].decode()))
            self.dead_letters.setdefault(headers["code"].decode(), []).append(reason)
            return
        kind, body = headers["ce_type"].decode(), msgspec.json.decode(record.value or b"{}")
        if record.topic == REWARDS:
            self._reward(kind, body)
        elif kind.endswith(".raised"):
            self.raised[body["kind"]] += 1
            self.open[body["alert"]] = Alert(record, body)
        elif kind.endswith(".withdrawn"):
            self.withdrawn[body["reason"]] += 1
            self.open.pop(body["alert"], None)

    def _reward(self, kind: str, body: dict[str, Any]) -> None:
        if kind.startswith(_POINTS):
            self.points[kind.removeprefix(_POINTS)] += body["points"]
            self.postings += sum(posting["points"] for posting in body["postings"])
            self.movements += len(body["postings"])
