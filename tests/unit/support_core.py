"""Events as bytes, engines over program texts, and runs that can be asked what they decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied
from stream_loyalty.contracts.budgets import Told, read_told
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.control import clock_advanced
from stream_loyalty.contracts.deadletters import dead_letter_line
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.core import codec, ledger
from stream_loyalty.core.profile import profile
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import Programs, parse_program
from stream_loyalty.core.state import Customer
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Arrival, Engine, Partition
from stream_loyalty.engine.replay import grant_whole, read_events, replay

SHIPPED = resources.files("stream_loyalty").joinpath("programs/default.toml").read_text("utf-8")
HOLD_OUT = "hold_out_percent = 10 "
assert HOLD_OUT in SHIPPED
CATALOG = SHIPPED[SHIPPED.index("[[redemption.catalog]]") : SHIPPED.index("[levels]")]
UNIT_VALUE = next(line for line in SHIPPED.splitlines(keepends=True) if line.startswith("unit_value"))
DEFAULT = SHIPPED.replace(CATALOG, "").replace(UNIT_VALUE, "")  # tests say themselves what points buy
DEFAULT = DEFAULT.replace(HOLD_OUT, "hold_out_percent = 0 ")  # so that every alert a test waits for is raised
NOW = parse_instant("2035-01-01")  # when everything was appended: nothing is clamped
EUR = '\n[[rates]]\ncurrency = "EUR"\nfrom = 2020-01-01\nrate = "1.10"\n'
HIGH_VALUE = '[[high_value]]\nfrom = 2020-01-01\nlifetime_value = "500"\n'

Json = dict[str, Any]


# -- events


def event(name: str, at: str | None, properties: Json | None = None, /, user: str | None = "ada", **more: Any) -> bytes:
    """An event's bytes; its message id stands for its content unless `messageId` is given."""
    body: Json = {
        "type": "track",
        "event": name,
        "userId": user,
        "timestamp": at,
        "properties": properties or {},
    }
    body = {name: value for name, value in body.items() if value is not None} | more
    body.setdefault("messageId", json.dumps([name, at, user, properties])[:512])
    return json.dumps(body).encode()


def order(
    at: str, order_id: str, total: float = 100, /, user: str = "ada", mid: str | None = None, **more: Any
) -> bytes:
    properties = {"order_id": order_id, "total": total, "currency": "USD", **more}
    return event("Order Completed", at, properties, user=user, **({"messageId": mid} if mid else {}))


def refund(at: str, order_id: str, refund_id: str | None = None, total: float | None = None, /, **more: Any) -> bytes:
    user = more.pop("user", "ada")
    given = {"order_id": order_id, "refund_id": refund_id, "total": total, **more}
    return event("Order Refunded", at, {k: v for k, v in given.items() if v is not None}, user=user)


def cancel(at: str, order_id: str, user: str = "ada") -> bytes:
    return event("Order Cancelled", at, {"order_id": order_id}, user=user)


def redeem(at: str, redemption_id: str, points: int, user: str = "ada", **more: Any) -> bytes:
    properties = {"redemption_id": redemption_id, "points": points, **more}
    return event("Points Redemption Requested", at, properties, user=user)


def view(at: str, user: str = "ada") -> bytes:
    return event("Product Viewed", at, {"product_id": "tea-7"}, user=user)


def add_to_cart(at: str, user: str = "ada") -> bytes:
    return event("Product Added", at, {"product_id": "tea-7"}, user=user)


def consent(at: str, granted: bool, purpose: str = "marketing", user: str = "ada") -> bytes:
    return event("Consent Updated", at, {"purpose": purpose, "granted": granted}, user=user)


def erase(at: str, request_id: str = "e-1", user: str = "ada") -> bytes:
    return event("Erasure Requested", at, {"request_id": request_id}, user=user)


def complain(at: str, complaint_id: str, user: str = "ada", **more: Any) -> bytes:
    return event("Complaint Opened", at, {"complaint_id": complaint_id, **more}, user=user)


# -- engines


def program_text(changes: Mapping[str, str] | None = None, extra: str = "") -> str:
    """The default program with parts of its text exchanged and tables added at the end."""
    text = DEFAULT
    for before, after in (changes or {}).items():
        assert before in text, f"the default program does not say {before!r}"
        text = text.replace(before, after)
    return text + extra


