"""Silence as an event: signals for information, and one alert for each silence of buying."""

from __future__ import annotations

from typing import Any

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import (
    HIGH_VALUE,
    Live,
    add_to_cart,
    cancel,
    consent,
    engine_of,
    order,
    program_text,
    refund,
    run,
    view,
)


def alerts(outcome: Any) -> list[tuple[str, str]]:
    kinds = ("alert.churn-risk.raised", "alert.churn-risk.withdrawn", "alert.held-back")
    return [(fact["type"].rsplit(".", 1)[1], fact["at"][:10]) for fact in outcome.facts(*kinds)]


def test_signals_are_for_information() -> None:
    """7 days without browsing and 30 without the cart are noticed once each and raise no alert."""
    outcome = run([add_to_cart("2026-01-01"), view("2026-01-03")], "2026-12-01")
    noticed = [
        (fact["signal"], fact["since"][:10], fact["at"][:10], fact["days"]) for fact in outcome.facts("silence.noticed")
    ]
    assert noticed == [("browsing", "2026-01-03", "2026-01-10", 7), ("cart", "2026-01-01", "2026-01-31", 30)]
    assert outcome.messages(topics.ALERTS) == []
    assert outcome.messages(topics.REWARDS) == []


def test_signals_only_for_those_who_ever_did_it() -> None:
    """Who never browsed is not silent in browsing; who only viewed is not silent in the cart."""
    assert "silence.noticed" not in run([order("2026-01-01", "a")], "2026-12-01").types()
    outcome = run([view("2026-01-01")], "2026-12-01")
    assert [fact["signal"] for fact in outcome.facts("silence.noticed")] == ["browsing"]


def test_each_silence_is_noticed_anew() -> None:
    """Who comes back and goes quiet again is noticed again; exactly seven days later, not before."""
    outcome = run([view("2026-01-01"), view("2026-01-08"), view("2026-02-01")], "2026-02-07T23:59:59.999Z")
    assert [fact["since"][:10] for fact in outcome.facts("silence.noticed")] == ["2026-01-08"]


def test_sixty_days_without_buying() -> None:
    """The warning and one alert at the sixtieth day, with who, why, what, by whom and until when; and no second one."""
    outcome = run([order("2026-01-01", "a", 80), view("2026-02-20")], "2027-12-01")
    (alert,) = outcome.lines(topics.ALERTS)
    data = alert["data"]
    assert (alert["type"], alert["time"]) == ("loyalty.alert.churn-risk.raised", "2026-03-02T00:00:00Z")
    assert (data["action"], data["owner"], data["deadline"]) == (
        "return-gift",
        "retention",
        "2026-03-05T00:00:00Z",
    )
    assert (data["since"], data["severity"], data["saw"]["band"]) == (
        "2026-01-01T00:00:00Z",
        "warning",
        "new",
    )
    assert all(part in data["summary"] for part in ("60 days", "1 order", "80.00 USD"))
    assert len(data["reasons"]) >= 3
    assert outcome.profile()["churn_warning_since"] == "2026-01-01T00:00:00Z"
    (receipt,) = outcome.facts("alert.churn-risk.raised")
    assert receipt["id"] == alert["id"]


@pytest.mark.parametrize(
    ("orders", "action"),
    [
        ([("2026-01-01", 50)], "return-gift"),
        ([("2026-01-01", 50), ("2026-01-31", 50)], "return-gift"),
        ([("2026-01-01", 50), ("2026-02-01", 50)], "growth-task"),
        ([("2026-01-01", 50), ("2026-02-20", 50), ("2026-04-02", 50)], "cause-offer"),
        ([("2026-01-01", 500)], "vip-call"),
    ],
)
def test_the_action_is_for_band_and_value_at_the_last_purchase(orders: list[tuple[str, float]], action: str) -> None:
    """Not for the band the customer has grown into meanwhile."""
    feed = [order(at, f"o-{at}", total) for at, total in orders]
    outcome = run(feed, "2026-12-01", engine_of(high_value=HIGH_VALUE))
    assert [fact["action"] for fact in outcome.facts("alert.churn-risk.raised")] == [action]


def test_a_purchase_ends_the_silence() -> None:
    """The alert is withdrawn under its own id, the warning comes down, and the next silence has an alert of its own."""
    outcome = run([order("2026-01-01", "a"), order("2026-04-01", "b")], "2026-12-01")
    raised = outcome.facts("alert.churn-risk.raised")
    (withdrawn,) = outcome.facts("alert.churn-risk.withdrawn")
    assert alerts(outcome) == [
        ("raised", "2026-03-02"),
        ("withdrawn", "2026-04-01"),
        ("raised", "2026-05-31"),
    ]
    assert withdrawn["alert"] == raised[0]["alert"] != raised[1]["alert"]
    warnings = [fact["since"] for fact in outcome.facts("churn-warning.changed")]
    assert warnings == ["2026-01-01T00:00:00Z", None, "2026-04-01T00:00:00Z"]


