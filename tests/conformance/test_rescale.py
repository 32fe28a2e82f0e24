"""Workers come and go while events flow, and the number of partitions can change."""

import gzip
import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conformance.agreement import assert_agrees, assert_same
from tests.conformance.feeds import CDNOW_END, cdnow_slice
from tests.support.live import Live, lines, run


def thirds(events: Path, home: Path) -> list[Path]:
    """A feed in three files, in order."""
    every = gzip.decompress(events.read_bytes()).splitlines(keepends=True)
    files = []
    for part in range(3):
        file = home / f"part-{part}.ndjson"
        file.write_bytes(b"".join(every[part * len(every) // 3 : (part + 1) * len(every) // 3]))
        files.append(file)
    return files


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_from_one_worker_to_three_and_back_to_two(kafka: str, cdnow_file: Path, tmp_path: Path) -> None:
    """Partitions move between workers in mid-run; the lines are those of an undisturbed replay."""
    raw, events = cdnow_slice(cdnow_file, tmp_path, 800)
    run(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", CDNOW_END])
    live = Live(kafka, tmp_path)
    live.run("topics")
    first, second, third = thirds(events, tmp_path)
    with live.worker("0"):
        live.run("publish", str(first), "--advance-to", "1990-01-01")
        with ExitStack() as others:
            others.enter_context(live.worker("1"))
            with live.worker("2"):
                live.wait_for("taken up", "1")
                live.wait_for("taken up", "2")
                live.run("publish", str(second), "--advance-to", "1990-01-01")
                live.run("dump", "--out", str(tmp_path / "middle"))
            live.run("publish", str(third), "--advance-to", CDNOW_END)
            live.run("dump", "--out", str(tmp_path / "live"))
    assert_same(tmp_path / "live", tmp_path / "replay")
    assert_agrees(tmp_path / "live", raw)


@pytest.mark.kafka
@pytest.mark.timeout(240)
def test_another_number_of_partitions(kafka: str, cdnow_file: Path, tmp_path: Path) -> None:
    """States move into new topics with more partitions, and go on there as if nothing had been."""
    raw, events = cdnow_slice(cdnow_file, tmp_path, 500)
    first, second, third = thirds(events, tmp_path)
    old = Live(kafka, tmp_path)
    old.run("topics")
    with old.worker():
        old.wait_for("taken up")
        old.run("publish", str(first), str(second), "--advance-to", "1990-01-01")
        old.run("dump", "--out", str(tmp_path / "applied"))  # waits until all is applied; sweeps go on
        with pytest.raises(AssertionError, match=r"stop the workers .* first"):
            old.run("repartition", "--partitions", "7", "--to-prefix", old.topic("wide."))
    old.run("dump", "--out", str(tmp_path / "old"))
    old.run("repartition", "--partitions", "7", "--to-prefix", old.topic("wide."))
    with pytest.raises(AssertionError, match="is not empty"):
        old.run("repartition", "--partitions", "7", "--to-prefix", old.topic("wide."))
    new = Live(kafka, tmp_path, topic_prefix=old.topic("wide."))
    with new.worker("wide"):
        new.run("publish", str(third), "--advance-to", CDNOW_END)
        new.run("dump", "--out", str(tmp_path / "new"))
    assert "partitions [0, 1, 2, 3, 4, 5, 6] taken up" in new.log("wide")
    whole = tmp_path / "whole"
    whole.mkdir()
    for kind in ("rewards", "alerts", "decisions"):
        both = lines(tmp_path / "old", kind) + lines(tmp_path / "new", kind)
        (whole / f"{kind}.ndjson").write_text("\n".join(both) + "\n")
    (whole / "customers.ndjson").write_text("\n".join(lines(tmp_path / "new", "customers")) + "\n")
    assert_agrees(whole, raw)
    ids = [json.loads(line)["id"] for line in lines(whole, "decisions")]
    assert len(set(ids)) == len(ids)
