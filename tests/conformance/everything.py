"""An installation that runs a program with all capabilities on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream_loyalty.adapters.kafka import grants, reader, topics
from stream_loyalty.adapters.kafka.inputs import InputWriter
from stream_loyalty.commands.dump import await_applied
from stream_loyalty.commands.trainer import ROLE
from stream_loyalty.contracts.topics import MODELS, STOREFRONT, TRANSFERS
from stream_loyalty.contracts.wire import Message
from tests.conformance.feeds import HIGH_VALUE, MODEL
from tests.support.live import Live

_PATIENCE_S = 90.0


def with_everything(live: Live, program: Path) -> None:
    """Let an installation run `program`, with a threshold for high value and a model that a trainer has published."""
    live.environment["STREAM_LOYALTY_PROGRAM"] = json.dumps([str(program)])
    live.environment["STREAM_LOYALTY_HIGH_VALUE"] = str(HIGH_VALUE)
    model = Message(MODELS, 0, MODEL.version.encode(), MODEL.model_dump_json().encode())
    InputWriter(live.settings, ROLE).write([model])


def wait_for_transfers(live: Live) -> None:
    """Wait until all that was published is applied, and all that customers have sent each other because of it."""
    settings, known = live.settings, -1
    ends = topics.ends(settings, topics.places(settings, STOREFRONT))
    wanted = {place: end for place, end in ends.items() if end}
    while known < len(sent := list(reader.read(settings, (TRANSFERS,)))):
        known = len(sent)
        wanted |= {(TRANSFERS, record.partition): record.offset + 1 for record in sent}
        await_applied(settings, wanted, None, _PATIENCE_S)


@contextmanager
def coordinated(live: Live) -> Iterator[None]:
    """A coordinator while the block runs, which has granted every partition its first slices before it begins."""
    coordinator = live.start_coordinator()
    try:
        over = time.monotonic() + _PATIENCE_S
        while not grants.published(live.settings)[0]:
            assert time.monotonic() < over, live.log("coordinator")
            assert coordinator.poll() is None, live.log("coordinator")
            time.sleep(0.1)
        yield
        coordinator.terminate()
        assert coordinator.wait(30) == 0, live.log("coordinator")
    finally:
        coordinator.kill()
        coordinator.wait()
