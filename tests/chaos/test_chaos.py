"""The short list of faults; `make chaos` has the long one."""

from pathlib import Path

import pytest

from tests.chaos.faults import KINDS, SHORT, draw
from tests.chaos.harness import Chaos
from tests.support.broker import RealBroker

SEED = 20261123


def test_the_long_list_has_every_kind_and_follows_from_its_seed() -> None:
    assert draw(SEED, 60) == draw(SEED, 60) != draw(SEED + 1, 60)
    assert set(draw(SEED, 60)) == set(KINDS)


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_promises_hold_under_the_short_list(own_kafka: RealBroker, tmp_path: Path) -> None:
    """kill -9 in each gap of the commit, a worker that sleeps through its session, a broker that is restarted."""
    chaos = Chaos(SEED, 6_000, SHORT, tmp_path, own_kafka.bootstrap, broker=own_kafka, say=print)
    report = chaos.run()
    assert report.problems == []
    assert [done.kind for done in report.faults] == list(SHORT)
