"""The hand-over of chunks, without a broker: back-pressure, turns, and what a life's end stops."""

import asyncio
from collections.abc import Awaitable, Callable

from stream_loyalty.adapters.kafka.life import CHUNK, ROOM, Chunk, Fetched, Hand, Life
from stream_loyalty.contracts.topics import BROWSING, ORDERS, SOURCES
from stream_loyalty.contracts.wire import Record
from tests.adapters.kafka.fold import FoldMerger, FoldPartition


def records(topic: str, count: int, first: int = 0) -> list[Record]:
    return [Record(topic, 0, offset, offset, b"k", b"{}") for offset in range(first, first + count)]


def life_of(*numbers: int) -> Life:
    life = Life(1, "me", numbers)
    for number in numbers:
        partition = FoldPartition(number, {}, dict.fromkeys(SOURCES, 0))
        life.hands[number] = Hand(partition, FoldMerger())
    return life


async def end_all(life: Life, number: int = 0, but: str | None = None) -> None:
    await life.feed([Fetched(topic, number, [], True, 0) for topic in SOURCES if topic != but])


def collector(life: Life, got: list[Chunk]) -> Callable[[Chunk], Awaitable[None]]:
    async def send(chunk: Chunk) -> None:
        got.append(chunk)
        life.apply(chunk)

    return send


def test_records_go_out_in_chunks_once_every_topic_is_known() -> None:
    async def scene() -> None:
        life, got = life_of(0), list[Chunk]()
        await end_all(life, but=BROWSING)
        await life.feed([Fetched(ORDERS, 0, records(ORDERS, 1200), True, 0)])
        await life.deliver(collector(life, got))
        assert got == []  # browsing was never polled
        await life.feed([Fetched(BROWSING, 0, [], True, 0)])
        await life.deliver(collector(life, got))
        assert [len(chunk.arrivals) for chunk in got] == [CHUNK, CHUNK, 200]
        assert life.hands[0].at_end
        assert life.hands[0].lag == 0

    asyncio.run(scene())


def test_partitions_take_turns() -> None:
    async def scene() -> None:
        life, got = life_of(0, 1), list[Chunk]()
        for number in (0, 1):
            await end_all(life, number)
            await life.feed([Fetched(ORDERS, number, records(ORDERS, 1000), True, 0)])
        await life.deliver(collector(life, got))
        assert [chunk.number for chunk in got] == [0, 1, 0, 1]

    asyncio.run(scene())


def test_a_full_topic_is_not_fetched_and_counts_as_lag() -> None:
    async def scene() -> None:
        life = life_of(0)
        await life.feed([Fetched(ORDERS, 0, records(ORDERS, ROOM), False, 7)])
        assert life.wanted() == {(topic, 0) for topic in SOURCES} - {(ORDERS, 0)}
        assert life.hands[0].lag == ROOM + 7

    asyncio.run(scene())


def test_chunks_in_flight_are_bounded_and_no_end() -> None:
    async def scene() -> None:
        life, got = life_of(0), list[Chunk]()

        async def send(chunk: Chunk) -> None:
            got.append(chunk)

        await end_all(life)
        await life.feed([Fetched(ORDERS, 0, records(ORDERS, 10 * CHUNK), True, 0)])
        delivering = asyncio.create_task(life.deliver(send))
        while len(got) < 4:
            await asyncio.sleep(0)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(got) == 4
        assert not life.hands[0].at_end
        life.end()
        await asyncio.wait_for(delivering, 1)  # ends although nothing was applied
        assert len(got) == 4

    asyncio.run(scene())


def test_what_was_taken_and_not_applied_is_no_end() -> None:
    async def scene() -> None:
        life, held = life_of(0), list[Chunk]()

        async def hold(chunk: Chunk) -> None:
            held.append(chunk)

        await end_all(life)
        await life.feed([Fetched(ORDERS, 0, records(ORDERS, 3), True, 0)])
        await life.deliver(hold)
        assert life.hands[0].merger.at_end
        assert not life.hands[0].at_end
        life.apply(held[0])
        assert life.hands[0].at_end

    asyncio.run(scene())


def test_feeding_stops_when_the_life_is_over() -> None:
    async def scene() -> None:
        life = life_of(0)
        feeding = asyncio.create_task(life.feed([Fetched(ORDERS, 0, records(ORDERS, 4 * CHUNK), True, 0)]))
        await asyncio.sleep(0)
        life.end()
        await feeding
        assert life.hands[0].merger.buffered(ORDERS) == CHUNK
        assert not life.hands[0].merger.at_end

    asyncio.run(scene())