def test_a_purchase_at_the_very_sixtieth_day() -> None:
    """The wake that is due at the time of an event runs after it: no alert for who buys just in time."""
    assert alerts(run([order("2026-01-01", "a"), order("2026-03-02", "b")], "2026-03-03")) == []


@pytest.mark.parametrize(
    ("feed", "expected"),
    [
        # unknown counts as granted by default
        ([order("2026-01-01", "a")], [("raised", "2026-03-02")]),
        ([order("2026-01-01", "a"), consent("2026-01-02", True)], [("raised", "2026-03-02")]),
        ([order("2026-01-01", "a"), consent("2026-01-02", False)], [("held-back", "2026-03-02")]),
        ([order("2026-01-01", "a"), consent("2026-01-02", False, "profiling")], [("raised", "2026-03-02")]),
        (
            [order("2026-01-01", "a"), consent("2026-01-02", False), consent("2026-01-03", True)],
            [("raised", "2026-03-02")],
        ),
        (
            [order("2026-01-01", "a"), consent("2026-03-10", False)],
            [("raised", "2026-03-02"), ("withdrawn", "2026-03-10")],
        ),
    ],
)
def test_no_wake_up_without_consent(feed: list[bytes], expected: list[tuple[str, str]]) -> None:
    """What consent holds back is a decision all the same, and nobody is told of the customer."""
    outcome = run(feed, "2026-06-01")
    assert alerts(outcome) == expected
    assert len(outcome.alerts) == sum(kind != "held-back" for kind, _ in expected)
    assert outcome.profile()["churn_warning"]


def test_unknown_consent_as_the_program_says() -> None:
    """A program may take unknown for no."""
    text = program_text({"unknown_consent_is_granted = true": "unknown_consent_is_granted = false"})
    assert alerts(run([order("2026-01-01", "a")], "2026-06-01", engine_of(text))) == [("held-back", "2026-03-02")]
    granted = [order("2026-01-01", "a"), consent("2026-01-02", True)]
    assert alerts(run(granted, "2026-06-01", engine_of(text))) == [("raised", "2026-03-02")]


def test_a_late_order_withdraws_the_alert_it_proves_wrong() -> None:
    """It was bought in February, which came to light in March: there was no such silence."""
    live = Live().feed(order("2026-01-01", "a"), view("2026-03-10"))
    live.feed(order("2026-02-01", "late"))
    outcome = live.commit()
    assert alerts(outcome)[0] == ("raised", "2026-03-02")
    (withdrawn,) = outcome.facts("alert.churn-risk.withdrawn")
    assert withdrawn["rule"] == "silence.was-none"
    profile = outcome.profile()
    assert (profile["churn_warning"], profile["last_order_at"]) == (False, "2026-02-01T00:00:00Z")
    live.feed(view("2026-04-10"))  # sixty days after the late order the next silence is one
    assert alerts(live.commit())[-1] == ("raised", "2026-04-02")


def test_a_late_order_that_was_itself_long_ago() -> None:
    """It moves the silence: the old alert is withdrawn, one for the true silence is raised, at the customer's clock."""
    live = Live().feed(order("2026-01-01", "a"), view("2026-05-01"), order("2026-02-01", "late"))
    live.feed(view("2026-05-02"))
    outcome = live.commit()
    assert [kind for kind, _ in alerts(outcome)] == ["raised", "withdrawn", "raised"]
    assert outcome.facts("alert.churn-risk.raised")[-1]["since"] == "2026-02-01T00:00:00Z"
    assert outcome.profile()["churn_warning_since"] == "2026-02-01T00:00:00Z"


def test_a_late_order_from_before_the_silence_changes_nothing() -> None:
    """It is no sign of life."""
    live = Live().feed(order("2026-01-01", "a"), view("2026-03-10"), order("2025-12-01", "late"))
    assert alerts(live.commit()) == [("raised", "2026-03-02")]


@pytest.mark.parametrize("gone", [cancel("2026-03-10", "a"), refund("2026-03-10", "a")])
def test_without_its_purchase_a_silence_is_none(gone: bytes) -> None:
    """The only order is taken back: alert and warning go."""
    outcome = run([order("2026-01-01", "a"), gone], "2026-12-01")
    assert [kind for kind, _ in alerts(outcome)] == ["raised", "withdrawn"]
    assert not outcome.profile()["churn_warning"]


def test_without_the_last_purchase_the_silence_began_earlier() -> None:
    """A cancelled comeback was none: the warning is what it would be without that order."""
    feed = [order("2026-01-01", "a"), order("2026-04-01", "b"), cancel("2026-04-02", "b")]
    without = run(feed[:1], "2026-04-20").profile()
    with_it = run(feed, "2026-04-20").profile()
    assert (with_it["churn_warning"], with_it["churn_warning_since"]) == (
        True,
        without["churn_warning_since"],
    )


def test_a_partial_refund_leaves_the_silence() -> None:
    """The purchase happened all the same."""
    assert alerts(run([order("2026-01-01", "a"), refund("2026-03-10", "a", "f", 5)], "2026-12-01")) == [
        ("raised", "2026-03-02")
    ]
