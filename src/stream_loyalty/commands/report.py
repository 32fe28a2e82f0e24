"""Reports on what came of the engine's decisions, read from a replay's or dump's files or from the live topic."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from stream_loyalty.commands.sources import decisions, programs_of
from stream_loyalty.contracts import topics
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.reports import retention_words
from stream_loyalty.reports.retention import Retention, read, report
from stream_loyalty.settings import Settings

_COLUMNS = 6  # of the table on a terminal; the page has all of them


def retention(settings: Settings, directory: Path | None, beat: float) -> Retention:
    """Recall treated against held out, from the decisions in `directory` or, without one, from the live topic.

    Currency and time zone are those of the program in the settings. StreamLoyaltyError where nothing can be read.
    """
    program = programs_of(settings, directory).latest
    lines = decisions(settings, directory)
    try:
        found = read(lines)
    except ValueError as error:
        raise StreamLoyaltyError(f"{directory or topics.DECISIONS}: {error}") from None
    return report(found, program.base_currency, ZoneInfo(program.time_zone), beat)


def show_retention(found: Retention) -> None:
    """Print the findings in words, and the table."""
    console = Console(highlight=False)
    console.print(retention_words.headline(found), style="bold")
    for words in retention_words.sentences(found):
        console.print(words)
    if found.overall is None:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, name in enumerate(retention_words.HEAD[:_COLUMNS]):
        table.add_column(name, justify="right" if number else "left", header_style="dim")
    for row in retention_words.rows(found):
        table.add_row(*row[:_COLUMNS], style="bold" if len(row) == 1 else "")
    console.print()
    console.print(table)
