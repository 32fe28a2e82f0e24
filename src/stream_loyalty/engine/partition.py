"""One partition number: its states, its clock, and the effects that wait to be committed."""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.intake import moved
from stream_loyalty.contracts.parse import CLAMPED, UNTIMED, Event, Passed, Rejected
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core import codec
from stream_loyalty.core.guests import claims, is_nobody
from stream_loyalty.core.policies.erasure import erases
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.engine.adoption import Adoption
from stream_loyalty.engine.customers import Outcome, apply_event, is_repeated, next_wake, run_wakes, seen_as
from stream_loyalty.engine.effects import Effects
from stream_loyalty.engine.leftout import summaries
from stream_loyalty.engine.log import AppliedLog
from stream_loyalty.engine.mark import NEVER_YET, Mark
from stream_loyalty.engine.merge import Arrival, ClockAdvanced, Stray
from stream_loyalty.engine.rescheduling import Rescheduling
from stream_loyalty.engine.store import ScannedStore
from stream_loyalty.engine.survey import Survey
from stream_loyalty.engine.sweep import SLICE_S, WHOLE, Agenda, Sweep

if TYPE_CHECKING:
    from stream_loyalty.engine.engine import Engine

NEAR_WALL_CLOCK_MS = 3_600_000  # a partition whose newest event is this recent follows the wall clock from then on
FULL_STATE_BYTES = topics.STATE_LIMIT_BYTES // 2  # a program's bounds keep states below; beyond it a commit could fail
_FULL = f"the customer's state has more than {FULL_STATE_BYTES:,} bytes; nothing more is applied to it"
_TOPIC_NUMBER = {topic: number for number, topic in enumerate(topics.SOURCES)}


