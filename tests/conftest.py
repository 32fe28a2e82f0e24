"""Session fixtures with real parts. What can not be had is skipped, or fails the run with REQUIRE_ALL=1."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.support import Unavailable
from tests.support.broker import RealBroker
from tests.support.cdnow import cdnow_path
from tests.support.redis_server import real_redis

NOT_RUN = pytest.StashKey[dict[str, str]]()


def pytest_configure() -> None:
    """Let SIGTERM end a run as Ctrl-C does: with its servers."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def cdnow_file(pytestconfig: pytest.Config) -> Path:
    """CDNOW_master.txt, checksum verified."""
    with needed(pytestconfig, "the CDNOW purchases"):
        return cdnow_path()


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[str]:
    """Bootstrap servers of a real broker: the one that KAFKA_BOOTSTRAP names, else one started here."""
    if given := os.environ.get("KAFKA_BOOTSTRAP"):
        yield given
        return
    with closing(RealBroker()) as broker:
        with needed(pytestconfig, "a real Kafka broker"):
            broker.start()
        yield broker.bootstrap


@pytest.fixture
def own_kafka(pytestconfig: pytest.Config) -> Iterator[RealBroker]:
    """A real broker for one test alone, with nothing on it."""
    with closing(RealBroker()) as broker:
        with needed(pytestconfig, "a real Kafka broker"):
            broker.start()
        yield broker


@pytest.fixture(scope="session")
def kcat(pytestconfig: pytest.Config) -> str:
    """The path of kcat."""
    with needed(pytestconfig, "kcat"):
        path = shutil.which("kcat")
        if path is None:
            raise Unavailable("kcat is not on PATH")
    return path


@pytest.fixture(scope="session")
def redis_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """URL of a real Redis server, for `redis.Redis.from_url`."""
    with ExitStack() as stack:
        with needed(pytestconfig, "a Redis server"):
            url = stack.enter_context(real_redis())
        yield url


@contextmanager
def needed(config: pytest.Config, what: str) -> Iterator[None]:
    try:
        yield
        return
    except Unavailable as error:
        reason = str(error)
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL=1, but {what} can not be had: {reason}", pytrace=False)
    config.stash.setdefault(NOT_RUN, {})[what] = reason
    pytest.skip(f"{what} can not be had: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was not run, and why, so that a green run can not hide it."""
    for what, reason in config.stash.get(NOT_RUN, {}).items():
        terminalreporter.write_line(f"NOT RUN, for want of {what}: {reason}", yellow=True)
