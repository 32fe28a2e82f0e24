"""Commands run as a user runs them, over a folder that `replay` has written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from stream_loyalty.cli import cli

WALLETS = """
[[wallets]]
name = "points"
expires_after_days = 100
activates_after_days = 10
unit_value = "0.02"

[[wallets]]
name = "miles"
kind = "partner"
breakage_percent = 25.0

[[wallets]]
name = "status"
kind = "status"

[[earning.rules]]
name = "per-unit"
points_per_unit = "1"

[[earning.rules]]
name = "miles"
wallet = "miles"
points_per_unit = "2"
when = [{ fact = "channel", is = "travel" }]

[[earning.rules]]
name = "rank"
wallet = "status"
points_per_unit = "3"

[redemption]
confirm_within_hours = 48
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env={"COLUMNS": "140"})


def said(*arguments: str) -> Any:
    """What a command says in JSON."""
    result = call(*arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def event_file(file: Path, events: Iterable[bytes]) -> str:
    file.write_bytes(b"".join(event + b"\n" for event in events))
    return str(file)


def replayed(home: Path, events: Iterable[bytes], until: str | None = None, program: str | None = None) -> str:
    """The folder of a replay of these events."""
    arguments = ["replay", event_file(home / "events.ndjson", events), "--out", str(home / "out")]
    if until is not None:
        arguments += ["--advance-to", until]
    if program is not None:
        (home / "program.toml").write_text(program)
        arguments += ["--program", str(home / "program.toml")]
    said(*arguments)
    return str(home / "out")


def with_wallets(default: str) -> str:
    """The default program with three wallets instead of its one."""
    before, _, after = default.partition('[[wallets]]\nname = "points"\n')
    return before + WALLETS + "\n[levels]" + after.partition("[levels]")[2]
