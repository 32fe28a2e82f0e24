"""The command line: parse arguments, call a command, print what it says."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stream_loyalty import __version__
from stream_loyalty.errors import StreamLoyaltyError

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


def _settings(**given: Any) -> Any:
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
        click.option("--high-value", type=_FILE, metavar="FILE", help="Dated thresholds for high value (TOML)."),
        click.option(
            "--program", type=_FILE, multiple=True, metavar="FILE", help="Program file; one for each version."
        ),
    ):
        command = option(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="stream-loyalty")
@click.option("-v", "--verbose", is_flag=True, help="Say more in the log.")
def cli(verbose: bool) -> None:
    """A loyalty and retention engine that lives on Kafka."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("stream_loyalty").setLevel(logging.DEBUG if verbose else logging.INFO)


@cli.command()
@click.option("--seed", default=7, show_default=True, help="Another seed, other customers.")
@click.option("--customers", default=400, show_default=True, help="How many customers the storefront has.")
@click.option("--days", default=400, show_default=True, help="How many days it is open.")
def demo(seed: int, customers: int, days: int) -> None:
    """Everything in one process: a storefront, a broker, the engine, Redis. Ends by itself."""
    from stream_loyalty.commands.demo import run_demo

    sys.exit(run_demo(seed, customers, days))


@cli.command()
@kafka_options
@program_options
@click.option("--slot", metavar="NAME", help="Stable name of this worker in its group.")
@click.option("--clock", type=click.Choice(["wall", "event"]), help="What moves quiet partitions on.")
@click.option("--commit", type=click.Choice(["transaction", "plain"]), help="How effects are committed.")
@click.option("--http-port", type=int, help="Port of /metrics, /healthz and /readyz; 0 takes a free one.")
def worker(**given: Any) -> None:
    """Consume events, decide, publish rewards and alerts."""
    from stream_loyalty.commands.worker import run_worker

    sys.exit(run_worker(_settings(**given)))


@cli.command()
@kafka_options
@program_options
@click.option("--redis-url", metavar="URL", help="Redis to write to.")
def projector(**given: Any) -> None:
    """Fold the customers' states into Redis, for whoever reads balances and levels."""
    from stream_loyalty.commands.projector import run_projector

    run_projector(_settings(**given))


@cli.command()
@kafka_options
@program_options
@click.option("--promote", metavar="NAME", help="Make this learner the champion.")
def trainer(promote: str | None, **given: Any) -> None:
    """Learn churn from labelled examples, and publish the models that workers score with."""
    from stream_loyalty.commands.trainer import run_trainer

    run_trainer(_settings(**given), promote)


@cli.command()
@kafka_options
@program_options
def coordinator(**given: Any) -> None:
    """Grant the partitions slices of budgets, and say who is of high value."""
    from stream_loyalty.commands.coordinator import run_coordinator

    run_coordinator(_settings(**given))


@cli.command()
@kafka_options
@click.option("--partitions", type=click.IntRange(1), help="Partitions of every source topic.")
@click.option("--replication", type=int, help="Replication factor; -1 takes the broker's default.")
@click.option("--check", is_flag=True, help="Only say what is wrong; exit code 1 if anything is.")
def topics(check: bool, **given: Any) -> None:
    """Create the topics that are missing and check all of them."""
    from stream_loyalty.adapters.kafka import topics as adapter

    settings = _settings(**given)
    if not check:
        for name in adapter.ensure(settings):
            click.echo(f"created {name}")
    problems = adapter.check(settings)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    click.echo("all topics are as they should be")


@cli.command()
@kafka_options
@click.option("--partitions", type=click.IntRange(1), required=True, help="Partitions of the new topics.")
@click.option("--to-prefix", metavar="TEXT", required=True, help="Prefix of the new topics.")
@click.option("--replication", type=int, help="Replication factor of the new topics.")
def repartition(partitions: int, to_prefix: str, **given: Any) -> None:
    """Move the customers' states into new topics with another number of partitions."""
    from stream_loyalty.commands.repartition import repartition as command

    old = _settings(**given)
    count = command(old, old.model_copy(update={"partitions": partitions, "topic_prefix": to_prefix}))
    click.echo(
        f"{count:,} customers are in {partitions} partitions; start workers and publishers with the prefix {to_prefix}"
    )


