"""Replay events, or the log of what was applied, through the same engine in process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.files.results import APPLIED, CUSTOMERS, PROGRAMS, SOURCES, Results
from stream_loyalty.bootstrap import calm_collector, engine_for, now_ms, replay_engine
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied, Inputs, Source
from stream_loyalty.contracts.instants import end_of
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core.model import Model
from stream_loyalty.core.profile import profile
from stream_loyalty.engine import Engine, Partition
from stream_loyalty.engine.replay import Sink, engines_by_digest, follow, last_time, read_events, replay, replay_by_day
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.models.learners import learners
from stream_loyalty.models.trainer import Example, Trainer

T = TypeVar("T")


def replay_events(
    files: Sequence[str],
    out: Path,
    until: str | None,
    program: tuple[Path, ...] = (),
    high_value: Path | None = None,
    learn: bool = False,
) -> Results:
    """Replay event files up to `until` (a time or a day; the last event's time without), results into `out`.

    `learn`: with a trainer beside it, whose newest model counts from the next day on.
    """
    calm_collector()
    engine = replay_engine(program, high_value)
    arrivals = read_events(read_lines(files), engine, now_ms())
    end = end_of(until, engine.programs.latest.time_zone) if until else last_time(arrivals)
    with Results(out, (PROGRAMS,)) as results:
        if learn and end is not None:
            trainer = _Training(engine, _sink(results))
            partition = replay_by_day(arrivals, engine, end, trainer.sink, trainer.publish)
        else:
            partition = replay(arrivals, engine, end, _sink(results))
        _customers(results, [partition])
    return results


def replay_applied(dump: Path, out: Path) -> Results:
    """Do again, step by step, what a dump says was applied, results into `out`."""
    calm_collector()
    entries = list(_rows(dump / APPLIED, dict[str, msgspec.Raw]))
    inputs = [msgspec.json.decode(entry["inputs"], type=Inputs) for entry in entries if "inputs" in entry]
    versions = [ModelWeights.model_validate_json(bytes(entry["model"])) for entry in entries if "model" in entry]
    applied = (msgspec.json.decode(entry["applied"], type=Applied) for entry in entries if "applied" in entry)
    records = (source.record() for source in _rows(dump / SOURCES, Source))
    sources = {(record.topic, record.partition, record.offset): record for record in records}
    with Results(out, (PROGRAMS,)) as results:
        engines = engines_by_digest(inputs, engine_for)
        for engine in engines.values():
            engine.models = {weights.version: Model(weights) for weights in versions}  # adopted where the log says so
        partitions = follow(applied, sources, engines, _sink(results))
        _customers(results, partitions.values())
    return results


class _Training:
    """A trainer in process: learns from what the engine puts out, and gives it the newest model after each day."""

    def __init__(self, engine: Engine, sink: Sink) -> None:
        churn = engine.programs.latest.churn
        if churn is None:
            raise StreamLoyaltyError("the program has no [churn] section, so there is nothing to learn; add one")
        self._engine, self._sink, self._trainer = engine, sink, Trainer(churn, learners())
        self._decode = msgspec.json.Decoder(Example).decode

    def sink(self, commit: Commit) -> None:
        """Learn from the examples of a commit, and pass it on."""
        examples = (one.value for one in commit.outputs if one.topic == topics.TRAINING)
        self._trainer.learn(self._decode(value) for value in examples if value)
        self._sink(commit)

    def publish(self) -> None:
        """Give the engine what was learned."""
        if self._trainer.is_due(idle=True):
            self._engine.learn_of(self._trainer.publish(0)[0])


def _sink(results: Results) -> Sink:
    def write(commit: Commit) -> None:
        for message in commit.outputs:
            results.message(message)

    return write


def _customers(results: Results, partitions: Iterable[Partition]) -> None:
    texts: dict[str, None] = {}
    for partition in partitions:
        texts |= dict.fromkeys(partition.engine.programs.texts)
        for key, blob in partition.states.items():
            results.line(CUSTOMERS, profile(key, blob, partition.engine.programs))
    for text in texts:
        results.line(PROGRAMS, {"program": text})


def _rows(file: Path, kind: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(read_lines([str(file)]), 1):
        try:
            yield decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise StreamLoyaltyError(f"{file}, line {number}: not what `dump` writes: {error}") from None
