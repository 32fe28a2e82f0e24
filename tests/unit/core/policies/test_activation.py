"""Points that wait, for some days or for the delivery; and how each wallet's points expire."""

from __future__ import annotations

import pytest

from stream_loyalty.core import ledger
from tests.unit.support_core import Outcome, engine_of, event, order, program_text, redeem, refund, run, version_2

EXPIRES = "expires_after_days = 365\n"


def program(wallet: str, expires: str = EXPIRES) -> str:
    return program_text({EXPIRES: f"{expires}{wallet}\n"})


def dispatched(at: str, shipment: str) -> bytes:
    return event("Shipment Dispatched", at, {"order_id": "o-1", "shipment_id": shipment})


def delivered(at: str, shipment: str | None = None) -> bytes:
    return event("Shipment Delivered", at, {"order_id": "o-1", **({"shipment_id": shipment} if shipment else {})})


def activated(outcome: Outcome) -> list[str]:
    return [fact["at"][:10] for fact in outcome.facts("points.activated")]


def test_points_can_be_spent_after_some_days() -> None:
    """They count for the balance at once, can be spent fourteen days later, and a refusal says how many can."""
    engine = engine_of(program("activates_after_days = 14"))
    feed = [order("2026-01-01", "o-1", 80), redeem("2026-01-14", "r-1", 50), redeem("2026-01-16", "r-2", 50)]
    outcome = run(feed, "2026-02-01", engine)
    assert activated(outcome) == ["2026-01-15"]
    (refused,) = outcome.facts("redemption.refused")
    assert refused["missing"] == ["wanted a balance of at least 50 that can be spent; saw 0 of 80"]
    assert [fact["redemption_id"] for fact in outcome.facts("points.spent")] == ["r-2"]
    assert outcome.balance == 30


@pytest.mark.parametrize(
    ("shipping", "on"),
    [
        ([], []),
        ([delivered("2026-01-05")], ["2026-01-08"]),
        ([dispatched("2026-01-02", "p-1"), delivered("2026-01-05", "p-1")], ["2026-01-08"]),
        ([dispatched("2026-01-02", "p-1"), dispatched("2026-01-03", "p-2"), delivered("2026-01-05", "p-1")], []),
        (
            [
                dispatched("2026-01-02", "p-1"),
                dispatched("2026-01-03", "p-2"),
                delivered("2026-01-05", "p-1"),
                delivered("2026-01-20", "p-2"),
            ],
            ["2026-01-23"],
        ),
        ([dispatched("2026-01-02", "p-1"), dispatched("2026-01-03", "p-2"), delivered("2026-01-09")], ["2026-01-12"]),
    ],
)
def test_points_wait_for_all_shipments(shipping: list[bytes], on: list[str]) -> None:
    """Three days after the last parcel that was sent has arrived."""
    engine = engine_of(program("activates_on_delivery = true\nactivates_after_days = 3"))
    outcome = run([order("2026-01-01", "o-1", 80), *shipping], "2026-03-01", engine)
    assert outcome.facts("points.earned")[0]["waits"]
    assert activated(outcome) == on
    assert ledger.spendable(outcome.state(), "points") == (80 if on else 0)


def test_an_order_waits_after_its_delivery_by_the_program_of_its_own_time() -> None:
    """A version that takes effect between the order and its delivery, with another wait, is for orders of its own."""
    waits = EXPIRES + "activates_on_delivery = true\nactivates_after_days = "
    engine = engine_of(program_text({EXPIRES: f"{waits}3\n"}), version_2("2026-01-04", {EXPIRES: f"{waits}30\n"}))
    later = event("Shipment Delivered", "2026-01-09", {"order_id": "o-2"})
    feed = [order("2026-01-01", "o-1", 80), order("2026-01-04", "o-2", 80), delivered("2026-01-05"), later]
    assert activated(run(feed, "2026-03-01", engine)) == ["2026-01-08", "2026-02-08"]


def test_a_refund_before_activation_takes_waiting_points() -> None:
    """Nothing is left to activate of an order that was given back whole, the rest of one given back in part."""
    engine = engine_of(program("activates_after_days = 14"))
    feed = [order("2026-01-01", "o-1", 80), order("2026-01-01", "o-2", 80)]
    feed += [refund("2026-01-05", "o-1"), refund("2026-01-05", "o-2", "f-1", 30)]
    outcome = run(feed, "2026-02-01", engine)
    assert [(fact["lot"], fact["points"]) for fact in outcome.facts("points.activated")] == [("o-2", 50)]
    assert outcome.balance == 50


@pytest.mark.parametrize(
    ("expires", "at"),
    [
        ("expires_after_days = 100\n", ["2025-04-11", "2025-05-11"]),
        ('expires_on = "12-31"\n', ["2025-12-31", "2025-12-31"]),
        ('expires_on = "12-31"\nexpires_years = 2\n', ["2026-12-31", "2026-12-31"]),
        ('expires_on = "01-15"\n', ["2025-01-15", "2026-01-15"]),
        ("expires_inactive_days = 90\n", ["2025-05-01", "2025-05-01"]),
        ("", []),
    ],
)
def test_each_way_to_expire(expires: str, at: list[str]) -> None:
    """Orders of 1 and 31 January: rolling, at a fixed day of this or a later year, after inactivity, never."""
    text = program("", expires)
    outcome = run([order("2025-01-01", "o-1", 10), order("2025-01-31", "o-2", 10)], "2030-01-01", engine_of(text))
    assert [fact["at"][:10] for fact in outcome.facts("points.expired")] == at


def test_year_ends_are_in_the_programs_zone() -> None:
    """In Shanghai the year ends sixteen hours into 31 December of UTC."""
    text = program("", 'expires_on = "12-31"\n').replace('time_zone = "UTC"', 'time_zone = "Asia/Shanghai"')
    outcome = run([order("2025-01-01", "o-1", 10)], "2026-01-02", engine_of(text))
    assert outcome.facts("points.expired")[0]["at"] == "2025-12-31T15:59:59.999Z"


def test_a_redemption_keeps_points_from_expiring() -> None:
    """Inactivity counts from the newest order or redemption."""
    text = program("", "expires_inactive_days = 90\n")
    feed = [order("2025-01-01", "o-1", 10), redeem("2025-03-01", "r-1", 1)]
    outcome = run(feed, "2026-01-01", engine_of(text))
    assert [fact["at"][:10] for fact in outcome.facts("points.expired")] == ["2025-05-30"]


def test_a_parcel_sent_while_points_wait_makes_them_wait_for_it() -> None:
    """All that was sent had arrived, and the days ran; one more parcel goes out, and they run from its arrival."""
    engine = engine_of(program("activates_after_days = 14\nactivates_on_delivery = true"))
    feed = [order("2026-01-01", "o-1", 80), dispatched("2026-01-02", "p-1"), delivered("2026-01-05", "p-1")]
    feed += [dispatched("2026-01-06", "p-1"), dispatched("2026-01-10", "p-2")]
    assert activated(run(feed[:-1], "2026-03-01", engine)) == ["2026-01-19"]
    assert activated(run(feed, "2026-03-01", engine)) == []
    assert activated(run([*feed, delivered("2026-01-12", "p-2")], "2026-03-01", engine)) == ["2026-01-26"]
