"""Reports that somebody signs: what is owed in points, and what a migration brought."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stream_loyalty.commands import sources
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import end_of
from stream_loyalty.contracts.money import format_minor
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.reports import liability as owed
from stream_loyalty.reports import migration as moved
from stream_loyalty.settings import Settings

_TRIES = 3  # a plain commit may be on its way


def liability(settings: Settings, directory: Path | None, at: str | None) -> tuple[owed.Liability, str | None]:
    """What is owed, and in one sentence what does not agree, or None.

    As of `at`, else how far the clocks have come (live) or the newest decision (a folder). StreamLoyaltyError where
    nothing can be read.
    """
    programs = sources.programs_of(settings, directory)
    given = None if at is None else end_of(at, programs.latest.time_zone)
    repeats = settings.commit == "plain"
    try:
        if directory is not None:
            books = owed.read_books(sources.decisions(settings, directory), repeats)
            as_of = books.newest if given is None else given
            return owed.liability(sources.customers(directory), books, programs, as_of)
        for _ in range(_TRIES):
            live = sources.Live(settings)
            books = owed.read_books(live.decisions, repeats)
            as_of = given if given is not None else max((t for t in (books.newest, live.swept) if t), default=None)
            found = owed.liability(live.profiles(programs), books, programs, as_of, live.whole)
            if found[1] is None:
                break
    except ValueError as error:
        raise StreamLoyaltyError(f"{directory or topics.DECISIONS}: {error}") from None
    return found


def show_liability(found: owed.Liability) -> None:
    """Print the report as tables."""
    console = Console(highlight=False)
    console.print(f"Points outstanding as of {found.as_of or 'no event yet'}: {found.outstanding:,}", style="bold")
    console.print(f"{found.customers:,} customers; {_checked(found.checks)}")
    rows = ("pending", "active", "reserved", "debt", "outstanding", "expected_breakage")
    table = _table("", *found.wallets)
    for row in rows:
        cells = [f"{getattr(figures, row):,}" for figures in found.wallets.values()]
        table.add_row(row.replace("_", " "), *cells, style="bold" if row == "outstanding" else "")
    table.add_row("breakage", *(f"{one.breakage_percent:g} % ({one.breakage_from})" for one in found.wallets.values()))
    table.add_row("value", *(one.value or "-" for one in found.wallets.values()))
    console.print()
    console.print(table)
    console.print()
    ages = dict.fromkeys(age for figures in found.wallets.values() for age in figures.by_age)
    table = _table("days since they came", *found.wallets)
    for age in ages:
        table.add_row(age, *(f"{figures.by_age.get(age, 0):,}" for figures in found.wallets.values()))
    console.print(table)


def _checked(checks: owed.Checks) -> str:
    if not checks.agree:
        return "lots, balances and postings do not agree"
    if checks.postings is None:
        return "lots and balances agree; the log of decisions begins too late to add the postings up"
    return "lots, balances and postings agree"


def migration(settings: Settings, directory: Path | None) -> tuple[moved.Migration, str | None]:
    """What came in, and in one sentence what does not agree, or None. StreamLoyaltyError where nothing can be read."""
    try:
        return moved.migration(sources.decisions(settings, directory), sources.dead_letters(settings, directory))
    except ValueError as error:
        raise StreamLoyaltyError(f"{directory or topics.DECISIONS}: {error}") from None


def show_migration(found: moved.Migration) -> None:
    """Print the report as tables; user ids stand in the JSON only."""
    console = Console(highlight=False)
    console.print(
        f"Members who came in: {found.members:,}, with {found.lots:,} lots and {found.orders:,} orders", style="bold"
    )
    console.print()
    table = _table("what came in, and what did not", "")
    for wallet, points in found.points.items():
        table.add_row(f"points, wallet {wallet}", f"{points:,}")
    for wallet, points in found.refused_points.items():
        table.add_row(f"points refused, wallet {wallet}", f"{points:,}")
    for currency, minor in found.money.items():
        table.add_row("orders", format_minor(minor, currency))
    for level, count in found.levels.items():
        table.add_row(f"level {level}", f"{count:,}")
    console.print(table)
    refused = [*found.refused, *([found.repeated] if found.repeated.count else [])]
    for title, groups in (("what was refused", refused), ("dead letters", found.dead_letters)):
        if groups:
            console.print()
            console.print(_refusals(title, groups))


def _refusals(title: str, groups: Iterable[moved.Refused]) -> Table:
    table = _table(title, "count", "points", "customers")
    for one in groups:
        table.add_row(f"{one.what}: {one.reason}", f"{one.count:,}", f"{one.points:,}", f"{len(one.users):,}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first, header_style="dim", overflow="fold")
    for name in others:
        table.add_column(name, justify="right", header_style="dim")
    return table
