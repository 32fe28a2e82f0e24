"""Published versions reach every process that is started without files."""

import json
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka.programs import in_force, published
from stream_loyalty.commands.program import publish
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.core.program import ProgramError
from stream_loyalty.settings import Settings
from tests.support.live import Live
from tests.unit.support_core import order, program_text, version_2

NOW = parse_instant("2026-06-01T12:00:00Z")


def filed(home: Path, name: str, text: str) -> Path:
    file = home / name
    file.write_text(text, "utf-8")
    return file


def told(settings: Settings, home: Path) -> None:
    """Nothing is out: the default. Then what is out; files given win over it."""
    assert in_force(settings).latest.version == 1
    first = filed(home, "1.toml", program_text({"buying_days = 60": "buying_days = 50"}))
    second = filed(home, "2.toml", version_2("2027-01-01"))
    assert publish(settings, [first], NOW) == ["default/1, in force from 1990-01-01"]
    assert publish(settings, [first, second], NOW) == ["default/2, in force from 2027-01-01"]
    assert publish(settings, [first, second], NOW) == []
    assert [one.version for one in published(settings)] == [1, 2]
    assert [program.silence.buying_days for program in in_force(settings).versions] == [50, 60]
    assert len(in_force(settings.model_copy(update={"program": (second,)})).versions) == 1
    with pytest.raises(ProgramError, match="default/1 is published and says something else"):
        publish(settings, [filed(home, "3.toml", program_text())], NOW)
    wrong = version_2("2027-02-01", {'{ fact = "band", is = "new" }': '{ fact = "band", is = "knew" }'})
    with pytest.raises(ProgramError, match="there is no band 'knew'"):
        publish(settings, [filed(home, "4.toml", wrong.replace("version = 2", "version = 3"))], NOW)
    assert len(published(settings)) == 2


def test_versions_on_the_embedded_broker(embedded: Settings, tmp_path: Path) -> None:
    told(embedded, tmp_path)


@pytest.mark.kafka
def test_versions_on_a_real_broker(settings: Settings, tmp_path: Path) -> None:
    told(settings, tmp_path)


@pytest.mark.kafka
def test_a_worker_without_files_decides_by_what_is_published(kafka: str, tmp_path: Path) -> None:
    """And a dump follows it: what was adopted stands there once, the published version by itself does not."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    file = filed(tmp_path, "1.toml", program_text({'points_per_unit = "1"': 'points_per_unit = "3"'}))
    assert "published default/1" in live.run("program", "publish", str(file))
    events = tmp_path / "events.ndjson"
    events.write_bytes(order("2026-01-01", "o-1", 100) + b"\n")
    live.run("publish", str(events), "--advance-to", "2026-01-02")
    worker = live.start_worker()
    try:
        live.run("dump", "--out", str(tmp_path / "dumped"))
    finally:
        worker.terminate()
        worker.wait(30)
    [customer] = map(json.loads, (tmp_path / "dumped/customers.ndjson").read_text("utf-8").splitlines())
    assert customer["balances"] == {"points": 300}
    live.run("replay", "--applied", str(tmp_path / "dumped"), "--out", str(tmp_path / "again"))
    assert (tmp_path / "again/customers.ndjson").read_bytes() == (tmp_path / "dumped/customers.ndjson").read_bytes()
