"""Features: finite for anything, neutral without signals, and what they say."""

from math import isfinite, log1p

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.core.features import FEATURE_NAMES, RHYTHM_NAMES, SIGNAL_NAMES, Activity, Signals, features
from stream_loyalty.core.history import History, Purchase, Rhythm, record, rhythm

whole = st.integers(-(10**15), 10**15)
days = st.integers(0, 40_000)
amount = st.floats(0, 1e12)
activity = st.builds(Activity, amount, amount, amount)
anything = st.builds(Signals, st.booleans(), activity, activity, activity, days, st.floats(-1, 1), amount)
any_rhythm = st.builds(
    Rhythm, days, days, days, days, days, whole, st.floats(0, 1e5), whole, whole, whole, st.tuples(*[days] * 5)
)


@given(any_rhythm, days, st.none() | anything)
def test_features_are_finite_numbers(seen: Rhythm, day: int, signals: Signals | None) -> None:
    """Whatever a history holds, also one that corrections have left in disorder."""
    found = features(seen, day, signals)
    assert len(found) == len(FEATURE_NAMES) == len(set(FEATURE_NAMES))
    assert all(isinstance(x, float) and isfinite(x) for x in found)


@pytest.fixture
def bought_thrice() -> Rhythm:
    history = History()
    for day in (100, 110, 140):
        record(history, Purchase(day, day, 1, 2_000, 3))
    seen = rhythm(history, 150)
    assert seen is not None
    return seen


def test_missing_signals_are_neutral(bought_thrice: Rhythm) -> None:
    """A store without browsing and a customer who never browsed look the same: all 0."""
    without = features(bought_thrice, 150)
    assert without == features(bought_thrice, 150, Signals())
    assert without[len(RHYTHM_NAMES) :] == [0.0] * len(SIGNAL_NAMES)


def test_they_say_what_their_names_do(bought_thrice: Rhythm) -> None:
    """A few that can be reckoned by hand."""
    found = dict(zip(FEATURE_NAMES, features(bought_thrice, 150), strict=True))
    assert found["log_recency"] == log1p(10)
    assert found["log_largest_gap"] == log1p(30)
    assert found["log_last_spend"] == found["log_mean_spend"] == log1p(20)
    assert found["log_orders_14d"] == log1p(1)
    assert found["log_orders_60d"] == log1p(3)
    assert found["recency_half_30d"] == 0.25
    assert found["one_timer"] == 0.0


def test_a_silent_regular_is_more_overdue_than_a_silent_rare_buyer() -> None:
    """The same silence means more for someone with short and even gaps."""

    def overdue(gap: int) -> float:
        history = History()
        for i in range(6):
            record(history, Purchase(i * gap, i * gap, 1, 2_000, 1))
        seen = rhythm(history, 5 * gap + 30)
        assert seen is not None
        return features(seen, 5 * gap + 30)[FEATURE_NAMES.index("hazard_passed")]

    assert overdue(7) > overdue(30) > overdue(60)
