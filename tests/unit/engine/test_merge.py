"""Topics of one partition number as one run, by (event time, topic, offset)."""

from __future__ import annotations

import random

import pytest

from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine import Arrival, Merger
from tests.unit.support_core import NOW, Log, complain, engine_of, order, redeem, view


def merger_of(log: Log, *, until_end: bool = True) -> Merger:
    merger = engine_of().merger()
    for topic, records in log.records.items():
        merger.add(topic, records, until_end)
    return merger


def order_of(arrivals: list[Arrival]) -> list[tuple[str, int]]:
    return [(arrival.record.topic, arrival.record.offset) for arrival in arrivals]


def test_by_time_then_topic_then_offset() -> None:
    """The earliest first; at one time orders go before browsing, complaints and commands."""
    log = Log()
    for raw in (
        redeem("2026-01-02", "r-1", 1),
        complain("2026-01-02", "c-1"),
        view("2026-01-02"),
        order("2026-01-02", "a"),
        order("2026-01-02", "b"),
        view("2026-01-01", user="late in its topic"),
        redeem("2026-01-01", "r-2", 1),
        order("2026-01-03", "c"),
    ):
        log.append(raw)
    assert order_of(merger_of(log).take()) == [
        ("orders", 0),
        ("orders", 1),
        ("browsing", 0),
        ("browsing", 1),  # a late one stays behind its predecessor
        ("complaints", 0),
        ("commands", 0),
        ("commands", 1),
        ("orders", 2),
    ]


def test_a_topic_not_read_to_its_end_holds_the_others() -> None:
    """Its next record may be the earliest; one that was read to its end is idle and holds nobody."""
    log = Log()
    first, second = log.append(order("2026-01-01", "a")), log.append(order("2026-01-05", "b"))
    early = log.append(view("2026-01-02"))
    merger = engine_of().merger()
    for topic in SOURCES[2:]:
        merger.add(topic, [], True)
    merger.add("orders", [first, second], False)
    assert merger.take() == []  # browsing is not known yet
    merger.add("browsing", [], False)
    assert merger.take() == []
    merger.add("browsing", [early], True)
    assert order_of(merger.take()) == [("orders", 0), ("browsing", 0), ("orders", 1)]
    assert not merger.at_end  # orders may go on
    merger.add("orders", [], True)
    assert merger.at_end


def test_a_dead_letter_stands_where_its_predecessor_stood() -> None:
    """What has no time of its own neither holds the others back nor runs ahead."""
    log = Log()
    log.append(order("2026-01-03", "a"))
    log.append(b"{", topic="orders")
    log.append(view("2026-01-02"))
    log.append(view("2026-01-04"))
    assert order_of(merger_of(log).take()) == [("browsing", 0), ("orders", 0), ("orders", 1), ("browsing", 1)]


@pytest.mark.parametrize("seed", range(5))
def test_fetches_and_limits_of_any_size_give_the_same_run(seed: int) -> None:
    """However the fetches and the chunks were cut."""
    rng = random.Random(seed)
    log = Log()
    for minute in sorted(rng.choices(range(200), k=120)):
        at = f"2026-01-01T{minute // 60:02}:{minute % 60:02}:00Z"
        log.append(rng.choice((order(at, f"o-{minute}"), view(at), complain(at, "c"), redeem(at, "r", 1), b"?")))
    expected = order_of(merger_of(log).take(10**6))
    assert len(expected) == 120
    merger = engine_of().merger()
    waiting: dict[str, list[Record]] = {topic: list(records) for topic, records in log.records.items()}
    found: list[tuple[str, int]] = []
    while not merger.at_end:
        topic = rng.choice(SOURCES)
        size = rng.randint(0, 9)
        fetched, waiting[topic] = waiting[topic][:size], waiting[topic][size:]
        merger.add(topic, fetched, not waiting[topic])
        found += order_of(merger.take(rng.randint(1, 20)))
    assert found == expected


def test_buffered_and_at_end() -> None:
    """An empty merger is at its end once every topic was read to its end."""
    merger = engine_of().merger()
    assert not merger.at_end
    for topic in SOURCES:
        merger.add(topic, [], True)
    assert merger.at_end
    merger.add("orders", [Record("orders", 0, 0, NOW, None, b"{")], True)
    assert (merger.buffered("orders"), merger.at_end) == (1, False)
    assert len(merger.take()) == 1
    assert merger.at_end
