"""Points put right by hand, batches taken back, and members who come from another program."""

from __future__ import annotations

from typing import Any

import pytest

from stream_loyalty.contracts import topics
from tests.unit.support_core import Json, cancel, engine_of, event, order, program_text, redeem, refund, run


def adjust(at: str, ref: str, points: int, **more: Any) -> bytes:
    says = {"adjustment_id": ref, "points": points, "actor": "staff-4", "reason": "missing", **more}
    return event("Points Adjusted", at, says)


def reverse(at: str, batch: str) -> bytes:
    return event("Points Adjustments Reversed", at, {"batch": batch, "actor": "staff-5", "reason": "wrong list"})


def member(at: str, **says: Any) -> bytes:
    return event("Member Imported", at, {"import_id": "move-1", **says})


def test_added_points_are_a_lot_and_taken_ones_can_become_a_debt() -> None:
    """Each id once; the balance follows."""
    feed = [adjust("2026-01-01", "a-1", 50), adjust("2026-01-02", "a-1", 50), adjust("2026-01-03", "a-2", -70)]
    outcome = run(feed)
    assert outcome.types() == ["points.adjusted", "input.ignored", "points.adjusted"]
    assert outcome.balance == -20
    assert outcome.profile()["debts"] == {"points": 20}


@pytest.mark.parametrize(
    ("says", "missing"),
    [
        ({"points": 1001}, ["wanted an approval for more than 1000 points; saw none"]),
        ({"points": -1001}, ["wanted an approval for more than 1000 points; saw none"]),
        ({"points": 1001, "approved_by": "staff-4"}, ["wanted an approval by somebody else; saw the actor's own"]),
        ({"points": 1001, "approved_by": " Staff-4"}, ["wanted an approval by somebody else; saw the actor's own"]),
        ({"points": 5, "wallet": "stars"}, ["wanted wallet points; saw stars"]),
        ({"points": 1001, "approved_by": " "}, ["wanted an approval for more than 1000 points; saw none"]),
        ({"points": 1001, "approved_by": "staff-9"}, []),
        ({"points": 1000}, []),
    ],
)
def test_large_adjustments_need_a_second_person(says: Json, missing: list[str]) -> None:
    """Above the program's limit somebody else has to have approved."""
    outcome = run([adjust("2026-01-01", "a-1", **says)])
    assert [fact["missing"] for fact in outcome.facts("adjustment.refused")] == ([missing] if missing else [])
    assert outcome.balance == (0 if missing else says["points"])


def test_a_batch_is_taken_back_as_a_whole_and_once() -> None:
    """What was added is taken, what was taken comes back; other batches stay; spent points become a debt."""
    feed = [
        adjust("2026-01-01", "a-1", 50, batch="b-1"),
        adjust("2026-01-02", "a-2", 30, batch="b-2"),
        adjust("2026-01-03", "a-3", -20, batch="b-1"),
        redeem("2026-01-04", "r-1", 60),
        reverse("2026-01-05", "b-1"),
        reverse("2026-01-06", "b-1"),
    ]
    outcome = run(feed)
    taken = [(f["reverses"], f["points"]) for f in outcome.facts("points.adjusted") if f["reverses"]]
    assert taken == [("a-1", -50), ("a-3", 20)]
    assert outcome.types()[-1] == "input.ignored"
    assert outcome.balance == 30 - 60


def test_a_member_brings_points_level_and_orders() -> None:
    """Lots with their expiry, the level with its review, orders that count and earn nothing; only once."""
    says = {
        "level": "gold",
        "level_review_at": "2026-09-01T00:00:00Z",
        "lots": [
            {"lot": "x", "points": 40, "expires_at": "2026-03-01T00:00:00Z"},
            {"lot": "y", "points": 2},
            {"lot": "z", "points": 9, "expires_at": "2025-12-31T00:00:00Z"},
        ],
        "orders": [
            {"order_id": "old-1", "placed_at": "2025-12-01T00:00:00Z", "total": 90, "currency": "USD"},
            {"order_id": "old-2", "placed_at": "2026-02-01T00:00:00Z", "total": 90, "currency": "USD"},
        ],
    }
    feed = [member("2026-01-01", **says), member("2026-01-02", **says), order("2026-01-03", "o-1", 5)]
    outcome = run(feed, "2026-04-01")
    profile = outcome.profile()
    assert (profile["orders"], profile["spend"], profile["level"]) == (2, {"USD": 9500}, "gold")
    assert profile["level_review_at"] == "2026-09-01T00:00:00Z"
    assert [fact["lot"] for fact in outcome.facts("points.expired")] == ["imported:x"]
    assert outcome.balance == 2 + 5
    (receipt,) = outcome.facts("member.imported")
    assert (receipt["lots"], receipt["orders"], receipt["points"]) == (2, 1, {"points": 42})
    assert receipt["refused"] == [
        "lot z of 9 points: wanted points that have not expired; saw 2025-12-31",
        "order old-2: wanted an order from before the import; saw 2026-02-01",
    ]


def test_a_backfill_publishes_no_reward() -> None:
    """What is imported before `effects_from` changes the balance and stands in the receipts only."""
    text = program_text({"version = 1": "version = 1\neffects_from = 2026-02-01"})
    outcome = run([member("2026-01-01", lots=[{"lot": "x", "points": 40}])], engine=engine_of(text))
    assert outcome.balance == 40
    assert outcome.lines("loyalty.rewards") == []
    assert outcome.types() == ["member.imported", "points.imported"]


