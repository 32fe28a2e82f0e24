"""Another number of partitions: the customers' states go into new topics, under another prefix.

Faust and Kafka cannot do it in place: with the count, the partition of nearly every key changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from stream_loyalty.adapters.kafka import bulk, groups, programs, reader, topics
from stream_loyalty.commands.changelog import Changelog
from stream_loyalty.contracts.budgets import DRAWN_BEFORE, Grant, published
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import CUSTOMERS, SOURCES
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core import codec
from stream_loyalty.engine.leftout import LeftOut
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings


def repartition(old: Settings, new: Settings) -> int:
    """Copy the states of `old` into the topics of `new`; how many customers there are.

    StreamLoyaltyError where workers run, where records wait to be applied, or where the new topics hold states.
    """
    if members := groups.members(old):
        raise StreamLoyaltyError(f"stop the workers of {old.app_id} first: {members} still belong to the group")
    changelog = Changelog(reader.read(old, (CUSTOMERS,)))
    states, marks = changelog.states, changelog.marks
    _check_all_applied(old, marks)
    topics.ensure(new)
    if problems := topics.check(new):
        raise StreamLoyaltyError("; ".join(problems))
    if next(iter(reader.read(new, (CUSTOMERS,))), None) is not None:
        raise StreamLoyaltyError(f"topic {new.topic_prefix}{CUSTOMERS} is not empty; choose another prefix")
    versions = [one.message() for one in programs.published(old)]
    bulk.write_once(new, chain(_messages(states, list(marks.values()), new.partitions), versions))
    return len(states)


def _check_all_applied(settings: Settings, marks: dict[int, Mark]) -> None:
    last: dict[tuple[str, int], int] = {}
    for record in reader.read(settings, SOURCES):
        last[record.topic, record.partition] = record.offset
    for (topic, number), offset in sorted(last.items()):
        if number not in marks or marks[number].positions.get(topic, 0) <= offset:
            raise StreamLoyaltyError(
                f"not all of {topic}/{number} is applied; stop publishing, let a worker catch up, and stop it again"
            )


def _merged(marks: Iterable[Mark]) -> Mark:
    """Progress that holds for every customer, wherever they come from: the least of all partitions."""
    known = list(marks)
    if not known:
        return Mark()
    topics_advanced = set.intersection(*(set(mark.advanced) for mark in known))
    return Mark(
        watermark=min(mark.watermark for mark in known),
        swept=min(mark.swept for mark in known),
        sweeping=min(mark.swept for mark in known),
        live=any(mark.live for mark in known),
        advanced={topic: min(mark.advanced[topic] for mark in known) for topic in topics_advanced},
        threshold=max(known, key=lambda mark: mark.threshold_serial).threshold,
    )


def _left_out(marks: Iterable[Mark]) -> LeftOut:
    """What all partitions have still to tell."""
    together = LeftOut()
    together.absorb(mark.left_out for mark in marks)
    return together


def _drawn(marks: Iterable[Mark]) -> Iterable[Message]:
    """What was drawn on budgets so far, for the coordinator of the new topics; what was granted and not drawn is free.

    More given back than drawn is nothing to a new coordinator.
    """
    drawn: Counter[str] = Counter()
    for mark in marks:
        drawn.update(mark.granted)
        drawn.subtract(mark.budgets)
    for serial, (budget, units) in enumerate(sorted((+drawn).items()), 1):
        yield published(Grant(serial=serial, partition=DRAWN_BEFORE, budget=budget, units=units))


def _messages(states: dict[bytes, bytes], marks: Sequence[Mark], partitions: int) -> Iterable[Message]:
    mark, left_out = _merged(marks), _left_out(marks)
    for key, blob in states.items():
        state = codec.decode(blob)
        state.applied.clear()  # offsets of topics that are read no more
        yield Message(CUSTOMERS, partition_of(key, partitions), key, codec.encode(state, codec.wake_at(blob)))
    for number in range(partitions):  # the first one tells what was left out before
        mark.left_out = LeftOut(left_out.told) if number else left_out
        yield Message(CUSTOMERS, number, MARK_KEY, mark.encode())
    yield from _drawn(marks)