@cli.group()
def convert() -> None:
    """Turn public datasets into events."""


@convert.command()
@click.argument("file", type=_FILE)
@click.option("--out", type=_FILE, required=True, metavar="EVENTS", help="NDJSON to write; gzip with a name in .gz.")
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

    with _progress() as progress:
        report = command.publish(_settings(**given), events, dry_run, advance_to, _counter(progress, "events"))
    _print(report, as_json)


@cli.command()
@click.argument("events", nargs=-1)
@program_options
@click.option("--out", type=_FILE, required=True, metavar="DIR", help="Where the results go.")
@click.option("--advance-to", metavar="TIME", help="How far the clock goes; a bare date is its end. [the last event]")
@click.option("--applied", type=_FILE, metavar="DIR", help="Follow, step by step, what a dump says was applied.")
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
    _print({"out": str(out), "lines": dict(sorted(results.counts.items()))}, as_json)


@cli.command()
@kafka_options
@program_options
@click.option("--out", type=_FILE, required=True, metavar="DIR", help="Where the results go.")
@click.option("--advance-to", metavar="TIME", help="Wait until wakes up to here have run. [where Clock Advanced is]")
@click.option("--patience", default=60.0, show_default=True, help="Seconds to wait for workers that make no progress.")
@json_option
def dump(out: Path, advance_to: str | None, patience: float, as_json: bool, **given: Any) -> None:
    """Write down what the live topics hold, in the files that a replay writes."""
    from stream_loyalty.commands import dump as command

    results = command.dump(_settings(**given), out, advance_to, patience)
    _print({"out": str(out), "lines": dict(sorted(results.counts.items()))}, as_json)


@cli.group()
def evaluate() -> None:
    """How good it would have been on past events."""


