"""The program as all processes of an installation see it: published versions, unless files are given."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from stream_loyalty.adapters.kafka import reader, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.contracts.programs import LEAD_MS, ProgramVersion, read_version
from stream_loyalty.contracts.topics import PROGRAM
from stream_loyalty.core.programs import Programs, load_programs
from stream_loyalty.core.publishing import programs_of
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

# An event's time is at most 5 minutes ahead of when it was appended. So a worker that knows the versions of half a lead
# ago has decided on nothing that one it does not know of could have to say, with 25 minutes for clocks that differ.
KNOWN_S = LEAD_MS / 2000
_EVERY_S = 5.0  # between two looks
_PLACE = (PROGRAM, 0)


def published(settings: Settings) -> list[ProgramVersion]:
    """Every version that was published, in order. KafkaFault where the topic cannot be read."""
    return [one for record in reader.read(settings, (PROGRAM,)) if (one := read_version(record)) is not None]


def in_force(settings: Settings) -> Programs:
    """The files of the settings; without any, what is published; without that too, the package's default."""
    return Versions(settings).programs


class StartAgain(StreamLoyaltyError):
    """This process decides by the package's default, and must not go on: a program was published meanwhile."""


class Versions:
    """What is in force for one process, and as of when it knows. May be asked from several threads."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        """Reads the files, or what is published. KafkaFault where that cannot be read. `now` is a time in seconds."""
        self._settings, self._now = settings, now
        self._lock = threading.Lock()
        self._published: dict[tuple[str, int], ProgramVersion] = {}
        self._next = 0  # offset
        self._looked_at = now()
        if settings.program:
            self.programs = load_programs(settings.program)
            return
        topics.places(settings, (PROGRAM,))  # who is refused, or has no topics yet, hears so from this
        self._read_on()
        self._begun_without = not self._published
        self.programs = load_programs() if self._begun_without else programs_of(list(self._published.values()))

    @property
    def age_s(self) -> float:
        """How old this knowledge is; files do not grow old."""
        return 0.0 if self._settings.program else self._now() - self._looked_at

    def refresh(self) -> bool:
        """`catch_up`, if it is time for it."""
        return self.age_s >= _EVERY_S and self.catch_up()

    def catch_up(self) -> bool:
        """Read on; whether `programs` has other versions now.

        KafkaFault; ProgramError for what cannot be used; StartAgain where all there was before is the default.
        """
        if self._settings.program:
            return False
        with self._lock:
            if not self._read_on():
                return False
            names = ", ".join(f"{one.name}/{one.version}" for one in self._published.values())
            if self._begun_without:
                raise StartAgain(
                    f"{names} was published, and this process began without it; started again it goes by it"
                )
            self.programs = programs_of(list(self._published.values()))
            _log.info("versions of the program that are published now: %s", names)
            return True

    def follow(self, stop: threading.Event, tell: Callable[[], None]) -> None:
        """Catch up again and again until `stop` is set, and tell of every change. Blocks; raises as `catch_up`.

        Only KafkaFault is no more than a warning.
        """
        while not stop.wait(_EVERY_S):
            try:
                if self.catch_up():
                    tell()
            except KafkaFault as error:
                _log.warning("what is published is not known for %.0f s: %s", self.age_s, error)

    def _read_on(self) -> bool:
        """Whether there was a version that was not known."""
        looked_at, known = self._now(), len(self._published)
        end = topics.ends(self._settings, [_PLACE])[_PLACE]
        if end > self._next:
            for record in reader.read(self._settings, (PROGRAM,), (0,), begin={_PLACE: self._next}):
                self._next = record.offset + 1
                if (one := read_version(record)) is not None:
                    self._published[one.name, one.version] = one
            self._next = max(self._next, end)  # behind the last record there may be a commit marker
        self._looked_at = looked_at
        return len(self._published) > known
