"""The log of what was applied, as it grows between two commits."""

from __future__ import annotations

from typing import Any

from stream_loyalty.contracts.applied import Applied
from stream_loyalty.contracts.wire import Record


class AppliedLog:
    """Collects the steps of one partition; `take` hands them over and begins anew."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._steps: list[list[Any]] = []
        self._append_times: list[tuple[str, int, int]] = []

    def record(self, record: Record) -> None:
        """A record was applied."""
        last = self._steps[-1] if self._steps else None
        if last is not None and last[0] == "r" and last[1] == record.topic:
            last[3] = record.offset
            last[4] += 1
        else:
            self._steps.append(["r", record.topic, record.offset, record.offset, 1])

    def append_time(self, record: Record) -> None:
        """The record's time rested on when it was appended."""
        self._append_times.append((record.topic, record.offset, record.timestamp))

    def swept(self, target: int, bound: int | None) -> None:
        """Customers due up to `target` (ms) were woken, those with a hash up to `bound`; all of them with None."""
        last = self._steps[-1] if self._steps else None
        if last is not None and last[:2] == ["s", target]:
            last[2] = bound
        else:
            self._steps.append(["s", target, bound])

    def adopted(self, digest: str) -> None:
        """Other dated inputs hold from here on."""
        self._steps.append(["a", digest])

    def modelled(self, version: str) -> None:
        """Churn is scored with another version of the model from here on."""
        self._steps.append(["m", version])

    def granted(self, serial: int) -> None:
        """Slices of budgets up to this serial can be drawn on from here on."""
        self._steps.append(["g", serial])

    def measured(self, serial: int) -> None:
        """Another threshold makes high value from here on."""
        self._steps.append(["h", serial])

    def take(self) -> Applied | None:
        """The steps since the last time; None without any."""
        if not self._steps:
            return None
        applied = Applied(self._partition, self._steps, self._append_times)
        self._steps, self._append_times = [], []
        return applied
