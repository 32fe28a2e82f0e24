"""What one partition decides by beside the records, and how it goes on to newer: each time a step of its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.allowance import Allowance
from stream_loyalty.engine.effects import Effects
from stream_loyalty.engine.log import AppliedLog
from stream_loyalty.engine.mark import Mark

if TYPE_CHECKING:
    from stream_loyalty.engine.engine import Engine


class Adoption:
    """The versions, thresholds, model and budgets of a partition; never others within a chunk or a sweep."""

    def __init__(self, engine: Engine, number: int, mark: Mark, log: AppliedLog, effects: Effects) -> None:
        self.engine = engine
        self._number, self._mark, self._log, self._effects = number, mark, log, effects
        self.basis = engine.basis
        self.model = engine.models.get(mark.model)
        self.thresholds = self.basis.thresholds_of(mark.threshold)
        self.allowance = Allowance(self.basis.programs, number, mark)

    @property
    def programs(self) -> Programs:
        """All versions that the partition knows."""
        return self.basis.programs

    @property
    def versions(self) -> tuple[str, str]:
        """Labels of the newest version known, and of the one in force at the partition's clock."""
        return self.programs.latest.label, self.programs.at(self._mark.watermark).label

    @property
    def slices_left(self) -> Mapping[str, int]:
        """Units left of each budget that a slice was granted of; none where nothing has a limit."""
        return dict(self.allowance.left or {})

    def follow(self) -> bool:
        """Decide by the newest basis from here on; whether it is another. What was decided stands."""
        basis = self.engine.basis
        if basis is self.basis:
            return False
        self.basis = basis
        self.allowance.go_by(basis.programs)
        self.thresholds = basis.thresholds_of(self._mark.threshold)
        return True

    def write_down(self) -> None:
        """Say that the basis holds from here on."""
        mark, inputs = self._mark, self.basis.inputs
        mark.adopted = inputs.digest
        self._log.adopted(inputs.digest)
        self._effects.write(Message(topics.PROGRAM, 0, inputs.digest.encode(), msgspec.json.encode(inputs)))
        self._effects.write(self.basis.adopted(self._number, mark.decided_to).message())

    def take_newest(self) -> None:
        """The newest model, slices and threshold."""
        engine = self.engine
        if engine.newest_model:
            self.take_model(engine.newest_model)
        self.take_slices(engine.grants.newest_slice(self._number))
        self.take_threshold(engine.grants.newest_threshold)

    def take_model(self, version: str) -> None:
        """Score churn with this version from here on."""
        if version != self._mark.model:
            self._mark.model = version
            self.model = self.engine.models.get(version)
            self._log.modelled(version)

    def take_slices(self, serial: int) -> None:
        """Draw on the slices of budgets up to this serial too."""
        if serial > self._mark.grant:
            self.allowance.adopt(self.engine.grants.slices(self._number, self._mark.grant, serial), serial)
            self._log.granted(serial)

    def take_threshold(self, serial: int) -> None:
        """Who is of high value is measured by this threshold from here on."""
        found = self.engine.grants.threshold(serial)
        if found is not None and serial > self._mark.threshold_serial:
            self._mark.threshold, self._mark.threshold_serial = found.lifetime_value, serial
            self.thresholds = self.basis.thresholds_of(found.lifetime_value)
            self._log.measured(serial)
