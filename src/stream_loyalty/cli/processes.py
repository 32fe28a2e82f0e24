"""What runs for long, and the topics it runs on."""

from __future__ import annotations

import sys
from typing import Any

import click

from stream_loyalty.cli.options import (
    kafka_options,
    program_options,
    settings_of,
)
from stream_loyalty.cli.root import cli


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

    sys.exit(run_worker(settings_of(**given)))


@cli.command()
@kafka_options
@program_options
@click.option("--redis-url", metavar="URL", help="Redis to write to.")
def projector(**given: Any) -> None:
    """Fold the customers' states into Redis, for whoever reads balances and levels."""
    from stream_loyalty.commands.projector import run_projector

    run_projector(settings_of(**given))


@cli.command()
@kafka_options
@program_options
@click.option("--promote", metavar="NAME", help="Make this learner the champion.")
def trainer(promote: str | None, **given: Any) -> None:
    """Learn churn from labelled examples, and publish the models that workers score with."""
    from stream_loyalty.commands.trainer import run_trainer

    run_trainer(settings_of(**given), promote)


@cli.command()
@kafka_options
@program_options
def coordinator(**given: Any) -> None:
    """Grant the partitions slices of budgets, and say who is of high value."""
    from stream_loyalty.commands.coordinator import run_coordinator

    run_coordinator(settings_of(**given))


@cli.command()
@kafka_options
@click.option("--partitions", type=click.IntRange(1), help="Partitions of every source topic.")
@click.option("--replication", type=int, help="Replication factor; -1 takes the broker's default.")
@click.option("--check", is_flag=True, help="Only say what is wrong; exit code 1 if anything is.")
def topics(check: bool, **given: Any) -> None:
    """Create the topics that are missing and check all of them."""
    from stream_loyalty.adapters.kafka import topics as adapter

    settings = settings_of(**given)
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

    old = settings_of(**given)
    count = command(old, old.model_copy(update={"partitions": partitions, "topic_prefix": to_prefix}))
    click.echo(
        f"{count:,} customers are in {partitions} partitions; start workers and publishers with the prefix {to_prefix}"
    )
