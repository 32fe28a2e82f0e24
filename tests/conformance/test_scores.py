"""One customer, one day, one probability: by `evaluate`, and by the engine with wakes and states as bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decisions.checkpoints import CheckpointScored
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core.program.sections import Churn
from stream_loyalty.core.programs import Programs, parse_program
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine, customers
from stream_loyalty.engine.replay import Sink, read_events, replay_by_day
from stream_loyalty.models.champion import Champion
from stream_loyalty.models.evaluation import Evaluation, Fold
from stream_loyalty.models.trainer import Example, Trainer
from tests.conformance.feeds import cdnow_slice
from tests.unit.support_core import NOW, program_text

Scores = dict[tuple[int, str], float]


def engine_from(first_day: str) -> Engine:
    """The default program as the protocol has it: checkpoints from the first day on, and for ever."""
    zero = {"[churn]  ": f"[churn]\nday_zero = {first_day}  ", "silent_horizons = 3": "silent_horizons = 99"}
    text = program_text(zero)
    programs = Programs([parse_program(text, "program")], [text])
    return Engine(programs, Thresholds(None, programs.first), partitions=1, clock="event")


def evaluated(lines: Iterable[bytes], engine: Engine) -> tuple[Scores, dict[int, ModelWeights], Evaluation]:
    """What `evaluate` gives each customer at each checkpoint, and the weights it does so with."""
    fold = Fold(read_events(lines, engine, NOW), engine)
    run, scores, weights = Evaluation(fold), Scores(), {}
    score = run._score

    def noting(day: int) -> None:
        score(day)
        if run._waiting and run._waiting[-1].day == day and run._waiting[-1].risks is not None:
            names = {place: name for name, place in fold._places.items()}
            found = run._waiting[-1]
            scores.update(
                ((day, names[place]), risk)
                for place, risk in zip(found.customers.tolist(), found.risks.tolist(), strict=True)  # type: ignore[union-attr]
            )
            weights[day] = run.champion.weights(f"of day {day}", 0, 60)

    run._score = noting  # type: ignore[method-assign]
    run.run()
    return scores, weights, run


def lived(
    lines: Iterable[bytes], engine: Engine, until: int, sink: Sink, weights: Callable[[int], ModelWeights | None]
) -> Scores:
    """What the engine gives them, with the weights there are at the end of each day."""
    scores, decide, today = Scores(), customers.decide, [0]

    def noting(trigger, state, moment, dues=()):  # type: ignore[no-untyped-def]
        decided = decide(trigger, state, moment, dues)
        for one in decided:
            if isinstance(one, CheckpointScored) and one.risk is not None:
                scores[one.day, moment.customer] = one.risk
        return decided

    def tomorrow(day: int) -> None:
        newest = weights(today[0])
        if newest is not None:
            engine.learn_of(newest)
        today[0] += 1

    arrivals = read_events(lines, engine, NOW)
    today[0] = engine.programs.first.calendar.day(arrivals[0].at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customers, "decide", noting)
        replay_by_day(arrivals, engine, until, sink, tomorrow)
    return scores


@pytest.fixture
def lines(cdnow_file: Path, tmp_path: Path) -> list[bytes]:
    """The purchases of CDNOW's first 80 customers."""
    _, events = cdnow_slice(cdnow_file, tmp_path, 80)
    return list(read_lines([str(events)]))


def test_live_and_evaluate_give_the_same_probability(lines: list[bytes]) -> None:
    """With the same weights, every customer at every checkpoint: the same to twelve digits."""
    engine = engine_from("1997-01-01")
    scores, weights, run = evaluated(lines, engine_from("1997-01-01"))
    until = engine.programs.first.calendar.start(run.checkpoints[-1] + 2)
    got = lived(lines, engine, until, lambda commit: None, weights.get)
    assert len(scores) > 3_000
    assert scores.keys() <= got.keys()
    assert max(abs(got[key] - risk) for key, risk in scores.items()) < 1e-12


def test_the_trainer_learns_what_evaluate_learns(lines: list[bytes]) -> None:
    """From the examples that the engine publishes; only their order within a day is another."""
    engine = engine_from("1997-01-01")
    scores, _, run = evaluated(lines, engine_from("1997-01-01"))
    trainer = Trainer(Churn(), {"kalman": Champion()})
    decode = msgspec.json.Decoder(Example).decode

    def learn(commit: Commit) -> None:
        trainer.learn(decode(one.value or b"") for one in commit.outputs if one.topic == topics.TRAINING)

    def newest(day: int) -> ModelWeights | None:
        return trainer.publish(0)[0].model_copy(update={"usable": True}) if trainer.is_due(idle=True) else None

    until = engine.programs.first.calendar.start(run.checkpoints[-1] + 2)
    got = lived(lines, engine, until, learn, newest)
    half = run.checkpoints[len(run.checkpoints) // 2]
    differences = [abs(got[key] - risk) for key, risk in scores.items() if key[0] >= half]
    assert len(differences) > 1_500
    assert sum(differences) / len(differences) < 0.02  # so few customers: the order still shows, a little
