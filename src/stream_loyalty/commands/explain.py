"""Explain a customer, or one of their orders: from a folder of results or from the live topics."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from stream_loyalty.commands import sources
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import end_of
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.reports.explanation import Explained, of_customer
from stream_loyalty.reports.explanation import explain as explained
from stream_loyalty.reports.phrases import Language, Words
from stream_loyalty.settings import Settings


def explain(
    settings: Settings, user: str, order: str | None, at: str | None, language: Language, directory: Path | None
) -> Explained:
    """What there is to say about `user`. StreamLoyaltyError where nobody is known by that id, or no such order."""
    programs = sources.programs_of(settings, directory)
    until = None if at is None else end_of(at, programs.latest.time_zone)
    if directory is not None:
        lines = sources.decisions(settings, directory)
        profile = next((one for one in sources.customers(directory) if one["user_id"] == user), None)
    else:
        live = sources.Live(settings, {sources.partition_for(settings, user)})
        lines, profile = iter(live.decisions), live.profile(user, programs)
    try:
        decisions = of_customer(lines, user)
    except ValueError as error:
        raise StreamLoyaltyError(f"{directory or topics.DECISIONS}: {error}") from None
    if profile is None:  # who was forgotten is not told of, whatever the log still holds
        raise StreamLoyaltyError(
            f"no customer {user!r} is known in {directory or 'the live topics'}; ids are those of userId, else "
            "anonymousId, of the events"
        )
    program = programs.latest
    words = Words(language, program.base_currency, program.time_zone)
    found = explained(user, decisions, profile, words, order, until)
    if order is not None and not found.decisions:
        when = f" until {at}" if at is not None else ""
        raise StreamLoyaltyError(f"nothing was decided about an order {order!r} of customer {user!r}{when}")
    return found


def show(found: Explained) -> None:
    """Print it in words."""
    console = Console(highlight=False, soft_wrap=True)
    words = Words(found.language, "USD", found.zone)  # only for headings and times
    console.print(Text(words.frame("title", user=found.user, as_of=found.as_of, zone=found.zone), "bold"))
    for line in found.in_words:
        console.print(Text(line))
    if found.order is not None:
        console.print()
        for number, line in enumerate(found.order["in_words"]):
            console.print(Text(line, "" if number else "bold"))
    console.print()
    console.print(Text(words.frame("decisions"), "bold"))
    for one in found.decisions:
        console.print(Text(f"{words.time(one.time)}  {one.words}"))
        console.print(Text(f"{'':18}{one.why}", "dim"))
    if found.next_words is not None:
        console.print()
        console.print(Text(found.next_words))
