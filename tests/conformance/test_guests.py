"""Guests through a broker of several partitions: what they ordered goes to whoever claims them, and is counted once."""

import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.adapters.kafka import failpoints, reader
from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.commands.changelog import Changelog
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import CUSTOMERS, TRANSFERS
from stream_loyalty.settings import Settings
from tests.conformance.agreement import assert_same
from tests.support.live import Live, lines, run
from tests.unit.support_core import event, order, program_text, refund

PROGRAM = program_text(extra="\n[guests]\nclaim_within_days = 30\n")
CREDITED = {f"user-{n}": 140 + n for n in range(12) if n != 7}


def _events() -> list[bytes]:
    """Twelve guests order, some give a part back, and most are claimed, half of them before their last order."""
    raws = []
    for number in range(12):
        anonymous: dict[str, Any] = {"user": f"anon-{number}"}
        first = order("2026-01-02", f"first-{number}", 100 + number, **anonymous)
        back = refund("2026-01-03", f"first-{number}", f"back-{number}", 10, **anonymous)
        second = order(f"2026-01-{10 + number:02}", f"second-{number}", 50, **anonymous)
        for raw in (first, back, second):
            body = json.loads(raw)
            body["anonymousId"] = body.pop("userId")
            raws.append(json.dumps(body).encode())
        if number != 7:
            claim = {"anonymous_id": f"anon-{number}"}
            raws.append(event("Guest Claimed", f"2026-01-{15 if number % 2 else 22}", claim, user=f"user-{number}"))
    return raws


def test_guests_are_credited_once_through_a_broker(tmp_path: Path) -> None:
    """Balances are those of a replay, order by order, and the log followed again gives the same lines."""
    program, events = tmp_path / "program.toml", tmp_path / "events.ndjson"
    program.write_text(PROGRAM, "utf-8")
    events.write_bytes(b"".join(raw + b"\n" for raw in _events()))
    end = ("--advance-to", "2026-01-31")
    run(["replay", str(events), "--out", str(tmp_path / "replay"), *end, "--program", str(program)])
    with EmbeddedBroker() as broker:
        live = Live(broker.bootstrap, tmp_path, commit="plain", program=json.dumps([str(program)]))
        prefix = live.environment["STREAM_LOYALTY_TOPIC_PREFIX"]
        broker.prepare(Settings(bootstrap=broker.bootstrap, topic_prefix=prefix))
        live.run("publish", str(events), *end)
        with live.worker():
            live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert _balances(tmp_path / "live") == _balances(tmp_path / "replay")
    assert _balances(tmp_path / "live") == CREDITED
    for kind in ("rewards", "alerts", "decisions", "dead-letters", "customers"):
        assert lines(tmp_path / "live", kind) == lines(tmp_path / "again", kind), kind


def _balances(results: Path) -> dict[str, int]:
    rows = map(json.loads, lines(results, "customers"))
    return {row["user_id"]: row["balances"]["points"] for row in rows if row["balances"].get("points")}


def under_way(settings: Settings) -> int:
    """How many transfers are written and not applied."""
    changelog = Changelog()
    for record in reader.read(settings, (CUSTOMERS,)):
        changelog.add(record)
    applied = {number: mark.positions.get(TRANSFERS, 0) for number, mark in changelog.marks.items()}
    return sum(record.offset >= applied.get(record.partition, 0) for record in reader.read(settings, (TRANSFERS,)))


def killed_at(live: Live, point: str, slot: str = "0") -> None:
    """Run a worker until it kills itself with -9 at this place of its commit."""
    live.environment[failpoints.VARIABLE] = point
    worker = live.start_worker(slot)
    del live.environment[failpoints.VARIABLE]
    try:
        assert worker.wait(60) == -signal.SIGKILL, live.log(slot)
    finally:
        worker.kill()


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_guests_are_credited_once_over_kill_9(kafka: str, tmp_path: Path) -> None:
    """Killed behind each commit that asks or hands over, and in the one that applies it; then two workers, and all
    events once more.
    """
    program, events = tmp_path / "program.toml", tmp_path / "events.ndjson"
    program.write_text(PROGRAM, "utf-8")
    events.write_bytes(b"".join(raw + b"\n" for raw in _events()))
    live = Live(kafka, tmp_path, partitions="4")
    settings = live.settings
    live.environment["STREAM_LOYALTY_PROGRAM"] = json.dumps([str(program)])
    places = [[partition_of(f"{who}-{n}".encode(), 4) for n in range(12)] for who in ("anon", "user")]
    assert sum(guest != user for guest, user in zip(*places, strict=True)) > 6, "hardly any pair of partitions"
    live.run("topics")
    live.run("publish", str(events), "--advance-to", "2025-12-31")
    left: list[int] = []
    while len(left) < 12 and (sum(left) == 0 or left[-1]):  # until all that was asked for and handed over is applied
        killed_at(live, "commit.done")
        left.append(under_way(settings))
        if sum(count > 0 for count in left) == 1:
            killed_at(live, "commit.flushed")  # what was on its way is applied, and nothing of that is written
            assert under_way(settings) == left[-1]
    assert left[-1] == 0
    assert sum(count > 0 for count in left) >= 2, f"neither questions nor orders were left on their way: {left}"
    live.run("publish", str(events), "--advance-to", "2026-01-31")
    with live.worker("0"), live.worker("1"):
        live.wait_for("taken up", "1")
        live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
    assert _balances(tmp_path / "live") == CREDITED
    ids = Counter(json.loads(line)["id"] for line in lines(tmp_path / "live", "decisions"))
    assert not [one for one, times in ids.items() if times > 1]
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
