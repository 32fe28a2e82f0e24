"""Feeds that every runner gets."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.files.results import CUSTOMERS, Results
from stream_loyalty.bootstrap import now_ms, replay_engine
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, end_of, format_instant, parse_instant
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.topics import ALERTS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.profile import profile
from stream_loyalty.core.programs import load_programs
from stream_loyalty.engine import Engine, Partition
from stream_loyalty.engine.replay import read_events, replay
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.storefront import timed
from tests.support import EVERYTHING
from tests.support.live import run
from tests.unit.support_core import event

CDNOW_END = "1998-06-30"
STOREFRONT_START_MS = 1_700_000_000_000
SEED, SHOPPERS, DAYS = 119, 90, 140
MIXED_END = "2024-08-31"  # so late that unclaimed orders of guests are forgotten
HIGH_VALUE = EVERYTHING.with_name("high-value.toml")


def _only(value: float) -> tuple[float, ...]:
    return tuple(value if name == "log_recency" else 0.0 for name in FEATURE_NAMES)


MODEL = ModelWeights(  # holds everybody at risk who is silent for three weeks: there are early alerts, and urgent ones
    version="made-up",
    trained_to=STOREFRONT_START_MS,
    examples=1,
    horizon_days=30,
    feature_names=FEATURE_NAMES,
    means=_only(3.0),
    scales=_only(0.5),
    weights=_only(-2.0),
    intercept=-0.7,
    alert_from=0.7,
    alert_from_first=0.7,
)


def cdnow_slice(raw: Path, home: Path, customers: int) -> tuple[Path, Path]:
    """Every purchase of the first customers: as raw lines, for the oracle, and as events."""
    kept = []
    for line in raw.read_text("ascii").splitlines():
        if line.split()[0].isdigit() and int(line.split()[0]) <= customers:
            kept.append(line)
    text, events = home / "slice.txt", home / "slice.ndjson.gz"
    text.write_text("\n".join(kept) + "\n", "ascii")
    run(["convert", "cdnow", str(text), "--out", str(events)])
    return text, events


def mixed(home: Path) -> Path:
    """All kinds of events, also repeated and malformed ones, and what a retention team answers to alerts."""
    shop = list(timed(SEED, SHOPPERS, STOREFRONT_START_MS, DAYS, Club.of(load_programs([EVERYTHING]).latest)))
    file = home / "mixed.ndjson.gz"
    _write(file, shop)
    _write(file, [*shop, *_answers(file, STOREFRONT_START_MS + DAYS * DAY_MS)])
    return file


def _write(file: Path, timed_events: list[tuple[int, bytes]]) -> None:
    with gzip.open(file, "wb") as stream:
        stream.writelines(raw + b"\n" for _, raw in sorted(timed_events, key=lambda one: one[0]))


def _answers(file: Path, end: int) -> Iterator[tuple[int, bytes]]:
    """Every third alert of a replay is taken on and comes to something; its id follows from the feed."""
    alerts: list[tuple[str, str, int]] = []

    def hear(commit: Commit) -> None:
        for message in commit.outputs:
            if message.topic == ALERTS and message.value is not None:
                told = structured(message.headers, message.value)
                if told["type"] == "loyalty.alert.churn-risk.raised":
                    alerts.append((told["subject"], json.loads(message.value)["alert"], parse_instant(told["time"])))

    in_process(file, None, hear)
    for number, (customer, alert, at) in enumerate(sorted(alerts)[::3]):
        taken, done = at + 5 * HOUR_MS, at + 2 * DAY_MS
        by, outcome = {"alert": alert, "by": "mia"}, {"alert": alert, "outcome": ("reached", "declined")[number % 2]}
        for then, name, about in ((taken, "Alert Acknowledged", by), (done, "Alert Outcome Recorded", outcome)):
            if then < end:
                yield then, event(name, format_instant(then), about, user=customer)


def in_process(file: Path, until: str | None, sink: Callable[[Commit], None]) -> tuple[Engine, Partition]:
    """A replay with `MODEL`, which the command could only learn."""
    engine = replay_engine((EVERYTHING,), HIGH_VALUE)
    engine.learn_of(MODEL)
    arrivals = read_events(read_lines([str(file)]), engine, now_ms())
    return engine, replay(arrivals, engine, end_of(until, "UTC") if until else None, sink)


def replayed(file: Path, out: Path, until: str) -> Engine:
    """The same with the files that the command writes."""
    with Results(out) as results:

        def write(commit: Commit) -> None:
            for message in commit.outputs:
                results.message(message)

        engine, partition = in_process(file, until, write)
        for key, blob in partition.states.items():
            results.line(CUSTOMERS, profile(key, blob, engine.programs))
    return engine


def order(user: str, number: int) -> bytes:
    """An order of 10 USD, the customer's so manieth."""
    event = {
        "messageId": f"{user}-{number}",
        "type": "track",
        "event": "Order Completed",
        "userId": user,
        "timestamp": "2026-03-01T12:00:00Z",
        "properties": {"order_id": f"{user}-{number}", "total": 10, "currency": "USD"},
    }
    return json.dumps(event).encode()
