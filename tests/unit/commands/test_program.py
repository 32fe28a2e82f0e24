"""What `stream-loyalty program` says, and with which exit code."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from stream_loyalty.cli import cli
from stream_loyalty.errors import StreamLoyaltyError
from tests.unit.support_core import program_text, version_2


def said(*arguments: str) -> Result:
    """The command's output and exit code."""
    return CliRunner().invoke(cli, ["program", *arguments])


def filed(home: Path, *texts: str) -> list[str]:
    """Program texts as files."""
    files = [home / f"{number}.toml" for number in range(1, len(texts) + 1)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    return [str(file) for file in files]


def test_check_ends_with_1_for_errors_only(tmp_path: Path) -> None:
    """Warnings may be meant; what can never work stops a pipeline; an unusable file is told in one sentence."""
    fine, broken, unusable = filed(
        tmp_path,
        program_text(),
        program_text({'{ fact = "band", is = "new" }': '{ fact = "band", is = "knew" }'}),
        program_text({"version = 1": "version = 0"}),
    )
    assert said("check", fine).exit_code == 0
    assert "warning: wallets, points:" in said("check", fine).output
    result = said("check", broken)
    assert result.exit_code == 1
    assert "error: silence.actions, return-gift: there is no band 'knew'; did you mean 'new'?" in result.output
    assert isinstance(said("check", unusable).exception, StreamLoyaltyError)


def test_check_speaks_to_machines_and_of_versions(tmp_path: Path) -> None:
    """Several files are versions of one program, and what changes between them is looked at."""
    spend = {'"silver", spend = "100"': '"silver", spend = "150"'}
    result = said("check", "--json", *filed(tmp_path, program_text(), version_2("2030-01-01", spend)))
    report = json.loads(result.output)
    assert (result.exit_code, report["errors"]) == (0, 0)
    assert report["warnings"] == len(report["findings"])
    assert {
        "severity": "warning",
        "code": "demotes",
        "where": "default/1 to default/2: levels.steps, silver",
        "what": "it takes 150 instead of 100: members who have less fall at their review",
    } in report["findings"]


def test_diff_is_grouped_by_whom_it_concerns(tmp_path: Path) -> None:
    """For people by audience and section, for machines as a list."""
    changed = {'"silver", spend = "100"': '"silver", spend = "150"', "buying_days = 60": "buying_days = 45"}
    before, after = filed(tmp_path, program_text(), version_2("2030-01-01", changed))
    members, operators = said("diff", before, after).output.split("For operators:")
    sentence = "silver takes 150.00 USD instead of 100.00 USD: members keep it until their review"
    assert f"  levels\n  - {sentence}" in members
    assert "  silence\n  - an alert is raised after 45 days" in operators
    found = {one["path"]: one for one in json.loads(said("diff", "--json", before, after).output)}
    assert found["levels.steps.silver.spend"] == {
        "audience": "members",
        "section": "levels",
        "path": "levels.steps.silver.spend",
        "what": sentence,
        "before": "100",
        "after": "150",
    }
    assert "For members nothing changes." in said("diff", before, before).output


def test_docs_are_printed_or_written(tmp_path: Path) -> None:
    """English unless Chinese is asked for."""
    [file] = filed(tmp_path, program_text())
    assert said("docs", file).output.startswith("# default: terms of membership\n")
    target = tmp_path / "terms.md"
    assert said("docs", file, "--lang", "zh", "--out", str(target)).exit_code == 0
    assert target.read_text("utf-8").startswith("# default 会员条款\n")
