"""Reports and explanations from the live topics say what those from the files of the same run say."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka import client, reader
from stream_loyalty.adapters.kafka.commit import send_all
from stream_loyalty.commands import sources
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.wire import Message
from stream_loyalty.settings import Settings
from tests.unit.commands.support import call, replayed, said
from tests.unit.support_core import event, order, redeem, run

ADJUSTED = {"adjustment_id": "a-1", "points": 30, "actor": "staff-1", "reason": "campaign", "batch": "b-1"}
EVENTS = (
    event("Member Imported", "2025-01-01", {"import_id": "i", "lots": [{"lot": "l", "points": 7}]}, user="eve"),
    event("Member Imported", "2025-01-01", {"import_id": "i", "lots": [{"lot": "l", "points": 0}]}, user="fay"),
    order("2025-01-01T10:00:00Z", "o-1", 250),
    redeem("2025-01-02T10:00:00Z", "r-1", 50),
    *(event("Points Adjusted", "2025-01-03T10:00:00Z", ADJUSTED, user=user) for user in ("ada", "ben")),
)
CUT = (topics.DECISIONS, topics.CUSTOMERS)


@pytest.fixture
def live(embedded: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Topics that hold what a worker wrote on these events."""
    monkeypatch.setenv("STREAM_LOYALTY_BOOTSTRAP", embedded.bootstrap)
    producer = client.producer(embedded)
    send_all(producer.produce, producer.poll, embedded, _written())
    assert producer.flush(15) == 0
    return embedded


def _written() -> Iterator[Message]:
    outcome = run(EVENTS)
    for commit in outcome.commits:
        for one in commit.outputs:
            if one.topic != topics.APPLIED:
                yield Message(one.topic, partition_of(one.key or b"", 4), one.key, one.value, one.headers)
        for key, blob in commit.states.items():
            yield Message(topics.CUSTOMERS, partition_of(key, 4), key, blob)


def test_live_reports_say_what_files_say(live: Settings, tmp_path: Path) -> None:
    home = replayed(tmp_path, EVENTS)
    at = ("--at", "2025-02-01")
    assert said("report", "liability", *at) == said("report", "liability", "--from", home, *at)
    assert said("report", "migration") == said("report", "migration", "--from", home)
    explained = said("explain", "ada")
    assert explained == said("explain", "ada", "--from", home)
    assert explained["next_for"]
    assert "no customer 'zoe' is known in the live topics" in str(call("explain", "zoe").exception)


def test_a_batch_is_taken_back_on_the_live_topic(live: Settings) -> None:
    """Each customer's event lies where the customer's events lie, and a second call sends the same ids again."""
    arguments = ("batch", "reverse", "b-1", "--actor", "staff-2", "--reason", "wrong list", "--at", "2025-02-01")
    assert said(*arguments, "--dry-run")["sent"] is False
    assert not list(reader.read(live, (topics.COMMANDS,)))
    assert said(*arguments)["points"] == {"points": -60}
    assert said(*arguments)["sent"] is True
    sent = list(reader.read(live, (topics.COMMANDS,)))
    assert {record.key for record in sent} == {b"ada", b"ben"}
    assert all(record.partition == partition_of(record.key or b"", 4) for record in sent)
    assert len(sent) == 4
    assert len({json.loads(record.value or b"")["messageId"] for record in sent}) == 2
    reversed_ = run([*EVENTS, *(record.value or b"" for record in sent)], "2035-01-01")
    taken = [fact for fact in reversed_.facts("points.adjusted") if fact["reverses"]]
    assert [(fact["customer"], fact["points"]) for fact in taken] == [("ada", -30), ("ben", -30)]


@pytest.mark.kafka
def test_a_commit_on_its_way_counts_as_a_whole(settings: Settings) -> None:
    """A shop that is open: what a worker is about to say of a customer is read with the state it belongs to."""
    producer = client.producer(settings, {"transactional.id": settings.topic_prefix})
    producer.init_transactions(15)
    producer.begin_transaction()
    *said_of_ada, state = [one for one in _written() if one.key == b"ada" and one.topic in CUT]
    send_all(producer.produce, producer.poll, settings, said_of_ada)
    assert producer.flush(15) == 0
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sources.Live, settings)
        with pytest.raises(TimeoutError):
            reading.result(2)  # it waits for the end of the commit
        send_all(producer.produce, producer.poll, settings, [state])
        producer.commit_transaction(15)
        live = reading.result(30)
    assert len(live.decisions) == len(said_of_ada) > 1
    assert live.users == {"ada"}
