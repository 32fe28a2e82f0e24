"""The README is true: its commands run, its reward and its alert are real ones, its links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.generate import README, ROOT, block, with_examples
from tests.support.broker import RealBroker

PAGE = README.read_text()


def shell(script: str, home: Path, **environment: str) -> str:
    """Run a script as a reader would, in the project's environment; its output."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=home,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.kafka
def test_first_event(own_kafka: RealBroker, kcat: str, tmp_path: Path) -> None:
    """From no topic to the rewards of two orders, with the commands of the README on a broker of its own."""
    script = "\n".join(
        [
            block(PAGE, "run: start").replace("127.0.0.1:9092", own_kafka.bootstrap),
            "trap 'kill %1; wait' EXIT",
            block(PAGE, "run: kcat"),
            f"python - <<'END'\n{block(PAGE, 'run: python')}\nEND",
            block(PAGE, "run: read"),
        ]
    )
    said = shell(script, tmp_path, STREAM_LOYALTY_HTTP_PORT="0")
    rewards = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [reward.get("points", reward.get("after")) for reward in rewards] == [64, 40, "silver"]


def test_real_purchases(cdnow_file: Path, tmp_path: Path) -> None:
    """The commands run on a tenth of CDNOW, and what the README shows is among what they write."""
    lines = cdnow_file.read_text("ascii").splitlines(keepends=True)
    kept = [line for line in lines if not line.split()[0].isdigit() or int(line.split()[0]) <= 2_400]
    (tmp_path / cdnow_file.name).write_text("".join(kept), "ascii")
    shell(block(PAGE, "run: replay"), tmp_path)
    assert with_examples(PAGE, tmp_path / "replayed") == PAGE, "run `python -m tests.docs.generate replayed`"


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT) for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]), ids=str
)
def test_links(page: Path) -> None:
    """Every relative link leads to something that is there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), target
