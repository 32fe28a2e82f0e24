"""RFM-X: six scores that fade by event time, whatever the order and the chunks in which events arrive."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stream_loyalty.core.programs import ProgramError
from tests.unit.support_core import (
    Json,
    Live,
    cancel,
    complain,
    customers,
    engine_of,
    event,
    order,
    program_text,
    refund,
    run,
    view,
)

RFMX = """
[rfmx]
recency = { half_life_days = 60 }
frequency = { half_life_days = 100, half_at = 2 }
monetary = { half_life_days = 100, half_at = "300" }
social = { half_life_days = 50, half_at = 3, weights = { "Product Shared" = 1, "Friend Invited" = 3 } }
identification = { half_life_days = 50, half_at = 4 }
satisfaction = { half_life_days = 50, half_at = 1 }
"""
TEXT = program_text(extra=RFMX)
NOTHING = {"recency": 0, "frequency": 0, "monetary": 0, "social": 0, "identification": 0, "satisfaction": 50}


def did(name: str, at: str, number: int = 0, /, **says: object) -> bytes:
    return event(name, at, says, messageId=f"{name} {at} {number}")


def scores(*feed: bytes, until: str | None = None) -> Json:
    found: Json = run(feed, until, engine_of(TEXT)).profile()["rfmx"]
    return found


def left(days: int, half_life: int) -> float:
    return float(2 ** (-days / half_life))


def share(total: float, half_at: float) -> float:
    return round(100 * total / (total + half_at), 1)


def test_buying_makes_recency_frequency_and_monetary_value() -> None:
    """By the time of each order, as of the customer's clock."""
    found = scores(order("2026-01-01", "o-1", 200), order("2026-02-10", "o-2", 100), view("2026-03-02"))
    assert found["recency"] == round(100 * left(20, 60), 1)
    assert found["frequency"] == share(left(60, 100) + left(20, 100), 2)
    assert found["monetary"] == share(200 * left(60, 100) + 100 * left(20, 100), 300)


def test_what_is_given_back_counts_no_more() -> None:
    """A refund takes its money, a cancellation the order too, both as old as the order."""
    feed = [order("2026-01-01", "o-1", 200), order("2026-01-11", "o-2", 100)]
    feed += [refund("2026-02-01", "o-1", "r-1", 50), cancel("2026-02-02", "o-2"), view("2026-03-02")]
    found = scores(*feed)
    assert found["frequency"] == share(left(60, 100), 2)
    assert found["monetary"] == share(150 * left(60, 100), 300)
    assert scores(order("2026-01-01", "o"), cancel("2026-01-09", "o")) == NOTHING


@pytest.mark.parametrize(
    ("feed", "score", "expected"),
    [
        ([did("Product Shared", "2026-03-01"), did("Friend Invited", "2026-03-01")], "social", share(4, 3)),
        ([did("Content Featured", "2026-03-01")], "social", 0),
        ([did("Item Recycled", "2026-03-01"), did("Community Joined", "2026-03-01")], "identification", share(4, 4)),
        ([did("Product Reviewed", "2026-03-01", rating=5)], "satisfaction", 75),
        ([did("Product Reviewed", "2026-03-01", rating=1)], "satisfaction", 25),
        ([did("Product Reviewed", "2026-03-01")], "satisfaction", 50),
        ([did("NPS Answered", "2026-03-01", score=0)], "satisfaction", 25),
        ([complain("2026-03-01", "c"), complain("2026-03-01", "c", channel="mail")], "satisfaction", 25),
        (
            [complain("2026-03-01", "c"), did("Complaint Resolved", "2026-03-01", complaint_id="c", satisfaction=5)],
            "satisfaction",
            50,
        ),
        ([did("Session Attended", "2026-01-10"), view("2026-03-01")], "identification", share(1, 4)),
    ],
)
def test_behaviour_counts_by_the_weights_of_the_program(feed: list[bytes], score: str, expected: float) -> None:
    """Good and bad words on both sides of 50; half as much after the half life."""
    assert scores(*feed) == NOTHING | {score: expected}


FEED: Sequence[bytes] = (
    order("2026-01-01", "o-1", 200),
    did("Product Shared", "2026-01-05"),
    did("Checked In", "2026-01-06"),
    order("2026-01-20", "o-2", 70),
    did("NPS Answered", "2026-01-25", score=9),
    refund("2026-01-28", "o-1", "r-1", 50),
    complain("2026-02-01", "c-1"),
    did("Friend Invited", "2026-02-03"),
)


def test_chunks_make_no_difference() -> None:
    """The states are the same to the last bit, whether events come one by one or all at once."""
    at_once = Live(engine_of(TEXT)).feed(*FEED).sweep_all().commit()
    one_by_one = Live(engine_of(TEXT))
    for raw in FEED:
        one_by_one.feed(raw).commit()
        one_by_one.crash()
    assert customers(one_by_one.sweep_all().commit().states) == customers(at_once.states)


def test_what_comes_late_weighs_by_its_own_time() -> None:
    """The scores are those of the right order; the clock does not turn back."""
    late = [*FEED[:1], FEED[7], *FEED[6:0:-1]]
    assert Live(engine_of(TEXT)).feed(*late).commit().profile()["rfmx"] == scores(*FEED)


def test_without_the_section_there_are_no_scores() -> None:
    """Nothing is kept for them."""
    outcome = run(FEED)
    assert outcome.profile()["rfmx"] is None
    assert outcome.state().scores == {}


def test_a_weight_of_an_event_that_does_not_count_is_refused() -> None:
    """With those that do."""
    with pytest.raises(ProgramError, match=r"social\.weights: 'Checked In' is none of Product Shared"):
        engine_of(TEXT.replace('"Product Shared"', '"Checked In"'))
