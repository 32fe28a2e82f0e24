"""Who cannot serve /metrics says so, before it shuts out the one who can."""

import os
import socket
import subprocess

import pytest

from tests.support.live import COMMAND


@pytest.mark.parametrize("process", ["coordinator", "trainer", "projector"])
def test_a_port_that_is_taken_is_told_before_kafka_is_asked(process: str) -> None:
    """One sentence; no broker is there, and none is missed."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        nowhere = {"STREAM_LOYALTY_BOOTSTRAP": "127.0.0.1:1", f"STREAM_LOYALTY_{process.upper()}_HTTP_PORT": port}
        done = subprocess.run(
            [*COMMAND, process], env={**os.environ, **nowhere}, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"stream-loyalty: /metrics cannot be served on 127.0.0.1:{port}: ")
    assert len(done.stderr.splitlines()) == 1
