"""What a run did and found, for people and for machines."""

from collections import Counter
from dataclasses import asdict, dataclass, field

from tests.chaos.faults import KINDS


@dataclass
class Done:
    """A fault that was done, and how long it took until more was committed."""

    kind: str
    detail: str
    seconds: float


@dataclass
class Report:
    """What a run did and found. `problems` is empty when everything held."""

    seed: int
    events: int
    workers: int
    sabotage: str
    on_disk: list[str]  # slots of the workers with RocksDB
    faults: list[Done] = field(default_factory=list)
    published: dict[str, int] = field(default_factory=dict)
    starts: int = 0
    exits: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # kinds that can not be done here, and why
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """For machines."""
        return asdict(self)


def table(report: Report) -> str:
    """A report for people, as Markdown."""
    rows = Counter(done.kind for done in report.faults)
    out = ["| fault | done | longest until work went on |", "|---|---:|---:|"]
    for kind in (kind for kind in KINDS if kind in rows):
        longest = max(done.seconds for done in report.faults if done.kind == kind)
        out.append(f"| {kind} | {rows[kind]} | {longest:.1f} s |")
    out += [f"| {kind} | 0 | left out: {reason} |" for kind, reason in report.left_out.items()]
    out.append(f"| all | {len(report.faults)} | {max((done.seconds for done in report.faults), default=0):.1f} s |")
    outcome = "; ".join(report.problems) or "everything held"
    return "\n".join(
        [
            *out,
            "",
            f"seed {report.seed}, {report.events:,} events, {report.workers} workers "
            f"({len(report.on_disk)} of them with RocksDB), {report.seconds:.0f} s",
            outcome,
            f"published {report.published}; worker starts {report.starts}, ends by exit code {report.exits}",
            f"lines {report.lines}",
        ]
    )
