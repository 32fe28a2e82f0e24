"""On real purchases the model foresees churn better and sooner than anything it was measured against."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stream_loyalty.cli import cli
from tests.support.cdnow import cdnow_path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_churn_on_cdnow(tmp_path: Path) -> None:
    """The figures of docs/science.md, through the command."""
    events = tmp_path / "events.ndjson"
    runner = CliRunner()
    assert runner.invoke(cli, ["convert", "cdnow", str(cdnow_path()), "--out", str(events)]).exit_code == 0
    result = runner.invoke(cli, ["evaluate", "churn", str(events), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["model"]["auc"] >= 0.8104
    assert found["model"]["log_loss"] <= 0.2930
    assert found["model"]["brier"] <= 0.0859
    assert found["fixed_rule"]["auc"] == pytest.approx(0.6707, abs=5e-5)
    lead = found["lead_time"]
    fixed, matched, online = lead["fixed_rule"], lead["matched"], lead["online"]
    assert (fixed["alerts"], round(fixed["precision"], 3), round(fixed["mean_silence_days"])) == (6_081, 0.697, 63)
    assert matched["mean_silence_days"] <= 20
    assert online["mean_silence_days"] <= 24
    assert abs(online["precision"] - fixed["precision"]) <= 0.02
    assert min(matched["right_alerts"], online["right_alerts"]) >= fixed["right_alerts"]
