"""What came of it: evaluations, reports, explanations, batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from stream_loyalty.cli.options import (
    FILE,
    from_option,
    json_option,
    kafka_options,
    print_found,
    print_report,
    program_options,
    progress_bar,
    settings_of,
    write_file,
)
from stream_loyalty.cli.root import cli
from stream_loyalty.errors import StreamLoyaltyError


@cli.group()
def evaluate() -> None:
    """How good it would have been on past events."""


@evaluate.command()
@click.argument("events", nargs=-1, required=True)
@click.option("--program", type=FILE, multiple=True, metavar="FILE", help="Program file; one for each version.")
@click.option("--horizon", type=click.IntRange(1), metavar="DAYS", help="Churned is who buys nothing for so long.")
@click.option("--every", type=click.IntRange(1), metavar="DAYS", help="Days from one checkpoint to the next.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a page with charts as well.")
@json_option
def churn(
    events: tuple[str, ...],
    program: tuple[Path, ...],
    horizon: int | None,
    every: int | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """How well and how early the churn model foresees who stops buying, beside the fixed rule.

    One pass over event files (NDJSON, .gz, or - for standard input): each score is given before its outcome is known.
    Horizon and checkpoints are those of the program, unless given.
    """
    from stream_loyalty.commands import evaluate as command
    from stream_loyalty.reports.churn_page import page

    with progress_bar() as progress:
        task = progress.add_task("reading events", total=None)
        found = command.churn(
            events,
            program,
            horizon,
            every,
            lambda done, of: progress.update(task, completed=done, total=of, description="checkpoints"),
        )
    if html is not None:
        write_file(page(found), html)
    print_found(found, as_json, command.show)


@cli.group()
def report() -> None:
    """What came of it: reports in words, as JSON, or as a page."""


@report.command()
@click.argument("directory", type=FILE, required=False, metavar="[DIR]")
@kafka_options
@program_options
@click.option("--beat", default=35.0, show_default=True, help="Recall to beat, in percent.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a page with charts as well.")
@json_option
def retention(directory: Path | None, beat: float, html: Path | None, as_json: bool, **given: Any) -> None:
    """Recall of alerted customers against those held out.

    DIR is what `replay` or `dump` has written; without it the live topic is read up to its end.
    """
    from stream_loyalty.commands import report as command
    from stream_loyalty.reports.retention_page import page

    found = command.retention(settings_of(**given), directory, beat / 100)
    if html is not None:
        write_file(page(found), html)
    print_found(found, as_json, command.show_retention)


@report.command()
@from_option
@kafka_options
@program_options
@click.option("--at", metavar="TIME", help="As of when ages count; a bare date is its end. [how far the data goes]")
@json_option
def liability(directory: Path | None, at: str | None, as_json: bool, **given: Any) -> None:
    """Points outstanding by wallet and age, checked against all postings and the customers' balances.

    Exit code 1 where the three do not agree.
    """
    from stream_loyalty.commands import finance as command

    found, differs = command.liability(settings_of(**given), directory, at)
    print_found(found, as_json, command.show_liability)
    if differs is not None:
        raise StreamLoyaltyError(differs)


@report.command()
@from_option
@kafka_options
@program_options
@json_option
def migration(directory: Path | None, as_json: bool, **given: Any) -> None:
    """What came in by Member Imported, and what was refused and why. Exit code 1 where the postings say otherwise."""
    from stream_loyalty.commands import finance as command

    found, differs = command.migration(settings_of(**given), directory)
    print_found(found, as_json, command.show_migration)
    if differs is not None:
        raise StreamLoyaltyError(differs)


@cli.group()
def batch() -> None:
    """Adjustments of points that were made together."""


@batch.command()
@click.argument("name", metavar="BATCH")
@click.option("--actor", required=True, metavar="ID", help="Who does it: an id of the staff's.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, as it stands in the receipts.")
@from_option
@kafka_options
@program_options
@click.option("--out", type=FILE, metavar="EVENTS", help="Write the events to a file instead of sending them.")
@click.option("--at", metavar="TIME", help="When it counts as done. [now]")
@click.option("--dry-run", is_flag=True, help="Only add up what it would move.")
@json_option
def reverse(
    name: str,
    actor: str,
    reason: str,
    directory: Path | None,
    out: Path | None,
    at: str | None,
    dry_run: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Take a batch back as a whole, from every customer it concerned. Done twice it changes nothing."""
    from stream_loyalty.commands import batch as command

    print_report(command.reverse(settings_of(**given), name, actor, reason, directory, out, at, dry_run), as_json)


@cli.command()
@click.argument("user")
@click.option("--order", metavar="ID", help="Only what concerns this order, and what it earned by which rule.")
@click.option("--at", metavar="TIME", help="As it was then; a bare date is its end.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the words.")
@from_option
@kafka_options
@program_options
@json_option
def explain(
    user: str,
    order: str | None,
    at: str | None,
    lang: Literal["en", "zh"],
    directory: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """A customer in words: the state, what was decided, when and why, and when they are looked at next."""
    from stream_loyalty.commands import explain as command

    found = command.explain(settings_of(**given), user, order, at, lang, directory)
    print_found(found, as_json, command.show)
