"""Published versions of the program, on `loyalty.program` beside the dated inputs that partitions adopted."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_loyalty.contracts.topics import PROGRAM
from stream_loyalty.contracts.wire import Message, Record

_VERSION, _ADOPTED = b"version/", b"adopted/"
LEAD_MS = 3_600_000  # a version is published at least so long before it takes effect


class ProgramVersion(BaseModel):
    """A version as it was published: it never changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int = Field(ge=1)
    effective_from: str = Field(description="The day from which it is in force, as in the file.")
    text: str = Field(description="The whole program file (TOML).")

    @property
    def label(self) -> str:
        """Name and number, as receipts have them."""
        return f"{self.name}/{self.version}"

    def message(self) -> Message:
        """Its record; the key names the version, so that compaction keeps all of them."""
        key = _VERSION + f"{self.name}/{self.version}".encode()
        return Message(PROGRAM, 0, key, self.model_dump_json().encode())


class Adopted(BaseModel):
    """What a partition decides by from now on; the newest word of each partition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    partition: int = Field(ge=0)
    digest: str = Field(description="Of the dated inputs, as `loyalty.applied` names them.")
    versions: tuple[str, ...] = Field(
        description="Names and numbers of the program's versions, in order of their dates."
    )
    decided_to: int | None = Field(description="How far it had decided before, ms since 1970; null: on nothing.")

    def message(self) -> Message:
        """Its record: it takes the place of the one before it."""
        return Message(PROGRAM, 0, _ADOPTED + b"%d" % self.partition, self.model_dump_json().encode())


def read_adopted(record: Record) -> Adopted | None:
    """What a record of `loyalty.program` says of a partition; None for another kind of record."""
    if record.value is None or not (record.key or b"").startswith(_ADOPTED):
        return None
    return Adopted.model_validate_json(record.value)


def read_version(record: Record) -> ProgramVersion | None:
    """The version in a record of `loyalty.program`; None for another kind of record."""
    if record.value is None or not (record.key or b"").startswith(_VERSION):
        return None
    return ProgramVersion.model_validate_json(record.value)
