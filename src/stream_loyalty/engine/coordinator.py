"""The coordinator as a fold: what partitions tell goes in, slices of budgets and thresholds come out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from stream_loyalty.contracts.budgets import (
    DRAWN_BEFORE,
    Grant,
    HighValueThreshold,
    Published,
    Tally,
    Told,
    ValueSketch,
)
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.survey import merged_threshold

SLICES = 8  # for each partition, of what remains: the fewer, the more may lie idle; the more, the sooner it is asked


class Coordinator:
    """Never grants more of a budget than there is: what it has granted is what `loyalty.grants` says."""

    def __init__(self, programs: Programs, partitions: int, measures: bool = True) -> None:
        """`measures`: that it says who is of high value where the program asks, not a file of thresholds."""
        self.programs = programs  # other versions can take their place at any time
        self._partitions, self._measures = partitions, measures
        self._granted: dict[str, dict[int, int]] = defaultdict(dict)  # budget -> partition -> units
        self._tallies: dict[int, Tally] = {}
        self._sketches: dict[int, ValueSketch] = {}
        self.serial = 0  # of the newest thing published
        self.threshold: HighValueThreshold | None = None

    def published(self, one: Published) -> None:
        """Take in what was published, by this coordinator or an earlier one, in order."""
        self.serial = one.serial
        if isinstance(one, HighValueThreshold):
            self.threshold = one
        else:
            units = self._granted[one.budget]
            units[one.partition] = units.get(one.partition, 0) + one.units

    def hear(self, told: Told) -> None:
        """Take in the newest word of a partition."""
        if isinstance(told, Tally):
            self._tallies[told.partition] = told
        else:
            self._sketches[told.partition] = told

    def decide(self) -> list[Published]:
        """What has to be published now; it counts as published from here on."""
        decided: list[Published] = []
        due: Iterator[Published] = chain(self._slices(), self._thresholds())
        for one in due:
            self.published(one)  # before the next one is looked for
            decided.append(one)
        return decided

    def totals(self) -> dict[str, int]:
        """Units of each budget by the newest of the partitions' clocks."""
        times = [tally.watermark for tally in self._tallies.values() if tally.watermark is not None]
        return self.programs.budgets_at(max(times, default=0))

    def granted(self, budget: str) -> int:
        """All units granted so far."""
        return sum(self._granted[budget].values())

    def drawn(self, budget: str) -> int:
        """All units drawn, as far as partitions have told."""
        told = (t.granted.get(budget, 0) - t.left.get(budget, 0) for t in self._tallies.values())
        return sum(told) + self._granted[budget].get(DRAWN_BEFORE, 0)

    def _slices(self) -> Iterator[Grant]:
        for budget, total in self.totals().items():
            for number in range(self._partitions):
                units = self._slice(budget, number, total - self.granted(budget))
                if units > 0:
                    yield Grant(serial=self.serial + 1, partition=number, budget=budget, units=units)

    def _slice(self, budget: str, number: int, free: int) -> int:
        """Units that a partition should get now; 0: none.

        It gets a slice when it has less than half of one. Where more was wanted than it had, it comes to have twice as
        much: a slice can be smaller than what one order wants; but no more than its share of what is free.
        """
        units = min(free, max(1, free // (SLICES * self._partitions)))
        granted, tally = self._granted[budget].get(number, 0), self._tallies.get(number)
        if tally is None:
            return 0 if granted else units
        if granted != tally.granted.get(budget, 0):
            return 0  # some are on their way
        left = tally.left.get(budget, 0)
        if budget in tally.short:
            return max(units, min(left + 1, free // self._partitions))
        return units if 2 * left < units else 0

    def _thresholds(self) -> Iterator[HighValueThreshold]:
        """Once a day: when every partition that has told is that far, or the first one is a day further."""
        if not self._measures or not self._sketches:
            return
        days = [sketch.day for sketch in self._sketches.values()]
        day = max(min(days), max(days) - 1)
        if self.threshold is not None and day <= self.threshold.day:
            return
        rule = self.programs.on(day).high_value
        if rule is None:
            return
        if found := merged_threshold(self._sketches.values(), rule.top_percent):
            value, customers = found
            yield HighValueThreshold(serial=self.serial + 1, day=day, lifetime_value=value, customers=customers)
