"""The parts of the documentation that the code knows best.

`python -m tests.docs.generate RESULTS` writes them anew: the tables of docs/operations.md, and in README.md the reward
and the alert, from a folder that `replay` wrote over CDNOW.
"""

import json
import re
import sys
from importlib import resources
from pathlib import Path

from prometheus_client.metrics_core import Metric

from stream_loyalty.adapters.kafka.metrics import Metrics, PartitionView
from stream_loyalty.commands.coordinator import CoordinatorMetrics
from stream_loyalty.commands.projector import ProjectorMetrics
from stream_loyalty.commands.trainer import TrainerMetrics
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.programs import Programs, parse_program
from stream_loyalty.engine.coordinator import Coordinator
from stream_loyalty.models.learners import learners
from stream_loyalty.models.trainer import Example, Trainer
from stream_loyalty.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
README = ROOT / "README.md"


def settings_table() -> str:
    """Every setting with its default and meaning."""
    rows = ["| variable | default | what |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, (), "") else f"`{field.default}`"
        rows.append(f"| `STREAM_LOYALTY_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def metrics_table(metrics: list[Metric]) -> str:
    """Every metric with its labels and meaning."""
    rows = ["| metric | labels | what |", "|---|---|---|"]
    for metric in metrics:
        labels = sorted({label for sample in metric.samples for label in sample.labels} - {"le"})
        suffix = "_total" if metric.type == "counter" else ""
        rows.append(f"| `{metric.name}{suffix}` | {', '.join(labels)} | {metric.documentation} |")
    return "\n".join(rows)


def metrics() -> list[Metric]:
    """Everything that workers, trainer, coordinator and projector say."""
    return worker_metrics() + trainer_metrics() + coordinator_metrics() + projector_metrics()


def projector_metrics() -> list[Metric]:
    """What a projector would say."""
    return list(ProjectorMetrics().registry.collect())


def _program() -> str:
    text = resources.files("stream_loyalty").joinpath("programs/default.toml").read_text("utf-8")
    return f'{text}\n[[earning.rules]]\nname = "festival"\npoints = 10\nbudget = {{ points = 100, owner = "crm" }}\n'


def trainer_metrics() -> list[Metric]:
    """What a trainer that has seen two examples would say."""
    churn = parse_program(_program(), "program").churn
    assert churn is not None
    trainer = Trainer(churn, learners())
    known = tuple(0.0 for _ in FEATURE_NAMES)
    trainer.learn(
        Example(day, known, bought, 0.5, 0.5, day - 30, 2, 100) for day, bought in ((100, True), (101, False))
    )
    shown = TrainerMetrics()
    shown.show(trainer, trainer.publish(1)[0])
    return list(shown.registry.collect())


def coordinator_metrics() -> list[Metric]:
    """What a coordinator of one budget would say."""
    coordinator = Coordinator(Programs([parse_program(_program(), "program")]), 1)
    shown = CoordinatorMetrics()
    shown.show(coordinator)
    return list(shown.registry.collect())


def worker_metrics() -> list[Metric]:
    """What a worker with one partition and one of each count would say."""
    counts = {
        ("event", "orders", "applied"): 1,
        ("decision", "x"): 1,
        ("dead_letter", "invalid"): 1,
        ("backfilled",): 1,
        ("held_back", "churn-risk", "resting"): 1,
        **{(name, "treated", "new", "unknown", "return-gift"): 1 for name in ("measured", "recalled", "revenue")},
    }
    worker = Metrics(counts, lambda: [PartitionView(0, 0, 0, 0, 0, 0, {"stock/mug": 1}, ("club/1", "club/1"))])
    return [metric for metric in worker.registry.collect() if metric.name.startswith("stream_loyalty")]


def generated(page: str) -> str:
    """The page with its generated tables as they should be."""
    tables = {
        "Metrics": metrics_table(worker_metrics()),
        "Metrics of the trainer": metrics_table(trainer_metrics()),
        "Metrics of the coordinator": metrics_table(coordinator_metrics()),
        "Metrics of the projector": metrics_table(projector_metrics()),
        "Settings": settings_table(),
    }
    for title, table in tables.items():
        pattern = rf"(## {title}\n.*?\n\n)(?:\|[^\n]*\n|METRICS\n|SETTINGS\n)+"
        page = re.sub(pattern, lambda found, table=table: found.group(1) + table + "\n", page, count=1, flags=re.DOTALL)  # type: ignore[misc]
    return page


def block(page: str, name: str) -> str:
    """The fenced block behind the comment `<!-- name -->`."""
    found = re.search(rf"<!-- {re.escape(name)} -->\n```\w+\n(.*?)\n```", page, re.DOTALL)
    assert found, f"there is no block <!-- {name} -->"
    return found.group(1)


def with_examples(page: str, results: Path) -> str:
    """The README with its reward and alert as `results` has them: those of the same kind on the same input."""
    for name in ("reward", "alert"):
        shown = json.loads(block(page, name))
        key = (shown["type"], shown["subject"], shown["data"]["because"]["input"])
        lines = map(json.loads, (results / f"{name}s.ndjson").read_text().splitlines())
        now = next(one for one in lines if (one["type"], one["subject"], one["data"]["because"]["input"]) == key)
        page = page.replace(block(page, name), json.dumps(now, indent=2))
    return page


if __name__ == "__main__":
    PAGE.write_text(generated(PAGE.read_text()))
    README.write_text(with_examples(README.read_text(), Path(sys.argv[1])))
