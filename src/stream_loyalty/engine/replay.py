"""The same engine in process, without a broker: over events in order, or along a log of what was applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from stream_loyalty.contracts.applied import Applied, Inputs
from stream_loyalty.contracts.control import clock_advanced
from stream_loyalty.contracts.parse import Event, Rejected
from stream_loyalty.contracts.properties import GuestClaimedProperties
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import STOREFRONT, TRANSFERS
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.engine.engine import Engine
from stream_loyalty.engine.merge import RANK, Arrival
from stream_loyalty.engine.partition import Partition
from stream_loyalty.errors import StreamLoyaltyError

Sink = Callable[[Commit], None]
CHUNK = 500


def read_events(lines: Iterable[bytes], engine: Engine, now_ms: int) -> list[Arrival]:
    """Events in the order in which the engine applies them: by time, at one time by topic, then as the files have them.

    `now_ms` stands for the time at which the records were appended. What cannot be read stands where the line before
    it in its topic does.
    """
    last: dict[str, int] = defaultdict(int)
    arrivals = []
    for number, raw in enumerate(lines):
        topic, key = route(raw)
        record = Record(topic, 0, number, now_ms, key, raw)
        content = engine.read(record)
        if not isinstance(content, Rejected):
            last[topic] = content.at
        arrivals.append(Arrival(record, content, last[topic]))
    arrivals.sort(key=lambda arrival: (arrival.at, RANK[arrival.record.topic]))
    for offset, arrival in enumerate(arrivals):  # offsets rise with the order, as they do in a topic
        if arrival.record.offset != offset:
            arrivals[offset] = replace(arrival, record=replace(arrival.record, offset=offset))
    return arrivals


def last_time(arrivals: Iterable[Arrival]) -> int | None:
    """The time (ms) of the last event that can be read, or None without any."""
    return max((arrival.at for arrival in arrivals if not isinstance(arrival.content, Rejected)), default=None)


def replay_by_day(
    arrivals: list[Arrival], engine: Engine, until: int, sink: Sink, after: Callable[[], None]
) -> Partition:
    """The same, but with every wake of a day before the next one begins; `after` each day other inputs may change."""
    partition = engine.open(0, {}, {}, {}, {})
    place, calendar = 0, engine.programs.latest.calendar
    for day in range(calendar.day(arrivals[0].at), calendar.day(until) + 1) if arrivals else ():
        end, first = min(calendar.start(day + 1) - 1, until), place
        while place < len(arrivals) and arrivals[place].at <= end:
            place += 1
        for chunk in _chunks(arrivals[first:place]) if place > first else ([],):  # models are adopted here
            partition.apply(chunk)
            _deliver(partition, sink)
        partition.sweep_to(end)
        _drain(partition, sink)
        after()
    return partition


def replay(arrivals: list[Arrival], engine: Engine, until: int | None, sink: Sink) -> Partition:
    """Apply the events, then every wake due up to `until` (ms); the partition holds the customers at the end."""
    partition = engine.open(0, {}, {}, {}, {})
    for chunk in _chunks(arrivals):
        partition.apply(chunk)
        _deliver(partition, sink)
    if until is not None:
        value, headers = clock_advanced(until)
        controls = [Record(topic, 0, len(arrivals), until, None, value, headers) for topic in STOREFRONT]
        partition.apply([Arrival(record, engine.read(record), until) for record in controls])
        while partition.sweep(until, True):
            _drain(partition, sink)
    _drain(partition, sink)
    return partition


def follow(
    applied: Iterable[Applied],
    sources: Mapping[tuple[str, int, int], Record],
    engines: Mapping[str, Engine],
    sink: Sink,
) -> dict[int, Partition]:
    """Do again what was applied, step by step. `sources` by topic, partition and offset; `engines` by digest.

    StreamLoyaltyError where dated inputs or records are missing.
    """
    partitions: dict[int, Partition] = {}
    for entry in applied:
        for step in entry.steps:
            _step(step, entry.partition, partitions, sources, engines)
        if entry.partition in partitions:
            _drain(partitions[entry.partition], sink)
    return partitions


def engines_by_digest(inputs: Iterable[Inputs], build: Callable[[Inputs], Engine]) -> dict[str, Engine]:
    """An engine for each version of the dated inputs."""
    return {one.digest: build(one) for one in inputs}


def _step(
    step: list[object],
    number: int,
    partitions: dict[int, Partition],
    sources: Mapping[tuple[str, int, int], Record],
    engines: Mapping[str, Engine],
) -> None:
    match step:
        case ["a", str(digest)]:
            if digest not in engines:
                raise StreamLoyaltyError(f"the dated inputs {digest} are not in the dump; make it again")
            partitions[number] = engines[digest].resume(number, partitions.get(number))
        case ["m", str(version)] if number in partitions:
            if version not in partitions[number].engine.models:
                raise StreamLoyaltyError(f"the churn model {version} is not in the dump; make it again")
            partitions[number].adopt_model(version)
        case [_, *_] if number not in partitions:
            raise StreamLoyaltyError(
                f"the log of partition {number} begins in the middle; its beginning fell to retention"
            )
        case ["s", int(target), None | int() as bound]:
            partitions[number].sweep_to(target, bound)
        case ["r", str(topic), int(first), int(last), int(count)]:
            records = [sources[key] for key in ((topic, number, i) for i in range(first, last + 1)) if key in sources]
            if len(records) != count:
                raise StreamLoyaltyError(
                    f"of {count} records that were applied from {topic}/{number}, offsets {first} to {last}, "
                    f"the dump has {len(records)}; the others fell to retention before it was made"
                )
            partition = partitions[number]
            partition.apply([Arrival(record, partition.engine.read(record), 0) for record in records])
        case _:
            raise StreamLoyaltyError(
                f"the log of partition {number} has a step that this release does not know: {step}"
            )


def _chunks(arrivals: list[Arrival]) -> Iterator[list[Arrival]]:
    """Cut behind what may send something to another customer, so that it arrives before anything later does."""
    chunk: list[Arrival] = []
    for arrival in arrivals:
        chunk.append(arrival)
        content = arrival.content
        sends = isinstance(content, Event) and (content.guest or type(content.properties) is GuestClaimedProperties)
        if sends or len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _deliver(partition: Partition, sink: Sink) -> None:
    """Hand over what was decided, and to the customers what others have sent them, until nobody sends any more."""
    while (commit := partition.take()) is not None:
        sink(commit)
        sent = [message for message in commit.outputs if message.topic == TRANSFERS]
        if not sent:
            return
        first, at = partition.positions.get(TRANSFERS, 0), partition.watermark or 0
        records = [Record(TRANSFERS, 0, first + n, at, one.key, one.value) for n, one in enumerate(sent)]
        partition.apply([Arrival(record, partition.engine.read(record), at) for record in records])


def _drain(partition: Partition, sink: Sink) -> None:
    commit = partition.take()
    if commit is not None:
        sink(commit)
