"""The effects of one partition that wait to be committed: messages, changed states, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied
from stream_loyalty.contracts.deadletters import dead_letter
from stream_loyalty.contracts.decisions.alerts import AlertHeldBack
from stream_loyalty.contracts.intake import original
from stream_loyalty.contracts.parse import Rejected
from stream_loyalty.contracts.transfers import transfer_message
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.engine.allowance import Allowance
from stream_loyalty.engine.customers import Outcome, messages
from stream_loyalty.engine.mark import MARK_KEY, Mark
from stream_loyalty.ports import StateStore


class Effects:
    """Collects them; `take` hands over everything since the last `take`, to be written as one."""

    def __init__(self, number: int, states: StateStore, mark: Mark, counts: Counter[tuple[str, ...]]) -> None:
        """`counts`: what metrics count, of the whole process."""
        self._number, self._states, self._mark, self._counts = number, states, mark, counts
        self.mark_changed = False  # by something that no step of the log tells of
        self.urgent = False
        self._outputs: list[Message] = []
        self._dirty: dict[bytes, bytes | None] = {}

    def write(self, *outputs: Message) -> None:
        """Messages that are no decisions."""
        self._outputs += outputs

    def store(self, key: bytes, blob: bytes | None) -> None:
        """A state is another now; None: it is gone."""
        self._states.put(key, blob)
        self._dirty[key] = blob

    def publish(self, outcomes: Iterable[Outcome], allowance: Allowance, partitions: int) -> None:
        """Tell of decisions, of what they send to other customers, and of what they draw on budgets."""
        counts = self._counts
        for outcome in outcomes:
            self._outputs += messages(outcome, self._number)
            backfill = outcome.moment.program.is_backfill(outcome.moment.at)
            for decision in outcome.decisions:
                if decision.sending:
                    self._outputs += [transfer_message(one, partitions) for one in decision.sent]
                counts["decision", decision.published_as] += 1
                if decision.tallied:
                    for labels, much in decision.tallies:
                        counts[labels] += much
                    if isinstance(decision, AlertHeldBack) and not backfill:
                        day = outcome.moment.program.calendar.day(outcome.moment.at)
                        self._mark.left_out.add(day, decision)
                if decision.drawing:
                    allowance.drawn(decision)
                if backfill and decision.receipt and decision.told_on is not None:
                    counts["backfilled",] += 1
                elif decision.told_on == topics.ALERTS:
                    self.urgent = True

    def bury(self, record: Record, why: Rejected) -> str:
        """Keep a record as a dead letter; the outcome's name."""
        self._counts["dead_letter", why.code] += 1
        self._outputs.append(dead_letter(original(record), why))
        return "dead-letter"

    def take(self, applied: Applied | None, tally: Message | None) -> Commit | None:
        """What has to be written, with what the log and the coordinator are told of it; None: nothing."""
        if applied is None and tally is None and not self.mark_changed:
            return None
        if tally is not None:
            self._outputs.append(tally)
        if applied is not None:
            self._outputs.append(Message(topics.APPLIED, self._number, None, msgspec.json.encode(applied)))
        mark = self._mark
        changed = {**self._dirty, MARK_KEY: mark.encode()}
        commit = Commit(self._number, self._outputs, changed, dict(mark.positions), self.urgent)
        self._outputs, self._dirty, self.urgent, self.mark_changed = [], {}, False, False
        return commit
