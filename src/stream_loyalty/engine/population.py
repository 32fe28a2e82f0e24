"""The customers of one partition number: their states are looked up, changed by events and wakes, and stored."""

from __future__ import annotations

import zlib

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.parse import Event, Rejected
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core import codec
from stream_loyalty.core.guests import claims, is_nobody
from stream_loyalty.core.policies.erasure import erases
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.engine.adoption import Adoption
from stream_loyalty.engine.customers import Outcome, apply_event, is_repeated, next_wake, run_wakes
from stream_loyalty.engine.effects import Effects
from stream_loyalty.engine.mark import Mark
from stream_loyalty.engine.sweep import Agenda
from stream_loyalty.ports import StateStore

FULL_STATE_BYTES = topics.STATE_LIMIT_BYTES // 2  # a program's bounds keep states below; beyond it a commit could fail
_FULL = f"the customer's state has more than {FULL_STATE_BYTES:,} bytes; nothing more is applied to it"
_TOPIC_NUMBER = {topic: number for number, topic in enumerate(topics.SOURCES)}

Loaded = dict[bytes, Customer | None]  # states by key that a chunk has changed; None: forgotten


class Population:
    """Says of each event what became of it. `agenda` is told of every change when a customer is due."""

    def __init__(self, states: StateStore, mark: Mark, adoption: Adoption, effects: Effects) -> None:
        self._states, self._mark, self._adoption, self._effects = states, mark, adoption, effects
        self._tags = {topic: zlib.crc32(topic_id) for topic, topic_id in mark.topic_ids.items()}
        # of who was forgotten since the last commit: what was applied to them. Plain writes can break off between
        # the state of who came back and the mark; then all of the commit is read again
        self._forgotten: dict[bytes, dict[int, tuple[int, int]]] = {}
        self.agenda = Agenda(states)

    def apply(self, record: Record, event: Event, loaded: Loaded) -> str:
        """Apply an event to its customer's state, which is in `loaded` from then on; the outcome's name."""
        key = event.customer.encode()
        state, due = loaded.get(key), None
        if state is None:
            blob = None if key in loaded else self._states.get(key)
            if blob is not None and len(blob) > FULL_STATE_BYTES and not erases(event):
                return self._effects.bury(record, Rejected("state-full", _FULL, "userId", event.name))
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
        by = self._adoption
        self._publish(apply_event(state, event, by.programs, by.thresholds, by.model, by.allowance.left, due=due))
        if erases(event):
            loaded[key], self._forgotten[key] = None, state.applied
        elif state.guest is not None and is_nobody(state):
            self._forgotten[key] = state.applied
            if self._states.get(key) is not None:
                loaded[key] = None
            else:
                del loaded[key]
        return "applied"

    def wake(self, key: bytes, target: int) -> bool:
        """Run every wake of a customer due up to `target` (ms); whether they were due at all."""
        blob = self._states.get(key)
        if blob is None:
            return False
        if (at := codec.wake_at(blob)) > target:
            self.agenda.note(key, at)
            return False
        state = codec.decode(blob)
        by = self._adoption
        self._publish(run_wakes(state, key.decode(), target, by.programs, by.thresholds, by.model, by.allowance.left))
        if state.guest is not None and is_nobody(state):
            self._forgotten[key] = state.applied
            self._effects.store(key, None)
        else:
            self._store(key, state)
        return True

    def store(self, loaded: Loaded) -> None:
        """Store what a chunk has changed."""
        for key, state in loaded.items():
            if state is None:
                self._effects.store(key, None)
            else:
                self._store(key, state)

    def reschedule(self, key: bytes) -> None:
        """Reckon anew when a customer is due, if they are still there."""
        blob = self._states.get(key)
        if blob is not None:
            self._store(key, codec.decode(blob))

    def committed(self) -> None:
        """Everything up to here is written as one."""
        self._forgotten = {}

    def look_anew(self) -> None:
        """Nothing of who is due is known any more."""
        self.agenda = Agenda(self._states)

    def _publish(self, outcomes: list[Outcome]) -> None:
        self._effects.publish(outcomes, self._adoption.allowance, self._adoption.basis.partitions)

    def _store(self, key: bytes, state: Customer) -> None:
        at = next_wake(state, self._adoption.programs)
        self._effects.store(key, codec.encode(state, at))
        self.agenda.note(key, at)
        mark = self._mark
        if at <= mark.swept and (clock := mark.target) is not None and at <= clock:
            mark.swept = at - 1  # it came behind Clock Advanced, which says that this is due: the sweep goes on
