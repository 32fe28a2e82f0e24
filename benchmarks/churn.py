"""What the churn model costs: microseconds of CPU for features, a score and a learned example, one customer at a time.

usage: python benchmarks/churn.py [--json]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from random import Random

from stream_loyalty.core.features import Activity, Signals, features
from stream_loyalty.core.history import History, Purchase, record, rhythm
from stream_loyalty.core.model import Model
from stream_loyalty.models.champion import Champion

CUSTOMERS, ROUNDS, TODAY = 2_000, 5, 400
BROWSING = Signals(True, Activity(2.0, 5.0, 3.0), Activity(1.0, 2.0, 5.0), Activity(0.5, 1.0, 9.0), 1, -0.5, 1.0)


def customers() -> list[History]:
    """Most with a few purchases, some with hundreds, as shops have them."""
    random = Random(1)
    found = []
    for _ in range(CUSTOMERS):
        history, day, gap = History(), random.randrange(300), random.choice((2, 10, 30, 90, 300))
        while day <= TODAY:
            record(history, Purchase(day, day, 1, random.randrange(500, 9_000), random.randrange(1, 5)))
            day += 1 + int(random.expovariate(1 / gap))
        found.append(history)
    return found


def microseconds(work: Callable[[], object]) -> float:
    """The best of some rounds, for each customer."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return round(best / CUSTOMERS * 1e6, 2)


def main() -> dict[str, float]:
    histories = customers()
    rhythms = [seen for history in histories if (seen := rhythm(history, TODAY)) is not None]
    rows = [features(seen, TODAY, BROWSING) for seen in rhythms]
    bought = [random < 0.3 for random in map(Random(2).uniform, [0.0] * len(rows), [1.0] * len(rows))]
    champion = Champion()

    def learn() -> None:
        day = 7 if champion.day is None else champion.day + 7
        for row, label in zip(rows, bought, strict=True):
            champion.learn_one(row, label, day)

    learning = microseconds(learn)
    model = Model(champion.weights("benchmark", 0, 60))
    return {
        "rhythm": microseconds(lambda: [rhythm(history, TODAY) for history in histories]),
        "features": microseconds(lambda: [features(seen, TODAY) for seen in rhythms]),
        "features_with_signals": microseconds(lambda: [features(seen, TODAY, BROWSING) for seen in rhythms]),
        "score": microseconds(lambda: [model.risk(row) for row in rows]),
        "learn": learning,
    }


if __name__ == "__main__":
    report = main()
    if "--json" in sys.argv:
        print(json.dumps(report))
    else:
        for name, figure in report.items():
            print(f"{name:24} {figure:>8,.2f} us")
