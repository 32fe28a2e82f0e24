"""What every section of a program file has in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from itertools import combinations
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator

Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
# JSON Schema's own format "time" wants seconds and an offset, and editors mark "18:30" as wrong by it
_CLOCK = {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$", "examples": ["18:30"]}
Clock = Annotated[time, WithJsonSchema(_CLOCK)]
# Numbers may be written as text, so that they are exact; the patterns say to editors what the bounds of a number do
POSITIVE = r"^([0-9]*[1-9][0-9]*(\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*)$"
NOT_NEGATIVE = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
MORE_THAN_ONE = r"^0*(([2-9]|[1-9][0-9]+)(\.[0-9]*)?|1\.[0-9]*[1-9][0-9]*)$"
CURRENCY: dict[str, Any] = {"pattern": "^[A-Z]{3}$"}
Days = Annotated[int, Field(gt=0, le=36_500)]


def exact(pattern: str, **bounds: float) -> WithJsonSchema:
    """How editors see a number that may be written as text."""
    return WithJsonSchema({"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": pattern}]})


def among(names: Iterable[str]) -> dict[str, Any]:
    """For editors: one of these words."""
    return {"enum": list(names)}


def one_of(names: Iterable[str]) -> dict[str, Any]:
    """For editors: exactly one of these fields is given."""
    return {"oneOf": [{"required": [name]} for name in names]}


def not_two_of(names: Iterable[str]) -> dict[str, Any]:
    """For editors: no two of these fields are given together."""
    return {"allOf": [{"not": {"required": list(pair)}} for pair in combinations(names, 2)]}


def in_order(since: date | None, until: date | None) -> None:
    """ValueError where the last day is before the first."""
    if since and until and until < since:
        raise ValueError(f"until {until} is before from {since}; exchange them, or correct one")


class Section(BaseModel):
    """Part of a program; what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_flag_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """For pydantic true is a 1, in Python as it is: nobody who writes `days = true` means one day."""
        if isinstance(value, bool) and cls.model_fields[str(info.field_name)].annotation is not bool:
            raise ValueError(f"{str(value).lower()} answers yes or no, and something else is asked for here")
        return value
