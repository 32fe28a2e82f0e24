"""The README is true: its commands run, its reward and its alert are real ones, its links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broker import RealBroker

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found, f"README.md has no block <!-- {name} -->"
    return found.group(1)


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
            block("run: start").replace("127.0.0.1:9092", own_kafka.bootstrap),
            "trap 'kill %1; wait' EXIT",
            block("run: kcat"),
            f"python - <<'END'\n{block('run: python')}\nEND",
            block("run: read"),
        ]
    )
    said = shell(script, tmp_path, STREAM_LOYALTY_HTTP_PORT="0")
    rewards = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [reward.get("points", reward.get("after")) for reward in rewards] == [64, 40, "silver"]


def test_real_purchases(cdnow_file: Path, tmp_path: Path) -> None:
    """The commands on CDNOW run, and what the README shows is among what they write."""
    (tmp_path / cdnow_file.name).symlink_to(cdnow_file)
    shell(block("run: replay"), tmp_path)
    for name in ("reward", "alert"):
        shown = json.loads(block(name))
        found = map(json.loads, (tmp_path / "replayed" / f"{name}s.ndjson").read_text().splitlines())
        assert shown in found, f"the {name} in README.md is none that the commands write"


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT) for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]), ids=str
)
def test_links(page: Path) -> None:
    """Every relative link leads to something that is there."""
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
        assert ((ROOT / page).parent / target).exists(), target
