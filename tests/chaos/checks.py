"""What must hold in the end: dump against the log followed again, ids, source records, wakes, orders, budgets, those
beside."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

from stream_loyalty.adapters.files.results import APPLIED, CUSTOMERS, SOURCES
from stream_loyalty.adapters.kafka import models, reader
from stream_loyalty.contracts.applied import Applied, Source
from stream_loyalty.contracts.instants import DAY_MS, parse_instant
from stream_loyalty.contracts.topics import TRAINING
from stream_loyalty.core.program import Program
from stream_loyalty.settings import Settings
from tests.chaos.books import Books
from tests.chaos.feed import Line
from tests.conformance.agreement import KINDS as KINDS

_WITH_IDS = ("rewards", "alerts", "decisions")
_ERASURES = ("loyalty.customer.erased", "loyalty.points.erased")


class _Id(msgspec.Struct):
    id: str
    type: str = ""
    subject: str = ""


class _Placed(msgspec.Struct):
    order_id: str = ""
    placed_at: str = ""


class _Draws(msgspec.Struct):
    rule: str
    drawn: int


class _Drawing(msgspec.Struct):
    parts: tuple[_Draws, ...] = ()
    returned: tuple[_Draws, ...] = ()
    reward: str | None = None
    stock: bool = False


class _Receipt(msgspec.Struct):
    type: str
    subject: str
    data: msgspec.Raw


def differences(dumped: Path, replayed: Path) -> Iterator[str]:
    """Lines of the dump that the replay does not have, and the other way round."""
    for kind in KINDS:
        here, there = (Counter(_lines(home / f"{kind}.ndjson")) for home in (dumped, replayed))
        if lost := (there - here).total():
            yield f"lost: {lost} lines of {kind} that the replay has"
        if extra := (here - there).total():
            yield f"extra: {extra} lines of {kind} that the replay does not have"


def doubles(dumped: Path) -> Iterator[str]:
    """Output ids that are there more than once. What comes again about who was erased is new to the engine."""
    decode = msgspec.json.Decoder(_Id).decode
    erased = set(_erased(dumped))
    for kind in _WITH_IDS:
        told = map(decode, _lines(dumped / f"{kind}.ndjson"))
        times = Counter(one.id for one in told if one.subject not in erased and one.type not in _ERASURES)
        if many := sum(1 for count in times.values() if count > 1):
            yield f"doubled: {many} ids of {kind}"


def _erased(dumped: Path) -> Iterator[str]:
    """Who asked to be forgotten."""
    for source in _decoded(dumped / SOURCES, Source):
        if source.key and source.value and b"Erasure Requested" in source.value:
            yield source.key.decode()


def coverage(dumped: Path) -> Iterator[str]:
    """Each source record was applied once, in the order of its partition, says the log of what was applied.

    Between the records of a topic there may be marks of transactions, which have offsets too.
    """
    known: dict[tuple[str, int], list[int]] = defaultdict(list)
    for source in _decoded(dumped / SOURCES, Source):
        known[source.topic, source.partition].append(source.offset)
    reached: Counter[tuple[str, int]] = Counter()  # how many of those known
    twice = never = 0
    for entry in _decoded(dumped / APPLIED, dict[str, msgspec.Raw]):
        if "applied" not in entry:
            continue
        applied = msgspec.json.decode(entry["applied"], type=Applied)
        for kind, *step in applied.steps:
            if kind == "r":
                topic, first, last, count = step
                place = (topic, applied.partition)
                begin, end = bisect_left(known[place], first), bisect_right(known[place], last)
                twice += max(0, min(reached[place], end) - begin)
                never += max(0, begin - reached[place]) + abs(end - begin - count)
                reached[place] = max(reached[place], end)
    never += sum(len(offsets) - reached[place] for place, offsets in known.items())
    if twice:
        yield f"applied twice: {twice} source records"
    if never:
        yield f"never applied: {never} source records"


def wakes(dumped: Path, target: int) -> Iterator[str]:
    """Nobody is still to be woken at a time up to which clocks have gone."""
    late = 0
    for customer in _decoded(dumped / CUSTOMERS, dict[str, Any]):
        late += customer["next_wake_at"] is not None and parse_instant(customer["next_wake_at"]) <= target
    if late:
        yield f"wakes lost: {late} customers were due and not woken"


def orders(dumped: Path, feed: Sequence[Line], program: Program) -> Iterator[str]:
    """Orders and spend of each customer whose orders were never undone, added up without the engine.

    What a guest ordered is the claimer's, if it was claimed in time and by one customer only, and counts for nobody
    else; a guest has nothing.
    """
    books = Books(feed, program.guests.claim_within_days * DAY_MS if program.guests else 0)
    found = {row["user_id"]: row for row in _decoded(dumped / CUSTOMERS, dict[str, Any])}
    wrong = 0
    for customer, bought in books.expected():
        row = found.get(customer, {"orders": 0, "spend": {}})
        cents = sum(round(total * 100) for total in bought.values())
        wrong += row["orders"] != len(bought) or row["spend"] != ({"USD": cents} if bought else {})
    if wrong:
        yield f"orders: {wrong} customers have other orders or another spend than they were sent"
    counted: dict[str, set[str]] = defaultdict(set)
    for receipt in _decoded(dumped / "decisions.ndjson", _Receipt):
        if receipt.type == "loyalty.order.counted":
            counted[msgspec.json.decode(receipt.data, type=_Placed).order_id].add(receipt.subject)
    if several := sum(len(customers) > 1 for customers in counted.values()):
        yield f"orders: {several} count for more than one customer"


def budgets(dumped: Path, program: Program) -> Iterator[str]:
    """No campaign has given more than its budget, no reward more than its stock."""
    given: Counter[str] = Counter()
    for receipt in _decoded(dumped / "decisions.ndjson", _Receipt):
        if receipt.type.startswith("loyalty.points."):
            one = msgspec.json.decode(receipt.data, type=_Drawing)
            for part in (*one.parts, *one.returned):
                given[f"campaign/{part.rule}"] += part.drawn
            given[f"stock/{one.reward}"] += one.stock * (-1 if receipt.type == "loyalty.points.released" else 1)
    for budget, total in program.budgets.items():
        if given[budget] > total:
            yield f"budgets: {budget} gave {given[budget]} of {total}"


def projection(dumped: Path, url: str, prefix: str) -> Iterator[str]:
    """Redis holds every customer as the dump has it, and nobody else."""
    expected = {row["user_id"]: row for row in _decoded(dumped / CUSTOMERS, dict[str, Any])}
    head = f"{prefix}customer:"
    with Redis.from_url(url) as client:
        keys = list(client.scan_iter(f"{head}*", count=1000))
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hget(key, "profile")
            blobs = pipe.execute()
    found = {key.decode().removeprefix(head): blob for key, blob in zip(keys, blobs, strict=True)}
    wrong = len(expected.keys() ^ found.keys())
    wrong += sum(msgspec.json.decode(found[name]) != row for name, row in expected.items() if name in found)
    if wrong:
        yield f"projection: {wrong} customers differ in Redis"


def learned(settings: Settings) -> Iterator[str]:
    """The trainer has learned from every example once."""
    examples = sum(record.value is not None for record in reader.read(settings, (TRAINING,)))
    state = models.published(settings)[1]
    if (known := state.published if state else 0) != examples:
        yield f"trainer: it has learned from {known} examples, there are {examples}"


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        yield from stream


def _decoded(file: Path, kind: Any) -> Iterator[Any]:
    decode = msgspec.json.Decoder(kind).decode
    return (decode(line) for line in _lines(file))
