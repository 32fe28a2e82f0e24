"""The example programs are complete: nothing is found in them, and they run a storefront's events."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from stream_loyalty.commands.program import check
from stream_loyalty.commands.replay import replay_events
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import load_programs
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.storefront import storefront

PROGRAMS = Path(__file__).parents[3] / "deploy/programs"
DEFAULT = Path(__file__).parents[3] / "src/stream_loyalty/programs/default.toml"
NEVER = {  # levels are reached too late in it, or another multiplier brings more
    "fashion": {"black gold multiplier"},
    "food": set(),
    "mother-and-baby": set(),
}


def events(program: Program, home: Path) -> Path:
    """Four months of a storefront with this program, with repeated and malformed records."""
    file = home / "mixed.ndjson.gz"
    with gzip.open(file, "wb") as stream:
        stream.writelines(line + b"\n" for line in storefront(11, 60, 1_700_000_000_000, 120, Club.of(program)))
    return file


@pytest.mark.parametrize("file", [DEFAULT, *sorted(PROGRAMS.glob("*.toml"))], ids=lambda file: file.stem)
def test_nothing_is_found_in_what_we_show(file: Path) -> None:
    """Neither in the examples nor in the default program."""
    assert check([file]) == []


@pytest.mark.parametrize("name", NEVER)
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    """Every wallet is filled, every rule but those named brings points, and members rise."""
    file = PROGRAMS / f"{name}.toml"
    program = load_programs([file]).first
    replay_events([str(events(program, tmp_path))], tmp_path, None, (file,))
    lines = [json.loads(line) for line in (tmp_path / "decisions.ndjson").read_text("utf-8").splitlines()]
    earned = [line["data"] for line in lines if line["type"] == "loyalty.points.earned"]
    by_wallet, by_rule = Counter[str](), Counter[str]()
    for one in earned:
        if one["because"]["event"] == "Order Updated":
            continue  # the points are the difference, the parts those of the order as it is now
        by_wallet[one["wallet"]] += one["points"]
        for part in one["parts"]:
            by_rule[part["rule"]] += part["points"]
    assert by_wallet.keys() == {wallet.name for wallet in program.wallets}
    assert {rule.name for rule in program.earning.rules} - by_rule.keys() == NEVER[name]
    assert sum(by_wallet.values()) == sum(by_rule.values())
    for rule in program.earning.rules:
        assert rule.budget is None or by_rule[rule.name] <= rule.budget.points
    reached = {line["data"]["after"] for line in lines if line["type"] == "loyalty.level.changed"}
    assert reached & {step.name for step in program.levels.steps[1:]}
    assert sum(1 for _ in (tmp_path / "dead-letters.ndjson").open()) == 8
