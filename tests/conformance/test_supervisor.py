"""What a supervisor sees: a worker that cannot go on ends with one clear line and a code that is not 0."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from stream_loyalty.adapters.kafka import topics
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.settings import Settings
from tests.conformance.feeds import order
from tests.support.live import Live


def put(live: Live, kafka: str, topic: str, key: bytes, value: bytes) -> None:
    """One record where the customer `ada` lives."""
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(live.topic(topic), value, key=key, partition=partition_of(b"ada", 4))
    assert producer.flush(10) == 0


def without_topics(live: Live, kafka: str) -> None:
    """Nobody has run `topics`."""


def one_topic_too_narrow(live: Live, kafka: str) -> None:
    """Somebody has made a topic by hand."""
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(live.topic("browsing"), 2, 1)])[live.topic("browsing")].result(10)
    with pytest.raises(AssertionError, match="2 partitions instead of 4"):
        live.run("topics")


def states_ahead(live: Live, kafka: str) -> None:
    """The log was restored from an older copy than the states."""
    live.run("topics")
    settings = Settings(bootstrap=kafka, topic_prefix=live.topic(""))
    ids = topics.topic_ids(settings, ["orders"])
    put(live, kafka, CUSTOMERS, MARK_KEY, Mark(positions={"orders": 1_000_000}, topic_ids=ids).encode())


def newer_states(live: Live, kafka: str) -> None:
    """A newer release has run here before."""
    live.run("topics")
    put(live, kafka, CUSTOMERS, b"ada", b"\xc8" + bytes(8) + b"\x90")
    put(live, kafka, "orders", b"ada", order("ada", 1))


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (without_topics, "loyalty.program is missing: run `stream-loyalty topics`"),
        (one_topic_too_narrow, "has 2 partitions instead of 4"),
        (states_ahead, "ends at 0, but its customers' states go up to 1000000; restore the topic"),
        (newer_states, "schema version 200, this release reads up to 3; use the newer one"),
    ],
)
def test_a_worker_that_cannot_go_on(
    kafka: str, tmp_path: Path, trouble: Callable[[Live, str], None], says: str
) -> None:
    """It ends by itself, soon, and the last line of its log says why and what to do; no traceback."""
    live = Live(kafka, tmp_path)
    trouble(live, kafka)
    worker = live.start_worker()
    try:
        code = worker.wait(40)
    finally:
        worker.kill()
    assert code not in (0, -9)
    assert says in live.log().splitlines()[-1]
    assert "Traceback" not in live.log()


@pytest.mark.kafka
def test_sigterm_drains_and_commits(kafka: str, tmp_path: Path) -> None:
    """Within 10 seconds, with everything applied committed: a successor begins where it ended."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    put(live, kafka, "orders", b"ada", order("ada", 1))
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "one"))
        put(live, kafka, "orders", b"ada", order("ada", 2))
        started = time.monotonic()
    assert time.monotonic() - started < 10
    with live.worker("1"):
        live.wait_for("taken up", "1")
        live.run("dump", "--out", str(tmp_path / "two"))
    assert '"orders":2' in (tmp_path / "two" / "customers.ndjson").read_text()
