"""Failpoints: nothing without the variable, and with it an end at the pass that it names."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stream_loyalty.adapters import kafka, rocksdb
from stream_loyalty.adapters.kafka import failpoints
from tests.chaos.faults import STORE

PASSES = """
from stream_loyalty.adapters.kafka.failpoints import reached
for number in range(3):
    reached("commit.begun")
    reached("commit.done")
    print(number, flush=True)
"""


def passing(failpoint: str | None) -> "subprocess.Popen[str]":
    environment = {key: value for key, value in os.environ.items() if key != failpoints.VARIABLE}
    if failpoint is not None:
        environment[failpoints.VARIABLE] = failpoint
    return subprocess.Popen([sys.executable, "-c", PASSES], env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("failpoint", "code", "passes"),
    [
        (None, 0, 3),
        ("", 0, 3),
        ("elsewhere", 0, 3),
        ("commit.done:4", 0, 3),
        ("commit.begun", -signal.SIGKILL, 0),
        ("commit.done:3", -signal.SIGKILL, 2),
    ],
)
def test_dies_at_the_pass_named(failpoint: str | None, code: int, passes: int) -> None:
    process = passing(failpoint)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said.split()) == (code, [str(number) for number in range(passes)])


def test_freezes_and_goes_on() -> None:
    process = passing("commit.done:2:stop")
    assert os.waitid(os.P_PID, process.pid, os.WSTOPPED) is not None
    process.send_signal(signal.SIGCONT)
    said, _ = process.communicate(timeout=30)
    assert (process.returncode, said.split()) == (0, ["0", "1", "2"])


def test_each_place_is_passed_in_one_line() -> None:
    files = (file for adapter in (kafka, rocksdb) for file in Path(adapter.__path__[0]).glob("*.py"))
    sources = "".join(file.read_text() for file in files)
    for name in (*failpoints.COMMIT, *failpoints.RECOVERY, failpoints.REVOKED, *STORE):
        assert sources.count(f'failpoints.reached("{name}")\n') == 1, name
