"""Alerts that were held back, counted by day, and told in one message once the day is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import headers
from stream_loyalty.contracts.decisions.alerts import AlertHeldBack, AlertKind, HeldBackWhy
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.contracts.operators import LEFT_OUT, AlertsLeftOut, LeftOutGroup
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.moment import uuid5
from stream_loyalty.core.program import Program

_WHY: dict[HeldBackWhy, str] = {
    "no-consent": "no consent to marketing",
    "resting": "too soon after the last alert",
    "no-room": "no room in the team's day",
}


class Group(msgspec.Struct, array_like=True):
    """Alerts of one kind, held back for one reason; `valued` of them have a value at risk (minor units)."""

    kind: AlertKind
    why: HeldBackWhy
    alerts: int = 0
    valued: int = 0
    value_at_risk: int = 0


class LeftOut(msgspec.Struct):
    """A part of the partition's mark, so that each alert counts once over a crash. Days since 1970-01-01."""

    told: int | None = None  # the latest day of which people were told
    days: dict[int, list[Group]] = {}  # those that wait to be told of

    def add(self, day: int, fact: AlertHeldBack) -> None:
        """Count an alert that was held back on `day`, or on the next day that was not told of yet."""
        value = fact.value_at_risk
        self._count(day, Group(fact.kind, fact.why, 1, int(value is not None), value or 0))

    def over(self, until: int, program: Program) -> list[int]:
        """The days to tell of that end by `until` (ms), in order."""
        return sorted(day for day in self.days if program.calendar.start(day + 1) <= until + 1)

    def take(self, day: int) -> list[Group]:
        """Its groups, sorted; nothing counts on this day, or on one before it, any more."""
        self.told = day if self.told is None else max(day, self.told)
        return sorted(self.days.pop(day), key=lambda group: (group.kind, group.why))

    def absorb(self, others: Iterable[LeftOut]) -> None:
        """Count what others have counted as well."""
        known = list(others)
        self.told = max((one.told for one in (self, *known) if one.told is not None), default=None)
        for one in known:
            for day, groups in sorted(one.days.items()):
                for group in groups:
                    self._count(day, group)

    def _count(self, day: int, more: Group) -> None:
        groups = self.days.setdefault(day if self.told is None else max(day, self.told + 1), [])
        found = next((one for one in groups if (one.kind, one.why) == (more.kind, more.why)), None)
        if found is None:
            found = Group(more.kind, more.why)
            groups.append(found)
        found.alerts += more.alerts
        found.valued += more.valued
        found.value_at_risk += more.value_at_risk


def summaries(left_out: LeftOut, partition: int, until: int, program: Program) -> Iterator[Message]:
    """A message for each day over by `until` (ms) on which something was left out; each day is told of once."""
    for day in left_out.over(until, program) if left_out.days else ():
        name = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
        kind, groups = LEFT_OUT.decode(), left_out.take(day)
        body = AlertsLeftOut(
            partition=partition,
            day=name,
            alerts=sum(group.alerts for group in groups),
            groups=tuple(LeftOutGroup(**msgspec.structs.asdict(group)) for group in groups),
            summary=_words(name, groups, program.base_currency),
        )
        identity = uuid5(f"{kind}\x1f{partition}\x1f{day}")
        attributes = headers(identity, kind, f"{name}/{partition}", program.calendar.start(day + 1))
        yield Message(topics.ALERTS, partition, None, body.model_dump_json().encode(), attributes)


def _words(day: str, groups: list[Group], currency: str) -> str:
    count = sum(group.alerts for group in groups)
    parts = []
    for group in groups:
        worth = f", {format_minor(group.value_at_risk, currency)} a year at risk" if group.valued else ""
        parts.append(f"{group.alerts:,} {group.kind} ({_WHY[group.why]}{worth})")
    return f"{count:,} alert{'' if count == 1 else 's'} left out on {day}: {'; '.join(parts)}."
