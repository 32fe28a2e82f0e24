"""What several commands share: options, settings, progress, and how a report is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from rich.progress import Progress

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
FILE = click.Path(path_type=Path)


def settings_of(**given: Any) -> Any:
    """Settings from the environment, with what the command line says put over them."""
    from stream_loyalty.bootstrap import load_settings

    return load_settings({name: value for name, value in given.items() if value not in (None, ())})


def kafka_options(command: F) -> F:
    """What every command that talks to Kafka takes."""
    for option in (
        click.option("--bootstrap", metavar="HOST:PORT,...", help="Kafka bootstrap servers."),
        click.option("--topic-prefix", metavar="TEXT", help="Put before every topic name."),
        click.option("--app-id", metavar="NAME", help="Consumer group of the workers."),
    ):
        command = option(command)
    return command


def program_options(command: F) -> F:
    """What every command that decides takes."""
    for option in (
        click.option("--high-value", type=FILE, metavar="FILE", help="Dated thresholds for high value (TOML)."),
        click.option("--program", type=FILE, multiple=True, metavar="FILE", help="Program file; one for each version."),
    ):
        command = option(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
from_option = click.option(
    "--from", "directory", type=FILE, metavar="DIR", help="What `replay` or `dump` has written. [the live topics]"
)


def progress_bar() -> Progress:
    """A progress bar on standard error, which goes away when it is done."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)


def counter(progress: Progress, what: str) -> Callable[[int], None]:
    """Tells a progress bar how many there are by now."""
    task = progress.add_task(what, total=None)
    return lambda count: progress.update(task, completed=count, description=f"{count:,} {what}")


def print_found(found: T, as_json: bool, show: Callable[[T], None]) -> None:
    """What a command has found as JSON, or in words and tables by its own `show`."""
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        show(found)


def write_file(text: str, file: Path) -> None:
    """Write a file, which appears when it is complete, and say so on standard error."""
    from stream_loyalty.adapters.files.events import written

    with written(file) as stream:
        stream.write(text.encode())
    click.echo(f"wrote {file}", err=True)


def print_report(report: Mapping[str, Any], as_json: bool) -> None:
    """A report as JSON, or as a table in which a nested mapping has a row for each entry."""
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in report.items():
        rows = list(value.items()) if isinstance(value, dict) else [("", value)]
        for i, (entry, figure) in enumerate(rows):
            text = f"{figure:,}" if isinstance(figure, int) else str(figure)
            table.add_row(name if i == 0 else "", f"{entry}  {text}".strip())
    Console().print(table)
