"""Run the coordinator: what partitions tell in, slices of budgets and thresholds for high value out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge

from stream_loyalty.adapters.kafka import grants, topics
from stream_loyalty.adapters.kafka.inputs import InputWriter
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.commands.metrics import serve_metrics
from stream_loyalty.commands.stopping import stop_on_signals
from stream_loyalty.contracts.budgets import published
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.coordinator import Coordinator
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)
ROLE = "coordinator"


def run_coordinator(settings: Settings) -> None:
    """Grant until SIGTERM or SIGINT. StreamLoyaltyError where the program has nothing to coordinate."""
    stop = stop_on_signals()
    metrics = CoordinatorMetrics(settings)
    followed = Versions(settings)
    writer = InputWriter(settings, ROLE)  # before its state is read: it ends what another coordinator had begun
    coordinator = opened(settings, followed.programs)
    _log.info("the coordinator goes on after %d slices and thresholds", coordinator.serial)
    coordinate(settings, coordinator, writer, stop, metrics.show, followed)


def opened(settings: Settings, programs: Programs) -> Coordinator:
    """A coordinator that knows what was granted before. StreamLoyaltyError where there is nothing to coordinate."""
    measures = settings.high_value is None and any(version.high_value for version in programs.versions)
    if not programs.has_budgets and not measures:
        raise StreamLoyaltyError(
            "the program has no budgets, and thresholds for high value come from a file or not at all: "
            "there is nothing to coordinate"
        )
    coordinator = Coordinator(programs, topics.source_partitions(settings), measures)
    for one in grants.published(settings)[0]:
        coordinator.published(one)
    return coordinator


def coordinate(
    settings: Settings,
    coordinator: Coordinator,
    writer: InputWriter,
    stop: threading.Event,
    show: Callable[[Coordinator], None] = lambda coordinator: None,
    followed: Versions | None = None,
) -> None:
    """Answer what partitions tell until `stop` is set, by the versions in `followed` where they change. Blocks."""
    begun = False
    for batch in grants.tallies(settings, stop):
        changed = followed is not None and followed.refresh()
        if followed is not None and changed:
            coordinator.programs = followed.programs
        if begun and not batch and not changed:
            continue
        begun = True
        for one in batch:
            coordinator.hear(one)
        if decided := coordinator.decide():
            writer.write(map(published, decided))
        show(coordinator)


class CoordinatorMetrics:
    """What the coordinator's /metrics says."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Without settings nothing is served."""
        self.registry, name = CollectorRegistry(), "stream_loyalty_"
        registry, label = self.registry, ("budget",)
        self._units = Gauge(f"{name}budget_units", "Units of the budget in all.", label, registry=registry)
        self._granted = Gauge(f"{name}budget_granted", "Units granted to partitions.", label, registry=registry)
        self._left = Gauge(f"{name}budget_left", "Units that nobody has drawn.", label, registry=registry)
        self._threshold = Gauge(
            f"{name}high_value_threshold",
            "Lifetime value that makes high value, in minor units of the base currency; 0: none is known.",
            registry=registry,
        )
        if settings is not None:
            serve_metrics(registry, settings.http_host, settings.coordinator_http_port)

    def show(self, coordinator: Coordinator) -> None:
        """The figures of now."""
        for budget, units in coordinator.totals().items():
            self._units.labels(budget).set(units)
            self._granted.labels(budget).set(coordinator.granted(budget))
            self._left.labels(budget).set(units - coordinator.drawn(budget))
        if coordinator.threshold is not None:
            self._threshold.set(coordinator.threshold.lifetime_value)