class Partition:
    """Applies chunks and sweeps; `take` hands over everything since the last `take`, to be written as one."""

    def __init__(self, engine: Engine, number: int, states: ScannedStore, mark: Mark) -> None:
        self.number = number
        self.states = states
        self.mark = mark
        self._tags = {topic: zlib.crc32(topic_id) for topic, topic_id in mark.topic_ids.items()}
        # of who was forgotten since the last commit: what was applied to them. Plain writes can break off between
        # the state of who came back and the mark; then all of the commit is read again
        self._forgotten: dict[bytes, dict[int, tuple[int, int]]] = {}
        self._log = AppliedLog(number)
        self._effects = Effects(number, states, mark, engine.counts)
        self.adoption = Adoption(engine, number, mark, self._log, self._effects)
        self._agenda = Agenda(states)
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
        loaded: dict[bytes, Customer | None] = {}  # None: forgotten
        for arrival in chunk:
            record = arrival.record
            if record.offset < self.mark.positions.get(record.topic, 0):
                continue  # read before, in this life of the partition
            self.mark.positions[record.topic] = record.offset + 1
            self._log.record(record)
            self._arrive(arrival, loaded)
        for key, state in loaded.items():
            if state is None:
                self._effects.store(key, None)
            else:
                self._store(key, state)

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
            if not self._agenda.look_ahead(target, deadline):
                return True
            self.mark.sweeping = min(target, self._agenda.known)
            self.adoption.take_newest()
        self._sweep_slice(limit, deadline)
        return self.mid_sweep or self._look_at_values(deadline)

    def sweep_to(self, target: int, bound: int | None = None) -> None:
        """Do again a step of the log: wake those due up to `target` (ms) whose hash is not above `bound`."""
        if self._sweep is None or self._sweep.target != target:
            self._leave_sweep()
            self._sweep = Sweep(self._agenda, target)
        sweep = self._sweep
        sweep.gather(WHOLE)
        while (found := sweep.hash) is not None and (bound is None or found <= bound):
            self._wake(sweep.pop(), target)
        self._log.swept(target, bound)
        self.mark.sweeping = max(self.mark.sweeping, target)
        if bound is None:
            self._sweep_over(target)

    def _leave_sweep(self) -> None:
        """A log goes on to something else: of the sweep that was on its way nobody was left to wake."""
        if self._sweep is not None:  # what it had found is not known any more
            self._agenda, self._sweep = Agenda(self.states), None

    def take(self) -> Commit | None:
        """What has to be written, or None; nothing is pending afterwards."""
        commit = self._effects.take(self._log.take(), self.adoption.allowance.tally())
        if commit is not None:
            self._forgotten = {}
        return commit

    def resume(self, engine: Engine) -> None:
        """Go on under the dated inputs of another engine, as a worker does that takes the partition up."""
        self.adoption.engine = engine
        self._agenda, self._sweep = Agenda(self.states), None  # of a sweep that has begun others may be due now
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
            blob = self.states.get(key)
            if blob is not None:
                self._store(key, codec.decode(blob))
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

    def _arrive(self, arrival: Arrival, loaded: dict[bytes, Customer | None]) -> None:
        content, record = arrival.content, arrival.record
        counts = self.engine.counts
        if isinstance(content, Event):
            content = seen_as(content, self.adoption.programs)
        if isinstance(content, Rejected):
            counts["event", record.topic, self._kept(record, content)] += 1
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
        outcome = "passed" if isinstance(content, Passed) else self._apply_event(record, content, loaded)
        counts["event", record.topic, outcome] += 1

    def _kept(self, record: Record, why: Rejected) -> str:
        """Keep a record as a dead letter; the outcome's name."""
        self._effects.bury(record, why)
        return "dead-letter"

    def _apply_event(self, record: Record, event: Event, loaded: dict[bytes, Customer | None]) -> str:
        key = event.customer.encode()
        state, due = loaded.get(key), None
        if state is None:
            blob = None if key in loaded else self.states.get(key)
            if blob is not None and len(blob) > FULL_STATE_BYTES and not erases(event):
                return self._kept(record, Rejected("state-full", _FULL, "userId", event.name))
            if event.from_guest and blob is None:
                return "not-claimed"  # who claimed the guest was forgotten meanwhile, and nobody is made of it
            state = loaded[key] = codec.decode(blob) if blob else Customer(applied=self._forgotten.get(key, {}))
            due = codec.wake_at(blob) if blob else NEVER  # until an event changes it
        topic, tag = _TOPIC_NUMBER[record.topic], self._tags.get(record.topic, 0)
        before = state.applied.get(topic)
        if before is not None and before[0] == tag and record.offset <= before[1]:
            return "redelivered"
        state.applied[topic] = (tag, record.offset)
        if is_repeated(state, event):
            return "repeated"
        if event.from_guest and not claims(state, event.from_guest, event.claim):
            return "not-claimed"
        by = self.adoption
        self._publish(apply_event(state, event, by.programs, by.thresholds, by.model, by.allowance.left, due=due))
        if erases(event):
            loaded[key], self._forgotten[key] = None, state.applied
        elif state.guest is not None and is_nobody(state):
            self._forgotten[key] = state.applied
            if self.states.get(key) is not None:
                loaded[key] = None
            else:
                del loaded[key]
        return "applied"

    def _publish(self, outcomes: list[Outcome]) -> None:
        self._effects.publish(outcomes, self.adoption.allowance, self.adoption.basis.partitions)

    def _store(self, key: bytes, state: Customer) -> None:
        at = next_wake(state, self.adoption.programs)
        self._effects.store(key, codec.encode(state, at))
        self._agenda.note(key, at)
        if at <= self.mark.swept and (clock := self.mark.target) is not None and at <= clock:
            self.mark.swept = at - 1  # it came behind Clock Advanced, which says that this is due: the sweep goes on

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
            self._sweep = Sweep(self._agenda, target)
        sweep = self._sweep
        if not sweep.gather(deadline):
            return
        looked_at, woken, bound = 0, 0, None
        while (found := sweep.hash) is not None:
            # customers of the same hash stay together, so that the hash says exactly who was woken
            if found != bound and (woken >= limit or (looked_at and time.perf_counter() >= deadline)):
                break
            woken += self._wake(sweep.pop(), target)
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

    def _wake(self, key: bytes, target: int) -> bool:
        """Whether the customer was due at all."""
        blob = self.states.get(key)
        if blob is None:
            return False
        if (at := codec.wake_at(blob)) > target:
            self._agenda.note(key, at)
            return False
        state = codec.decode(blob)
        by = self.adoption
        self._publish(run_wakes(state, key.decode(), target, by.programs, by.thresholds, by.model, by.allowance.left))
        if state.guest is not None and is_nobody(state):
            self._forgotten[key] = state.applied
            self._effects.store(key, None)
        else:
            self._store(key, state)
        return True
