"""The operator's page and the Prometheus rules speak of settings and metrics that exist."""

import re
from pathlib import Path

from tests.docs.generate import PAGE, generated, metrics

ROOT = Path(__file__).parents[2]


def test_tables_are_what_the_code_says() -> None:
    """Settings and metrics are documented, all of them and as they are."""
    page = PAGE.read_text()
    assert page == generated(page), "run `python -m tests.docs.generate` and commit docs/operations.md"


def test_rules_name_metrics_that_exist() -> None:
    """A renamed metric would silence an alert without a word."""
    known = {metric.name for metric in metrics()}
    used = set(re.findall(r"stream_loyalty_\w+", (ROOT / "deploy/prometheus/rules.yml").read_text()))
    assert {name.removesuffix("_total") for name in used} <= known | {"stream_loyalty_commit_seconds"}
