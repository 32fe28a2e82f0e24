"""Early alerts through a real broker: workers, a trainer that is killed, and the same again along the log."""

import gzip
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka import models, reader
from stream_loyalty.contracts.models import TrainerState
from stream_loyalty.contracts.topics import TRAINING
from tests.conformance.agreement import assert_same
from tests.conformance.feeds import CDNOW_END, cdnow_slice
from tests.support.live import Live, lines, run

HALF = "1998-01-31"  # the model learns from what came before


def wait_for(live: Live, what: Callable[[TrainerState], bool], seconds: float = 60) -> TrainerState:
    """The trainer's state, once it is as wanted."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _, state, _ = models.published(live.settings)
        if state is not None and what(state):
            return state
    raise AssertionError(f"the trainer did not get there: {live.log('trainer')[-2000:]}")


def examples(live: Live) -> int:
    return sum(1 for _ in reader.read(live.settings, (TRAINING,)))


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_early_alerts_of_a_trainer_that_is_killed(kafka: str, cdnow_file: Path, tmp_path: Path) -> None:
    """Each example is learned once over kill -9, workers alert early, and the log followed again says the same."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    _, events = cdnow_slice(cdnow_file, tmp_path, 200)
    early, late = tmp_path / "early.ndjson", tmp_path / "late.ndjson"
    with gzip.open(events) if events.suffix == ".gz" else events.open("rb") as feed:
        rows = feed.read().splitlines(keepends=True)
    early.write_bytes(b"".join(row for row in rows if json.loads(row)["timestamp"][:10] <= HALF))
    late.write_bytes(b"".join(row for row in rows if json.loads(row)["timestamp"][:10] > HALF))

    trainer = live.start_trainer()
    with live.worker():
        live.run("publish", str(early), "--advance-to", HALF)
        wait_for(live, lambda state: state.training_offset > 0)
        trainer.send_signal(signal.SIGKILL)
        trainer.wait()
        live.run("dump", "--out", str(tmp_path / "half"))
        trainer = live.start_trainer()
        total = examples(live)
        learned = wait_for(live, lambda state: state.parts["trainer"]["counts"][0] >= total)
        assert learned.parts["trainer"]["counts"][0] == total
        live.run("publish", str(late), "--advance-to", CDNOW_END)
        live.run("dump", "--out", str(tmp_path / "live"))
    trainer.terminate()
    assert trainer.wait(20) == 0, live.log("trainer")
    alerts = [json.loads(line) for line in lines(tmp_path / "live", "alerts")]
    early_ones = [alert for alert in alerts if alert["data"].get("rule") == "wakeup.model"]
    assert early_ones
    assert all(alert["data"]["saw"]["days_silent"] < 60 for alert in early_ones)
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
