"""Publish event files to Kafka, each event to its topic by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.bootstrap import now_ms
from stream_loyalty.contracts.instants import end_of, format_instant
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event, Passed, Rejected, parse
from stream_loyalty.contracts.properties import OrderCompletedProperties
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.programs import load_programs
from stream_loyalty.settings import Settings


class Outgoing(msgspec.Struct, frozen=True):
    """A line on its way: where it goes, and the bytes as they came."""

    topic: str
    key: bytes | None
    value: bytes

    @property
    def partition(self) -> int | None:
        """Without a key there is no customer: such a line goes to partition 0, to be told what is wrong with it."""
        return 0 if self.key is None else None


class Totals:
    """What a set of events amounts to; `last` is the time (ms) of the last of them."""

    def __init__(self) -> None:
        self.topics: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.orders: Counter[str] = Counter()
        self.money: Counter[str] = Counter()
        self.customers: set[str] = set()
        self.first: int | None = None
        self.last: int | None = None

    def add(self, topic: str, content: Event | Passed | Rejected) -> None:
        """Count one event."""
        self.topics[topic] += 1
        if isinstance(content, Rejected):
            self.outcomes[f"dead letter: {content.code}"] += 1
            return
        self.first = content.at if self.first is None else min(self.first, content.at)
        self.last = content.at if self.last is None else max(self.last, content.at)
        if isinstance(content, Passed):
            self.outcomes["passes by"] += 1
            return
        self.outcomes[content.name] += 1
        self.customers.add(content.customer)
        if isinstance(content.properties, OrderCompletedProperties) and not content.properties.test:
            currency = content.properties.currency
            self.orders[currency] += 1
            self.money[currency] += to_minor(content.properties.total, currency)

    def report(self) -> dict[str, Any]:
        """All of it, for people and for machines."""
        return {
            "events": sum(self.topics.values()),
            "customers": len(self.customers),
            "first": None if self.first is None else format_instant(self.first),
            "last": None if self.last is None else format_instant(self.last),
            "topics": dict(sorted(self.topics.items())),
            "outcomes": dict(sorted(self.outcomes.items())),
            "orders": dict(sorted(self.orders.items())),
            "money": {currency: format_minor(minor, currency) for currency, minor in sorted(self.money.items())},
        }


def outgoing(lines: Iterator[bytes], totals: Totals, epoch: int, now_ms: int) -> Iterator[Outgoing]:
    """The lines with their topics and keys, in order; `totals` is filled on the way."""
    for raw in lines:
        topic, key = route(raw)
        totals.add(topic, parse(Record(topic, 0, 0, now_ms, key, raw), epoch))
        yield Outgoing(topic, key, raw)


def publish(
    settings: Settings,
    files: Sequence[str],
    dry_run: bool,
    advance_to: str | None,
    progress: Callable[[int], None],
) -> dict[str, Any]:
    """Publish event files and let event clocks advance; what was sent, added up. `dry_run` only adds up."""
    programs = load_programs(settings.program)
    totals = Totals()
    publisher = None if dry_run else Publisher(settings)
    lines = outgoing(read_lines(files), totals, programs.epoch, now_ms())
    for count, line in enumerate(lines, 1):
        if publisher is not None:
            publisher.send(line.topic, line.key, line.value, partition=line.partition)
        if count % 1000 == 0:
            progress(count)
    until = end_of(advance_to, programs.latest.time_zone) if advance_to else totals.last
    if publisher is not None:
        publisher.flush()
        if until is not None:
            publisher.advance(until)
    clock = None if until is None else format_instant(until)
    return {"sent": not dry_run, **totals.report(), "clock_advanced_to": clock}
