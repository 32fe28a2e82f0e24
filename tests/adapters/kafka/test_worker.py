"""Whole workers over the fold: processes that are killed on a real broker, and one in this process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.adapters.kafka.worker import Worker
from stream_loyalty.contracts.topics import BROWSING, CUSTOMERS, ORDERS, REWARDS, SOURCES
from stream_loyalty.settings import Settings
from tests.adapters.kafka.conftest import make_settings, until
from tests.adapters.kafka.fold import POISON, FoldEngine

ROOT = Path(__file__).parents[3]


class Process:
    """A worker process; what it says goes to `log`."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.log = log
        variables = {f"STREAM_LOYALTY_{n.upper()}": v for n, v in settings.model_dump(mode="json").items()}
        given = {name: str(value) for name, value in variables.items() if value not in (None, [], "")}
        env = os.environ | given | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        command = [sys.executable, "-m", "tests.adapters.kafka.fold"]
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=out, stderr=out)

    def page(self, settings: Settings, name: str) -> tuple[int, str]:
        url = f"http://{settings.http_host}:{settings.http_port}/{name}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def end(self, number: int = signal.SIGKILL) -> int:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[Process]:
    made = Process(settings, log)
    try:
        yield made
    finally:
        made.end()


def publish(settings: Settings, count: int, first: int = 0) -> Counter[bytes]:
    expected: Counter[bytes] = Counter()
    publisher = Publisher(settings)
    for i in range(first, first + count):
        key = b"u%d" % (i % 300)
        publisher.send(ORDERS if i % 3 else BROWSING, key, b'{"id":%d}' % i)
        expected[key] += 1
    publisher.flush()
    return expected


def folded(settings: Settings) -> Counter[bytes]:
    states = {r.key or b"": json.loads(r.value or b"") for r in reader.read(settings, [CUSTOMERS])}
    return Counter({key: count for key, (count, _) in states.items()})


def rewards(settings: Settings) -> Counter[bytes]:
    return Counter(record.value or b"" for record in reader.read(settings, [REWARDS]))


def tenths(counts: Counter[bytes]) -> Counter[bytes]:
    return Counter(b"%s:%d" % (key, n) for key, count in counts.items() for n in range(10, count + 1, 10))


@pytest.mark.kafka
def test_nothing_is_lost_or_doubled_when_workers_are_killed(kafka: str, tmp_path: Path) -> None:
    settings = make_settings(kafka, commit_interval_ms=50)
    expected: Counter[bytes] = Counter()
    for kill in range(3):
        expected += publish(settings, 8000, 8000 * kill)
        before = folded(settings).total()
        with running(settings, tmp_path / "log") as worker:
            while folded(settings).total() == before:
                assert worker.process.poll() is None
            worker.end(signal.SIGKILL)
    with running(settings, tmp_path / "last") as worker:
        until(lambda: "taken up" in worker.log.read_text())
        until(lambda: folded(settings).total() >= expected.total())
        assert worker.end(signal.SIGTERM) == 0
    assert folded(settings) == expected
    assert rewards(settings) == tenths(expected)
    places = topics.places(settings, SOURCES)
    assert reader.committed(settings, places) == topics.ends(settings, places)


@pytest.mark.kafka
def test_partitions_move_between_workers_without_doubles(kafka: str, tmp_path: Path) -> None:
    one = make_settings(kafka, commit_interval_ms=50)
    two = one.model_copy(update={"slot": "1"})
    expected = publish(one, 6000)
    with running(one, tmp_path / "one") as first:
        until(lambda: folded(one).total() > 0)
        with running(two, tmp_path / "two") as second:
            expected += publish(one, 6000, 6000)
            until(lambda: "taken up" in second.log.read_text())
            expected += publish(one, 6000, 12000)
            until(lambda: folded(one).total() >= expected.total())
            assert second.end(signal.SIGTERM) == 0
        expected += publish(one, 3000, 18000)
        until(lambda: folded(one).total() >= expected.total())
        assert first.end(signal.SIGTERM) == 0
    assert folded(one) == expected
    assert rewards(one) == tenths(expected)


