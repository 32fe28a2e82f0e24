"""What is summed over customers: partitions tell the coordinator, and it answers with slices and thresholds.

`loyalty.tallies` holds the newest word of each partition, `loyalty.grants` everything that was ever granted: the sum of
its slices is the coordinator's state.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_loyalty.contracts.topics import GRANTS, TALLIES
from stream_loyalty.contracts.wire import Message, Record

DRAWN_BEFORE = -1  # in the place of a partition: drawn under another number of partitions
_GRANT, _THRESHOLD = b"grant/", b"high-value/"
_BUDGETS, _VALUES = b"budgets/", b"values/"


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Grant(_Wire):
    """A slice of a budget that one partition may draw on. No slice is ever taken back."""

    serial: int = Field(ge=1, description="Place among all that the coordinator has published.")
    partition: int = Field(ge=DRAWN_BEFORE, description="-1: drawn before the partitions became others.")
    budget: str = Field(description="`campaign/<name>` (in points) or `stock/<reward>` (in pieces).")
    units: int = Field(ge=1)


class HighValueThreshold(_Wire):
    """The lifetime value that makes a customer one of the top so many percent."""

    serial: int = Field(ge=1, description="Place among all that the coordinator has published.")
    day: int = Field(description="As of the beginning of this day: days since 1970-01-01 in the program's zone.")
    lifetime_value: int = Field(description="Minor units of the base currency.")
    customers: int = Field(ge=1, description="How many have a lifetime value above 0.")


class Tally(_Wire):
    """What a partition has left of its slices, as of a commit."""

    partition: int = Field(ge=0)
    watermark: int | None = Field(description="The partition's clock, ms since 1970; null before the first event.")
    left: dict[str, int] = Field(description="Units by budget.")
    granted: dict[str, int] = Field(description="All units adopted so far, by budget.")
    short: tuple[str, ...] = Field((), description="Budgets of which more was wanted than was left.")


class ValueSketch(_Wire):
    """The lifetime values of a partition's customers, as a sketch that can be merged with those of the others."""

    partition: int = Field(ge=0)
    day: int = Field(description="Of the look at them: days since 1970-01-01 in the program's zone.")
    sketch: str = Field(description="KLL sketch of doubles (Apache DataSketches), in base64.")


Published = Grant | HighValueThreshold
Told = Tally | ValueSketch


def published(one: Published) -> Message:
    """The record of what the coordinator grants; its key is unique, so that compaction keeps it."""
    key = _THRESHOLD + b"%d" % one.serial
    if isinstance(one, Grant):
        key = _GRANT + f"{one.serial}/{one.budget}/{one.partition}".encode()
    return Message(GRANTS, 0, key, one.model_dump_json().encode())


def read_published(record: Record) -> Published | None:
    """What a record of `loyalty.grants` says; None for one without a value, or of another kind."""
    key, value = record.key or b"", record.value
    if value is None:
        return None
    if key.startswith(_GRANT):
        return Grant.model_validate_json(value)
    return HighValueThreshold.model_validate_json(value) if key.startswith(_THRESHOLD) else None


def told(one: Told) -> Message:
    """The record in which a partition tells: it takes the place of the one before it."""
    kind = _BUDGETS if isinstance(one, Tally) else _VALUES
    return Message(TALLIES, 0, kind + b"%d" % one.partition, one.model_dump_json().encode())


def read_told(record: Record) -> Told | None:
    """What a record of `loyalty.tallies` says; None for one without a value, or of another kind."""
    key, value = record.key or b"", record.value
    if value is None:
        return None
    if key.startswith(_BUDGETS):
        return Tally.model_validate_json(value)
    return ValueSketch.model_validate_json(value) if key.startswith(_VALUES) else None
