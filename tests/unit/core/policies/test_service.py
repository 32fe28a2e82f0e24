"""Complaints are answered in time, by the customer's value."""

from __future__ import annotations

from stream_loyalty.contracts import topics
from tests.unit.support_core import HIGH_VALUE, complain, consent, engine_of, order, run


def test_a_complaint_is_told_to_service_at_once() -> None:
    """Also of somebody who never bought, and whatever they said about marketing."""
    outcome = run([consent("2026-01-01", False), complain("2026-01-02T10:00:00Z", "c-1", order_id="o-9")])
    (alert,) = outcome.lines(topics.ALERTS)
    assert (alert["type"], alert["time"]) == ("loyalty.alert.service.raised", "2026-01-02T10:00:00Z")
    data = alert["data"]
    assert (data["action"], data["owner"], data["deadline"]) == ("answer", "service", "2026-01-02T14:00:00Z")
    assert "c-1" in data["summary"]
    assert "o-9" in data["summary"]


def test_high_value_is_answered_sooner() -> None:
    """One hour, by their own service."""
    feed = [order("2026-01-01", "a", 500), complain("2026-01-02T10:00:00Z", "c-1")]
    outcome = run(feed, engine=engine_of(high_value=HIGH_VALUE))
    (fact,) = outcome.facts("alert.service.raised")
    assert (fact["owner"], fact["severity"], fact["deadline"]) == (
        "vip-service",
        "critical",
        "2026-01-02T11:00:00Z",
    )


def test_a_complaint_does_not_touch_the_churn_alert() -> None:
    """Two kinds of alerts are open side by side."""
    outcome = run([order("2026-01-01", "a"), complain("2026-03-05", "c-1"), order("2026-03-10", "b")])
    raised = outcome.facts("alert.churn-risk.raised")
    (withdrawn,) = outcome.facts("alert.churn-risk.withdrawn")
    assert withdrawn["alert"] == raised[0]["alert"]
    assert "alert.service.withdrawn" not in outcome.types()


def test_what_a_customer_writes_never_makes_a_message_too_large() -> None:
    """An event of nearly a megabyte is decided on in messages that the topics take."""
    outcome = run([complain("2026-01-01", "c-1", order_id="x" * 700_000), complain("2026-01-02", "c-2", user="bob")])
    assert max(len(message.value or b"") for commit in outcome.commits for message in commit.outputs) < 1 << 20
