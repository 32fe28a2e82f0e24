"""Replay events, or the log of what was applied, through the same engine in process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.files.results import APPLIED, CUSTOMERS, PROGRAMS, SOURCES, Results
from stream_loyalty.bootstrap import calm_collector, engine_for, now_ms, replay_engine
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied, Inputs, Source
from stream_loyalty.contracts.budgets import Grant, HighValueThreshold, Published
from stream_loyalty.contracts.instants import end_of
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core import codec
from stream_loyalty.core.model import Model
from stream_loyalty.core.profile import profile
from stream_loyalty.engine import Engine, Partition
from stream_loyalty.engine.grants import Grants
from stream_loyalty.engine.mark import MARK_KEY
from stream_loyalty.engine.replay import Sink, engines_by_digest, follow, last_time, read_events, replay, replay_by_day
from stream_loyalty.engine.survey import exact_threshold
from stream_loyalty.errors import StreamLoyaltyError

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
        sink, beside = _sink(results), list[_Beside]()
        if learn:
            beside.append(_Training(engine))
        if engine.basis.is_measured:
            beside.append(_Values(engine))
        if beside and end is not None:
            partition = replay_by_day(arrivals, engine, end, _all((*(one.sink for one in beside), sink)), _each(beside))
        else:
            partition = replay(arrivals, engine, end, sink)
        _customers(results, [partition])
    return results


def replay_applied(dump: Path, out: Path) -> Results:
    """Do again, step by step, what a dump says was applied, results into `out`."""
    calm_collector()
    entries = list(_rows(dump / APPLIED, dict[str, msgspec.Raw]))
    inputs = [msgspec.json.decode(entry["inputs"], type=Inputs) for entry in entries if "inputs" in entry]
    granted = list(_granted(entries))
    versions = [ModelWeights.model_validate_json(bytes(entry["model"])) for entry in entries if "model" in entry]
    applied = (msgspec.json.decode(entry["applied"], type=Applied) for entry in entries if "applied" in entry)
    records = (source.record() for source in _rows(dump / SOURCES, Source))
    sources = {(record.topic, record.partition, record.offset): record for record in records}
    with Results(out, (PROGRAMS,)) as results:
        engines = engines_by_digest(inputs, engine_for)
        for engine in engines.values():
            engine.models = {weights.version: Model(weights) for weights in versions}  # adopted where the log says so
            engine.grants = Grants(granted, by_log=True)
        partitions = follow(applied, sources, engines, _sink(results))
        _customers(results, partitions.values())
    return results


class _Beside(Protocol):
    """What runs beside the engine in a live installation: hears of commits, and tells the engine after each day."""

    def sink(self, commit: Commit) -> None:
        """Take a commit in."""

    def publish(self, day: int) -> None:
        """Give the engine what holds from `day` on."""


class _Training:
    """A trainer in process: learns from what the engine puts out, and gives it the newest model after each day."""

    def __init__(self, engine: Engine) -> None:
        from stream_loyalty.models.learners import learners  # River and SciPy take longer than all else to import
        from stream_loyalty.models.trainer import Example, Trainer

        churn = engine.programs.latest.churn
        if churn is None:
            raise StreamLoyaltyError("the program has no [churn] section, so there is nothing to learn; add one")
        self._engine, self._trainer = engine, Trainer(churn, learners())
        self._decode = msgspec.json.Decoder(Example).decode

    def sink(self, commit: Commit) -> None:
        """Learn from the examples of a commit."""
        examples = (one.value for one in commit.outputs if one.topic == topics.TRAINING)
        self._trainer.learn(self._decode(value) for value in examples if value)

    def publish(self, day: int) -> None:
        """Give the engine what was learned."""
        if self._trainer.is_due(idle=True):
            self._engine.learn_of(self._trainer.publish(0)[0])


class _Values:
    """The lifetime values of all customers: the exact threshold for high value after each day, without a sketch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._values: dict[bytes, int] = {}

    def sink(self, commit: Commit) -> None:
        """Note the values of the customers that a commit has changed."""
        for key, blob in commit.states.items():
            if key != MARK_KEY:
                self._values[key] = codec.decode(blob).lifetime_value if blob else 0

    def publish(self, day: int) -> None:
        """Tell the engine of the threshold."""
        rule = self._engine.programs.on(day).high_value
        if rule is None:
            return
        if found := exact_threshold(self._values.values(), rule.top_percent):
            value, customers = found
            serial = self._engine.grants.serial + 1
            one = HighValueThreshold(serial=serial, day=day, lifetime_value=value, customers=customers)
            self._engine.hear_of(one)


def _all(sinks: Iterable[Sink]) -> Sink:
    several = tuple(sinks)

    def write(commit: Commit) -> None:
        for sink in several:
            sink(commit)

    return write


def _each(beside: Iterable[_Beside]) -> Callable[[int], None]:
    several = tuple(beside)

    def publish(day: int) -> None:
        for one in several:
            one.publish(day)

    return publish


def _granted(entries: Iterable[Mapping[str, msgspec.Raw]]) -> Iterator[Published]:
    for entry in entries:
        if "grant" in entry:
            yield Grant.model_validate_json(bytes(entry["grant"]))
        elif "threshold" in entry:
            yield HighValueThreshold.model_validate_json(bytes(entry["threshold"]))


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
