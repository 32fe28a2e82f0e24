"""The demo: a year of a small tea shop in half a minute, with all parts in one process and nothing to set up."""

from __future__ import annotations

import asyncio
import logging
import sys

from rich.console import Console
from rich.text import Text

EXIT_DISAGREES = 1
EXIT_INTERRUPTED = 130

_PLAIN_WIDTH = 110  # where output goes to no terminal, nothing says how wide it may be
_WHAT = (
    "A tea shop with {customers:,} customers lives through {days:,} days. Its events go to Kafka; the engine decides "
    "at once what customers earn and who is about to be lost, and says why. "
    "Takes about half a minute."
)


def run_demo(seed: int = 7, customers: int = 400, days: int = 400, out: Console | None = None) -> int:
    """Run the demo to its end and print what came of it; the exit code, 1 if its sums do not agree.

    StreamLoyaltyError where a part is missing or fails. Ctrl-C ends it in order, with 130.
    """
    out = out or Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    log = logging.getLogger("stream_loyalty")
    if not log.isEnabledFor(logging.DEBUG):
        log.setLevel(logging.ERROR)  # what the parts say of themselves is not the show
    try:
        return _perform(seed, customers, days, out)
    except KeyboardInterrupt:
        out.print("stopped")
        return EXIT_INTERRUPTED


def _perform(seed: int, customers: int, days: int, out: Console) -> int:
    from stream_loyalty.commands.demo.server import redis_server

    with redis_server() as redis_url:
        out.print(Text(_WHAT.format(customers=customers, days=days), "bold"))
        out.print()
        # Faust takes its time to load: not before something is on the screen
        from stream_loyalty.commands.demo.screen import screen
        from stream_loyalty.commands.demo.show import Show
        from stream_loyalty.commands.demo.summary import tell

        show = Show(redis_url, seed, customers, days)
        with screen(out, show) as seen:
            engine = asyncio.run(show.perform(seen.tick))
        out.print()
        return 0 if tell(out, show, engine.counts) else EXIT_DISAGREES
