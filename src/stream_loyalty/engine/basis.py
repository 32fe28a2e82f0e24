"""What a partition decides by beside the records: the program's versions, thresholds, how many partitions there are."""

from __future__ import annotations

from itertools import zip_longest

from stream_loyalty.contracts.applied import Inputs
from stream_loyalty.contracts.programs import Adopted
from stream_loyalty.core.calendar import Calendar
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.state import NEVER
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine.mark import NEVER_YET


class Basis:
    """The dated inputs under one digest, parsed. It never changes: a partition adopts another one."""

    def __init__(self, programs: Programs, thresholds: Thresholds, partitions: int) -> None:
        self.programs, self.thresholds, self.partitions = programs, thresholds, partitions
        digest = f"{programs.digest}-{thresholds.digest}-{partitions}"
        self.inputs = Inputs(digest, list(programs.texts), thresholds.text, partitions)
        # a file of thresholds wins over what the program says
        self.is_measured = thresholds.text is None and any(one.high_value for one in programs.versions)

    @property
    def digest(self) -> str:
        """The name under which it is adopted."""
        return self.inputs.digest

    @property
    def survey_calendar(self) -> Calendar | None:
        """The days on which partitions look at lifetime values; None: they never do."""
        return self.programs.latest.calendar if self.is_measured else None

    def thresholds_of(self, measured: int | None) -> Thresholds:
        """What makes high value in a partition whose newest measured threshold (minor units) is this."""
        return Thresholds.measured(measured, self.programs) if self.is_measured else self.thresholds

    def alike_until(self, other: Basis) -> int:
        """The moment (ms) before which both decide alike; NEVER_YET where there is none, NEVER where they always do."""
        if (self.thresholds.digest, self.partitions) != (other.thresholds.digest, other.partitions):
            return NEVER_YET
        ours, theirs = self.programs, other.programs
        if ours.first != theirs.first:
            return NEVER_YET  # the first version decides on what comes before it, too
        pairs = zip_longest(ours.dated, theirs.dated)
        return next((min(one[0] for one in pair if one) for pair in pairs if pair[0] != pair[1]), NEVER)

    def adopted(self, partition: int, decided_to: int) -> Adopted:
        """What a partition says when it adopts this; it has decided on inputs up to `decided_to` (ms) before."""
        return Adopted(
            partition=partition,
            digest=self.digest,
            versions=tuple(version.label for version in self.programs.versions),
            decided_to=None if decided_to == NEVER_YET else decided_to,
        )
