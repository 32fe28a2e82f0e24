"""Take a batch of adjustments back as a whole: one event for each customer that it concerned."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import msgspec

from stream_loyalty.adapters.files.events import written
from stream_loyalty.bootstrap import now_ms
from stream_loyalty.commands import sources
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decisions.adjusting import PointsAdjusted
from stream_loyalty.contracts.decisions.points import PointsExpired
from stream_loyalty.contracts.instants import end_of, format_instant, parse_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_KINDS = tuple(f'"{kind.type}"'.encode() for kind in (PointsAdjusted, PointsExpired))


class Adjusted(msgspec.Struct):
    """An adjustment as its decision has it."""

    customer: str
    wallet: str
    points: int
    adjustment_id: str = ""
    lot: str | None = None
    batch: str | None = None
    reverses: str | None = None


class _Line(msgspec.Struct):
    type: str
    time: str
    data: msgspec.Raw


class Batch(msgspec.Struct):
    """The adjustments of a batch by customer and id: those that still stand.

    `reversed` were taken back before; `too_old` are those that the engine remembers no more, `forgotten` those of
    customers who were erased.
    """

    standing: dict[str, dict[str, Adjusted]]
    reversed: int
    too_old: int
    forgotten: int

    @property
    def points(self) -> dict[str, int]:
        """What taking it back moves, by wallet."""
        sums: Counter[str] = Counter()
        for ones in self.standing.values():
            for one in ones.values():
                sums[one.wallet] -= one.points
        return dict(sorted(sums.items()))


def reverse(
    settings: Settings,
    batch: str,
    actor: str,
    reason: str,
    directory: Path | None,
    out: Path | None,
    at: str | None,
    dry_run: bool,
) -> dict[str, Any]:
    """Take `batch` back: to Kafka, or as events into the file `out`; what that moves, added up.

    Done twice it changes nothing: what was taken back is left out, and the message ids are made of what is left.
    StreamLoyaltyError where no adjustment of the batch is known.
    """
    program = sources.programs_of(settings, directory).latest
    time = now_ms() if at is None else end_of(at, program.time_zone)
    found = _look_up(settings, batch, directory, time - program.orders_horizon_ms)
    if not (found.standing or found.reversed or found.too_old or found.forgotten):
        raise StreamLoyaltyError(
            f"no adjustment of batch {batch!r} stands in {directory or topics.DECISIONS}; look for its name in the "
            "decisions of type loyalty.points.adjusted"
        )
    events = [_event(user, ones, batch, actor, reason, time) for user, ones in sorted(found.standing.items())]
    if not dry_run and out is not None:
        with written(out) as stream:
            stream.writelines(event + b"\n" for event in events)
    elif not dry_run:
        _publish(settings, events)
    return {
        "batch": batch,
        "sent": not dry_run and out is None,
        "customers": len(found.standing),
        "adjustments": sum(map(len, found.standing.values())),
        "points": found.points,
        "taken_back_before": found.reversed,
        "too_old": found.too_old,
        "forgotten": found.forgotten,
    }


def _look_up(settings: Settings, batch: str, directory: Path | None, horizon: int) -> Batch:
    try:
        if directory is not None:
            known = {one["user_id"] for one in sources.customers(directory)}
            return standing(sources.decisions(settings, directory), batch, horizon, known)
        live = sources.Live(settings)
        return standing(iter(live.decisions), batch, horizon, live.users)
    except ValueError as error:
        raise StreamLoyaltyError(f"{directory or topics.DECISIONS}: {error}") from None


def standing(decisions: Iterable[bytes], batch: str, horizon: int, known: Container[str]) -> Batch:
    """What of a batch was not taken back yet. ValueError names a line that is no decision.

    `horizon` (ms): the engine has forgotten adjustments from then or before; `known`: customers who have a state.
    """
    line_of, data_of = msgspec.json.Decoder(_Line).decode, msgspec.json.Decoder(Adjusted).decode
    made: dict[tuple[str, str], Adjusted] = {}
    old: set[tuple[str, str]] = set()
    gone: set[tuple[str, str]] = set()
    expired: dict[tuple[str, str], int] = {}  # customer and lot -> what is not taken again
    for number, raw in enumerate(decisions, 1):
        if not any(kind in raw for kind in _KINDS):
            continue
        try:
            line = line_of(raw)
            if line.type not in (PointsAdjusted.type, PointsExpired.type):
                continue
            one, at = data_of(line.data), parse_instant(line.time)
        except ValueError as error:
            raise ValueError(f"line {number}: not a decision of the engine: {error}") from None
        if line.type == PointsExpired.type:
            expired[one.customer, one.lot or ""] = one.points
        if one.batch != batch:
            continue
        if one.reverses is not None:
            gone.add((one.customer, one.reverses))
        else:
            made[one.customer, one.adjustment_id] = one
            old |= {(one.customer, one.adjustment_id)} if at <= horizon else set()
    left: dict[str, dict[str, Adjusted]] = {}
    lost = {place for place in made if place[0] not in known}
    for (user, ref), one in made.items():
        if not any((user, ref) in refused for refused in (gone, old, lost)):
            one.points -= expired.get((user, one.lot or ""), 0)
            left.setdefault(user, {})[ref] = one
    return Batch(left, len(made.keys() & gone), len(old - gone - lost), len(lost - gone))


def _event(user: str, ones: Iterable[str], batch: str, actor: str, reason: str, at: int) -> bytes:
    about = "\x1f".join(("batch-reverse", batch, user, *sorted(ones)))
    return msgspec.json.encode(
        {
            "messageId": f"batch-reverse-{hashlib.sha256(about.encode()).hexdigest()[:32]}",
            "type": "track",
            "event": "Points Adjustments Reversed",
            "userId": user,
            "timestamp": format_instant(at),
            "properties": {"batch": batch, "actor": actor, "reason": reason},
        }
    )


def _publish(settings: Settings, events: Iterable[bytes]) -> None:
    from stream_loyalty.adapters.kafka.publisher import Publisher

    publisher = Publisher(settings)
    for event in events:
        topic, key = route(event)
        publisher.send(topic, key, event)
    publisher.flush()
