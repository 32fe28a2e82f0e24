"""Waking customers up: early by the model, one alert for each silence, with reasons, hold-out and room."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.core.features import FEATURE_NAMES
from stream_loyalty.core.policies.wakeup import is_held_out
from stream_loyalty.core.program.sections import WakeUp
from stream_loyalty.engine import Engine
from tests.unit.support_core import (
    SHIPPED,
    Outcome,
    complain,
    consent,
    engine_of,
    event,
    order,
    program_text,
    run,
    view,
)

EVERY_TEN_DAYS = [order(f"2026-01-{day:02}", f"o-{day}", 80) for day in (1, 11, 21, 31)]


def knowing(engine: Engine, **changes: Any) -> Engine:
    """An engine with a model that holds everybody at risk who is silent for three weeks."""

    def only(value: float) -> tuple[float, ...]:
        return tuple(value if name == "log_recency" else 0.0 for name in FEATURE_NAMES)

    given: dict[str, Any] = {
        "version": "v-7",
        "trained_to": 0,
        "examples": 1,
        "horizon_days": 60,
        "feature_names": FEATURE_NAMES,
        "means": only(3.0),
        "scales": only(0.5),
        "weights": only(-2.0),
        "intercept": -0.7,
        "alert_from": 0.7,
        "alert_from_first": 0.7,
    }
    engine.learn_of(ModelWeights(**(given | changes)))
    return engine


def early(feed: list[bytes], until: str = "2026-03-20", **changes: Any) -> Outcome:
    return run(feed, until, knowing(engine_of(), **changes))


def test_the_model_sees_it_weeks_before_the_rule() -> None:
    """Who calls, why now, what to offer: all in one alert, long before the sixtieth day, which makes it urgent."""
    outcome = early(EVERY_TEN_DAYS, "2026-04-05")
    first, second = outcome.lines(topics.ALERTS)
    data = first["data"]
    assert (first["type"], first["time"][:10]) == ("loyalty.alert.churn-risk.raised", "2026-02-24")
    assert data["rule"] == "wakeup.model"
    assert (data["model"], data["probability"] >= 0.7) == ("v-7", True)
    assert data["reasons"][0] == "last bought 23 days ago; usually every 10 days"
    assert data["counterfactual"] == "would not be alerted had they bought within the last 20 days"
    assert data["value_at_risk"] > 100_00
    assert all(part in data["summary"] for part in ("% likely to stay away", "23 days ago", "USD a year at risk"))
    assert (second["type"], second["time"][:10]) == ("loyalty.alert.churn-risk.escalated", "2026-04-01")
    assert second["data"]["alert"] == data["alert"]
    assert outcome.profile()["churn"]["probability"] > 0.7


def test_coming_back_withdraws_it_and_the_next_silence_is_another() -> None:
    outcome = early([*EVERY_TEN_DAYS, order("2026-02-25", "back"), order("2026-03-28", "o-9")], "2026-05-10")
    stages = [(line["type"].rsplit(".", 1)[1], line["time"][:10]) for line in outcome.alerts]
    assert stages == [
        ("raised", "2026-02-24"),
        ("withdrawn", "2026-02-25"),
        ("raised", "2026-04-21"),
    ]
    held = outcome.facts("alert.held-back")  # in between there was a silence, but the last alert was too near
    assert [(fact["why"], fact["at"][:10]) for fact in held] == [("resting", "2026-03-24")]


@pytest.mark.parametrize(
    "changes",
    [
        {"usable": False},
        {"alert_from": None, "alert_from_first": None},
        {"feature_names": (*FEATURE_NAMES[:-1], "another")},
    ],
)
def test_without_a_model_to_rely_on_the_rule_holds(changes: dict[str, Any]) -> None:
    """A model that is too bad, has no threshold yet, or knows other features raises nothing early."""
    outcome = early(EVERY_TEN_DAYS, "2026-04-05", **changes)
    (alert,) = outcome.lines(topics.ALERTS)
    assert (alert["data"]["rule"], alert["time"][:10]) == ("silence.buying", "2026-04-01")


def test_no_alert_before_an_order_can_have_arrived() -> None:
    raised = early(EVERY_TEN_DAYS, alert_from=0.0001, alert_from_first=0.0001).facts("alert.churn-risk.raised")
    assert [fact["saw"]["days_silent"] >= 7 for fact in raised] == [True, True]


def test_the_most_valuable_first() -> None:
    """Below the team's cut an alert is a decision, told once, and may still be raised when there is room."""
    outcome = early(EVERY_TEN_DAYS, least_value=10**9)
    assert not outcome.alerts
    assert [fact["why"] for fact in outcome.facts("alert.held-back")] == ["no-room"]


