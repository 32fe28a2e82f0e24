"""What the coordinator has published, as the partitions of one process know it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from stream_loyalty.contracts.budgets import Grant, HighValueThreshold, Published


class Grants:
    """Slices by partition, and thresholds. Old ones stay, for logs that name them."""

    def __init__(self, known: Iterable[Published] = (), by_log: bool = False) -> None:
        """`by_log`: partitions adopt nothing by themselves, only what a log says."""
        self._by_log = by_log
        self._slices: dict[int, list[Grant]] = defaultdict(list)
        self._thresholds: dict[int, HighValueThreshold] = {}
        self._newest_slice: dict[int, int] = {}
        self.newest_threshold = 0  # serial of what partitions adopt at their next chunk; 0: none
        self.serial = 0  # of the newest
        for one in known:
            self.add(one)

    def add(self, one: Published) -> None:
        """The next one, in the order of publication."""
        self.serial = one.serial
        if isinstance(one, HighValueThreshold):
            self._thresholds[one.serial] = one
            self.newest_threshold = 0 if self._by_log else one.serial
            return
        self._slices[one.partition].append(one)
        if not self._by_log:
            self._newest_slice[one.partition] = one.serial

    def newest_slice(self, partition: int) -> int:
        """Serial up to which a partition adopts slices at its next chunk; 0: none."""
        return self._newest_slice.get(partition, 0)

    def slices(self, partition: int, after: int, up_to: int) -> list[Grant]:
        """The slices of a partition with a serial above `after` and not above `up_to`."""
        return [grant for grant in self._slices[partition] if after < grant.serial <= up_to]

    def threshold(self, serial: int) -> HighValueThreshold | None:
        """The threshold with this serial."""
        return self._thresholds.get(serial)

    def granted(self, partition: int, budget: str) -> int:
        """All units of a budget that a partition was granted."""
        return sum(grant.units for grant in self._slices[partition] if grant.budget == budget)
