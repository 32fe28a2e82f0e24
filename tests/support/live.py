"""The product as its users run it: commands in processes of their own, against a broker."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from stream_loyalty.settings import Settings

COMMAND = [sys.executable, "-m", "stream_loyalty"]


def run(arguments: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 300) -> str:
    """Run a command of the product to its end; its output. AssertionError with what it said where it failed."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr[-2000:]}"
    return done.stdout


class Live:
    """An installation of its own on a shared broker: own topics, own group."""

    def __init__(self, bootstrap: str, home: Path, commit: str = "transaction", **settings: str) -> None:
        name = f"t{uuid.uuid4().hex[:8]}"
        self.home = home
        self.environment = {
            "STREAM_LOYALTY_BOOTSTRAP": bootstrap,
            "STREAM_LOYALTY_TOPIC_PREFIX": f"{name}.",
            "STREAM_LOYALTY_APP_ID": name,
            "STREAM_LOYALTY_COMMIT": commit,
            "STREAM_LOYALTY_CLOCK": "event",
            "STREAM_LOYALTY_HTTP_PORT": "0",
            "STREAM_LOYALTY_PROJECTOR_HTTP_PORT": "0",
            "STREAM_LOYALTY_SESSION_TIMEOUT_S": "6",
            **{f"STREAM_LOYALTY_{key.upper()}": value for key, value in settings.items()},
        }

    def topic(self, name: str) -> str:
        """The name on the broker of a logical topic."""
        return self.environment["STREAM_LOYALTY_TOPIC_PREFIX"] + name

    @property
    def settings(self) -> Settings:
        """What a publisher and a reader have to know of it."""
        wanted = ("bootstrap", "topic_prefix", "app_id", "commit")
        given = {name: self.environment[f"STREAM_LOYALTY_{name.upper()}"] for name in wanted}
        return Settings(**given)  # type: ignore[arg-type]

    def run(self, *arguments: str, seconds: float = 300) -> str:
        """Run a command to its end."""
        return run(arguments, self.environment, seconds)

    def start_worker(self, slot: str = "0") -> "subprocess.Popen[bytes]":
        """Start a worker; its log is `worker-SLOT.log`."""
        with (self.home / f"worker-{slot}.log").open("ab") as log:
            return subprocess.Popen(
                [*COMMAND, "-v", "worker", "--slot", slot],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def start_trainer(self) -> "subprocess.Popen[bytes]":
        """Start the trainer; its log is `worker-trainer.log`."""
        environment = {**os.environ, **self.environment, "STREAM_LOYALTY_TRAINER_HTTP_PORT": "0"}
        with (self.home / "worker-trainer.log").open("ab") as log:
            return subprocess.Popen([*COMMAND, "-v", "trainer"], env=environment, stdout=log, stderr=log)

    def start_projector(self) -> "subprocess.Popen[bytes]":
        """Start the projector; its log is `worker-projector.log`."""
        with (self.home / "worker-projector.log").open("ab") as log:
            return subprocess.Popen(
                [*COMMAND, "-v", "projector"], env={**os.environ, **self.environment}, stdout=log, stderr=log
            )

    def start_coordinator(self) -> "subprocess.Popen[bytes]":
        """Start the coordinator; its log is `worker-coordinator.log`."""
        environment = {**os.environ, **self.environment, "STREAM_LOYALTY_COORDINATOR_HTTP_PORT": "0"}
        with (self.home / "worker-coordinator.log").open("ab") as log:
            return subprocess.Popen([*COMMAND, "-v", "coordinator"], env=environment, stdout=log, stderr=log)

    @contextmanager
    def worker(self, slot: str = "0") -> Iterator["subprocess.Popen[bytes]"]:
        """A worker while the block runs; it has to end in order."""
        process = self.start_worker(slot)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, self.log(slot)
        finally:
            process.kill()
            process.wait()

    def wait_for(self, text: str, slot: str = "0", seconds: float = 60) -> None:
        """Wait until a worker has said `text`."""
        deadline = time.monotonic() + seconds
        while text not in self.log(slot):
            assert time.monotonic() < deadline, f"worker {slot} never said {text!r}: {self.log(slot)[-2000:]}"
            time.sleep(0.05)

    def log(self, slot: str = "0") -> str:
        """What a worker has said."""
        return (self.home / f"worker-{slot}.log").read_text()


def lines(directory: Path, name: str) -> list[str]:
    """The lines of a result file, sorted."""
    return sorted((directory / f"{name}.ndjson").read_text().splitlines())