def test_consent_comes_first() -> None:
    outcome = early([*EVERY_TEN_DAYS, consent("2026-02-01", False)])
    assert not outcome.alerts
    assert [fact["why"] for fact in outcome.facts("alert.held-back")] == ["no-consent"]


def test_the_hold_out_gets_nothing_and_is_measured_all_the_same() -> None:
    """A tenth of the silences, the same on every run; a receipt type of its own; service is never held out."""
    since = parse_instant("2026-01-01")
    users = [f"customer-{i}" for i in range(1_000)]
    drawn = [user for user in users if is_held_out(user, since, WakeUp())]
    assert 70 < len(drawn) < 130
    for other in ((since + 1, WakeUp()), (since, WakeUp(hold_out_salt="2027"))):
        assert drawn != [user for user in users if is_held_out(user, *other)]
    feed = [order("2026-01-01", "o", 30, user=drawn[0]), order("2026-04-20", "p", 45, user=drawn[0])]
    outcome = run([*feed, complain("2026-04-21", "case", user=drawn[0])], "2026-06-01", engine_of(SHIPPED))
    assert [line["type"] for line in outcome.lines(topics.ALERTS)] == ["loyalty.alert.service.raised"]
    (held,) = outcome.facts("alert.held-out")
    (measured,) = outcome.facts("retention.measured")
    assert measured["alert"] == held["alert"]
    assert (measured["group"], measured["bought"], measured["days_to_purchase"], measured["revenue"]) == (
        "held-out",
        True,
        49,
        4_500,
    )


def test_what_the_team_did_goes_with_the_measurement() -> None:
    raised = run([order("2026-01-01", "o")], "2026-03-10").facts("alert.churn-risk.raised")[0]["alert"]
    feed = [
        order("2026-01-01", "o"),
        event("Alert Acknowledged", "2026-03-03", {"alert": raised, "by": "mia"}),
        event("Alert Outcome Recorded", "2026-03-04", {"alert": raised, "outcome": "reached"}),
        event("Alert Acknowledged", "2026-03-05", {"alert": "of-service"}),
    ]
    outcome = run(feed, "2026-06-01")
    (measured,) = outcome.facts("retention.measured")
    assert (measured["group"], measured["acknowledged"], measured["outcome"]) == ("treated", True, "reached")
    assert (measured["bought"], measured["days_to_purchase"], measured["at"][:10]) == (False, None, "2026-05-01")
    assert [fact["measured"] for fact in outcome.facts("alert.acknowledged")] == [True, False]


