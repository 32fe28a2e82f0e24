"""What reports and explanations are made of: a folder that `replay` or `dump` has written, or the live topics."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.adapters.files.results import CUSTOMERS, FILES, PROGRAMS
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import structured
from stream_loyalty.contracts.deadletters import dead_letter_line
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.profile import profile
from stream_loyalty.core.programs import Programs, load_programs, parse_program
from stream_loyalty.engine.mark import NEVER_YET
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings


def programs_of(settings: Settings, directory: Path | None) -> Programs:
    """The program's versions: those given, else those of the folder or those published, else the default."""
    if directory is None:
        from stream_loyalty.adapters.kafka.programs import in_force

        return in_force(settings)
    file = directory / PROGRAMS
    if settings.program or not file.is_file():
        return load_programs(settings.program)
    texts = [line["program"] for line in _rows(file)]
    if not texts:
        return load_programs()
    return Programs([parse_program(text, f"{file}, line {number}") for number, text in enumerate(texts, 1)], texts)


def decisions(settings: Settings, directory: Path | None) -> Iterator[bytes]:
    """Every decision as a CloudEvent in JSON. StreamLoyaltyError where there are none to read."""
    return _live(settings) if directory is None else read_lines([str(_file(directory, FILES[topics.DECISIONS]))])


def customers(directory: Path) -> Iterator[dict[str, Any]]:
    """The customers' profiles in a folder."""
    return _rows(_file(directory, CUSTOMERS))


def dead_letters(settings: Settings, directory: Path | None) -> Iterator[dict[str, Any]]:
    """Dead letters as they stand in files."""
    if directory is not None:
        yield from _rows(_file(directory, FILES[topics.DEAD_LETTERS]))
        return
    from stream_loyalty.adapters.kafka import reader

    for record in reader.read(settings, (topics.DEAD_LETTERS,)):
        yield dead_letter_line(record)


class Live:
    """States and decisions of the live topics, of these partitions or of all: as of a moment between two commits."""

    def __init__(self, settings: Settings, numbers: Collection[int] | None = None) -> None:
        """KafkaFault where they cannot be read."""
        from stream_loyalty.adapters.kafka import reader
        from stream_loyalty.adapters.kafka import topics as adapter
        from stream_loyalty.commands.changelog import Changelog

        names = (topics.DECISIONS, topics.CUSTOMERS)
        places = [place for place in adapter.places(settings, names) if numbers is None or place[1] in numbers]
        ends = adapter.settled(settings, places)
        held = adapter.starts(settings, [place for place in places if place[0] == topics.DECISIONS])
        self.whole = not any(held.values())  # no decision has fallen to retention
        self.decisions: list[bytes] = []
        changelog = Changelog()
        for record in reader.read(settings, names, numbers, end=ends):
            if record.topic == topics.DECISIONS:
                self.decisions.append(_line(record))
            else:
                changelog.add(record)
        self._states = changelog.states
        swept = [mark.swept for mark in changelog.marks.values() if mark.swept != NEVER_YET]
        self.swept = max(swept, default=None)  # how far the partition that is ahead has come (ms)

    @property
    def users(self) -> set[str]:
        """Everybody who has a state."""
        return {key.decode() for key in self._states}

    def profiles(self, programs: Programs) -> Iterator[dict[str, Any]]:
        """The customers as they are now."""
        for key, blob in self._states.items():
            yield profile(key, blob, programs)

    def profile(self, user: str, programs: Programs) -> dict[str, Any] | None:
        """One customer; None where nobody is known by that id."""
        blob = self._states.get(user.encode())
        return None if blob is None else profile(user.encode(), blob, programs)


def partition_for(settings: Settings, user: str) -> int:
    """The partition number on which a customer's states and decisions lie. KafkaFault without the topic."""
    from stream_loyalty.adapters.kafka import topics as adapter
    from stream_loyalty.contracts.partitioning import partition_of

    return partition_of(user.encode(), len(adapter.places(settings, (topics.CUSTOMERS,))))


def _live(settings: Settings) -> Iterator[bytes]:
    from stream_loyalty.adapters.kafka import reader

    for record in reader.read(settings, (topics.DECISIONS,)):
        yield _line(record)


def _line(record: Record) -> bytes:
    return msgspec.json.encode(structured(record.headers, record.value or b"{}"))


def _file(directory: Path, name: str) -> Path:
    file = directory / name
    if not file.is_file():
        raise StreamLoyaltyError(
            f"{directory} has no {name}: name a folder that `stream-loyalty replay` or `dump` has written, "
            "or none to read the live topic"
        )
    return file


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    for number, line in enumerate(read_lines([str(file)]), 1):
        try:
            yield decode(line)
        except msgspec.MsgspecError as error:
            raise StreamLoyaltyError(f"{file}, line {number}: not what `dump` writes: {error}") from None
