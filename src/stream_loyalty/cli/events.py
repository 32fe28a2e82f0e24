"""Events in and results out: convert, publish, replay, dump, schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stream_loyalty.cli.options import (
    FILE,
    counter,
    json_option,
    kafka_options,
    print_report,
    program_options,
    progress_bar,
    settings_of,
)
from stream_loyalty.cli.root import cli
from stream_loyalty.errors import StreamLoyaltyError


@cli.group()
def convert() -> None:
    """Turn public datasets into events."""


@convert.command()
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, required=True, metavar="EVENTS", help="NDJSON to write; gzip with a name in .gz.")
def cdnow(file: Path, out: Path) -> None:
    """The purchases of CDNOW (CDNOW_master.txt) as orders."""
    from stream_loyalty.adapters.files.events import written
    from stream_loyalty.simulate.cdnow import convert as events

    count = 0
    with written(out) as stream:
        for event in events(file):
            stream.write(event + b"\n")
            count += 1
    click.echo(f"{count:,} orders in {out}")


@cli.command()
@click.argument("events", nargs=-1, required=True)
@kafka_options
@program_options
@click.option("--dry-run", is_flag=True, help="Check the events and add them up; send nothing.")
@click.option(
    "--advance-to",
    metavar="TIME",
    help="Where event clocks go afterwards; a bare date is its end. [the last event]",
)
@json_option
def publish(events: tuple[str, ...], dry_run: bool, advance_to: str | None, as_json: bool, **given: Any) -> None:
    """Publish event files (NDJSON, .gz, or - for standard input) to Kafka, each event to its topic."""
    from stream_loyalty.commands import publish as command

    with progress_bar() as progress:
        report = command.publish(settings_of(**given), events, dry_run, advance_to, counter(progress, "events"))
    print_report(report, as_json)


@cli.command()
@click.argument("events", nargs=-1)
@program_options
@click.option("--out", type=FILE, required=True, metavar="DIR", help="Where the results go.")
@click.option("--advance-to", metavar="TIME", help="How far the clock goes; a bare date is its end. [the last event]")
@click.option("--applied", type=FILE, metavar="DIR", help="Follow, step by step, what a dump says was applied.")
@click.option("--learn", is_flag=True, help="With a trainer beside it: early churn alerts as soon as it knows enough.")
@json_option
def replay(
    events: tuple[str, ...],
    out: Path,
    advance_to: str | None,
    applied: Path | None,
    learn: bool,
    as_json: bool,
    program: tuple[Path, ...],
    high_value: Path | None,
) -> None:
    """Run event files through the engine in process, without a broker."""
    from stream_loyalty.commands.replay import replay_applied, replay_events

    if applied is not None:
        if events or program or high_value or advance_to:
            click.echo("the dump brings its own events, program and times: what else was given is not used", err=True)
        results = replay_applied(applied, out)
    elif events:
        results = replay_events(events, out, advance_to, program, high_value, learn)
    else:
        raise click.UsageError("name event files to replay, or a dump with --applied")
    print_report({"out": str(out), "lines": dict(sorted(results.counts.items()))}, as_json)


@cli.command()
@kafka_options
@program_options
@click.option("--out", type=FILE, required=True, metavar="DIR", help="Where the results go.")
@click.option("--advance-to", metavar="TIME", help="Wait until wakes up to here have run. [where Clock Advanced is]")
@click.option("--patience", default=60.0, show_default=True, help="Seconds to wait for workers that make no progress.")
@json_option
def dump(out: Path, advance_to: str | None, patience: float, as_json: bool, **given: Any) -> None:
    """Write down what the live topics hold, in the files that a replay writes."""
    from stream_loyalty.commands import dump as command

    results = command.dump(settings_of(**given), out, advance_to, patience)
    print_report({"out": str(out), "lines": dict(sorted(results.counts.items()))}, as_json)


@cli.command()
@click.option("--dir", "folder", type=FILE, default=Path("schemas"), show_default=True)
@click.option("--check", is_flag=True, help="Only say which files differ; exit code 1 if any does.")
def schemas(folder: Path, check: bool) -> None:
    """Generate the JSON Schemas of everything on the wire, and of a program file."""
    from stream_loyalty.commands import schemas as command

    paths = command.drift(folder) if check else command.write(folder)
    for path in paths:
        click.echo(f"{path} differs from the contracts" if check else f"wrote {path}")
    if check and paths:
        raise StreamLoyaltyError(f"{folder} is not what the contracts say; run `stream-loyalty schemas` and commit it")
