"""Real parts for the tests: a broker, a Redis server, real purchases. No mocks."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

EVERYTHING = Path(__file__).with_name("everything.toml")  # a program with all capabilities on


class Unavailable(Exception):
    """Something from outside can not be had here; the message is one line that says why."""


def cache_dir() -> Path:
    """Where downloads are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "stream-loyalty"
    path.mkdir(parents=True, exist_ok=True)
    return path


def run(command: Sequence[str], seconds: float) -> None:
    """Run a tool to its end; raise Unavailable with what it said when it fails."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds)
    except subprocess.CalledProcessError as error:
        raise Unavailable(f"{command[0]} failed: {reason_in(error.stdout + error.stderr)}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error


def reason_in(output: str) -> str:
    """The first line that speaks of an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it said nothing"]
    return next((line for line in lines if "error" in line.lower()), lines[-1])
