"""What is seen while it runs: a live picture in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter, deque
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from stream_loyalty.commands.demo.show import Show
from stream_loyalty.commands.demo.words import Line
from stream_loyalty.contracts.instants import format_instant

_LIVE_EVERY_S, _PLAIN_EVERY_S = 0.6, 1.0  # a person has to be able to read it
_KEPT = 14
_STARTING = "starting broker, Redis and worker ..."


class Screen(Protocol):
    """Shows how a show goes on while the block runs."""

    def __enter__(self) -> Screen: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tick(self) -> None:
        """Show what is new; called often."""


class Feed:
    """Picks a few lines from very many: of what happened since the last pick, the kind that was shown least."""

    def __init__(self, fresh: deque[Line], every_s: float) -> None:
        self._fresh, self._every_s = fresh, every_s
        self._shown: Counter[str] = Counter()
        self._next = 0.0

    def pick(self) -> Line | None:
        """A line to show now, or None while it is too early or nothing happened."""
        now = time.monotonic()
        if now < self._next or not self._fresh:
            return None
        candidates = [self._fresh.popleft() for _ in range(len(self._fresh))]
        line = min(reversed(candidates), key=lambda line: self._shown[line.kind])
        self._shown[line.kind] += 1
        self._next = now + self._every_s
        return line


class LiveScreen:
    """Progress and a feed that are painted over and over."""

    def __init__(self, out: Console, show: Show) -> None:
        self._show = show
        self._feed = Feed(show.tally.fresh, _LIVE_EVERY_S)
        self._lines: deque[Line] = deque(maxlen=_KEPT)
        self._samples: deque[tuple[float, int]] = deque(maxlen=30)
        self._live = Live(console=out, get_renderable=self._picture, refresh_per_second=8, vertical_overflow="crop")

    def __enter__(self) -> LiveScreen:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tick(self) -> None:
        """Take in what is new; Live paints by itself."""
        self._samples.append((time.monotonic(), self._show.settled))
        line = self._feed.pick()
        if line is not None:
            self._lines.append(line)

    def _picture(self) -> RenderableType:
        show = self._show
        head = Table.grid(padding=(0, 2))
        head.add_row(
            ProgressBar(total=1.0, completed=show.done, width=30),
            Text(format_instant(show.now)[:10], "bold"),
            f"{show.settled:,} events in" if show.began else _STARTING,
            f"{self._rate():,.0f} events/s" if show.began else "",
        )
        lines = Table.grid(padding=(0, 1))
        for line in self._lines:
            lines.add_row(Text(line.day, "dim"), Text(line.text, line.style))
        return Group(head, Text(), lines)

    def _rate(self) -> float:
        if len(self._samples) < 2:
            return 0.0
        (t0, n0), (t1, n1) = self._samples[0], self._samples[-1]
        return (n1 - n0) / max(t1 - t0, 0.001)


class PlainScreen:
    """A line now and then: for logs, pipes and CI."""

    def __init__(self, out: Console, show: Show) -> None:
        self._out, self._show = out, show
        self._feed = Feed(show.tally.fresh, _PLAIN_EVERY_S)
        self._told = 0

    def __enter__(self) -> PlainScreen:
        self._say(_STARTING)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def tick(self) -> None:
        """Print a line of the feed when it is time, and progress at each fifth of the way."""
        show = self._show
        line = self._feed.pick()
        if line is not None:
            self._say(f"{line.day}  {line.text}" if line.day else line.text)
        if int(show.done * 5) > self._told:
            self._told = int(show.done * 5)
            self._say(f"-- {format_instant(show.now)[:10]}: {show.settled:,} events in")

    def _say(self, text: str) -> None:
        self._out.print(text, markup=False, highlight=False, soft_wrap=True)


def screen(out: Console, show: Show) -> Screen:
    """The screen that fits where the output goes."""
    if out.is_terminal and not out.is_dumb_terminal:
        return LiveScreen(out, show)
    return PlainScreen(out, show)
