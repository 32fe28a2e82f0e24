"""Points expire 365 days after they were earned, lot by lot."""

from __future__ import annotations

from tests.unit.support_core import Live, cancel, engine_of, event, order, program_text, redeem, run


def test_each_lot_at_its_own_time() -> None:
    """What is left of a lot is written off at its due time, not at the time of the sweep."""
    feed = [
        order("2026-01-01", "a", 60),
        order("2026-02-01T10:00:00Z", "b", 50),
        redeem("2026-03-01", "r", 70),
    ]
    outcome = run(feed, "2028-01-01")
    (expired,) = outcome.facts("points.expired")
    assert (expired["lot"], expired["points"], expired["balance"], expired["at"]) == (
        "b",
        40,
        0,
        "2027-02-01T10:00:00Z",
    )
    assert expired["because"]["input"] == "wake@2027-02-01T10:00:00Z"
    assert outcome.profile()["lots"] == []


def test_nothing_expires_early() -> None:
    """A millisecond before its time a lot is whole; at its time it is gone."""
    assert run([order("2026-01-01", "a", 60)], "2026-12-31T23:59:59.999Z").balance == 60
    assert run([order("2026-01-01", "a", 60)], "2027-01-01T00:00:00Z").balance == 0


def test_a_late_order_earns_and_expires_by_its_own_time() -> None:
    """An order that comes 370 days late earns a lot whose time is over: it expires, never to be spent."""
    live = Live().feed(order("2027-01-10", "new", 10), order("2026-01-05", "late", 50))
    live.feed(redeem("2027-01-10T01:00:00Z", "r", 60))
    outcome = live.commit()
    kinds = [t for t in outcome.types() if t.startswith(("points", "redemption"))]
    assert kinds == ["points.earned", "points.earned", "points.expired", "redemption.refused"]
    (expired,) = outcome.facts("points.expired")
    assert (expired["lot"], expired["at"]) == ("late", "2027-01-10T00:00:00Z")
    assert outcome.balance == 10


def test_two_lots_of_one_instant() -> None:
    """Orders of the same time expire at the same time, each with a receipt of its own."""
    outcome = run([order("2026-01-01", "a", 60), order("2026-01-01", "b", 50)], "2027-06-01")
    assert [(fact["lot"], fact["balance"]) for fact in outcome.facts("points.expired")] == [
        ("a", 50),
        ("b", 0),
    ]
    assert len({fact["id"] for fact in outcome.facts("points.expired")}) == 2


def test_what_is_given_to_a_customer_who_was_silent_has_its_time_all_the_same() -> None:
    """Points that expire after 90 days without activity: by hand, imported, and back from an order, in the silence."""
    text = program_text({"expires_after_days = 365": "expires_inactive_days = 90"}, "\n[redemption]\ngrace_days = 30\n")
    adjusted = {"adjustment_id": "a", "points": 40, "actor": "s", "reason": "sorry"}
    feed = [event("Points Adjusted", "2026-01-01", adjusted)]
    assert run(feed, "2026-03-31T23:59:59.999Z", engine_of(text)).balance == 40
    assert run(feed, "2026-04-01", engine_of(text)).balance == 0
    feed = [event("Member Imported", "2026-01-01", {"import_id": "i", "lots": [{"lot": "l", "points": 40}]})]
    assert run(feed, "2026-03-31T23:59:59.999Z", engine_of(text)).balance == 40
    feed = [
        order("2026-01-01", "o-1", 60),
        redeem("2026-01-02", "r-1", 60, order_id="o-2"),
        order("2026-01-03", "o-2", 9),
    ]
    feed += [cancel("2026-06-01", "o-2")]
    assert run(feed, "2026-08-29T23:59:59.999Z", engine_of(text)).balance == 60
    assert run(feed, "2026-08-30", engine_of(text)).balance == 0


def test_what_comes_late_onto_a_lot_expires_under_an_id_of_its_own() -> None:
    """A change of an order that arrives after its lot expired: the same wake again, with another receipt."""
    change = {"order_id": "a", "total": 150, "currency": "USD"}
    live = Live().feed(order("2026-01-01", "a", 100))
    live.apply(live.log.advance_clock("2027-01-01"))
    live.sweep_all().feed(event("Order Updated", "2026-12-30", change))
    live.apply(live.log.advance_clock("2027-01-02"))
    live.sweep_all()
    first, second = live.commit().facts("points.expired")
    assert (first["points"], second["points"], live.outcome.balance) == (100, 50, 0)
    assert first["at"] == second["at"] == "2027-01-01T00:00:00Z"
    assert first["id"] != second["id"]
