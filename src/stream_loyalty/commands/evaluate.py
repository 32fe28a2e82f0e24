"""How well churn would have been foreseen: events through the engine, scored day by day, judged afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.bootstrap import calm_collector, now_ms, replay_engine
from stream_loyalty.core.history import LOOK_BACK_DAYS
from stream_loyalty.engine.replay import read_events
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.models.evaluation import Evaluation, Fold
from stream_loyalty.reports import churn_words

_HORIZON, _EVERY = 60, 7  # days, where neither the command nor the program says


def churn(
    files: Sequence[str],
    program: tuple[Path, ...] = (),
    horizon: int | None = None,
    every: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict[str, Any]:
    """The evaluation of event files as plain numbers.

    Horizon and checkpoints are in days, and those of the program where not given. StreamLoyaltyError where there are
    too few days to tell.
    """
    calm_collector()
    engine = replay_engine(program)
    section = engine.programs.latest.churn
    horizon = horizon or (section.horizon_days if section else _HORIZON)
    every = every or (section.every_days if section else _EVERY)
    if horizon + every > LOOK_BACK_DAYS:
        raise StreamLoyaltyError(
            f"--horizon {horizon} and --every {every}: a purchase history looks back {LOOK_BACK_DAYS} days;"
            " choose them so that together they are not more"
        )
    evaluation = Evaluation(Fold(read_events(read_lines(files), engine, now_ms()), engine), horizon, every)
    evaluation.run(progress)
    return evaluation.report()


def show(report: dict[str, Any]) -> None:
    """Print the findings as tables."""
    console = Console(highlight=False)
    console.print(churn_words.headline(report), style="bold")
    for words in churn_words.sentences(report):
        console.print(words)
    for title, head, rows in churn_words.tables(report):
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for number, name in enumerate(head):
            table.add_column(name, justify="right" if number else "left", header_style="dim")
        for row in rows:
            table.add_row(*row)
        console.print()
        console.print(table)
