"""What one partition may still draw on budgets, and what it tells the coordinator of that."""

from __future__ import annotations

from collections.abc import Iterable

from stream_loyalty.contracts.budgets import Grant, Tally, told
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.mark import NEVER_YET, Mark


class Allowance:
    """The units left in a partition; they are kept in its mark, in the transaction of what was drawn on them."""

    def __init__(self, programs: Programs, number: int, mark: Mark) -> None:
        self._number, self._mark = number, mark
        self._short: set[str] = set()
        self.go_by(programs)
        self._version = programs.first.label

    def go_by(self, programs: Programs) -> None:
        """Other versions hold from here on."""
        self._programs = programs
        self.left = self._mark.budgets if programs.has_budgets else None  # None: nothing has a limit
        self._changed = programs.has_budgets  # the first commit tells that the partition is there

    def adopt(self, slices: Iterable[Grant], serial: int) -> None:
        """Draw on these slices too; `serial` is that of the newest."""
        mark = self._mark
        for one in slices:
            mark.budgets[one.budget] = mark.budgets.get(one.budget, 0) + one.units
            mark.granted[one.budget] = mark.granted.get(one.budget, 0) + one.units
        mark.grant, self._changed = serial, self.left is not None

    def drawn(self, decision: Decision) -> None:
        """A decision has drawn on budgets, or has found too little: that is a draw of 0 units."""
        if self.left is None:
            return
        for budget, units in decision.draws:
            self._changed = True
            if not units:
                self._short.add(budget)

    def tally(self) -> Message | None:
        """What the coordinator has to know with the commit that is made now; None: nothing new."""
        mark = self._mark
        if self.left is None:
            return None
        if (version := self._programs.at(mark.watermark).label) != self._version:  # its totals may be others
            self._version, self._changed = version, True
        if not self._changed:
            return None
        watermark = None if mark.watermark == NEVER_YET else mark.watermark
        short = tuple(sorted(self._short))
        self._short, self._changed = set(), False
        return told(
            Tally(partition=self._number, watermark=watermark, left=mark.budgets, granted=mark.granted, short=short)
        )
