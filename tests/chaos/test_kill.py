"""A worker that is killed loses nothing and says nothing twice, as a read-committed reader sees it."""

import json
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conformance.agreement import assert_agrees, assert_same
from tests.conformance.feeds import CDNOW_END, cdnow_slice
from tests.support.live import Live, lines, run

SEED = 20260301
KILLS = 6
LEAST = 3  # on a fast machine the run may be over before the last of them


@contextmanager
def killed_again_and_again(live: Live, kills: int, seed: int) -> Iterator[list[int]]:
    """A worker that is killed with -9 at `kills` random moments of its work, and started anew each time.

    Gives the exit codes seen so far. A moment is told by what the worker has committed, not by the clock alone.
    """
    chance = random.Random(seed)
    process = live.start_worker()
    codes: list[int] = []
    done = threading.Event()

    def kill() -> None:
        nonlocal process
        while len(codes) < kills and not done.is_set():
            started = live.log().count("taken up")
            while live.log().count("taken up") == started and process.poll() is None and not done.is_set():
                done.wait(0.02)
            done.wait(chance.uniform(0.0, 0.8))
            process.kill()
            codes.append(process.wait())
            process = live.start_worker()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield codes
    finally:
        done.set()
        killer.join()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_kill_9_in_mid_run(kafka: str, cdnow_file: Path, tmp_path: Path) -> None:
    """Killed again and again while purchases flow: the same lines as an undisturbed replay, every id once."""
    raw, events = cdnow_slice(cdnow_file, tmp_path, 1500)
    run(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", CDNOW_END])
    live = Live(kafka, tmp_path)
    live.run("topics")
    with killed_again_and_again(live, KILLS, SEED) as codes:
        live.run("publish", str(events), "--advance-to", CDNOW_END)
        live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
    assert len(codes) >= LEAST, "the run was over before the worker could be killed a few times"
    assert set(codes) == {-signal.SIGKILL}
    for kind in ("rewards", "alerts", "decisions"):
        ids = Counter(json.loads(line)["id"] for line in lines(tmp_path / "live", kind))
        assert not [one for one, times in ids.items() if times > 1], kind
    assert_same(tmp_path / "live", tmp_path / "replay")
    assert_agrees(tmp_path / "live", raw)
