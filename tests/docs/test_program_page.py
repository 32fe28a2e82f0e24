"""The page on programs is true: its commands run, and every finding stands in it."""

import json
import re
import shutil
from pathlib import Path

import pytest

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.activities import EVENTS
from stream_loyalty.core.program.conditions import FACTS, ORDER_FACTS, REWARD_FACTS
from tests.docs.generate import ROOT, block
from tests.docs.test_readme import shell

PAGE = (ROOT / "docs/program.md").read_text("utf-8")


def test_the_commands_run(tmp_path: Path) -> None:
    """As a marketer would run them, on a copy with other figures; and the page shows what is said."""
    source = (ROOT / "deploy/programs/fashion.toml").read_text("utf-8")
    shutil.copy(ROOT / "deploy/programs/fashion.toml", tmp_path)
    changed = source.replace("version = 1", "version = 2").replace("2020-01-01\nepoch", "2027-01-01\nepoch")
    changed = changed.replace('"silver", spend = "300"', '"silver", spend = "350"').replace(
        "points = 200", "points = 300"
    )
    changed = changed.replace("until = 2024-02-29", "until = 2027-02-28")
    (tmp_path / "fashion-2.toml").write_text(changed, "utf-8")
    assert "0 errors, 0 warnings" in shell(block(PAGE, "run: check"), tmp_path)
    said = shell(block(PAGE, "run: change"), tmp_path)
    assert "[demotes]" in said
    shown = re.search(r"```\n(For members:.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert all(line in said for line in shown[1].splitlines())
    assert (tmp_path / "terms.md").read_text("utf-8").startswith("# Atelier Club: terms of membership")
    assert (tmp_path / "terms.zh.md").read_text("utf-8").startswith("# Atelier Club 会员条款")


def test_every_finding_stands_in_the_page() -> None:
    """By its code, and no code that there is no more."""
    source = "".join(file.read_text("utf-8") for file in (ROOT / "src/stream_loyalty/core/review").glob("*.py"))
    codes = set(re.findall(r'(?:error|warning)\(\s*f?"([a-z{}-]+)"', source))
    codes = codes - {"unknown-{fact}"} | {f"unknown-{fact}" for fact in ("level", "band", "weekday")}
    table = PAGE[PAGE.index("## What is found") :]
    assert codes == set(re.findall(r"`([a-z-]+)`", table))


def test_editors_take_every_example() -> None:
    """Validators in editors hold times to RFC 3339, which the clock of a program is not: none has that format."""
    schema = json.dumps(Program.model_json_schema())
    assert set(re.findall(r'"format": "([a-z-]+)"', schema)) == {"date"}
    clocks = [json.loads(f'"{one}"') for one in re.findall(r'"pattern": "(\^\(\[01\][^"]*)"', schema)]
    assert len(clocks) >= 4
    for file in (ROOT / "deploy/programs").glob("*.toml"):
        for line in file.read_text("utf-8").splitlines():
            if line.startswith(("hours", "quiet")):
                assert all(re.match(clocks[0], one) for one in re.findall(r'"([^"]*)"', line)), line


@pytest.mark.parametrize(
    ("section", "field", "good", "bad"),
    [
        ("EarnRule", "points_per_unit", ("1", "0.05", ".5", "10.0"), ("0", "0.00", "-1", "1,5", "")),
        ("EarnRule", "multiplier", ("1.1", "2", "10", "1.25"), ("1", "1.0", "0.5", "-2")),
        ("Level", "spend", ("0", "100", "99.50"), ("-100", "1,000", "")),
        ("Rate", "currency", ("EUR",), ("eur", "euro")),
    ],
)
def test_editors_mark_numbers_out_of_bounds_also_where_they_are_texts(
    section: str, field: str, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    """By patterns; a number that stands there as a number has bounds."""
    says = Program.model_json_schema()["$defs"][section]["properties"][field]
    patterns = re.findall(r'"pattern": ("[^"]*")', json.dumps(says))
    assert len(patterns) == 1
    pattern = json.loads(patterns[0])
    assert all(re.search(pattern, one) for one in good)
    assert not any(re.search(pattern, one) for one in bad)


def test_editors_mark_what_a_schema_can_know() -> None:
    """Names of facts and events, and fields of which one has to be given, or no two may be."""
    parts = Program.model_json_schema()["$defs"]
    assert [one["required"] for one in parts["Condition"]["oneOf"]] == [["is"], ["one_of"], ["at_least"], ["below"]]
    assert [one["required"] for one in parts["EarnRule"]["oneOf"]] == [["points_per_unit"], ["points"], ["multiplier"]]
    assert all(set(one["not"]["required"]) <= parts["Wallet"]["properties"].keys() for one in parts["Wallet"]["allOf"])
    assert parts["Condition"]["properties"]["fact"]["enum"] == sorted(FACTS | ORDER_FACTS | REWARD_FACTS)
    assert "Product Added" in parts["Signal"]["properties"]["events"]["items"]["enum"]
    assert parts["Activity"]["properties"]["event"]["enum"] == list(EVENTS)
    assert {"required": ["levels"]} in [one["then"] for one in parts["Benefit"]["allOf"]]


def test_every_field_of_a_program_is_described() -> None:
    """Editors show it beside the field."""
    schema = Program.model_json_schema()
    sections = {"Program": schema} | schema["$defs"]
    undescribed = [
        f"{name}.{field}"
        for name, section in sections.items()
        for field, says in section.get("properties", {}).items()
        if "description" not in says and "$ref" not in json.dumps(says)
    ]
    assert undescribed == []
    assert all("description" in section for section in sections.values())
    examples = list((ROOT / "deploy/programs").glob("*.toml"))
    linked = [
        file.stem for file in examples if file.read_text("utf-8").startswith("#:schema ../../schemas/program.json")
    ]
    assert len(linked) >= 3
    assert (ROOT / "schemas/program.json").is_file()
