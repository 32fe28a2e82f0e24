"""Fold the customers' states into Redis."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.adapters.redis.projector import Projector
from stream_loyalty.commands.metrics import serve_metrics
from stream_loyalty.commands.stopping import stop_on_signals
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)
_HEARD_S = 5.0  # no records may as well mean that Kafka is away: so often it is asked


def run_projector(settings: Settings) -> None:
    """Follow the changelog until SIGTERM or SIGINT. KafkaFault when Kafka does not answer for too long."""
    stop = stop_on_signals()
    metrics = ProjectorMetrics(settings)
    versions = Versions(settings)
    places = topics.places(settings, (CUSTOMERS,))

    def follow(positions: dict[int, int]) -> Iterator[list[Record]]:
        start, heard = {(CUSTOMERS, number): offset for number, offset in positions.items()}, time.monotonic()
        for batch in reader.follow(settings, (CUSTOMERS,), stop, start):
            if versions.refresh():
                projector.go_by(versions.programs)
            if batch:
                heard = time.monotonic()
            elif time.monotonic() - heard > _HEARD_S:
                topics.ends(settings, places)
                heard = time.monotonic()
            yield batch
            metrics.show(len(batch))

    changelog = topics.topic_ids(settings, (CUSTOMERS,))[CUSTOMERS].hex()
    projector = Projector(settings.redis_url, versions.programs, settings.topic_prefix, stop, changelog=changelog)
    _log.info("the projector goes on")
    projector.run(follow)


class ProjectorMetrics:
    """What the projector's /metrics says."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Without settings nothing is served."""
        self.registry, name = CollectorRegistry(), "stream_loyalty_"
        self._records = Counter(f"{name}projected_records", "Records written to Redis.", registry=self.registry)
        self._current = Gauge(
            f"{name}projection_current_seconds",
            "When Redis last held everything there was, since 1970; 0: not yet.",
            registry=self.registry,
        )
        if settings is not None:
            serve_metrics(self.registry, settings.http_host, settings.projector_http_port)

    def show(self, written: int) -> None:
        """So many records are in Redis now; none says that there were no more."""
        self._records.inc(written)
        if not written:
            self._current.set(time.time())