@pytest.mark.parametrize(("spent", "taken"), [(0, 0), (60, 60)])
def test_what_had_expired_of_a_batch_is_not_taken_again(spent: int, taken: int) -> None:
    """Added 100, spent some, the rest expired within the year: only what was spent becomes a debt."""
    feed = [adjust("2026-01-01", "a-1", 100, batch="b-1"), reverse("2027-02-01", "b-1")]
    outcome = run([*feed, redeem("2026-02-01", "r-1", spent)] if spent else feed)
    assert [fact["points"] for fact in outcome.facts("points.adjusted") if fact["reverses"]] == [-taken]
    assert outcome.balance == -taken


@pytest.mark.parametrize(
    ("said", "review", "left"),
    [
        ("silver", "2026-08-01T00:00:00Z", ("gold", "2027-01-01T00:00:00Z")),
        ("gold", "2026-08-01T00:00:00Z", ("gold", "2027-01-01T00:00:00Z")),
        ("black gold", "2026-08-01T00:00:00Z", ("black gold", "2026-08-01T00:00:00Z")),
    ],
)
def test_an_import_takes_no_level_away(said: str, review: str, left: tuple[str, str]) -> None:
    """Who has bought here before keeps what was reached; the receipt says so."""
    outcome = run([order("2026-01-01", "a", 300), member("2026-01-05", level=said, level_review_at=review)])
    profile = outcome.profile()
    assert (profile["level"], profile["level_review_at"]) == left
    (receipt,) = outcome.facts("member.imported")
    lower = ["level: wanted no level below gold; saw silver"]
    assert receipt["refused"] == (lower if said == "silver" else [])


@pytest.mark.parametrize(
    ("feed", "review"),
    [
        ([order("2025-12-01", "a", 5), cancel("2026-01-05", "a")], "2026-09-01"),
        ([order("2026-02-01", "a", 1000), cancel("2026-02-05", "a")], "2026-09-01"),
        ([order("2026-02-01", "b", 900), cancel("2026-02-05", "b"), cancel("2026-02-06", "a")], "2026-09-01"),
        ([order("2025-12-01", "a"), cancel("2026-02-06", "a")], "2026-12-01"),  # silver before: the later review
    ],
)
def test_an_imported_level_is_no_orders_doing(feed: list[bytes], review: str) -> None:
    """It stays, with its review, whatever is given back of what was bought before or after."""
    says = {"level": "silver", "level_review_at": "2026-09-01T00:00:00Z"}
    profile = run([member("2026-01-01", **says), *feed]).profile()
    assert (profile["level"], profile["level_review_at"]) == ("silver", f"{review}T00:00:00Z")


def test_an_imported_order_that_changes_earns_nothing_either() -> None:
    """It brought its points in the other program, whatever it consists of now; it counts as far as it is left."""
    old = {"order_id": "old-1", "placed_at": "2025-12-01T00:00:00Z", "total": 90, "currency": "USD"}
    change = event("Order Updated", "2026-01-03", {"order_id": "old-1", "total": 120, "currency": "USD"})
    outcome = run([member("2026-01-01", orders=[old]), change, refund("2026-01-04", "old-1", "f-1", 20)])
    assert (outcome.balance, outcome.profile()["spend"]) == (0, {"USD": 10000})
    assert not outcome.facts("points.earned", "points.reversed")


def test_of_two_lots_of_one_name_in_a_wallet_the_first_is_taken_over() -> None:
    """With and without the wallet's name it is the same lot; in another wallet it is another."""
    stars = '\n[[wallets]]\nname = "stars"\n'
    lots = [
        {"lot": "x", "points": 40, "expires_at": "2026-03-01T00:00:00Z"},
        {"lot": "x", "points": 5, "expires_at": "2026-09-01T00:00:00Z", "wallet": "points"},
        {"lot": "x", "points": 7, "wallet": "stars"},
    ]
    outcome = run([member("2026-01-01", lots=lots)], engine=engine_of(program_text(extra=stars)))
    assert outcome.profile()["balances"] == {"points": 40, "stars": 7}
    (receipt,) = outcome.facts("member.imported")
    assert (receipt["lots"], receipt["points"]) == (2, {"points": 40, "stars": 7})
    assert receipt["refused"] == ["lot x of 5 points: wanted one lot of this name in the wallet; saw a second one"]


def test_a_batch_gives_nothing_for_points_that_an_order_had_brought() -> None:
    """An order whose id reads like the lot of an adjustment shares it: the lot holds as long as the later of both."""
    feed = [order("2026-01-01", "adjusted:a-1", 70), adjust("2026-06-01", "a-1", 50, batch="b-1")]
    outcome = run([*feed, reverse("2027-07-01", "b-1")])
    assert [(fact["at"], fact["points"]) for fact in outcome.facts("points.expired")] == [("2027-06-01T00:00:00Z", 120)]
    assert outcome.balance == 0


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_an_import_with_a_time_that_no_receipt_could_say_is_a_dead_letter(when: str) -> None:
    """It could be read, and would stop whoever writes it down."""
    lots = member("2026-01-01", lots=[{"lot": "x", "points": 40, "expires_at": when}])
    orders = [{"order_id": "old-1", "placed_at": when, "total": 90, "currency": "USD"}]
    feed = [lots, member("2026-01-02", orders=orders), member("2026-01-03", level="gold", level_review_at=when)]
    outcome = run([*feed, event("Level Frozen", "2026-01-04", {"freeze_id": "z-1", "until": when})])
    letters = outcome.lines(topics.DEAD_LETTERS)
    named = [one["path"].rpartition(".")[2] for one in letters]
    assert named == ["expires_at", "placed_at", "level_review_at", "until"]
    assert outcome.types() == []
