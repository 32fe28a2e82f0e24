"""A shop need not close for a dump or a report: what comes meanwhile is there with all that came of it, or not."""

import json
import threading
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.contracts.instants import format_instant, parse_instant
from stream_loyalty.contracts.topics import ORDERS
from stream_loyalty.settings import Settings
from tests.conformance.agreement import assert_same
from tests.support.live import Live
from tests.unit.support_core import order

START = parse_instant("2024-03-01")
DUMPS = 3


def sell(settings: Settings, closed: threading.Event) -> None:
    """Orders of fifty customers, some hundred each second, until the shop closes."""
    publisher, number = Publisher(settings), 0
    while not closed.wait(0.05):
        for _ in range(10):
            number += 1
            user = f"user-{number % 50}"
            raw = order(format_instant(START + number * 1000), f"o-{number}", 20, user=user)
            publisher.send(ORDERS, user.encode(), raw)
        publisher.flush()


@pytest.mark.slow
@pytest.mark.kafka
def test_dumps_and_reports_of_a_shop_that_is_open(kafka: str, tmp_path: Path) -> None:
    """Each dump is what a replay along its own log gives, and the books agree at any moment."""
    live, closed = Live(kafka, tmp_path), threading.Event()
    live.run("topics")
    selling = threading.Thread(target=sell, args=(live.settings, closed))
    with live.worker():
        live.wait_for("taken up")
        selling.start()
        try:
            for number in range(DUMPS):
                live.run("dump", "--out", str(tmp_path / f"dump-{number}"))
                assert json.loads(live.run("report", "liability", "--json"))["checks"]["agree"]
        finally:
            closed.set()
            selling.join()
    for number in range(DUMPS):
        dumped, again = tmp_path / f"dump-{number}", tmp_path / f"again-{number}"
        live.run("replay", "--applied", str(dumped), "--out", str(again))
        assert_same(dumped, again)
