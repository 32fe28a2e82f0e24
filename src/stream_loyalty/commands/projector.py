"""Fold the customers' states into Redis."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

from stream_loyalty.adapters.kafka import programs, reader
from stream_loyalty.adapters.redis.projector import Projector
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings


def run_projector(settings: Settings) -> None:
    """Follow the changelog until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def follow(positions: dict[int, int]) -> Iterator[list[Record]]:
        start = {(CUSTOMERS, number): offset for number, offset in positions.items()}
        for batch in reader.follow(settings, (CUSTOMERS,), stop, start):
            if versions.refresh():
                projector.go_by(versions.programs)
            yield batch

    versions = programs.Versions(settings)
    projector = Projector(settings.redis_url, versions.programs, settings.topic_prefix, stop)
    projector.run(follow)
