"""A worker that is told to end in the middle of a rebalance takes nothing up any more."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.settings import Settings
from tests.unit.support_core import engine_of


def test_an_assignment_that_comes_too_late_is_left_alone(tmp_path: Path) -> None:
    """It went to threads that had ended, and the worker with it: as if it had failed, with an error of Python's."""

    async def seek(positions: Mapping[Place, int]) -> bool:
        raise AssertionError("partitions were taken up")

    async def stopped_then_assigned() -> Runner:
        runner = Runner(Settings(state_dir=tmp_path), engine_of())
        await runner.stop()
        runner.begin(1, "member", [0], seek)
        return runner

    runner = asyncio.run(stopped_then_assigned())
    assert runner.ready() == (False, "waiting for partitions")
