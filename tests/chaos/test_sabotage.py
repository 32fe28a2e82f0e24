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
    ("sabotage", "faults", "found"),
    [
        ("unfenced", ["SIGSTOP at commit.begun"] * 2, "applied twice: "),
        ("dirty-recovery", ["kill -9 at commit.flushed"] * 2, "lost: "),
        ("dirty-dump", ["kill -9 at commit.flushed"], "applied twice: "),
        ("apart", [KILL_IN_GAP], "applied twice: "),
    ],
)
def test_a_missing_guard_is_seen(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sabotage: str, faults: list[str], found: str
) -> None:
    monkeypatch.setitem(KINDS, KILL_IN_GAP, Fault(dies, GAP, prepared=True))
    report = Chaos(5, 6000, faults, tmp_path, kafka, workers=2, sabotage=sabotage, say=print).run()
    assert len(report.faults) == len(faults)
    assert any(problem.startswith(found) for problem in report.problems), report.problems
