"""The parts that other tests stand on are real and answer."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis

from tests.support import Unavailable
from tests.support.cdnow import cdnow_path


@pytest.mark.kafka
def test_a_record_goes_round(kafka: str) -> None:
    topic = "support.round-trip"
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, key="customer", value="order")
    assert producer.flush(10) == 0

    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "support", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    record = consumer.poll(30)
    consumer.close()
    assert record is not None
    assert (record.key(), record.value()) == (b"customer", b"order")


def test_redis_answers(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.ping()


def test_cdnow_is_whole(cdnow_file: Path) -> None:
    with cdnow_file.open() as lines:
        assert sum(1 for _ in lines) == 1 + 69_659


def test_another_file_is_not_taken_for_cdnow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "CDNOW_master.txt"
    other.write_text("00001 19970101 1 11.77\n")
    monkeypatch.setenv("CDNOW_FILE", str(other))
    with pytest.raises(Unavailable, match="checksum differs"):
        cdnow_path()
