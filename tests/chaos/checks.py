"""What must hold in the end: dump against the log followed again, ids, source records, wakes, orders, those beside."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from redis import Redis

from stream_loyalty.adapters.files.results import APPLIED, CUSTOMERS, SOURCES
from stream_loyalty.adapters.kafka import models, reader
from stream_loyalty.contracts.applied import Applied, Source
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.topics import TRAINING
from stream_loyalty.settings import Settings
from tests.chaos.feed import Line
from tests.conformance.test_runners import KINDS as KINDS

_WITH_IDS = ("rewards", "alerts", "decisions")
_UNDONE = ("Order Cancelled", "Order Refunded", "Order Updated")


class _Id(msgspec.Struct):
    id: str


def differences(dumped: Path, replayed: Path) -> Iterator[str]:
    """Lines of the dump that the replay does not have, and the other way round."""
    for kind in KINDS:
        here, there = (Counter(_lines(home / f"{kind}.ndjson")) for home in (dumped, replayed))
        if lost := (there - here).total():
            yield f"lost: {lost} lines of {kind} that the replay has"
        if extra := (here - there).total():
            yield f"extra: {extra} lines of {kind} that the replay does not have"


def doubles(dumped: Path) -> Iterator[str]:
    """Output ids that are there more than once."""
    decode = msgspec.json.Decoder(_Id).decode
    for kind in _WITH_IDS:
        times = Counter(decode(line).id for line in _lines(dumped / f"{kind}.ndjson"))
        if many := sum(1 for count in times.values() if count > 1):
            yield f"doubled: {many} ids of {kind}"


def coverage(dumped: Path) -> Iterator[str]:
    """Each source record was applied once, in the order of its partition, says the log of what was applied."""
    ends: dict[tuple[str, int], int] = defaultdict(int)
    twice = never = 0
    for entry in _decoded(dumped / APPLIED, dict[str, msgspec.Raw]):
        if "applied" not in entry:
            continue
        applied = msgspec.json.decode(entry["applied"], type=Applied)
        for kind, *step in applied.steps:
            if kind == "r":
                topic, first, last, count = step
                place = (topic, applied.partition)
                twice += max(0, min(ends[place], last + 1) - first)
                never += max(0, first - ends[place]) + (last + 1 - first - count)
                ends[place] = max(ends[place], last + 1)
    for source in _decoded(dumped / SOURCES, Source):
        never += source.offset >= ends[source.topic, source.partition]
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


def orders(dumped: Path, feed: Sequence[Line]) -> Iterator[str]:
    """Orders and spend of each customer whose orders were never undone, added up without the engine."""
    totals: dict[str, dict[str, float]] = defaultdict(dict)
    left_out = {""}
    for line in feed:
        try:
            event = msgspec.json.decode(line.value)
        except msgspec.DecodeError:
            continue
        customer, about = event["userId"], event["properties"]
        if event["event"] in _UNDONE or str(about.get("order_id")).startswith(("legacy", "None")):
            left_out.add(customer)
        elif event["event"] == "Order Completed":
            totals[customer][about["order_id"]] = about["total"]
    found = {row["user_id"]: row for row in _decoded(dumped / CUSTOMERS, dict[str, Any])}
    wrong = 0
    for customer, bought in totals.items():
        if customer not in left_out:
            row = found.get(customer, {"orders": 0, "spend": {}})
            cents = sum(round(total * 100) for total in bought.values())
            wrong += row["orders"] != len(bought) or row["spend"] != {"USD": cents}
    if wrong:
        yield f"orders: {wrong} customers have other orders or another spend than they were sent"


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
