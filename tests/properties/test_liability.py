"""For any feed, what the lots hold, the balances and the sum of all postings are one figure."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.core.profile import profile
from stream_loyalty.reports.liability import liability, read_books
from tests.properties.feeds import APPENDED, Step, events, live, steps
from tests.unit.support_core import Live, erase, order


@given(steps(late=True), st.booleans())
def test_the_liability_is_the_sum_of_postings_and_of_balances(plan: list[Step], swept: bool) -> None:
    running = live()
    running.feed(*events(plan), appended=APPENDED)
    if swept:
        running.apply(running.log.advance_clock(format_instant(running.partition.watermark or 0)))
        running.sweep_all()
    outcome = running.commit()
    books = read_books(json.dumps(line).encode() for line in outcome.lines(topics.DECISIONS))
    programs = outcome.engine.programs
    profiles = [profile(key, blob, programs) for key, blob in outcome.states.items() if not key.startswith(b"\x00")]
    found, differs = liability(profiles, books, programs, books.newest)
    assert differs is None
    balances = sum(one["balances"]["points"] for one in profiles)
    assert found.outstanding == balances == found.checks.postings == found.checks.lots
    figures = found.wallets["points"]
    assert figures.outstanding == figures.pending + figures.active + figures.reserved - figures.debt
    assert sum(figures.by_age.values()) == figures.pending + figures.active + figures.reserved
    assert "unknown" not in figures.by_age


def test_who_was_erased_and_is_told_the_same_again_counts_again() -> None:
    """An order published once more after an erasure earns under the id it had: each posting is one of its own."""
    bought = order("2026-01-01", "o-1", 60)
    outcome = Live().feed(bought).feed(erase("2026-01-02")).feed(bought).commit()
    lines = [json.dumps(line).encode() for line in outcome.lines(topics.DECISIONS)]
    earned = next(line for line in lines if b"points.earned" in line)
    programs = outcome.engine.programs
    ada = profile(b"ada", outcome.states[b"ada"], programs)
    for told, agree in ((lines, True), ([*lines, earned], False)):
        books = read_books(told)
        found, differs = liability([ada], books, programs, books.newest)
        assert (found.outstanding, differs is None) == (60, agree)
    # plain commits may repeat themselves
    assert read_books([earned, *lines], repeats=True).sums["points"] == read_books(lines, repeats=True).sums["points"]
