"""Purchases as postings: any recent day is seen again as it was known then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.core.history import LOOK_BACK_DAYS, History, Purchase, Rhythm, bought_between, record, rhythm

postings = st.lists(
    st.tuples(st.integers(0, 700), st.integers(0, 30), st.integers(1, 9_000), st.integers(0, 3)), max_size=80
)


def bought(days: list[int]) -> History:
    history = History()
    for day in days:
        record(history, Purchase(day, day, 1, 1_000, 2))
    return history


def test_gaps_and_windows() -> None:
    """Two orders of one day are one purchase day."""
    seen = rhythm(bought([0, 10, 10, 40]), 50)
    assert seen == Rhythm(3, 0, 40, 30, 30, 1_000, 10 + 0.3 * 20, 4_000, 1_000, 8, (1, 1, 3, 3, 3))


def test_what_came_late_or_went_is_seen_from_the_day_it_was_known() -> None:
    """A refund on day 20 leaves day 15 as it was; an order that comes to light on day 30 is not seen on day 25."""
    history = bought([0, 10])
    record(history, Purchase(10, 20, -1, -1_000, 0))
    record(history, Purchase(5, 30, 1, 700, 1))
    assert [(s.days, s.last, s.value) for d in (15, 25, 35) if (s := rhythm(history, d))] == [
        (2, 10, 2_000),
        (1, 0, 1_000),
        (2, 5, 1_700),
    ]
    assert rhythm(bought([5]), 4) is None
    assert bought_between(history, 3, 12)
    assert not bought_between(history, 6, 25)


@given(postings)
def test_tidying_changes_nothing_that_can_be_asked(plan: list[tuple[int, int, int, int]]) -> None:
    """Long histories in sums give the same rhythm as the full list does, for every day within reach."""
    day, tidied, full = 0, History(), History()
    for gap, late, value, items in sorted(plan):
        day = max(day, gap)
        purchase = (max(0, day - late if late < 10 else day), day, 1, value, items)
        record(tidied, Purchase(*purchase))
        full.recent.append(Purchase(*purchase))
    full.recent.sort(key=lambda one: (one.day, one.known))
    for as_of in range(day - LOOK_BACK_DAYS + 10, day + 5, 7):
        assert rhythm(tidied, as_of) == rhythm(full, as_of)
