"""From a record's bytes to an event, or to the reason why it is none. Never raises, whatever the bytes are."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from pydantic import ValidationError

from stream_loyalty.contracts.events import MODEL_OF_EVENT
from stream_loyalty.contracts.events.guests import IdentifiedProperties
from stream_loyalty.contracts.fields import Identifier
from stream_loyalty.contracts.instants import format_instant, parse_instant
from stream_loyalty.contracts.topics import MAX_RECORD_BYTES
from stream_loyalty.contracts.track import Track
from stream_loyalty.contracts.wire import Record

CLIENT_CLOCK_AHEAD_MS = 300_000  # how far a client's clock may be ahead of the broker's before it is not believed
CLAMPED = "time-clamped"
UNTIMED = "time-of-record"
_CONTENT = uuid.UUID("7d0f1f5e-6c3b-5f0e-9a53-2f1f0b6f3a10")  # namespace of ids for events that have none

ReasonCode = Literal[
    "bad-json", "invalid", "too-large", "empty", "no-customer", "bad-time", "wrong-partition", "state-full"
]


class Event(msgspec.Struct, frozen=True, gc=False):
    """A valid event of a kind the engine decides by. `at` is event time in ms; `properties` the model of its kind."""

    name: str
    customer: str
    message_id: str
    at: int
    properties: Any
    flags: tuple[str, ...] = ()
    guest: bool = False  # it has an anonymous id only
    anonymous_id: str = ""  # it has this one beside the user's, and the program may want to know
    claim: str = ""  # of a guest, that it rests on
    from_guest: str = ""  # it was sent by the state of this anonymous id


class Passed(msgspec.Struct, frozen=True):
    """A well-formed event that nothing here decides by: counted, and it moves the clock on."""

    at: int
    flags: tuple[str, ...] = ()


class Rejected(msgspec.Struct, frozen=True):
    """Why a record is a dead letter: `path` is where in it, `reason` one sentence, `schema` what it should be."""

    code: ReasonCode
    reason: str
    path: str = ""
    schema: str = "track"


class _Head(msgspec.Struct):
    type: Any = "track"
    event: Any = None


_head = msgspec.json.Decoder(_Head).decode
_IDENTIFYING = ("identify", "alias")


def parse(record: Record, epoch: int) -> Event | Passed | Rejected:
    """What a record says. `epoch` (ms): the program knows no time before it."""
    raw = record.value
    if not raw:
        return Rejected("empty", "the record has no value")
    if len(raw) > MAX_RECORD_BYTES:
        return Rejected("too-large", f"the event has {len(raw):,} bytes; {MAX_RECORD_BYTES:,} are allowed")
    try:
        head = _head(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return Rejected("bad-json", f"this is not a JSON object: {error}")
    known = MODEL_OF_EVENT.get(head.event) if head.type == "track" and isinstance(head.event, str) else None
    model: type[Track] = known or (Track if head.type == "track" else _Other)
    try:
        track = model.model_validate_json(raw)
    except ValidationError as error:
        return _invalid(error, str(head.event) if known else "track")
    customer = track.customer
    if customer is None:
        return Rejected("no-customer", "or anonymousId has to say whose event this is", "userId")
    try:
        at, flags = event_time(track, record.timestamp)
    except _BadTime as error:
        return Rejected("bad-time", str(error), error.path)
    if at < epoch:
        return Rejected("bad-time", f"the event is from before the program's epoch, {format_instant(epoch)}")
    before = track.before if track.userId and track.before != track.userId else ""
    if known is None and not (before and track.type in _IDENTIFYING):
        return Passed(at, flags)
    message_id = track.messageId or str(uuid.uuid5(_CONTENT, raw.hex()))
    if known is None:
        return Event(track.type, customer, message_id, at, IdentifiedProperties(), flags, anonymous_id=before)
    properties = track.properties  # type: ignore[attr-defined]
    return Event(track.event, customer, message_id, at, properties, flags, not track.userId, before)


class _Other(Track):
    """identify, page, screen, group and alias calls: they pass by, but for who somebody was before."""

    type: str  # type: ignore[assignment]
    event: str = ""
    previousId: Identifier | Literal[""] | None = None  # noqa: N815 - of an alias

    @property
    def before(self) -> str:
        """The previous id of an alias, the anonymous id of any other call."""
        return (self.previousId if self.type == "alias" else self.anonymousId) or ""


class _BadTime(ValueError):
    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{text[:40]!r} is not a time in ISO 8601, such as 2026-03-01T12:30:00Z")
        self.path = path


def event_time(track: Track, append_time: int) -> tuple[int, tuple[str, ...]]:
    """When it happened (ms) and the flags that this earned: the client's word, within reason.

    Segment's rule: `timestamp`, else receivedAt - (sentAt - originalTimestamp), else `originalTimestamp`; else the
    record's append time. Later than append time plus 5 minutes is clamped to that and flagged.
    """

    def read(path: str) -> int | None:
        text: str | None = getattr(track, path)
        try:
            return None if text is None else parse_instant(text)
        except (ValueError, OverflowError):
            raise _BadTime(path, text or "") from None

    at = read("timestamp") if track.timestamp is not None else _corrected(read)
    if at is None:
        return append_time, (UNTIMED,)
    latest = append_time + CLIENT_CLOCK_AHEAD_MS
    return (at, ()) if at <= latest else (latest, (CLAMPED,))


def _corrected(read: Callable[[str], int | None]) -> int | None:
    original, sent, received = read("originalTimestamp"), read("sentAt"), read("receivedAt")
    if original is None or sent is None or received is None:
        return original
    return received - (sent - original)


def _invalid(error: ValidationError, schema: str) -> Rejected:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Rejected("bad-json", first["msg"], schema=schema)
    path = ".".join(str(part) for part in first["loc"])
    return Rejected("invalid", first["msg"].removeprefix("Value error, "), path, schema)
