"""What the worker tells Prometheus, in a registry of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_ALERTS = ("group", "band", "cause", "action")
Counts = Mapping[tuple[str, ...], int]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_FAMILIES = {  # what the engine counts under its first key, and the names of the others
    "event": ("stream_loyalty_events", "Events by topic and outcome.", ("topic", "outcome")),
    "decision": ("stream_loyalty_decisions", "Decisions by type.", ("type",)),
    "backfilled": ("stream_loyalty_backfilled", "Rewards and alerts that effects_from held back.", ()),
    "held_back": ("stream_loyalty_alerts_held_back", "Alerts that were held back, by why.", ("kind", "why")),
    "measured": ("stream_loyalty_alerts_measured", "Churn alerts whose window is over.", _ALERTS),
    "recalled": ("stream_loyalty_alerts_recalled", "Those of them whose customer bought within the window.", _ALERTS),
    "revenue": ("stream_loyalty_alerts_revenue", "What they bought, in minor units of the base currency.", _ALERTS),
    "dead_letter": ("stream_loyalty_dead_letters", "Dead letters by reason.", ("reason",)),
}


class PartitionView(NamedTuple):
    """One partition number as a scrape sees it; times in ms since 1970 UTC."""

    number: int
    lag: int
    customers: int
    state_bytes: int
    watermark: int | None
    transfers: int = 0  # records of `lag` that come from other customers
    slices: Mapping[str, int] = {}  # budget -> units left
    program: tuple[str, str] | None = None  # the newest version adopted, the one in force at the partition's clock


class Metrics:
    """The collectors of one worker. `counts` is the engine's Counter; it is only read."""

    def __init__(
        self,
        counts: Counts,
        views: Callable[[], Iterable[PartitionView]],
        program_age: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`program_age`: how old (s) the knowledge of what is published is."""
        self.registry = CollectorRegistry()
        name = "stream_loyalty_"
        registry = self.registry
        self.commit_seconds = Histogram(
            f"{name}commit_seconds", "Time of one commit.", buckets=_SECONDS, registry=registry
        )
        self.chunk_seconds = Histogram(
            f"{name}chunk_seconds", "Time to apply one chunk.", buckets=_SECONDS, registry=registry
        )
        self.chunk_records = Histogram(
            f"{name}chunk_records", "Records in one chunk.", buckets=_RECORDS, registry=registry
        )
        self.aborted = Counter(
            f"{name}aborted_commits", "Commits that were lost; each ends a worker.", registry=registry
        )
        self.recovery_seconds = Gauge(
            f"{name}recovery_seconds", "Time of the last recovery of states.", registry=registry
        )
        self.recovery_left = Gauge(
            f"{name}recovery_left_records",
            "Changelog records that a recovery on its way has still to read, at the most.",
            registry=registry,
        )
        self.model_trained_to = Gauge(
            f"{name}model_trained_to_seconds",
            "Time of the newest example in the churn model in use, since 1970; 0: there is none.",
            registry=registry,
        )
        Gauge(
            f"{name}program_age_seconds",
            "How long ago the worker last knew which program versions are published; it ends at 1800.",
            registry=registry,
        ).set_function(program_age)
        registry.register(_Live(counts, views))
        ProcessCollector(registry=registry)

    def exposition(self) -> bytes:
        """The text that /metrics answers with."""
        return generate_latest(self.registry)


class _Live(Collector):
    """What is read from the engine and its partitions at the moment of a scrape."""

    def __init__(self, counts: Counts, views: Callable[[], Iterable[PartitionView]]) -> None:
        self._counts, self._views = counts, views

    def collect(self) -> Iterator[Metric]:
        """Counters of the engine, then gauges by partition."""
        families = {key: CounterMetricFamily(n, text, labels=labels) for key, (n, text, labels) in _FAMILIES.items()}
        for (kind, *labels), count in list(self._counts.items()):
            if kind in families:
                families[kind].add_metric(labels, count)
        yield from families.values()
        yield from self._gauges()

    def _gauges(self) -> Iterator[Metric]:
        views, now = list(self._views()), time.time()
        columns: tuple[tuple[str, str, Callable[[PartitionView], float | None]], ...] = (
            ("lag_records", "Records that wait to be applied.", lambda view: view.lag),
            (
                "transfers_waiting_records",
                "Those of them that come from other customers: guests' orders and claims.",
                lambda view: view.transfers,
            ),
            ("customers", "Customers held.", lambda view: view.customers),
            ("state_bytes", "Bytes of encoded states held.", lambda view: view.state_bytes),
            (
                "watermark_age_seconds",
                "How far the partition's clock is behind the wall clock.",
                lambda view: None if view.watermark is None else now - view.watermark / 1000,
            ),
        )
        for name, text, value in columns:
            gauge = GaugeMetricFamily(f"stream_loyalty_{name}", text, labels=("partition",))
            for view in views:
                if (number := value(view)) is not None:
                    gauge.add_metric((str(view.number),), number)
            yield gauge
        yield from _inputs(views)


def _inputs(views: Iterable[PartitionView]) -> Iterator[Metric]:
    """What partitions decide by beside the records."""
    slices = GaugeMetricFamily(
        "stream_loyalty_budget_slice_left",
        "Units of a budget that the partition may still give.",
        labels=("partition", "budget"),
    )
    program = GaugeMetricFamily(
        "stream_loyalty_program_adopted",
        "1: the newest program version that the partition has adopted, and the one in force at its clock.",
        labels=("partition", "newest", "in_force"),
    )
    for view in views:
        for budget, units in view.slices.items():
            slices.add_metric((str(view.number), budget), units)
        if view.program is not None:
            program.add_metric((str(view.number), *view.program), 1)
    yield slices
    yield program
