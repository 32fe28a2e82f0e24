"""Write down what the live topics hold, in the same files as a replay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from stream_loyalty.adapters.files.results import APPLIED, CUSTOMERS, PROGRAMS, SOURCES, Results
from stream_loyalty.adapters.kafka import grants, models, reader
from stream_loyalty.adapters.kafka import topics as adapter
from stream_loyalty.adapters.kafka.programs import in_force
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.commands.changelog import Changelog
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied, Inputs, Source
from stream_loyalty.contracts.budgets import Grant
from stream_loyalty.contracts.instants import end_of, format_instant
from stream_loyalty.contracts.programs import read_adopted, read_version
from stream_loyalty.core.profile import profile
from stream_loyalty.engine.mark import Mark
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_OUTPUTS = (topics.REWARDS, topics.ALERTS, topics.DECISIONS, topics.DEAD_LETTERS)


def dump(settings: Settings, out: Path, advance_to: str | None, patience_s: float) -> Results:
    """Everything up to what the sources hold now, once the workers have applied it and swept to `advance_to`.

    What comes meanwhile is there with all that came of it, or not at all: the shop may stay open.
    Without `advance_to`: to where Clock Advanced put the clock, if it did. StreamLoyaltyError when the workers get no
    further for `patience_s` seconds.
    """
    programs = in_force(settings)
    until = end_of(advance_to, programs.latest.time_zone) if advance_to else None
    with Results(out, (APPLIED, SOURCES, PROGRAMS)) as results:
        expected = _sources(settings, results, topics.STOREFRONT)
        await_applied(settings, expected, until, patience_s)
        expected |= _sources(settings, results, (topics.INTAKE,))  # complete now: what is moved is moved once
        await_applied(settings, expected, until, patience_s)
        expected |= _ends(settings, topics.TRANSFERS)  # what was asked for is all there now
        await_applied(settings, expected, until, patience_s)
        expected |= _sources(settings, results, (topics.TRANSFERS,))  # and now what was handed over
        await_applied(settings, expected, until, patience_s)
        ends = adapter.settled(settings, adapter.places(settings, (*_OUTPUTS, topics.APPLIED, topics.CUSTOMERS)))
        changelog = Changelog(reader.read(settings, (topics.CUSTOMERS,), end=ends))
        _applied_since(settings, results, expected, changelog.marks)
        for record in reader.read(settings, _OUTPUTS, end=ends):
            results.message(record)
        for record in reader.read(settings, (topics.PROGRAM,)):
            if read_version(record) is not None or read_adopted(record) is not None:
                continue  # what partitions adopted stands under a digest
            results.line(APPLIED, {"inputs": msgspec.json.decode(record.value or b"", type=Inputs)})
        for weights in models.published(settings)[0]:
            results.line(APPLIED, {"model": weights.model_dump()})
        for one in grants.published(settings)[0]:
            results.line(APPLIED, {"grant" if isinstance(one, Grant) else "threshold": one.model_dump()})
        for record in reader.read(settings, (topics.APPLIED,), end=ends):
            results.line(APPLIED, {"applied": msgspec.json.decode(record.value or b"", type=Applied)})
        for key, blob in changelog.states.items():
            results.line(CUSTOMERS, profile(key, blob, programs))
        for text in programs.texts:
            results.line(PROGRAMS, {"program": text})
    return results


def await_applied(settings: Settings, expected: Mapping[Place, int], until: int | None, patience_s: float) -> None:
    """Wait until every partition has applied `expected` (next offsets) and swept far enough.

    StreamLoyaltyError when the workers get no further for `patience_s` seconds.
    """
    changelog = Changelog()
    stop = threading.Event()
    moved = time.monotonic()
    for batch in reader.follow(settings, (topics.CUSTOMERS,), stop):
        for record in batch:
            changelog.add(record)
        if batch:
            moved = time.monotonic()
            continue
        behind = _behind(expected, changelog.marks, until)
        if not behind:
            stop.set()
        elif time.monotonic() - moved > patience_s:
            raise StreamLoyaltyError(
                f"the workers made no progress for {patience_s:g} s; still behind: {'; '.join(behind)}; "
                "is a worker running, with --clock event if Clock Advanced is to be followed?"
            )


def _sources(settings: Settings, results: Results, names: Iterable[str]) -> dict[Place, int]:
    """Write the source records down; the next offset of each partition that holds any."""
    expected: dict[Place, int] = {}
    for record in reader.read(settings, names):
        results.line(SOURCES, Source.of(record))
        expected[record.topic, record.partition] = record.offset + 1
    return expected


def _applied_since(settings: Settings, results: Results, known: Mapping[Place, int], marks: Mapping[int, Mark]) -> None:
    """Write down the source records from `known` on that these marks have applied as well."""
    places = adapter.places(settings, topics.SOURCES)
    begin = {**adapter.starts(settings, places), **known}
    end = {place: marks[place[1]].positions.get(place[0], 0) if place[1] in marks else 0 for place in places}
    for record in reader.read(settings, topics.SOURCES, begin=begin, end=end):
        results.line(SOURCES, Source.of(record))


def _ends(settings: Settings, topic: str) -> dict[Place, int]:
    return {(record.topic, record.partition): record.offset + 1 for record in reader.read(settings, (topic,))}


def _behind(expected: Mapping[Place, int], marks: Mapping[int, Mark], until: int | None) -> list[str]:
    """What is still to be done, in words."""
    waits = []
    for (topic, number), offset in sorted(expected.items()):
        reached = marks[number].positions.get(topic, 0) if number in marks else 0
        if reached < offset:
            waits.append(f"{topic}/{number} at {reached} of {offset}")
    numbers = {number for _, number in expected}
    for number in sorted(numbers & marks.keys()):
        if marks[number].rescheduling:
            waits.append(f"partition {number} looks when customers are due by a new version of the program")
        target = until if until is not None else marks[number].target
        if target is not None and marks[number].swept < target:
            waits.append(f"partition {number} has not swept to {format_instant(target)}")
    return waits