def version_2(since: str, changes: Mapping[str, str] | None = None, extra: str = "") -> str:
    """A second version of the default program, in force from a day on."""
    dated = {"version = 1": "version = 2", "effective_from = 1990-01-01": f"effective_from = {since}"}
    return program_text({**dated, **(changes or {})}, extra)


@lru_cache(64)
def _parsed(text: str) -> Program:
    return parse_program(text, "program")


def engine_of(
    *texts: str,
    high_value: str | None = None,
    clock: Literal["wall", "event"] = "event",
    partitions: int = 1,
    lateness_ms: int = 60_000,
) -> Engine:
    """An engine over program texts; the default program without any."""
    texts = texts or (DEFAULT,)
    programs = Programs([_parsed(text) for text in texts], texts)
    thresholds = Thresholds(high_value, programs.first)
    return Engine(programs, thresholds, partitions=partitions, clock=clock, lateness_ms=lateness_ms)


# -- what came of it


def line(message: Message) -> Json:
    """An output as a line of the result files."""
    if message.topic == topics.DEAD_LETTERS:
        return dead_letter_line(message)
    return dict(json.loads(msgspec.json.encode(structured(message.headers, message.value or b"{}"))))


@dataclass
class Outcome:
    """Everything that was committed, and the customers at the end."""

    engine: Engine
    commits: list[Commit] = field(default_factory=list)
    partition: Partition | None = None

    def sink(self, commit: Commit | None) -> None:
        if commit is not None:
            self.commits.append(commit)

    def messages(self, topic: str) -> list[Message]:
        return [message for commit in self.commits for message in commit.outputs if message.topic == topic]

    def lines(self, topic: str) -> list[Json]:
        return [line(message) for message in self.messages(topic)]

    @property
    def alerts(self) -> list[Json]:
        """What is told about customers; the daily summaries on the same topic are about none."""
        return [one for one in self.lines(topics.ALERTS) if one["type"] != "loyalty.alerts.left-out"]

    def facts(self, *types: str) -> list[Json]:
        """Bodies of the decisions of these types (without `loyalty.`), with type, time and id; all without any."""
        wanted = {f"loyalty.{name}" for name in types}
        return [
            {**one["data"], "type": one["type"].removeprefix("loyalty."), "at": one["time"], "id": one["id"]}
            for one in self.lines(topics.DECISIONS)
            if not wanted or one["type"] in wanted
        ]

    def types(self) -> list[str]:
        """The decisions' types in order."""
        return [fact["type"] for fact in self.facts()]

    @property
    def applied(self) -> list[Applied]:
        return [msgspec.json.decode(m.value or b"", type=Applied) for m in self.messages(topics.APPLIED)]

    @property
    def states(self) -> dict[bytes, bytes]:
        """The newest state of each key, as the changelog has them."""
        found: dict[bytes, bytes] = {}
        for commit in self.commits:
            for key, blob in commit.states.items():
                if blob is None:
                    found.pop(key, None)
                else:
                    found[key] = blob
        return found

    def state(self, user: str = "ada") -> Customer:
        return codec.decode(self.states[user.encode()])

    def profile(self, user: str = "ada") -> Json:
        return profile(user.encode(), self.states[user.encode()], self.engine.programs)

    @property
    def balance(self) -> int:
        return ledger.balance(self.state(), "points")


def tallies(outcome: Outcome, after: int = 0) -> list[Told]:
    """What a partition told the coordinator, without the first `after`."""
    messages = outcome.messages(topics.TALLIES)[after:]
    read = [read_told(Record(m.topic, m.partition, 0, NOW, m.key, m.value)) for m in messages]
    return [one for one in read if one is not None]


def outputs(commits: Iterable[Commit], *names: str) -> list[Json]:
    """Lines of all result topics, dead letters without their source position."""
    wanted = names or (topics.REWARDS, topics.ALERTS, topics.DECISIONS, topics.DEAD_LETTERS)
    found = []
    for commit in commits:
        for message in commit.outputs:
            if message.topic in wanted:
                one = line(message)
                one.pop("source" if message.topic == topics.DEAD_LETTERS else "", None)
                found.append({"on": message.topic, **one})
    return found


def in_any_order(lines: Iterable[Json]) -> list[str]:
    """Lines as `diff` after `sort` sees them."""
    return sorted(json.dumps(one, sort_keys=True) for one in lines)


