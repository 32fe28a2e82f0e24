import pytest
from confluent_kafka.admin import NewTopic

from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.contracts.topics import CUSTOMERS, ORDERS, SOURCES, TOPICS
from stream_loyalty.settings import Settings
from tests.adapters.kafka.conftest import until

pytestmark = pytest.mark.kafka


def test_all_are_created_once_and_in_order(settings: Settings) -> None:
    assert topics.ensure(settings) == []
    assert topics.check(settings) == []
    counts = topics.partitions(settings)
    for spec in TOPICS:
        assert counts[client.physical(settings, spec.name)] == spec.partitions or 4


def test_check_says_in_plain_words_what_is_wrong(kafka: str, settings: Settings) -> None:
    other = settings.model_copy(update={"topic_prefix": settings.topic_prefix + "bad-"})
    orders = client.physical(other, ORDERS)
    admin = client.admin(other)
    admin.create_topics([NewTopic(orders, 3, 1)])[orders].result(15)
    until(lambda: orders in topics.partitions(other))
    problems = topics.check(other)
    assert f"topic {orders} has message.timestamp.type=CreateTime instead of LogAppendTime" in problems
    assert any(p.startswith(f"topic {orders} takes records of") for p in problems)
    missing = client.physical(other, CUSTOMERS)
    assert f"topic {missing} is missing: run `stream-loyalty topics`" in problems
    topics.ensure(other)
    assert f"topic {client.physical(other, SOURCES[1])} has 4 partitions instead of 3" not in problems
    assert any("has 3 partitions instead of 4" in problem for problem in topics.check(other))


def test_ids_and_offsets(settings: Settings) -> None:
    ids = topics.topic_ids(settings, SOURCES)
    assert {len(i) for i in ids.values()} == {16}
    assert len(set(ids.values())) == len(SOURCES)
    assert topics.ends(settings, [(ORDERS, 0)]) == {(ORDERS, 0): 0} == topics.starts(settings, [(ORDERS, 0)])


def test_a_missing_topic_is_a_sentence(settings: Settings) -> None:
    with pytest.raises(KafkaFault, match=r"none is missing: run `stream-loyalty topics`"):
        topics.places(settings, ["none"])


def test_a_silent_broker_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "REQUEST_S", 0.5)
    with pytest.raises(KafkaFault, match=r"no answer from Kafka at 127\.0\.0\.1:9:"):
        topics.check(Settings(bootstrap="127.0.0.1:9"))
