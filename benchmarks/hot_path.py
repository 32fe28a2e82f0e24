"""What an event costs the engine, in process: microseconds of CPU for each stage, over CDNOW or another events file.

usage: python benchmarks/hot_path.py EVENTS [--json]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.bootstrap import calm_collector, now_ms, replay_engine
from stream_loyalty.contracts.topics import DECISIONS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.engine.replay import last_time, read_events, replay


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of this process, and what the work gave."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def main(file: str) -> dict[str, float | int]:
    """Read the events, then apply them with every wake up to the last; outputs are counted and dropped."""
    calm_collector()
    lines = list(read_lines([file]))
    engine = replay_engine()
    outputs = receipts = 0

    def count(commit: Commit) -> None:
        nonlocal outputs, receipts
        outputs += len(commit.outputs)
        receipts += sum(message.topic == DECISIONS for message in commit.outputs)

    parse_s, arrivals = timed(lambda: read_events(lines, engine, now_ms()))
    apply_s, partition = timed(lambda: replay(arrivals, engine, last_time(arrivals), count))  # type: ignore[arg-type]
    decisions = sum(n for key, n in engine.counts.items() if key[0] == "decision")
    sizes = sorted(len(blob) for _, blob in partition.states.items())  # type: ignore[attr-defined]
    return {
        "events": len(lines),
        "customers": len(sizes),
        "decisions": decisions,
        "receipts": receipts,
        "outputs": outputs,
        "parse_us_per_event": round(parse_s / len(lines) * 1e6, 1),
        "apply_us_per_event": round(apply_s / len(lines) * 1e6, 1),
        "apply_us_per_decision": round(apply_s / decisions * 1e6, 1),
        "events_per_cpu_second": round(len(lines) / (parse_s + apply_s)),
        "state_bytes_median": sizes[len(sizes) // 2],
        "state_bytes_max": sizes[-1],
    }


if __name__ == "__main__":
    report = main(sys.argv[1])
    if "--json" in sys.argv:
        print(json.dumps(report))
    else:
        for name, figure in report.items():
            print(f"{name:24} {figure:>12,}")
