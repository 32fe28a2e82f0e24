"""Fold the customers' states into Redis."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.adapters.kafka import reader
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.adapters.redis.projector import Projector
from stream_loyalty.commands.stopping import stop_on_signals
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings


def run_projector(settings: Settings) -> None:
    """Follow the changelog until SIGTERM or SIGINT."""
    stop = stop_on_signals()

    def follow(positions: dict[int, int]) -> Iterator[list[Record]]:
        start = {(CUSTOMERS, number): offset for number, offset in positions.items()}
        for batch in reader.follow(settings, (CUSTOMERS,), stop, start):
            if versions.refresh():
                projector.go_by(versions.programs)
            yield batch

    versions = Versions(settings)
    projector = Projector(settings.redis_url, versions.programs, settings.topic_prefix, stop)
    projector.run(follow)
