"""One partition number: its states, its clock, and the effects that wait to be committed."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stream_loyalty.contracts.instants import HOUR_MS
from stream_loyalty.contracts.intake import moved
from stream_loyalty.contracts.parse import CLAMPED, UNTIMED, Event, Passed, Rejected
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.engine.adoption import Adoption
from stream_loyalty.engine.customers import seen_as
from stream_loyalty.engine.effects import Effects
from stream_loyalty.engine.leftout import summaries
from stream_loyalty.engine.log import AppliedLog
from stream_loyalty.engine.mark import NEVER_YET, Mark
from stream_loyalty.engine.merge import Arrival, ClockAdvanced, Stray
from stream_loyalty.engine.population import Loaded, Population
from stream_loyalty.engine.rescheduling import Rescheduling
from stream_loyalty.engine.survey import Survey
from stream_loyalty.engine.sweep import SLICE_S, WHOLE, Sweep
from stream_loyalty.ports import StateStore

if TYPE_CHECKING:
    from stream_loyalty.engine.engine import Engine

NEAR_WALL_CLOCK_MS = HOUR_MS  # a partition whose newest event is this recent follows the wall clock from then on


class Partition:
    """Applies chunks and sweeps; `take` hands over everything since the last `take`, to be written as one."""

    def __init__(self, engine: Engine, number: int, states: StateStore, mark: Mark) -> None:
        self.number = number
        self.states = states
        self.mark = mark
        self._log = AppliedLog(number)
        self._effects = Effects(number, states, mark, engine.counts)
        self.adoption = Adoption(engine, number, mark, self._log, self._effects)
        self._customers = Population(states, mark, self.adoption, self._effects)
        self._sweep: Sweep | None = None  # the one that has begun
        self._survey = Survey(number, states, mark, self.adoption.basis.survey_calendar)
        self._rescheduling = Rescheduling(states)
        if mark.adopted != self.adoption.basis.digest:
            self._adopted()
        if mark.rescheduling:
            self._reschedule(WHOLE)

    @property
    def engine(self) -> Engine:
        """Whose partition it is."""
        return self.adoption.engine

    @property
    def urgent(self) -> bool:
        """Whether an alert waits to be committed."""
        return self._effects.urgent

    @property
    def positions(self) -> dict[str, int]:
        """Next offset to read of each source topic."""
        return self.mark.positions

    @property
    def watermark(self) -> int | None:
        """The latest event time applied (ms), or what the clock was moved on to; None before the first event."""
        return None if self.mark.watermark == NEVER_YET else self.mark.watermark

    @property
    def swept(self) -> int | None:
        """Every wake due up to here (ms) has run."""
        return None if self.mark.swept == NEVER_YET else self.mark.swept

    def apply(self, chunk: Sequence[Arrival], logged: bool = False) -> None:
        """Apply an ordered run of records. A sweep that has begun is finished first, unless a log says what comes when.

        `logged`: the run is a step of a log, which is not cut into chunks as the records were.
        """
        if logged:
            self._leave_sweep()
        while self.mid_sweep and not logged:
            self._sweep_slice(sys.maxsize, WHOLE)
        self._adopt_basis()
        self.adoption.take_newest()
        if self.mark.rescheduling and self._comes_too_early(chunk):
            self._reschedule(WHOLE)
        loaded: Loaded = {}
        for arrival in chunk:
            record = arrival.record
            if record.offset < self.mark.positions.get(record.topic, 0):
                continue  # read before, in this life of the partition
            self.mark.positions[record.topic] = record.offset + 1
            self._log.record(record)
            self._arrive(arrival, loaded)
        self._customers.store(loaded)

    @property
    def mid_sweep(self) -> bool:
        """A sweep has begun; it ends before any other input: `sweep` goes on with it, `apply` would end it at once."""
        return self.mark.sweeping > self.mark.swept

    def sweep(self, now_ms: int, at_end: bool, limit: int = 500, seconds: float = SLICE_S) -> bool:
        """Look for customers who are due and wake about `limit` of them, for about `seconds`; True while more waits.

        `now_ms` is the wall clock, `at_end` whether every topic is read to its end and nothing waits in the merger.
        """
        deadline = time.perf_counter() + seconds
        if not self.mid_sweep:
            self._adopt_basis()
            if self.mark.rescheduling and not self._reschedule(deadline):
                return True
            target = self._target(now_ms, at_end)
            if target <= self.mark.swept:
                return self._look_at_values(deadline)
            if not self._customers.agenda.look_ahead(target, deadline):
                return True
            self.mark.sweeping = min(target, self._customers.agenda.known)
            self.adoption.take_newest()
        self._sweep_slice(limit, deadline)
        return self.mid_sweep or self._look_at_values(deadline)

    def sweep_to(self, target: int, bound: int | None = None) -> None:
        """Do again a step of the log: wake those due up to `target` (ms) whose hash is not above `bound`."""
        if self._sweep is None or self._sweep.target != target:
            self._leave_sweep()
            self._sweep = Sweep(self._customers.agenda, target)
        sweep = self._sweep
        sweep.gather(WHOLE)
        while (found := sweep.hash) is not None and (bound is None or found <= bound):
            self._customers.wake(sweep.pop(), target)
        self._log.swept(target, bound)
        self.mark.sweeping = max(self.mark.sweeping, target)
        if bound is None:
            self._sweep_over(target)

    def _leave_sweep(self) -> None:
        """A log goes on to something else: of the sweep that was on its way nobody was left to wake."""
        if self._sweep is not None:  # what it had found is not known any more
            self._customers.look_anew()
            self._sweep = None

    def take(self) -> Commit | None:
        """What has to be written, or None; nothing is pending afterwards."""
        commit = self._effects.take(self._log.take(), self.adoption.allowance.tally())
        if commit is not None:
            self._customers.committed()
        return commit

    def resume(self, engine: Engine) -> None:
        """Go on under the dated inputs of another engine, as a worker does that takes the partition up."""
        self.adoption.engine = engine
        self._customers.look_anew()
        self._sweep = None  # of one that has begun others may be due now
        self._adopt_basis()
        if self.mark.rescheduling:
            self._reschedule(WHOLE)

    def _adopt_basis(self) -> None:
        """Decide by the newest dated inputs from here on. What was decided stands, also beyond the day they begin."""
        before = self.adoption.basis
        if self.adoption.follow():
            basis = self.adoption.basis
            self._survey.calendar = basis.survey_calendar
            if basis.digest != before.digest:
                self._adopted(before.alike_until(basis))

    def _adopted(self, alike_until: int = NEVER_YET) -> None:
        """Write down that other dated inputs hold, before which moment (ms) nothing is another by them."""
        self.adoption.write_down()
        again = self.mark.rescheduling
        self._rescheduling.begin(min(alike_until, self._rescheduling.alike_until) if again else alike_until)
        self.mark.rescheduling = True

    def _comes_too_early(self, chunk: Sequence[Arrival]) -> bool:
        """Whether a record is from when customers can be due by what was adopted only."""
        times = (arrival.content.at for arrival in chunk if not isinstance(arrival.content, Rejected))
        return max(times, default=NEVER_YET) >= self._rescheduling.alike_until

    def _reschedule(self, deadline: float) -> bool:
        """Look anew when customers are due, by what was adopted; False when there is more of it to do."""
        for key in self._rescheduling.go_on(self.adoption.programs, deadline):
            self._customers.reschedule(key)
        self._effects.mark_changed = True
        self.mark.rescheduling = self._rescheduling.more
        return not self.mark.rescheduling

    def _look_at_values(self, deadline: float) -> bool:
        """Sketch the customers' values once a day, where the program wants it; True while there is more of it to do."""
        more, sketch = self._survey.go_on(deadline)
        if sketch is not None:
            self._effects.mark_changed = True
            self._effects.write(sketch)
        return more

    def _arrive(self, arrival: Arrival, loaded: Loaded) -> None:
        content, record = arrival.content, arrival.record
        counts = self.engine.counts
        if isinstance(content, Event):
            content = seen_as(content, self.adoption.programs)
        if isinstance(content, Rejected):
            counts["event", record.topic, self._effects.bury(record, content)] += 1
            return
        if isinstance(content, Stray):
            counts["event", record.topic, "moved"] += 1
            self._effects.write(moved(record, content.partition))
            return
        if isinstance(content, ClockAdvanced):
            counts["event", record.topic, "clock-advanced" if self.engine.clock == "event" else "ignored"] += 1
            self._advance(record.topic, content.at)
            return
        self.mark.watermark = max(self.mark.watermark, content.at)
        if CLAMPED in content.flags or UNTIMED in content.flags:
            self._log.append_time(record)
        outcome = "passed" if isinstance(content, Passed) else self._customers.apply(record, content, loaded)
        counts["event", record.topic, outcome] += 1

    def _advance(self, topic: str, at: int) -> None:
        if self.engine.clock == "event":
            self.mark.advanced[topic] = max(at, self.mark.advanced.get(topic, NEVER_YET))

    def _target(self, now_ms: int, at_end: bool) -> int:
        """Up to when wakes are due now: the watermark less the lateness, or where Clock Advanced put the clock."""
        mark = self.mark
        if self.engine.clock == "wall":
            if not mark.live and mark.watermark >= now_ms - NEAR_WALL_CLOCK_MS:
                mark.live = self._effects.mark_changed = True
            if mark.live and at_end:
                mark.watermark = max(mark.watermark, now_ms)
        target = mark.watermark - self.engine.lateness_ms
        return target if mark.target is None else max(target, mark.target)

    def _sweep_slice(self, limit: int, deadline: float) -> None:
        """Go on with the sweep. One that wakes and tells nobody has to be written down only if it was asked for."""
        target = self.mark.sweeping
        if self._sweep is None:  # it begins, or began in an earlier life of the partition
            self._sweep = Sweep(self._customers.agenda, target)
        sweep = self._sweep
        if not sweep.gather(deadline):
            return
        looked_at, woken, bound = 0, 0, None
        while (found := sweep.hash) is not None:
            # customers of the same hash stay together, so that the hash says exactly who was woken
            if found != bound and (woken >= limit or (looked_at and time.perf_counter() >= deadline)):
                break
            woken += self._customers.wake(sweep.pop(), target)
            looked_at, bound = looked_at + 1, found
        over = found is None
        asked_for = over and self.mark.target is not None and self.mark.swept < self.mark.target
        ends_a_day = over and self._sweep_over(target)
        if woken or asked_for or ends_a_day or (over and sweep.told):
            sweep.told = True
            self._log.swept(target, None if over else bound)

    def _sweep_over(self, target: int) -> bool:
        """Every wake up to `target` has run: tell what was left out on the days that are over; whether anything was."""
        self._sweep = None
        self.mark.swept = max(self.mark.swept, target)
        told = list(summaries(self.mark.left_out, self.number, target, self.adoption.programs.latest))
        self._effects.write(*told)
        return bool(told)
