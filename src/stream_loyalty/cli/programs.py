"""The life of a program: check, diff, docs, publish, schema."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from stream_loyalty.cli.options import (
    FILE,
    json_option,
    kafka_options,
    print_found,
    settings_of,
    write_file,
)
from stream_loyalty.cli.root import cli


@cli.group()
def program() -> None:
    """Program files: checked, compared, written out for members."""


@program.command()
@click.argument("files", nargs=-1, type=FILE, required=True)
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Find what a valid program says and can hardly mean; several files are versions of one program.

    Errors (exit code 1) never work as they are written; warnings may be meant.
    """
    from stream_loyalty.commands import program as command

    found = command.counted(command.check(files))
    print_found(found, as_json, _show_findings)
    if found["errors"]:
        sys.exit(1)


def _show_findings(found: dict[str, Any]) -> None:
    for one in found["findings"]:
        click.echo(f"{one['severity']}: {one['where']}: {one['what']} [{one['code']}]")
    click.echo(f"{found['errors']} errors, {found['warnings']} warnings")


@program.command()
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Say in words what changes for whom from one version to another."""
    from stream_loyalty.commands import program as command

    print_found(command.diff(before, after), as_json, lambda found: click.echo(command.told(found)))


@program.command()
@click.argument("file", type=FILE)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the terms.")
@click.option("--out", type=FILE, metavar="FILE", help="Write them there instead of printing them.")
def docs(file: Path, lang: str, out: Path | None) -> None:
    """Write the members' terms in plain language, as Markdown."""
    from stream_loyalty.commands import program as command

    text = command.docs(file, lang)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_file(text, out)


@program.command("publish")
@click.argument("files", nargs=-1, type=FILE, required=True)
@click.option(
    "--patience", type=click.FloatRange(0), default=20.0, show_default=True, help="Seconds to wait for the workers."
)
@kafka_options
def publish_program(files: tuple[Path, ...], patience: float, **given: Any) -> None:
    """Publish versions to Kafka, for all processes that run without --program, and see that workers adopt them.

    A published version never changes, and a new one has to take effect in the future: an hour ahead, and beyond what
    any partition has decided on.
    """
    from stream_loyalty.bootstrap import now_ms
    from stream_loyalty.commands import program as command

    settings = settings_of(**given)
    new = command.publish(settings, files, now_ms())
    for one in new:
        click.echo(f"published {one.label}, in force from {one.effective_from}")
    if not new:
        click.echo("all of it was published before")
        return
    if adopted := command.await_adopted(settings, new, patience):
        click.echo("\n".join(command.told_of(new, adopted)))


@program.command()
def schema() -> None:
    """Print the JSON Schema of a program file, for editors; it stands in schemas/program.json too."""
    from stream_loyalty.commands import schemas as command

    click.echo(command.program_schema(), nl=False)
