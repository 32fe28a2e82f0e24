"""Checkpoints: the churn model looks at each customer every few days, and learns from what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.checkpoints import CheckpointScored, ExampleLabelled
from stream_loyalty.core.activity import signals
from stream_loyalty.core.features import features
from stream_loyalty.core.history import Rhythm, bought_between, rhythm
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.reasons import expected_year
from stream_loyalty.core.state import NEVER, Checkpoint, Customer, Watch


def due(state: Customer, program: Program) -> int:
    """Some hours after the end of the next checkpoint's day, or of the day that settles an earlier one."""
    watch = state.watch
    if watch is None or program.churn is None:
        return NEVER
    day = watch.next_day
    if watch.pending:
        known = watch.pending[0].day + program.churn.horizon_days
        day = known if day is None or known < day else day
    return NEVER if day is None else program.calendar.start(day + 1) + watch.offset


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """First what has become known, then what is to be scored."""
    watch, churn = state.watch, moment.program.churn
    if watch is None or churn is None:
        return
    day = moment.program.calendar.day(wake.at - watch.offset) - 1
    while watch.pending and watch.pending[0].day + churn.horizon_days <= day:
        yield _label(state, watch.pending[0], churn.horizon_days)
    if watch.next_day is not None and watch.next_day <= day:
        yield _score(state, watch, watch.next_day, moment)


def _score(state: Customer, watch: Watch, day: int, moment: Moment) -> CheckpointScored:
    seen = rhythm(state.history, day)
    model = moment.model
    if seen is None or model is None or not model.usable:
        return CheckpointScored(rule="checkpoints.score", day=day, risk=None, model=None)
    told = signals(state.activities, len(state.complaints), day)
    return CheckpointScored(
        rule="checkpoints.score",
        day=day,
        risk=model.risk(features(seen, day, told)),
        model=model.version,
        alert_from=model.alert_from(seen.days),
    )


def _label(state: Customer, checkpoint: Checkpoint, horizon: int) -> ExampleLabelled:
    day = checkpoint.day
    seen = rhythm(state.history, day)
    known = seen or Rhythm()
    value = expected_year(known, day) * (1.0 if checkpoint.risk is None else checkpoint.risk) if seen else 0.0
    return ExampleLabelled(
        rule="checkpoints.label",
        day=day,
        horizon_days=horizon,
        features=tuple(features(seen, day, checkpoint.signals)) if seen else (),
        bought=bought_between(state.history, day, day + horizon),
        risk=checkpoint.risk,
        model=checkpoint.model,
        peak=checkpoint.peak,
        last_purchase=known.last,
        purchase_days=known.days,
        value_at_risk=int(value),
    )


REACTIONS = {Wake: wake}
