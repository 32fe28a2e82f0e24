"""The one composition root: settings and files become engines, adapters and runners."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stream_loyalty.contracts.applied import Inputs
from stream_loyalty.core.programs import Programs, load_programs, parse_program
from stream_loyalty.core.thresholds import Thresholds, load_thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings


def load_settings(given: Mapping[str, Any]) -> Settings:
    """Settings from the environment and `given`; StreamLoyaltyError names the one that is wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise StreamLoyaltyError(f"setting STREAM_LOYALTY_{name}: {first['msg']}") from None


def now_ms() -> int:
    """The wall clock, in ms: read here and handed in, nowhere else."""
    return time.time_ns() // 1_000_000


def calm_collector() -> None:
    """Let the garbage collector look less often: what an event leaves behind has no cycles, and states are bytes.

    Its defaults cost a quarter of the CPU time of a replay.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def build_engine(settings: Settings, programs: Programs) -> Engine:
    """The engine of a live worker."""
    return Engine(
        programs,
        load_thresholds(settings.high_value, programs.first),
        partitions=settings.partitions,
        clock=settings.clock,
        lateness_ms=settings.lateness_ms,
    )


def replay_engine(program: tuple[Path, ...] = (), high_value: Path | None = None) -> Engine:
    """The engine of a replay over events: one partition, on event time."""
    programs = load_programs(program)
    return Engine(programs, load_thresholds(high_value, programs.first), partitions=1, clock="event")


def engine_for(inputs: Inputs) -> Engine:
    """The engine of a replay along a log, with the dated inputs that were adopted there."""
    programs = Programs(
        [parse_program(text, f"program {i} of the log") for i, text in enumerate(inputs.programs, 1)],
        inputs.programs,
    )
    thresholds = Thresholds(inputs.high_value, programs.first)
    return Engine(programs, thresholds, partitions=inputs.partitions, clock="event")
