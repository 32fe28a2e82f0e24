"""What every peer is measured with: CPU of its own process and of the broker, from the first event to the last commit.

Only the standard library, as each peer has an environment of its own. What to do comes in BENCH_* variables.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

BOOTSTRAP = os.environ["BENCH_BOOTSTRAP"]
EVENTS = int(os.environ["BENCH_EVENTS"])  # how many there are to read
TOPIC = os.environ.get("BENCH_TOPIC", "")
NAME = os.environ.get("BENCH_NAME", "")  # of this run: for groups and topics of its own
REWARDS = f"rewards-{NAME}"
CHANGELOG = f"changelog-{NAME}"
DIRECTORY = Path(os.environ["BENCH_DIR"])  # empty at the start
RESULT = Path(os.environ["BENCH_RESULT"])
PARTITIONS = 4

_started: tuple[float, float, float] | None = None


def process_cpu(pid: int) -> float:
    """User and system seconds of another process, all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # not Linux, or it has ended
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _now() -> tuple[float, float, float]:
    return time.perf_counter(), time.process_time(), process_cpu(int(os.environ.get("BENCH_BROKER_PID", "0")))


def start() -> None:
    """The first event is here; later calls change nothing."""
    global _started
    if _started is None:
        _started = _now()


def finish() -> None:
    """The last event is done and committed: write the figures down."""
    assert _started is not None, "no event came"
    wall, cpu, broker = (end - begin for begin, end in zip(_started, _now(), strict=True))
    figures = json.dumps({"events": EVENTS, "wall_s": wall, "cpu_s": cpu, "broker_cpu_s": broker})
    unfinished = RESULT.with_suffix(".part")
    unfinished.write_text(figures)
    unfinished.rename(RESULT)
