"""The threshold for high value as a dated input: what is summed over customers reaches a decision only this way."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stream_loyalty.contracts.money import to_minor
from stream_loyalty.core.dated import Dated
from stream_loyalty.core.program import Program, ProgramError
from stream_loyalty.core.program.mistakes import not_toml, told
from stream_loyalty.core.programs import Programs, text_of

_EVER = -(1 << 62)  # before every time


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    since: date = Field(alias="from")
    lifetime_value: Decimal = Field(gt=0)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    high_value: tuple[_Row, ...]


class Thresholds:
    """Lifetime value (minor units of the base currency) from which a customer is of high value, by date."""

    def __init__(self, text: str | None, program: Program, where: str = "the thresholds for high value") -> None:
        """From TOML with `[[high_value]] from = DATE, lifetime_value = "250"`; None: nobody is of high value."""
        self.text = text
        self.digest = hashlib.sha256((text or "").encode()).hexdigest()[:8]
        given: dict[str, Any] = {}
        try:
            given = {} if text is None else tomllib.loads(text)
            rows = () if text is None else _File.model_validate(given).high_value
            self._dated: Dated[int | None] = Dated(
                (program.midnight(row.since), to_minor(row.lifetime_value, program.base_currency)) for row in rows
            )
        except ValidationError as error:
            raise ProgramError(f"{where}: {told(error, given, _File)}") from None
        except tomllib.TOMLDecodeError as error:
            raise ProgramError(f"{where}: {not_toml(text or '', error)}") from None
        except ValueError as error:
            raise ProgramError(f"{where}: {error}") from None

    @classmethod
    def measured(cls, value: int | None, programs: Programs) -> Thresholds:
        """This threshold (minor units) while a version is in force that asks for one; None: nobody is of high value."""
        found = cls(None, programs.first)
        found._dated = Dated(
            (_EVER if version is programs.first else since, value if version.high_value else None)
            for since, version in programs.dated
        )
        return found

    def at(self, time: int) -> int | None:
        """The threshold in force at `time` (ms)."""
        return self._dated.at(time)


def load_thresholds(file: Path | None, program: Program) -> Thresholds:
    """Thresholds from a TOML file; ProgramError says what is wrong with it."""
    if file is None:
        return Thresholds(None, program)
    return Thresholds(text_of(file), program, str(file))
