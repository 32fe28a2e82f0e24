"""The program as all processes of an installation see it: published versions, unless files are given."""

from __future__ import annotations

from stream_loyalty.adapters.kafka import reader
from stream_loyalty.contracts.programs import ProgramVersion, read_version
from stream_loyalty.contracts.topics import PROGRAM
from stream_loyalty.core.programs import Programs, load_programs
from stream_loyalty.core.publishing import programs_of
from stream_loyalty.settings import Settings


def published(settings: Settings) -> list[ProgramVersion]:
    """Every version that was published, in order. KafkaFault where the topic cannot be read."""
    return [one for record in reader.read(settings, (PROGRAM,)) if (one := read_version(record)) is not None]


def in_force(settings: Settings) -> Programs:
    """The files of the settings; without any, what is published; without that too, the package's default."""
    if settings.program:
        return load_programs(settings.program)
    versions = published(settings)
    return programs_of(versions) if versions else load_programs()