@pytest.mark.kafka
def test_a_worker_that_was_paused_for_long_does_no_harm(kafka: str, tmp_path: Path) -> None:
    one = make_settings(kafka, commit_interval_ms=50)
    two = one.model_copy(update={"slot": "1"})
    expected = publish(one, 2000)
    with running(one, tmp_path / "one") as first, running(two, tmp_path / "two") as second:
        until(lambda: "taken up" in first.log.read_text() and "taken up" in second.log.read_text())
        until(lambda: folded(one).total() >= expected.total())
        first.process.send_signal(signal.SIGSTOP)
        expected += publish(one, 20000, 2000)
        until(lambda: folded(one).total() >= expected.total())  # the other one has all partitions now
        first.process.send_signal(signal.SIGCONT)
        expected += publish(one, 2000, 22000)
        until(lambda: folded(one).total() >= expected.total())
        second.end(signal.SIGTERM)
    assert folded(one) == expected
    assert rewards(one) == tenths(expected)


@pytest.mark.kafka
def test_an_error_in_the_engine_ends_the_worker_before_the_record_counts(kafka: str, tmp_path: Path) -> None:
    settings = make_settings(kafka)
    publisher = Publisher(settings)
    publisher.send(ORDERS, b"u", POISON, partition=0)
    publisher.flush()
    with running(settings, tmp_path / "log") as worker:
        assert worker.process.wait(30) == 1
    said = (tmp_path / "log").read_text()
    assert "worker ends: applying records of partition 0 failed: ValueError in" in said
    assert "what the customer sent" not in said
    assert "Traceback" not in said
    assert reader.committed(settings, [(ORDERS, 0)]) == {(ORDERS, 0): None}


@pytest.mark.kafka
def test_a_worker_that_can_not_begin_says_why(kafka: str, tmp_path: Path) -> None:
    settings = Settings(bootstrap=kafka, topic_prefix=f"none-{time.time_ns()}-", http_port=0)
    with running(settings, tmp_path / "log") as worker:
        assert worker.process.wait(30) == 1
    said = (tmp_path / "log").read_text()
    assert "worker can not start: topic none-" in said
    assert "Traceback" not in said


@pytest.mark.kafka
def test_the_pages_tell_how_it_is(kafka: str, tmp_path: Path, free_port: int) -> None:
    settings = make_settings(kafka, http_port=free_port)
    publish(settings, 600)
    with running(settings, tmp_path / "log") as worker:
        until(lambda: worker.page(settings, "readyz")[0] == 200)
        until(lambda: folded(settings).total() == 600)
        assert worker.page(settings, "healthz")[0] == 200
        until(lambda: "stream_loyalty_commit_seconds_count" in worker.page(settings, "metrics")[1])
        metrics = worker.page(settings, "metrics")[1]
        began = time.monotonic()
        assert worker.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < 10
    assert 'stream_loyalty_lag_records{partition="0"} 0.0' in metrics
    assert "stream_loyalty_chunk_records_sum 600.0" in metrics


def test_a_worker_in_this_process_on_an_embedded_broker(embedded: Settings) -> None:
    async def scene() -> None:
        worker = Worker(embedded, FoldEngine())
        await worker.start()
        expected = await asyncio.to_thread(publish, embedded, 3000)
        await asyncio.to_thread(until, lambda: folded(embedded).total() == 3000)
        assert worker.ready()
        await worker.stop()
        assert rewards(embedded) == tenths(expected)
        again = Worker(embedded, FoldEngine())
        await again.start()
        expected += await asyncio.to_thread(publish, embedded, 3000, 3000)
        await asyncio.to_thread(until, lambda: folded(embedded).total() == 6000)
        await again.stop()
        assert rewards(embedded) == tenths(expected)

    asyncio.run(scene())
