"""A server that a test starts, asks whether it answers, and ends."""

import atexit
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.support import Unavailable, reason_in

WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


class Server:
    """A child process that ends with this one; on Linux even when this one is killed.

    It has a session of its own: Ctrl-C is for the tests, which then end it. Linux counts the thread
    that makes the server as its parent, so make it in one that stays.
    """

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._name = Path(command[0]).name
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*WITH_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        atexit.register(self.kill)

    def wait_for_answer(self, ask: Callable[[], object], refusal: type[Exception], seconds: float) -> None:
        """Ask until the answer is a true one; raise Unavailable when the server ends or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(refusal):
                if ask():
                    return
            if self._ended_within(0.05):
                break
        self.kill()
        raise Unavailable(f"{self._name} does not answer: {reason_in(self._log.read_text())}")

    def stop(self, seconds: float) -> None:
        """Ask it to end, and kill it when it takes longer."""
        self._process.terminate()
        self._ended_within(seconds)
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        atexit.unregister(self.kill)
        self._process.kill()
        self._process.wait()

    def wait(self) -> None:
        """Wait until it ends by itself."""
        self._process.wait()

    def _ended_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None