@evaluate.command()
@click.argument("events", nargs=-1, required=True)
@click.option("--program", type=_FILE, multiple=True, metavar="FILE", help="Program file; one for each version.")
@click.option("--horizon", type=click.IntRange(1), metavar="DAYS", help="Churned is who buys nothing for so long.")
@click.option("--every", type=click.IntRange(1), metavar="DAYS", help="Days from one checkpoint to the next.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page with charts as well.")
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

    with _progress() as progress:
        task = progress.add_task("reading events", total=None)
        found = command.churn(
            events,
            program,
            horizon,
            every,
            html,
            lambda done, of: progress.update(task, completed=done, total=of, description="checkpoints"),
        )
    if html is not None:
        click.echo(f"wrote {html}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        command.show(found)


@cli.group()
def report() -> None:
    """What came of it: reports in words, as JSON, or as a page."""


@report.command()
@click.argument("directory", type=_FILE, required=False, metavar="[DIR]")
@kafka_options
@program_options
@click.option("--beat", default=35.0, show_default=True, help="Recall to beat, in percent.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page with charts as well.")
@json_option
def retention(directory: Path | None, beat: float, html: Path | None, as_json: bool, **given: Any) -> None:
    """Recall of alerted customers against those held out.

    DIR is what `replay` or `dump` has written; without it the live topic is read up to its end.
    """
    from stream_loyalty.commands import report as command
    from stream_loyalty.reports.retention_page import page

    found = command.retention(_settings(**given), directory, beat / 100)
    if html is not None:
        command.write_page(page(found), html)
        click.echo(f"wrote {html}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        command.show_retention(found)


from_option = click.option(
    "--from", "directory", type=_FILE, metavar="DIR", help="What `replay` or `dump` has written. [the live topics]"
)


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

    found, differs = command.liability(_settings(**given), directory, at)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        command.show_liability(found)
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

    found, differs = command.migration(_settings(**given), directory)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        command.show_migration(found)
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
@click.option("--out", type=_FILE, metavar="EVENTS", help="Write the events to a file instead of sending them.")
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

    _print(command.reverse(_settings(**given), name, actor, reason, directory, out, at, dry_run), as_json)


@cli.group()
def program() -> None:
    """Program files: checked, compared, written out for members."""


@program.command()
@click.argument("files", nargs=-1, type=_FILE, required=True)
@json_option
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Find what a valid program says and can hardly mean; several files are versions of one program.

    Errors (exit code 1) never work as they are written; warnings may be meant.
    """
    from stream_loyalty.commands import program as command

    found = command.counted(command.check(files))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        for one in found["findings"]:
            click.echo(f"{one['severity']}: {one['where']}: {one['what']} [{one['code']}]")
        click.echo(f"{found['errors']} errors, {found['warnings']} warnings")
    if found["errors"]:
        sys.exit(1)


@program.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@json_option
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Say in words what changes for whom from one version to another."""
    from stream_loyalty.commands import program as command

    found = command.diff(before, after)
    click.echo(msgspec.json.encode(found) if as_json else command.told(found))


@program.command()
@click.argument("file", type=_FILE)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the terms.")
@click.option("--out", type=_FILE, metavar="FILE", help="Write them there instead of printing them.")
def docs(file: Path, lang: str, out: Path | None) -> None:
    """Write the members' terms in plain language, as Markdown."""
    from stream_loyalty.adapters.files.events import written
    from stream_loyalty.commands import program as command

    text = command.docs(file, lang)
    if out is None:
        click.echo(text, nl=False)
        return
    with written(out) as stream:
        stream.write(text.encode())
    click.echo(f"wrote {out}", err=True)


@program.command("publish")
@click.argument("files", nargs=-1, type=_FILE, required=True)
@kafka_options
def publish_program(files: tuple[Path, ...], **given: Any) -> None:
    """Publish versions to Kafka, for all processes that are started without --program.

    A published version never changes, and a new one has to take effect in the future.
    """
    from stream_loyalty.bootstrap import now_ms
    from stream_loyalty.commands import program as command

    new = command.publish(_settings(**given), files, now_ms())
    for version in new:
        click.echo(f"published {version}")
    if not new:
        click.echo("all of it was published before")


@program.command()
def schema() -> None:
    """Print the JSON Schema of a program file, for editors; it stands in schemas/program.json too."""
    from stream_loyalty.commands import schemas as command

    click.echo(command.program_schema(), nl=False)


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

    found = command.explain(_settings(**given), user, order, at, lang, directory)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        command.show(found)


@cli.command()
@click.option("--dir", "folder", type=_FILE, default=Path("schemas"), show_default=True)
@click.option("--check", is_flag=True, help="Only say which files differ; exit code 1 if any does.")
def schemas(folder: Path, check: bool) -> None:
    """Generate the JSON Schemas of everything on the wire, and of a program file."""
    from stream_loyalty.commands import schemas as command

    paths = command.drift(folder) if check else command.write(folder)
    for path in paths:
        click.echo(f"{path} differs from the contracts" if check else f"wrote {path}")
    if check and paths:
        raise StreamLoyaltyError(f"{folder} is not what the contracts say; run `stream-loyalty schemas` and commit it")


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True)


def _counter(progress: Progress, what: str) -> Callable[[int], None]:
    task = progress.add_task(what, total=None)
    return lambda count: progress.update(task, completed=count, description=f"{count:,} {what}")


def _print(report: Mapping[str, Any], as_json: bool) -> None:
    """A report as JSON, or as a table in which a nested mapping has a row for each entry."""
    if as_json:
        click.echo(msgspec.json.encode(report))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in report.items():
        rows = list(value.items()) if isinstance(value, dict) else [("", value)]
        for i, (entry, figure) in enumerate(rows):
            text = f"{figure:,}" if isinstance(figure, int) else str(figure)
            table.add_row(name if i == 0 else "", f"{entry}  {text}".strip())
    Console().print(table)
