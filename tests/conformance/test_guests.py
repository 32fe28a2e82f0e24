"""Guests through a broker of several partitions: what they ordered goes to whoever claims them, and is counted once."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.adapters.kafka import failpoints
from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.settings import Settings
from tests.support.live import Live, lines, run
from tests.unit.support_core import event, order, program_text, refund


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
    program.write_text(program_text(extra="\n[guests]\nclaim_within_days = 30\n"), "utf-8")
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
    assert _balances(tmp_path / "live") == {f"user-{n}": 140 + n for n in range(12) if n != 7}
    for kind in ("rewards", "alerts", "decisions", "dead-letters", "customers"):
        assert lines(tmp_path / "live", kind) == lines(tmp_path / "again", kind), kind


DEATHS = (  # where one worker after the other dies, and what it leaves behind
    "commit.done",  # orders, claims and questions are committed, nobody has read the questions
    "commit.offsets-sent",  # the answers are written, but not for good
    "commit.done",  # orders are on their way to their claimers
    "commit.produced",  # they were applied, and are not
)


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_guests_are_credited_once_over_kill_9(kafka: str, tmp_path: Path) -> None:
    """Killed between what a customer sends and its arrival, again and again: everything arrives, once."""
    program, events = tmp_path / "program.toml", tmp_path / "events.ndjson"
    program.write_text(program_text(extra="\n[guests]\nclaim_within_days = 30\n"), "utf-8")
    events.write_bytes(b"".join(raw + b"\n" for raw in _events()))
    live = Live(kafka, tmp_path, program=json.dumps([str(program)]))
    live.run("topics")
    live.run("publish", str(events), "--advance-to", "2026-01-31")
    for place in DEATHS:
        live.environment[failpoints.VARIABLE] = place
        worker = live.start_worker()
        try:
            assert worker.wait(60) == -signal.SIGKILL, live.log()
        finally:
            worker.kill()
    live.environment[failpoints.VARIABLE] = ""
    with live.worker():
        live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert _balances(tmp_path / "live") == {f"user-{n}": 140 + n for n in range(12) if n != 7}
    for kind in ("rewards", "alerts", "decisions", "dead-letters", "customers"):
        found = lines(tmp_path / "live", kind)
        assert found == lines(tmp_path / "again", kind), kind
        assert len(set(found)) == len(found), kind


def _balances(results: Path) -> dict[str, int]:
    rows = map(json.loads, lines(results, "customers"))
    return {row["user_id"]: row["balances"]["points"] for row in rows if row["balances"].get("points")}
