"""The storefront's events on their way to Kafka, in shares: out of order a little, now and then twice."""

import threading
import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.route import route
from stream_loyalty.core.program import Program
from stream_loyalty.settings import Settings
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.storefront import timed

START_MS = 1_700_000_000_000
LATENESS_MS = 3_600_000  # so much may an event come late; compressed time makes the default of a minute rare
QUIET_DAYS = 45  # the clock goes on so long after the last event: customers fall silent
_DAYS = 200
_BURST = 0.6  # of each share goes out at once, the rest evenly over some seconds
_SPREAD_S = 20.0
_RECENT = 400  # from so many events are repetitions drawn
_TICK_S = 0.02


class Line(NamedTuple):
    """An event on its way."""

    topic: str
    key: bytes | None
    value: bytes


def storefront_feed(seed: int, count: int, program: Program) -> tuple[list[Line], int]:
    """`count` events of a shop with this program, in an order that is off by the lateness at the most; and the time
    (ms) of the last of them."""
    chance = Random(f"{seed}/order")
    events = list(timed(seed, 20 + count // 40, START_MS, _DAYS, Club.of(program)))[:count]
    if len(events) < count:
        raise ValueError(f"the storefront has only {len(events)} events")
    last = max(at for at, _ in events)
    events.sort(key=lambda event: event[0] + chance.random() * LATENESS_MS)
    return [Line(*route(raw), raw) for _, raw in events], last


class Feed(threading.Thread):
    """Publishes in a thread of its own. Never runs dry: when everything is out it repeats what was."""

    def __init__(self, settings: Settings, lines: Sequence[Line], shares: int, seed: int) -> None:
        super().__init__(name="feed", daemon=True)
        self._publisher = Publisher(settings)
        self._lines = list(lines)
        self._share = -(-len(lines) // shares)
        self._chance = Random(f"{seed}/feed")
        self._released = 0
        self._released_at = time.monotonic()
        self._sent = 0
        self._again = 0
        self._jumble = 0
        self._done = threading.Event()
        self.repeated = 0
        self.jumbled = 0
        self.error: BaseException | None = None

    @property
    def sent(self) -> int:
        """Events published so far, each counted once."""
        return self._sent

    def release(self) -> None:
        """Let the next share go."""
        self._released = min(len(self._lines), self._released + self._share)
        self._released_at = time.monotonic()

    def repeat(self, count: int) -> None:
        """Publish so many of the latest events once more."""
        self._again += count

    def jumble(self, count: int) -> None:
        """Publish the next `count` events in any order, however late that makes them."""
        self._jumble = count

    def finish(self, advance_to: int) -> None:
        """Publish what is left, each event at least once, and let clocks go to `advance_to` (ms)."""
        self._done.set()
        self.join()
        if self.error is not None:
            raise self.error
        self._publisher.advance(advance_to)

    def run(self) -> None:
        """Publish at the pace of the shares until `finish`, then the rest."""
        try:
            while not self._done.wait(_TICK_S):
                self._tick()
            self._send_to(len(self._lines))
            self._publisher.flush()
        except BaseException as error:
            self.error = error

    def _tick(self) -> None:
        """A share's burst at once, then a trickle, which goes on into the shares to come and in the end repeats."""
        spent = time.monotonic() - self._released_at
        begun = self._released - self._share
        upto = begun + self._share * (_BURST + (1 - _BURST) * spent / _SPREAD_S)
        self._send_to(min(len(self._lines), int(upto)))
        if self._sent == len(self._lines):
            self._again += 2
        if self._again:
            recent = self._lines[max(0, self._sent - _RECENT) : self._sent]
            for _ in range(self._again if recent else 0):
                self._send(self._chance.choice(recent))
                self.repeated += 1
            self._again = 0

    def _send_to(self, upto: int) -> None:
        while self._sent < upto:
            if self._jumble:
                ahead = self._lines[self._sent : self._sent + self._jumble]
                self._chance.shuffle(ahead)
                self._lines[self._sent : self._sent + len(ahead)] = ahead
                self.jumbled += len(ahead)
                self._jumble = 0
            self._send(self._lines[self._sent])
            self._sent += 1
            if self._chance.random() < 0.01:
                self._send(self._lines[self._sent - 1])
                self.repeated += 1

    def _send(self, line: Line) -> None:
        self._publisher.send(line.topic, line.key, line.value, partition=0 if line.key is None else None)


def end_of(last: int) -> int:
    """Where clocks go in the end."""
    return last + QUIET_DAYS * DAY_MS
