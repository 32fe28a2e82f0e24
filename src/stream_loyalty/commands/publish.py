"""Publish event files to Kafka, each event to its topic by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.kafka.programs import in_force
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.bootstrap import now_ms
from stream_loyalty.contracts.decisions.importing import MemberImported
from stream_loyalty.contracts.events.adjusting import PointsAdjustedProperties
from stream_loyalty.contracts.events.importing import MemberImportedProperties
from stream_loyalty.contracts.events.orders import OrderCompletedProperties, OrderUpdatedProperties
from stream_loyalty.contracts.events.redemption import RedemptionRequestedProperties
from stream_loyalty.contracts.instants import end_of, format_instant
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event, Passed, Rejected, parse
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.importing import imported
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import Programs, load_programs
from stream_loyalty.core.state import Customer
from stream_loyalty.settings import Settings

_OF_COMMANDS = (
    "imported",
    "imported_points",
    "import_refused",
    "import_refused_points",
    "adjusted_points",
    "adjusted_batches",
    "requested_points",
)


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
    """What a set of events amounts to; `last` is the time (ms) of the last of them.

    They say what the events ask for; what a worker makes of it, the reports say.
    """

    def __init__(self, programs: Programs) -> None:
        self.digests: dict[str, str] = {}  # file -> SHA-256
        self._programs = programs
        self._imported_money: Counter[str] = Counter()
        self._imported_by: dict[str, str] = {}  # customer -> import id
        self._commands: dict[str, Counter[str]] = {name: Counter() for name in _OF_COMMANDS}
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
        said, program = content.properties, self._programs.at(content.at)
        if isinstance(said, OrderCompletedProperties):
            if not said.test and not isinstance(said, OrderUpdatedProperties):
                self.orders[said.currency] += 1
                self.money[said.currency] += to_minor(said.total, said.currency)
        elif isinstance(said, MemberImportedProperties):
            self._import(content, said, program)
        elif isinstance(said, PointsAdjustedProperties):
            self._commands["adjusted_points"][said.wallet or program.main_wallet.name] += said.points
            self._commands["adjusted_batches"][said.batch or "none"] += said.points
        elif isinstance(said, RedemptionRequestedProperties):
            reward = program.redemption.rewards.get(said.reward or "")
            wallet = said.wallet or (reward.wallet if reward else None) or program.main_wallet.name
            self._commands["requested_points"][wallet] += said.points or (reward.points if reward else 0)

    def _import(self, event: Event, member: MemberImportedProperties, program: Program) -> None:
        self._commands["imported"].update(members=1, lots=len(member.lots), orders=len(member.orders))
        for lot in member.lots:
            self._commands["imported_points"][lot.wallet or program.main_wallet.name] += lot.points
        for order in member.orders:
            self._imported_money[order.currency] += to_minor(order.total, order.currency)
        self._refusals(event, program)

    def _refusals(self, event: Event, program: Program) -> None:
        """What the policy will not take over of a member who is new, but for earlier lines of these files."""
        state = Customer(imported=self._imported_by.get(event.customer))
        self._imported_by.setdefault(event.customer, event.properties.import_id)
        moment = Moment(program, self._programs, None, event.customer, event.message_id, event.at, event.at)
        told = next(imported(event, state, moment))
        kinds, points = self._commands["import_refused"], self._commands["import_refused_points"]
        if not isinstance(told, MemberImported):
            kinds.update(members=1, lots=len(event.properties.lots), orders=len(event.properties.orders))
            for lot in event.properties.lots:
                points[lot.wallet or program.main_wallet.name] += lot.points
            return
        for one in told.refusals:
            kinds[f"{one.what}s"] += 1
            if one.wallet is not None:
                points[one.wallet] += one.points

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
            "money": _money(self.money),
            **{name: dict(sorted(count.items())) for name, count in self._commands.items()},
            "imported_money": _money(self._imported_money),
            "sha256": dict(self.digests),
        }


def _money(sums: Counter[str]) -> dict[str, str]:
    return {currency: format_minor(minor, currency) for currency, minor in sorted(sums.items())}


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
    programs = load_programs(settings.program) if dry_run else in_force(settings)
    totals = Totals(programs)
    publisher = None if dry_run else Publisher(settings)
    lines = outgoing(read_lines(files, totals.digests), totals, programs.epoch, now_ms())
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
