"""The same engine in process, without a broker: over events in order, or along a log of what was applied."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from stream_loyalty.contracts.applied import Applied, Inputs
from stream_loyalty.contracts.budgets import Grant
from stream_loyalty.contracts.control import clock_advanced
from stream_loyalty.contracts.events.guests import GuestClaimedProperties
from stream_loyalty.contracts.events.privacy import ErasureRequestedProperties
from stream_loyalty.contracts.parse import Event, Rejected
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import STOREFRONT, TRANSFERS
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.customers import seen_as
from stream_loyalty.engine.engine import Engine
from stream_loyalty.engine.merge import RANK, Arrival, Content
from stream_loyalty.engine.partition import Partition
from stream_loyalty.errors import StreamLoyaltyError

Sink = Callable[[Commit], None]
CHUNK = 500
_SENDING = (GuestClaimedProperties, ErasureRequestedProperties)


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
    arrivals: list[Arrival], engine: Engine, until: int, sink: Sink, after: Callable[[int], None]
) -> Partition:
    """The same, but with every wake of a day before the next one begins; `after` each day other inputs may change.

    It is told the day that begins, counted from 1970.
    """
    partition = engine.open(0, {}, {}, {}, {})
    place, calendar = 0, engine.programs.latest.calendar
    for day in range(calendar.day(arrivals[0].at), calendar.day(until) + 1) if arrivals else ():
        end, first = min(calendar.start(day + 1) - 1, until), place
        while place < len(arrivals) and arrivals[place].at <= end:
            place += 1
        chunks = _chunks(arrivals[first:place], engine) if place > first else ([],)  # models are adopted here
        for chunk in chunks:
            partition.apply(chunk)
            _deliver(partition, sink)
        partition.sweep_to(end)
        _drain(partition, sink)
        after(day + 1)
    return partition


def replay(arrivals: list[Arrival], engine: Engine, until: int | None, sink: Sink) -> Partition:
    """Apply the events, then every wake due up to `until` (ms); the partition holds the customers at the end."""
    partition = engine.open(0, {}, {}, {}, {})
    for chunk in _chunks(arrivals, engine):
        partition.apply(chunk)
        _deliver(partition, sink)
    if until is not None:
        grant_whole(engine, 0, until)
        value, headers = clock_advanced(until)
        controls = [Record(topic, 0, len(arrivals), until, None, value, headers) for topic in STOREFRONT]
        partition.apply([Arrival(record, engine.read(record), until) for record in controls])
        while partition.sweep(until, True):
            _drain(partition, sink)
    _drain(partition, sink)
    return partition


def grant_whole(engine: Engine, number: int, time: int) -> None:
    """Let one partition draw on all that the program in force at `time` (ms) has in its budgets."""
    for budget, total in engine.programs.budgets_at(time).items():
        if (units := total - engine.grants.granted(number, budget)) > 0:
            engine.hear_of(Grant(serial=engine.grants.serial + 1, partition=number, budget=budget, units=units))


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
        case _ if number not in partitions:
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
            partition.apply([Arrival(record, partition.engine.read(record), 0) for record in records], logged=True)
        case _:
            _adopt(step, partitions[number])


def _adopt(step: list[object], partition: Partition) -> None:
    """A step by which a partition went on to a newer model, slices of budgets or threshold."""
    engine = partition.engine
    match step:
        case ["m", str(version)]:
            if version not in engine.models:
                raise StreamLoyaltyError(f"the churn model {version} is not in the dump; make it again")
            partition.adoption.take_model(version)
        case ["g", int(serial)]:
            if not any(one.serial == serial for one in engine.grants.slices(partition.number, 0, serial)):
                raise StreamLoyaltyError(
                    f"the slice of a budget with serial {serial} is not in the dump; make it again"
                )
            partition.adoption.take_slices(serial)
        case ["h", int(serial)]:
            if engine.grants.threshold(serial) is None:
                raise StreamLoyaltyError(f"the threshold with serial {serial} is not in the dump; make it again")
            partition.adoption.take_threshold(serial)
        case _:
            raise StreamLoyaltyError(
                f"the log of partition {partition.number} has a step that this release does not know: {step}"
            )


def _chunks(arrivals: list[Arrival], engine: Engine) -> Iterator[list[Arrival]]:
    """Runs of events. A new one begins behind what may send something to another customer, so that it arrives before
    anything later does, and where there are budgets with each version, which may have other totals.
    """
    programs, first = engine.programs, 0
    while first < len(arrivals):
        end = min(first + CHUNK, len(arrivals))
        if programs.has_budgets:
            grant_whole(engine, 0, arrivals[first].at)
            if (following := programs.following(arrivals[first].at)) is not None:
                end = bisect_left(arrivals, following, first, end, key=lambda arrival: arrival.at)
        end = next((place + 1 for place in range(first, end) if _sends(arrivals[place].content, programs)), end)
        yield arrivals[first:end]
        first = end


def _sends(content: Content, programs: Programs) -> bool:
    """Whether customers may be sent something because of it."""
    seen = seen_as(content, programs) if isinstance(content, Event) else content
    return isinstance(seen, Event) and (seen.guest or seen.anonymous_id != "" or isinstance(seen.properties, _SENDING))


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
