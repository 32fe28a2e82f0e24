"""Run a live worker."""

from __future__ import annotations

from stream_loyalty.adapters.kafka import topics, worker
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.bootstrap import build_engine, calm_collector
from stream_loyalty.settings import Settings


def run_worker(settings: Settings) -> int:
    """Run until told to end; the exit code. How many partitions there are, the broker knows best."""
    calm_collector()
    partitions = topics.source_partitions(settings)
    versions = Versions(settings)
    engine = build_engine(settings.model_copy(update={"partitions": partitions}), versions.programs)
    return worker.run(settings, engine, versions)
