"""Places in the commit and in recovery where a test may let this process die or freeze: see docs/chaos.md.

`STREAM_LOYALTY_FAILPOINT=NAME[:COUNT][:stop]` arms one: at its COUNTth pass (default 1) the process kills itself with
SIGKILL, or with `:stop` freezes itself with SIGSTOP. Unset, as it always is outside of tests, nothing happens.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "STREAM_LOYALTY_FAILPOINT"

COMMIT = (  # in the order in which a commit passes them
    "commit.taken",
    "commit.begun",
    "commit.produced",
    "commit.flushed",
    "commit.offsets-sent",
    "commit.done",
)
RECOVERY = ("recovery.offsets-known", "recovery.states-read", "recovery.opened", "recovery.taken-up")
REVOKED = "rebalance.revoked"

_name, *_options = os.environ.get(VARIABLE, "").split(":")
_signal = signal.SIGSTOP if "stop" in _options else signal.SIGKILL
_left = next((int(option) for option in _options if option.isdigit()), 1)


def reached(name: str) -> None:
    """This place is passed."""
    if name == _name:
        _pass()


def _pass() -> None:
    global _left
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), _signal)
