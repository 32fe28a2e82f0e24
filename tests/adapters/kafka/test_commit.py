from collections.abc import Mapping

import pytest

from stream_loyalty.adapters.kafka import client, reader, topics
from stream_loyalty.adapters.kafka.commit import CommitLost, PlainWriter, TransactionalWriter, group_metadata
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts.topics import CUSTOMERS, DEAD_LETTER_LIMIT_BYTES, DEAD_LETTERS, ORDERS, REWARDS
from stream_loyalty.contracts.wire import Commit, Message
from stream_loyalty.settings import Settings
from tests.adapters.kafka.conftest import Member

HEADERS = (("ce_id", b"1"),)


def commit(offset: int = 1, outputs: tuple[Message, ...] = ()) -> Commit:
    return Commit(2, list(outputs), {b"u": b"state %d" % offset}, {ORDERS: offset})


def values(settings: Settings, topic: str) -> list[bytes | None]:
    return [record.value for record in reader.read(settings, [topic])]


@pytest.mark.kafka
def test_a_transaction_holds_outputs_changelog_and_offsets(settings: Settings, member: Member) -> None:
    writer = TransactionalWriter(settings)
    writer.write([commit(7, (Message(REWARDS, 2, b"u", b"r", HEADERS),))], member.generation, member.id)
    (reward,) = reader.read(settings, [REWARDS])
    assert (reward.topic, reward.partition, reward.key, reward.value) == (REWARDS, 2, b"u", b"r")
    assert reward.headers == HEADERS
    assert values(settings, CUSTOMERS) == [b"state 7"]
    assert reader.committed(settings, [(ORDERS, 2), (ORDERS, 0)]) == {(ORDERS, 2): 7, (ORDERS, 0): None}


@pytest.mark.kafka
def test_nothing_is_visible_before_the_end(settings: Settings) -> None:
    producer = client.producer(settings, {"transactional.id": settings.topic_prefix})
    producer.init_transactions(15)
    producer.begin_transaction()
    producer.produce(client.physical(settings, REWARDS), b"r", b"u", 2)
    producer.flush(15)
    with client.reader(settings) as consumer:
        reader._assign(settings, consumer, {(REWARDS, 2): 0})
        assert [message.error() is None for message in consumer.consume(1, 1.0)] in ([], [False])
        producer.commit_transaction(15)
        seen = [message.value() for message in consumer.consume(2, 3.0) if message.error() is None]
    assert seen == [b"r"]


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("generation", "name", "says"),
    [
        (-1, None, "no member of its group"),
        (0, "", "no member of its group"),
        ("stale", None, "ILLEGAL_GENERATION"),
        (None, "somebody-else", "UNKNOWN_MEMBER_ID"),
    ],
)
def test_a_stranger_writes_nothing(
    settings: Settings, member: Member, generation: int | str | None, name: str | None, says: str
) -> None:
    number = generation if isinstance(generation, int) else member.generation - (generation == "stale")
    with pytest.raises(CommitLost, match=says):
        TransactionalWriter(settings).write([commit()], number, member.id if name is None else name)
    assert values(settings, CUSTOMERS) == []
    assert reader.committed(settings, [(ORDERS, 2)]) == {(ORDERS, 2): None}


@pytest.mark.kafka
def test_a_sweep_without_input_is_fenced_too(settings: Settings, member: Member) -> None:
    sweep = Commit(2, [], {b"u": b"swept"}, {})
    with pytest.raises(CommitLost, match="would not be fenced"):
        TransactionalWriter(settings).write([sweep], member.generation, member.id)
    assert values(settings, CUSTOMERS) == []


@pytest.mark.kafka
def test_a_second_worker_with_the_same_slot_takes_over(settings: Settings, member: Member) -> None:
    first = TransactionalWriter(settings)
    first.write([commit(1)], member.generation, member.id)
    TransactionalWriter(settings).write([commit(2)], member.generation, member.id)
    with pytest.raises(CommitLost, match="another worker runs with the same slot"):
        first.write([commit(3)], member.generation, member.id)
    assert values(settings, CUSTOMERS) == [b"state 1", b"state 2"]


@pytest.mark.kafka
def test_a_dead_letter_of_full_size_goes_through(settings: Settings, member: Member) -> None:
    letter = Message(DEAD_LETTERS, 2, b"u", b"x" * (DEAD_LETTER_LIMIT_BYTES - 2000))
    TransactionalWriter(settings).write([commit(1, (letter,))], member.generation, member.id)
    assert values(settings, DEAD_LETTERS) == [letter.value]


def test_group_metadata_is_what_librdkafka_writes() -> None:
    consumer = client.reader(Settings(bootstrap="127.0.0.1:9"), "some-group")
    assert group_metadata("some-group", -1, "") == consumer.consumer_group_metadata()


def test_plain_writes_are_confirmed_one_after_the_other(embedded: Settings) -> None:
    seen: list[tuple[list[bytes | None], list[bytes | None], Mapping[Place, int]]] = []

    def offsets(positions: Mapping[Place, int]) -> None:
        seen.append((values(embedded, REWARDS), values(embedded, CUSTOMERS), positions))

    PlainWriter(embedded, offsets).write([commit(7, (Message(REWARDS, 2, b"u", b"r"),))], 1, "me")
    assert seen == [([b"r"], [b"state 7"], {(ORDERS, 2): 7})]


def test_a_refused_output_keeps_changelog_and_offsets_back(embedded: Settings) -> None:
    seen: list[Mapping[Place, int]] = []
    with pytest.raises(CommitLost, match="was refused"):
        PlainWriter(embedded, seen.append).write([commit(1, (Message(REWARDS, 99, b"u", b"r"),))], 1, "me")
    assert (values(embedded, CUSTOMERS), seen) == ([], [])
    assert set(topics.topic_ids(embedded, [ORDERS]).values()) == {b""}
