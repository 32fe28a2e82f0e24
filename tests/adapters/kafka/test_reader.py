import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import Producer, TopicPartition

from stream_loyalty.adapters.kafka import client, reader
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.adapters.kafka.recovery import recover
from stream_loyalty.contracts.topics import CUSTOMERS, ORDERS
from stream_loyalty.settings import Settings


def transaction(settings: Settings, name: str, *records: tuple[bytes, bytes | None]) -> Producer:
    """An open transaction with these states of partition 1, flushed."""
    producer = client.producer(settings, {"transactional.id": settings.topic_prefix + name})
    producer.init_transactions(15)
    producer.begin_transaction()
    for key, value in records:
        producer.produce(client.physical(settings, CUSTOMERS), value, key, 1)
    assert producer.flush(15) == 0
    return producer


@pytest.mark.kafka
def test_recovery_reads_what_was_committed(settings: Settings) -> None:
    transaction(settings, "a", (b"u", b"1"), (b"gone", b"1")).commit_transaction(15)
    transaction(settings, "b", (b"u", b"aborted")).abort_transaction(15)
    transaction(settings, "c", (b"gone", None), (b"v", b"2")).commit_transaction(15)
    transaction(settings, "d", (b"v", b"aborted")).abort_transaction(15)  # the log ends with a marker
    known = recover(settings, [0, 1], threading.Event())
    assert known[0].states == {}
    assert known[1].states == {b"u": b"1", b"v": b"2"}
    assert known[1].positions[ORDERS] == known[1].ends[ORDERS] == 0


@pytest.mark.kafka
def test_recovery_waits_for_what_an_open_transaction_hides(settings: Settings) -> None:
    """A paused worker's transaction holds the last stable offset back; its successor committed behind it."""
    paused = transaction(settings, "paused", (b"u", b"of the paused worker"))
    transaction(settings, "successor", (b"u", b"of the successor")).commit_transaction(15)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.states, settings, [1], threading.Event())
        with pytest.raises(TimeoutError):
            reading.result(1)
        paused.abort_transaction(15)
        assert reading.result(15) == {1: {b"u": b"of the successor"}}


@pytest.mark.kafka
def test_recovery_can_be_given_up(settings: Settings) -> None:
    paused = transaction(settings, "paused", (b"u", b"1"))
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.states, settings, [1], stop)
        stop.set()
        assert reading.result(10) == {1: {}}
    paused.abort_transaction(15)


@pytest.mark.kafka
def test_committed_offsets_wait_until_they_are_stable(settings: Settings) -> None:
    producer = transaction(settings, "pending", (b"u", b"1"))
    group = client.reader(settings, client.group(settings)).consumer_group_metadata()
    producer.send_offsets_to_transaction([TopicPartition(client.physical(settings, ORDERS), 1, 5)], group, 15)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(reader.committed, settings, [(ORDERS, 1)])
        with pytest.raises(TimeoutError):
            asking.result(1)
        producer.commit_transaction(15)
        assert asking.result(15) == {(ORDERS, 1): 5}


def test_reading_and_following(embedded: Settings) -> None:
    publisher = Publisher(embedded)
    for i in range(7000):
        publisher.send(ORDERS, b"k%d" % i, b"%d" % i, (("h", b"x"),))
    publisher.flush()
    records = list(reader.read(embedded, [ORDERS]))
    assert sorted(int(r.value or b"") for r in records) == list(range(7000))
    assert records[0].topic == ORDERS
    assert records[0].headers == (("h", b"x"),)
    only = list(reader.read(embedded, [ORDERS], [2]))
    assert {r.partition for r in only} == {2}
    stop, seen = threading.Event(), 0
    start = {(ORDERS, 2): len(only) - 3}
    for batch in reader.follow(embedded, [ORDERS], stop, start):
        seen += len(batch)
        if not batch and seen:
            stop.set()
    assert seen == 7000 - len(only) + 3


def test_a_missing_topic_is_a_sentence(embedded: Settings) -> None:
    with pytest.raises(KafkaFault, match="nowhere is missing"):
        list(reader.read(embedded, ["nowhere"]))
