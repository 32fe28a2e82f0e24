"""The harness can fail: with a guard of the product taken out, it finds losses or doubles."""

from pathlib import Path

import pytest

from tests.chaos.faults import KINDS, Fault, dies
from tests.chaos.harness import Chaos
from tests.chaos.sabotaged import GAP

KILL_IN_GAP = f"kill -9 at {GAP}"


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("sabotage", "workers", "store", "faults", "found"),
    [
        ("unfenced", 2, "memory", ["SIGSTOP at commit.begun"] * 2, "applied twice: "),
        ("dirty-recovery", 2, "memory", ["kill -9 at commit.flushed"] * 2, "lost: "),
        ("dirty-dump", 2, "memory", ["kill -9 at commit.flushed"], "applied twice: "),
        ("apart", 2, "memory", [KILL_IN_GAP], "applied twice: "),
        # one worker: the partitions come back to the store that knows too much
        ("batch-first", 1, "rocksdb", ["kill -9 at commit.flushed"], "lost: "),
    ],
)
def test_a_missing_guard_is_seen(
    kafka: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sabotage: str,
    workers: int,
    store: str,
    faults: list[str],
    found: str,
) -> None:
    monkeypatch.setitem(KINDS, KILL_IN_GAP, Fault(dies, GAP, prepared=True))
    chaos = Chaos(5, 6000, faults, tmp_path, kafka, workers=workers, store=store, sabotage=sabotage, say=print)
    report = chaos.run()
    assert len(report.faults) == len(faults)
    assert any(problem.startswith(found) for problem in report.problems), report.problems
