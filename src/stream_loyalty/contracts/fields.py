"""What the properties of events are made of: types of fields, with what each admits. Names are the convention's."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.money import EXPONENTS, LARGEST, to_minor


def _known_currency(code: str) -> str:
    if code.upper() not in EXPONENTS:
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code.upper()


def _plain_number(amount: object) -> Decimal:
    """A JSON number, or a string of one; a float by its shortest spelling, which is what the sender wrote."""
    if isinstance(amount, Decimal):
        return amount
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return Decimal(repr(amount))
    if isinstance(amount, str) and _PLAIN_NUMBER.fullmatch(amount):
        return Decimal(amount)
    raise ValueError(f"{str(amount)[:40]!r} is not a number such as 11.77")


_PLAIN_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
Identifier = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]+$")]
MessageId = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$")]
Amount = Annotated[
    Decimal,
    BeforeValidator(_plain_number),
    Field(ge=0, lt=LARGEST, allow_inf_nan=False, description="Money in major units, e.g. 11.77"),
]
Currency = Annotated[str, AfterValidator(_known_currency), Field(description="ISO 4217 code", examples=["USD"])]


def _whole_number_or_none(value: object) -> int | None:
    """Not worth a dead letter: who sends something else under this name has said nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000 else None


def _instant(value: object) -> object:
    """ISO 8601 to ms."""
    if not isinstance(value, str):
        raise ValueError("wanted a time in ISO 8601, such as 2026-03-01T12:30:00Z")
    try:
        return parse_instant(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{value[:40]!r} is not a time in ISO 8601, such as 2026-03-01T12:30:00Z") from None


def _month_day(value: object) -> object:
    """MM-DD or YYYY-MM-DD to month * 100 + day: the year is never kept."""
    found = _BIRTHDAY.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is not None:
            return int(date(2000, int(found[1]), int(found[2])).strftime("%m%d"))
    except ValueError:
        found = None
    raise ValueError("wanted a day such as 02-29 or 1988-02-29")


_BIRTHDAY = re.compile(r"(?:[0-9]{4}-)?([0-9]{2})-([0-9]{2})")
MonthDay = Annotated[
    int,
    BeforeValidator(_month_day),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"}),
]  # on the wire with or without a year, here month * 100 + day
Quantity = Annotated[int | None, BeforeValidator(_whole_number_or_none)]
Time = Annotated[
    int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})
]  # ISO 8601 on the wire, ms here
Rating = Annotated[int | None, Field(ge=1, le=5)]
Text = Annotated[str | None, Field(max_length=10_000, description="Searched for words of the program; never kept.")]


class Properties(BaseModel):
    """Strict in what is named here; everything else passes by."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


def check_amount(name: str, amount: Decimal, currency: str) -> None:
    """ValueError, with the field's name, for an amount that the currency does not have, e.g. 0.5 JPY."""
    try:
        to_minor(amount, currency)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