@pytest.mark.parametrize(
    ("told", "cause", "action"),
    [
        ([complain("2026-02-20", "c-1")], "complaint", "settle-complaint"),
        (
            [
                complain("2026-02-20", "c-1"),
                event("Complaint Resolved", "2026-02-25", {"complaint_id": "c-1", "satisfaction": 5}),
            ],
            "slow-service",
            "settle-complaint",
        ),
        (
            [event("Shipment Delayed", "2026-01-05", {"order_id": "o", "hours": 48})],
            "late-delivery",
            "make-up-for-delay",
        ),
        (
            [event("Inquiry Opened", "2026-02-01", {"inquiry_id": "i", "text": "Nice, but Too Expensive"})],
            "price",
            "ease-the-price",
        ),
        ([event("Products Searched", "2026-02-01", {"query": "太贵了"})], "price", "ease-the-price"),
        ([event("Competitor Viewed", "2026-02-01")], "competitor", "win-back-from-competitor"),
        (
            [event("Inquiry Opened", f"2026-02-0{i}", {"inquiry_id": f"i-{i}"}) for i in (1, 2, 3)],
            "inquiries",
            "answer-the-question",
        ),
        ([event("Inquiry Opened", "2026-02-01", {"inquiry_id": "i"})], None, "return-gift"),
        ([event("Competitor Viewed", "2025-12-01")], None, "return-gift"),
    ],
)
def test_the_cause_selects_the_action(told: list[bytes], cause: str | None, action: str) -> None:
    """What the record bears out, with its evidence; what lies too long ago is no cause."""
    outcome = run([order("2026-01-01", "o"), *told], "2026-03-10")
    (alert,) = outcome.facts("alert.churn-risk.raised")
    assert (alert["cause"], alert["action"]) == (cause, action)
    assert bool(alert["evidence"]) == (cause is not None)


def test_nobody_is_disturbed_at_night() -> None:
    """With quiet hours alerts, early and by the rule, wait for the morning in the program's zone."""
    quiet = {
        "rest_days = 30": "rest_days = 30\nquiet = { from = 21:00:00, until = 08:30:00 }",
        'time_zone = "UTC"': 'time_zone = "Asia/Shanghai"',
    }
    night = run([order("2026-01-01T18:00:00Z", "o")], "2026-03-10", engine_of(program_text(quiet)))
    (alert,) = night.lines(topics.ALERTS)
    assert alert["time"] == "2026-03-03T00:30:00Z"
    feed = [order(f"2026-01-01T0{i}:00:00Z", "o", user=f"u-{i}") for i in range(9)]
    outcome = run(feed, "2026-02-20", knowing(engine_of(program_text(quiet))))
    hours = {line["time"][11:16] for line in outcome.lines(topics.ALERTS)}
    assert hours
    assert all("00:30" <= hour < "13:00" for hour in hours)
    assert len(hours) > 3  # and not all at once


def test_examples_say_what_was_known_and_what_became_of_it() -> None:
    """Scored every week, labelled sixty days later, until nobody asks any more; a late refund does not rewrite them."""
    feed = [*EVERY_TEN_DAYS, event("Order Cancelled", "2026-02-20", {"order_id": "o-31"})]
    outcome = early(feed, "2027-01-01")
    examples = [line["data"] for line in outcome.lines(topics.TRAINING)]
    assert all(later["day"] - earlier["day"] == 7 for earlier, later in pairwise(examples))
    day = {example["day"]: example for example in examples}
    before, after = 20486, 20507  # the second and the 23rd of February: Mondays, as the epoch's grid has them
    assert [day[d]["purchase_days"] for d in (before, after)] == [4, 3]
    assert [example["bought"] for example in examples[:2]] == [True, True]
    assert not examples[-1]["bought"]
    assert 150 < examples[-1]["day"] - 20474 < 190
    assert not outcome.facts("example.labelled", "checkpoint.scored")


def test_views_count_for_the_model() -> None:
    """Features of browsing are those of the checkpoint's day, not of the hours until it runs."""
    outcome = run([order("2026-01-01", "o"), view("2026-01-03"), view("2026-01-06T00:00:00.001Z")], "2026-03-20")
    (example, *_) = [line["data"] for line in outcome.lines(topics.TRAINING)]
    named = dict(zip(FEATURE_NAMES, example["features"], strict=True))
    assert named["browses"] == 1
    assert named["week_views"] == pytest.approx(0.56, abs=0.01)