def customers(states: Mapping[bytes, bytes]) -> dict[str, Any]:
    """All customers' whole states without what only a partition's own log knows: offsets."""
    found = {}
    for key, blob in states.items():
        if not key.startswith(b"\x00"):
            builtins = msgspec.structs.asdict(codec.decode(blob))
            del builtins["applied"]
            found[key.decode()] = (builtins, codec.wake_at(blob))
    return found


# -- runs


def run(events: Iterable[bytes], until: str | None = None, engine: Engine | None = None) -> Outcome:
    """Replay events in the order of their times, then every wake due up to `until`."""
    engine = engine or engine_of()
    outcome = Outcome(engine)
    arrivals = read_events(events, engine, NOW)
    outcome.partition = replay(arrivals, engine, parse_instant(until) if until else None, outcome.sink)
    return outcome


class Log:
    """The source topics of one partition number, as a broker holds them."""

    def __init__(self, number: int = 0) -> None:
        self.number = number
        self.records: dict[str, list[Record]] = {topic: [] for topic in topics.SOURCES}

    def append(self, raw: bytes | None, topic: str | None = None, appended: int = NOW) -> Record:
        """Put an event's bytes at the end of its topic."""
        name, key = route(raw or b"")
        return self._put(topic or name, key, raw, appended)

    def advance_clock(self, at: str, only: Iterable[str] = topics.STOREFRONT) -> list[Record]:
        """Write Clock Advanced to source topics."""
        value, headers = clock_advanced(parse_instant(at))
        return [self._put(topic, None, value, NOW, headers) for topic in only]

    def _put(self, topic: str, key: bytes | None, raw: bytes | None, appended: int, headers: Any = ()) -> Record:
        records = self.records[topic]
        record = Record(topic, self.number, len(records), appended, key, raw, headers)
        records.append(record)
        return record

    @property
    def sources(self) -> dict[tuple[str, int, int], Record]:
        return {(r.topic, r.partition, r.offset): r for records in self.records.values() for r in records}

    @property
    def ends(self) -> dict[str, int]:
        return {topic: len(records) for topic, records in self.records.items()}


class Live:
    """One partition number of a worker: takes records in the order given, commits when told to, can crash."""

    def __init__(
        self,
        engine: Engine | None = None,
        number: int = 0,
        topic_ids: Mapping[str, bytes] | None = None,
        coordinated: bool = False,
    ) -> None:
        """Without a coordinator the partition can draw on whole budgets."""
        self.engine = engine or engine_of()
        if not coordinated:
            grant_whole(self.engine, number, 0)
        self.log = Log(number)
        self.topic_ids = dict(topic_ids or {})
        self.outcome = Outcome(self.engine)
        self.fed: list[Record] = []  # in the order applied
        self.partition = self._open({})

    def feed(self, *raws: bytes, appended: int = NOW) -> Live:
        """Append events to their topics and apply them in that order, as one chunk."""
        self.apply([self.log.append(raw, appended=appended) for raw in raws])
        return self

    def apply(self, records: Iterable[Record]) -> None:
        records = list(records)
        self.fed += [record for record in records if record not in self.fed]
        self.partition.apply([Arrival(record, self.engine.read(record), 0) for record in records])

    def sweep(self, now: str | int = NOW, at_end: bool = True, limit: int = 500) -> bool:
        return self.partition.sweep(parse_instant(now) if isinstance(now, str) else now, at_end, limit)

    def sweep_all(self, now: str | int = NOW, at_end: bool = True) -> Live:
        while self.sweep(now, at_end):
            pass
        return self

    def commit(self) -> Outcome:
        self.outcome.sink(self.partition.take())
        return self.outcome

    def crash(self, positions: Mapping[str, int] | None = None, engine: Engine | None = None) -> Live:
        """Forget what was not committed and take the partition up again from what was; `positions` may be older."""
        self.engine = engine or self.engine
        self.partition = self._open(self.outcome.states, positions)
        return self

    def _open(self, states: Mapping[bytes, bytes], positions: Mapping[str, int] | None = None) -> Partition:
        commits = self.outcome.commits
        committed = {**dict.fromkeys(topics.SOURCES, 0), **(commits[-1].positions if commits else {})}
        known = positions if positions is not None else committed
        return self.engine.open(self.log.number, states, known, self.topic_ids, self.log.ends)

    def rest(self) -> list[Record]:
        """What the partition has still to read, in the order in which it was first applied."""
        return [record for record in self.fed if record.offset >= self.partition.positions.get(record.topic, 0)]
