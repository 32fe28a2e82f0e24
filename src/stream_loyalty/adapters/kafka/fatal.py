"""The end of a worker whose states are worth nothing any more: one line, then no further code runs."""

from __future__ import annotations

import logging
import os
import traceback
from typing import NoReturn

from stream_loyalty.errors import StreamLoyaltyError

_log = logging.getLogger("stream_loyalty.worker")

EXIT_FAILED = 1
EXIT_COMMIT_LOST = 3


def die(code: int, what: str, error: BaseException) -> NoReturn:
    """Say it in one line and end the process, so that nothing in it can write once more."""
    if not isinstance(error, StreamLoyaltyError):  # those say all there is to say
        _log.debug("where it happened", exc_info=error)
    _log.critical("worker ends: %s: %s", what, describe(error))
    logging.shutdown()
    os._exit(code)


def describe(error: BaseException) -> str:
    """An error in one line. Texts that are not ours may hold what a customer sent: type and place must do."""
    if isinstance(error, StreamLoyaltyError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
