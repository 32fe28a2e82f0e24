from collections import Counter

import pytest

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.contracts.control import control_time
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import COMMANDS, ORDERS, STOREFRONT
from stream_loyalty.settings import Settings


def test_keys_lie_where_java_clients_put_them(embedded: Settings) -> None:
    sender = Publisher(embedded)
    for i in range(200):
        sender.send(ORDERS, b"customer-%d" % i, b"{}")
    sender.send(COMMANDS, b"customer-1", b"{}", partition=3)
    sender.flush()
    records = list(reader.read(embedded, [ORDERS]))
    assert len(records) == 200
    assert all(record.partition == partition_of(record.key or b"", 4) for record in records)
    assert [record.partition for record in reader.read(embedded, [COMMANDS])] == [3]


def test_advance_reaches_every_source_partition(embedded: Settings) -> None:
    Publisher(embedded).advance(866_000_000_000)
    records = list(reader.read(embedded, STOREFRONT))
    assert Counter((r.topic, r.partition) for r in records) == {(t, n): 1 for t in STOREFRONT for n in range(4)}
    assert {control_time(record) for record in records} == {866_000_000_000}
    assert {record.key for record in records} == {None}


def test_a_broker_that_does_not_answer_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "REQUEST_S", 0.5)
    with pytest.raises(KafkaFault, match=r"no answer from Kafka at 127\.0\.0\.1:9: "):
        Publisher(Settings(bootstrap="127.0.0.1:9"))


@pytest.mark.kafka
def test_a_missing_topic_is_one_sentence(kafka: str) -> None:
    with pytest.raises(KafkaFault, match="topic nobody-made-orders is missing: run `stream-loyalty topics`"):
        Publisher(Settings(bootstrap=kafka, topic_prefix="nobody-made-"))
