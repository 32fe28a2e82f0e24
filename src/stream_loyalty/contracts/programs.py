"""Published versions of the program, on `loyalty.program` beside the dated inputs that partitions adopted."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_loyalty.contracts.topics import PROGRAM
from stream_loyalty.contracts.wire import Message, Record

_VERSION = b"version/"


class ProgramVersion(BaseModel):
    """A version as it was published: it never changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int = Field(ge=1)
    effective_from: str = Field(description="The day from which it is in force, as in the file.")
    text: str = Field(description="The whole program file (TOML).")

    def message(self) -> Message:
        """Its record; the key names the version, so that compaction keeps all of them."""
        key = _VERSION + f"{self.name}/{self.version}".encode()
        return Message(PROGRAM, 0, key, self.model_dump_json().encode())


def read_version(record: Record) -> ProgramVersion | None:
    """The version in a record of `loyalty.program`; None for another kind of record."""
    if record.value is None or not (record.key or b"").startswith(_VERSION):
        return None
    return ProgramVersion.model_validate_json(record.value)
