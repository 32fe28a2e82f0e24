"""Four levels: up at once by the spend of 365 days, held 365 days, then reviewed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support_core import (
    Live,
    cancel,
    engine_of,
    event,
    order,
    program_text,
    redeem,
    refund,
    run,
    version_2,
)

SILVER = '{ name = "silver", spend = "100" }'


def program(base: Any = program_text, **says: Any) -> str:
    """The default program with more said of its levels."""
    text = base("2026-05-01") if base is version_2 else base()
    if says.pop("fast_track", False):
        says["fast_track"] = '[{ level = "gold", orders = 3, within_days = 30 }]'
    if by := says.pop("by", None):
        says["by"] = f'"{by}"'
        needs = {"orders": {"100": 3, "300": 6, "1000": 12}, "points": {"100": 200, "300": 600, "1000": 2000}}[by]
        for spend, need in needs.items():
            text = text.replace(f'spend = "{spend}"', f"{by} = {need}")
    if says.pop("gifts", False):
        text = text.replace('spend = "100"', 'spend = "100", gift = 20').replace(
            'spend = "300"', 'spend = "300", gift = 50'
        )
    for name, value in says.items():
        toml = str(value).lower() if isinstance(value, bool) else value
        toml = f'"{toml}"' if isinstance(toml, str) and toml[0] not in '"[' and toml not in ("true", "false") else toml
        text = text.replace("[levels]\n", f"[levels]\n{name} = {toml}\n")
    return text


def changes(outcome: Any) -> list[tuple[str, str, str]]:
    return [
        (fact["at"][:10], fact.get("before", "="), fact.get("after") or fact["level"])
        for fact in outcome.facts("level.changed", "level.renewed")
    ]


@pytest.mark.parametrize(
    ("total", "level"),
    [
        (99.99, "regular"),
        (100, "silver"),
        (299.99, "silver"),
        (300, "gold"),
        (999.99, "gold"),
        (1000, "black gold"),
        (50_000, "black gold"),
    ],
)
def test_four_levels(total: float, level: str) -> None:
    """By the spend reached, several at once if it suffices."""
    outcome = run([order("2026-01-01", "o-1", total)])
    assert outcome.profile()["level"] == level
    assert len(outcome.facts("level.changed")) == (level != "regular")
    assert outcome.profile()["level_review_at"] == (None if level == "regular" else "2027-01-01T00:00:00Z")


def test_the_window_is_open_at_its_beginning() -> None:
    """An order exactly 365 days old does not count any more, one a millisecond younger does."""
    assert run([order("2025-01-01", "a", 60), order("2026-01-01", "b", 60)]).profile()["level"] == "regular"
    assert (
        run([order("2025-01-01T00:00:00.001Z", "a", 60), order("2026-01-01", "b", 60)]).profile()["level"] == "silver"
    )


def test_held_then_down_to_what_the_window_deserves() -> None:
    """Gold for a year from the day reached; then the spend of that year decides, and again a year later."""
    feed = [order("2026-01-01", "a", 300), order("2026-07-01", "b", 150)]
    assert changes(run(feed, "2029-01-01")) == [
        ("2026-01-01", "regular", "gold"),
        ("2027-01-01", "gold", "silver"),  # 150 in (2026-01-01, 2027-01-01]
        ("2028-01-01", "silver", "regular"),
    ]


def test_renewed_where_still_deserved() -> None:
    """A review that finds the same level holds it for another year."""
    feed = [order("2026-01-01", "a", 100), order("2026-07-01", "b", 100), order("2027-06-01", "c", 90)]
    assert changes(run(feed, "2029-01-01")) == [
        ("2026-01-01", "regular", "silver"),
        ("2027-01-01", "=", "silver"),
        ("2028-01-01", "silver", "regular"),
    ]


def test_rising_again_holds_from_that_day() -> None:
    """A higher level has a year of its own; an order that changes nothing does not lengthen the present one."""
    feed = [order("2026-01-01", "a", 100), order("2026-03-01", "b", 50), order("2026-06-01", "c", 150)]
    outcome = run(feed)
    assert changes(outcome) == [("2026-01-01", "regular", "silver"), ("2026-06-01", "silver", "gold")]
    assert outcome.profile()["level_review_at"] == "2027-06-01T00:00:00Z"


@pytest.mark.parametrize("taken", [cancel("2026-02-01", "a"), refund("2026-02-01", "a", "f", 250)])
def test_a_level_can_stay_until_the_review_when_its_order_is_given_back(taken: bytes) -> None:
    """Where the program says so, what was reached is held; the money given back counts for nothing afterwards."""
    engine = engine_of(program(follow_refunds=False))
    feed = [order("2026-01-01", "a", 300), taken, order("2026-03-01", "b", 60)]
    assert run(feed, engine=engine).profile()["level"] == "gold"
    assert run(feed, "2027-01-01", engine).profile()["level"] == "regular"


@pytest.mark.parametrize(
    ("feed", "level"),
    [
        ([order("2026-01-01", "a", 300), cancel("2026-02-01", "a")], "regular"),
        ([order("2026-01-01", "a", 300), refund("2026-02-01", "a", "f", 150)], "silver"),
        ([order("2026-01-01", "a", 120), order("2026-01-02", "b", 200), cancel("2026-02-01", "b")], "silver"),
        ([order("2026-01-01", "a", 120), order("2026-01-02", "b", 200), cancel("2026-02-01", "a")], "silver"),
        ([order("2026-01-01", "a", 300), order("2026-01-02", "b", 10), cancel("2026-02-01", "b")], "gold"),
        ([order("2025-01-01", "a", 320), order("2026-02-01", "b", 10), cancel("2026-02-02", "b")], "regular"),
    ],
)
def test_a_level_goes_with_the_order_that_brought_it(feed: list[bytes], level: str) -> None:
    """Back to what is deserved without it, never below what was held before it."""
    assert run(feed).profile()["level"] == level


@pytest.mark.parametrize(
    ("says", "feed", "after"),
    [
        ({"by": "orders"}, [order(f"2026-01-0{day}", f"o-{day}", 1) for day in range(1, 4)], "silver"),
        ({"by": "points"}, [order("2026-01-01", "a", 250), cancel("2026-01-02", "a")], "regular"),
        ({"by": "points"}, [order("2026-01-01", "a", 250), redeem("2026-01-02", "r", 200)], "silver"),
        ({"fast_track": True}, [order(f"2026-01-0{day}", f"o-{day}", 1) for day in range(1, 4)], "gold"),
        ({"fast_track": True}, [order(f"2026-0{month}-01", f"o-{month}", 1) for month in range(1, 4)], "regular"),
    ],
)
def test_other_ways_up(says: dict[str, Any], feed: list[bytes], after: str) -> None:
    """By orders or points instead of spend, and by three orders within thirty days."""
    assert run(feed, engine=engine_of(program(**says))).profile()["level"] == after


def test_a_gift_for_each_level_once() -> None:
    """Silver and gold bring their gifts; reaching silver again a year later brings none."""
    feed = [order("2024-01-01", "a", 100), order("2026-01-01", "b", 150), order("2026-01-02", "c", 200)]
    outcome = run(feed, engine=engine_of(program(gifts=True)))
    assert [(fact["lot"], fact["points"]) for fact in outcome.facts("points.granted")] == [
        ("gift:silver", 20),
        ("gift:gold", 50),
    ]
    assert [fact["after"] for fact in outcome.facts("level.changed")] == ["silver", "regular", "silver", "gold"]


def test_a_grace_and_one_step_at_a_time() -> None:
    """Gold that is not earned again is kept for thirty days, then silver for a year, a grace, then regular."""
    engine = engine_of(program(grace_days=30, downgrade="one-step"))
    outcome = run([order("2026-01-01", "a", 300)], "2029-06-01", engine)
    found = [
        (fact["at"][:10], fact["type"], fact.get("would_be") or fact.get("after"))
        for fact in outcome.facts("level.changed", "level.renewed", "level.grace-began")
    ]
    assert found == [
        ("2026-01-01", "level.changed", "gold"),
        ("2027-01-01", "level.grace-began", "silver"),
        ("2027-01-31", "level.changed", "silver"),
        ("2028-01-31", "level.grace-began", "regular"),
        ("2028-03-01", "level.changed", "regular"),
    ]


def test_a_grace_can_be_used() -> None:
    """Who makes up for it within the grace is looked at again at its end, and keeps the level."""
    engine = engine_of(program(grace_days=30))
    feed = [order("2026-01-01", "a", 300), order("2027-01-15", "b", 310)]
    outcome = run(feed, "2027-03-01", engine)
    assert outcome.types().count("level.renewed") == 1
    assert outcome.profile()["level"] == "gold"


def test_no_review_while_the_level_is_frozen() -> None:
    """A parental leave of half a year puts the review off; one beyond the program's longest changes nothing."""
    leave = event("Level Frozen", "2026-12-01", {"freeze_id": "l-1", "until": "2027-06-01T00:00:00Z"})
    long = event("Level Frozen", "2026-12-02", {"freeze_id": "l-2", "until": "2029-06-01T00:00:00Z"})
    outcome = run([order("2026-01-01", "a", 300), leave, long], "2028-01-01")
    assert [(fact["at"][:10], fact["after"]) for fact in outcome.facts("level.changed")] == [
        ("2026-01-01", "gold"),
        ("2027-06-01", "regular"),
    ]
    assert [fact["ref"] for fact in outcome.facts("input.ignored")] == ["l-2"]


@pytest.mark.parametrize(("on_new_version", "when"), [("keep", "2027-01-01"), ("review", "2026-05-01")])
def test_a_moved_threshold_waits_for_the_review_unless_the_program_says_otherwise(
    on_new_version: str, when: str
) -> None:
    """Silver takes 200 instead of 100 from May on: a member with 150 falls at the review, or at once."""
    later = program(version_2, on_new_version=on_new_version).replace(SILVER, '{ name = "silver", spend = "200" }')
    outcome = run([order("2026-01-01", "a", 150)], "2027-02-01", engine_of(program(), later))
    assert [(fact["at"][:10], fact["after"]) for fact in outcome.facts("level.changed")][1:] == [(when, "regular")]


def test_what_is_missing_is_said() -> None:
    """In the decision and in the profile: the next level and how much it still takes."""
    outcome = run([order("2026-01-01", "a", 120.5)])
    (rise,) = outcome.facts("level.changed")
    assert (rise["saw"]["next_level"], rise["saw"]["missing"]) == ("gold", "179.50 USD")
    assert outcome.profile()["next_level"] == {"level": "gold", "missing": "179.50 USD", "by": "spend"}
    assert run([order("2026-01-01", "a", 5000)]).profile()["next_level"] is None


def test_a_late_order_earns_by_the_level_of_its_own_time() -> None:
    """Gold since March: an order of February that comes to light in April earns what regular members earn."""
    rule = '\n[[earning.rules]]\nname = "gold"\npoints = 50\nwhen = [{ fact = "level", is = "gold" }]\n'
    live = Live(engine_of(program_text(extra=rule)))
    live.feed(order("2026-03-01", "a", 300), order("2026-04-01", "b", 10), order("2026-02-01", "c", 10))
    brought = {fact["order_id"]: fact["points"] for fact in live.commit().facts("points.earned")}
    assert brought == {"a": 300, "b": 60, "c": 10}


def test_a_refund_counts_against_the_next_rise() -> None:
    """300 spent, 250 given back: 240 more make 290 and no gold for a customer who starts low."""
    outcome = run([order("2026-01-01", "a", 90), cancel("2026-01-02", "a"), order("2026-01-03", "b", 90)])
    assert outcome.profile()["level"] == "regular"


def test_a_late_order_counts_in_the_window_of_the_clock() -> None:
    """It lifts the level at once, as far as it lies within the year that ends with the customer's clock."""
    inside = Live().feed(order("2026-06-01", "a", 60), order("2025-07-01", "late", 60)).commit()
    assert inside.profile()["level"] == "silver"
    outside = Live().feed(order("2026-07-01", "a", 60), order("2025-06-30", "late", 60)).commit()
    assert outside.profile()["level"] == "regular"


def update(at: str, order_id: str, total: float) -> bytes:
    return event("Order Updated", at, {"order_id": order_id, "total": total, "currency": "USD"})


FAST = [order(f"2026-01-0{day}", f"o-{day}", 10) for day in (1, 2, 3)]
BROUGHT = {"import_id": "i", "level": "gold", "orders": [
    {"order_id": "x", "placed_at": "2026-01-01T00:00:00Z", "total": 80, "currency": "USD"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("feed", "level"),
    [
        ([order("2026-01-01", "a", 50), update("2026-01-02", "a", 300)], "gold"),
        ([order("2026-01-01", "a", 300), update("2026-01-02", "a", 100)], "silver"),
        ([order("2026-01-01", "a", 300), update("2026-01-02", "a", 299.99)], "silver"),
        ([order("2026-01-01", "a", 300), update("2026-01-02", "a", 301)], "gold"),
    ],
)
def test_a_changed_order_moves_the_level_too(feed: list[bytes], level: str) -> None:
    """Up at once where it grows, back where it shrinks."""
    assert run(feed).profile()["level"] == level


def test_back_to_the_review_that_was_promised() -> None:
    """Silver, renewed until 2028, is interrupted by gold for a week: it is held until 2028 all the same."""
    feed = [order("2026-01-01", "a", 150), order("2026-12-20", "b", 140), order("2027-02-10", "c", 300)]
    outcome = run([*feed, cancel("2027-02-17", "c")], "2027-12-31")
    assert changes(outcome) == [
        ("2026-01-01", "regular", "silver"),
        ("2027-01-01", "=", "silver"),
        ("2027-02-10", "silver", "gold"),
        ("2027-02-17", "gold", "silver"),
    ]
    assert outcome.profile()["level_review_at"] == "2028-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("feed", "until", "level"),
    [
        ([cancel("2027-01-20", "b")], "2027-01-21", "regular"),  # only b had renewed it
        ([cancel("2027-01-20", "b"), order("2027-01-10", "c", 300)], "2027-01-21", "gold"),
        ([refund("2027-01-20", "b", "f", 10)], "2027-01-21", "gold"),  # 310 were left, then and now
        ([cancel("2027-01-20", "a")], "2027-01-21", "gold"),  # out of the window of the review
    ],
)
def test_a_renewal_goes_with_the_order_that_brought_it(feed: list[bytes], until: str, level: str) -> None:
    """Given back after the review, the order counts as if it had not been there at the review."""
    outcome = run([order("2026-01-01", "a", 300), order("2026-12-25", "b", 320), *feed], until)
    assert outcome.profile()["level"] == level


def test_a_renewal_that_goes_leaves_the_grace() -> None:
    """As at a review that finds too little; and nothing is looked at while the level is frozen."""
    feed = [order("2026-01-01", "a", 300), order("2026-12-25", "b", 320), cancel("2027-01-20", "b")]
    graced = run(feed, "2027-03-01", engine_of(program(grace_days=30)))
    assert [fact["at"][:10] for fact in graced.facts("level.grace-began")] == ["2027-01-20"]
    assert changes(graced)[-1] == ("2027-02-19", "gold", "regular")
    leave = event("Level Frozen", "2027-01-10", {"freeze_id": "l-1", "until": "2027-06-01T00:00:00Z"})
    assert run([*feed, leave], "2027-05-30").profile()["level"] == "gold"


@pytest.mark.parametrize(("taken", "at"), [("o-1", "2026-01-06"), ("o-1", "2026-02-20"), ("o-4", "2026-01-06")])
def test_a_fast_track_that_other_orders_make_stays(taken: str, at: str) -> None:
    """Four orders in four days, one given back: three are left, which is what it takes."""
    feed = [order(f"2026-01-0{day}", f"o-{day}", 1) for day in range(1, 5)]
    assert run([*feed, cancel(at, taken)], engine=engine_of(program(fast_track=True))).profile()["level"] == "gold"


def test_a_small_refund_does_not_close_the_window_early() -> None:
    """Gold by 200 in July and 150 in January: 5 given back in the July after leave the 345 of January's window."""
    feed = [order("2026-01-01", "x", 1), order("2026-07-01", "a", 200), order("2027-01-01", "b", 150)]
    assert run([*feed, refund("2027-07-10", "b", "f", 5)]).profile()["level"] == "gold"


def test_a_moved_threshold_does_not_work_through_a_refund() -> None:
    """Silver takes 200 instead of 100 from May on: who gives 10 of 150 back keeps silver until the review."""
    later = program(version_2).replace(SILVER, '{ name = "silver", spend = "200" }')
    feed = [order("2026-01-01", "a", 150), refund("2026-06-01", "a", "f", 10)]
    assert run(feed, engine=engine_of(program(), later)).profile()["level"] == "silver"


STATUS = """
[[wallets]]
name = "status"
kind = "status"

[[earning.rules]]
name = "status"
wallet = "status"
points_per_unit = "1"
"""


def by_status(**says: Any) -> str:
    return program(by="points", wallet="status", **says) + STATUS


def adjust(at: str, ref: str, points: int, **more: Any) -> bytes:
    says = {"adjustment_id": ref, "points": points, "actor": "staff-4", "reason": "missing", "wallet": "status"}
    return event("Points Adjusted", at, {**says, **more})


BATCH = {"batch": "b-1", "actor": "staff-5", "reason": "wrong list"}


@pytest.mark.parametrize(
    ("feed", "level"),
    [
        ([order("2024-01-01", "a", 150), order("2026-01-01", "b", 100)], "regular"),
        ([order("2025-01-01T00:00:00.001Z", "a", 100), order("2026-01-01", "b", 100)], "silver"),
        ([order("2026-01-01", "a", 250), refund("2026-01-02", "a", "f", 60)], "regular"),
        ([order("2026-01-01", "a", 150), adjust("2026-01-02", "x", 49)], "regular"),
        ([order("2026-01-01", "a", 150), adjust("2026-01-02", "x", 50)], "silver"),
        (
            [
                order("2026-01-01", "a", 150),
                adjust("2026-01-02", "x", 50, batch="b-1"),
                event("Points Adjustments Reversed", "2026-01-03", BATCH),
            ],
            "regular",
        ),
        (
            [
                adjust("2026-01-02", "x", 50, batch="b-1"),
                order("2026-01-03", "a", 200),
                event("Points Adjustments Reversed", "2026-01-04", BATCH),
            ],
            "silver",
        ),
    ],
)
def test_points_count_in_the_window(feed: list[bytes], level: str) -> None:
    """What came in the window less what was taken back; a batch takes the level along that it had brought."""
    assert run(feed, engine=engine_of(by_status())).profile()["level"] == level


def test_who_owes_points_has_the_lowest_level() -> None:
    """Points taken by hand below zero: at once, and at the review of a level that was imported."""
    feed = [event("Member Imported", "2026-01-01", {"import_id": "i", "level": "gold"}), adjust("2026-01-02", "x", -50)]
    assert run(feed, engine=engine_of(by_status())).profile()["level"] == "gold"
    outcome = run([*feed, adjust("2026-12-31", "y", -900)], "2027-02-01", engine_of(by_status()))
    assert changes(outcome)[-1] == ("2027-01-01", "gold", "regular")


def test_points_that_were_spent_keep_the_level_at_its_review() -> None:
    """Where levels go by points that buy something, to spend them costs no level; time does."""
    feed = [order("2026-01-01", "a", 250), order("2026-06-01", "b", 250), redeem("2026-06-02", "r", 450)]
    assert changes(run(feed, "2028-02-01", engine_of(program(by="points")))) == [
        ("2026-01-01", "regular", "silver"),
        ("2027-01-01", "=", "silver"),
        ("2028-01-01", "silver", "regular"),
    ]


def test_a_birthday_gift_lifts_at_once() -> None:
    """Where levels go by the points that it gives."""
    text = program(by="points") + "\n[birthday]\npoints = 100\n"
    feed = [order("2026-01-01", "a", 150), event("Profile Updated", "2026-01-02", {"birthday": "02-10"})]
    assert changes(run(feed, "2026-03-01", engine_of(text))) == [("2026-02-10", "regular", "silver")]


def test_the_profile_says_when_a_frozen_level_is_reviewed() -> None:
    """The end of the freeze, where that is later."""
    leave = event("Level Frozen", "2026-12-01", {"freeze_id": "l-1", "until": "2027-06-01T00:00:00Z"})
    assert run([order("2026-01-01", "a", 300), leave]).profile()["level_review_at"] == "2027-06-01T00:00:00Z"


@pytest.mark.parametrize(("on_new_version", "level"), [("keep", "regular"), ("review", "silver")])
def test_a_lower_threshold_lifts_at_once_where_the_program_says_so(on_new_version: str, level: str) -> None:
    """Silver takes 50 instead of 100 from May on: a regular member with 60 rises with the version, or by an order."""
    later = program(version_2, on_new_version=on_new_version).replace(SILVER, '{ name = "silver", spend = "50" }')
    engine = engine_of(program(), later)
    assert run([order("2026-01-01", "a", 60)], "2026-06-01", engine).profile()["level"] == level
    assert run([order("2026-01-01", "a", 49)], "2026-06-01", engine).profile()["level"] == "regular"
    assert run([order("2026-01-01", "a", 60), order("2026-06-01", "b", 1)], None, engine).profile()["level"] == "silver"


def test_an_older_freeze_that_comes_late_ends_nothing() -> None:
    """What was said last counts, not what came last."""
    newer = event("Level Frozen", "2026-12-05", {"freeze_id": "l-2", "until": "2027-06-01T00:00:00Z"})
    older = event("Level Frozen", "2026-12-01", {"freeze_id": "l-1", "until": "2027-02-01T00:00:00Z"})
    live = Live().feed(order("2026-01-01", "a", 300), newer).feed(older).feed(order("2027-05-01", "b", 1))
    outcome = live.commit()
    assert [fact["ref"] for fact in outcome.facts("input.ignored")] == ["l-1"]
    assert outcome.profile()["level"] == "gold"


@pytest.mark.parametrize(
    ("feed", "level"),
    [
        ([order("2026-01-01", "a", 50), update("2026-01-02", "a", 150)], "silver"),
        ([order("2026-01-01", "a", 150), update("2026-01-02", "a", 50)], "regular"),
        # enough without what was given back, in the window of the day on which the level was reached
        ([order("2026-01-01", "a", 90), order("2026-12-01", "b", 20), refund("2027-01-15", "b", "f", 5)], "silver"),
        ([order("2026-01-01", "a", 90), order("2026-12-01", "b", 20), refund("2027-01-15", "b", "f", 15)], "regular"),
        ([*FAST, refund("2026-05-01", "o-3", "f", 1)], "gold"),
        ([*FAST, update("2026-05-01", "o-3", 9)], "gold"),
        ([*FAST, cancel("2026-05-01", "o-3")], "regular"),
        # a level that a member brought along was not brought by the orders that came along
        ([event("Member Imported", "2026-02-01", BROUGHT), refund("2026-02-02", "x", "f", 5)], "gold"),
    ],
)
def test_a_level_follows_what_becomes_of_its_orders(feed: list[bytes], level: str) -> None:
    """Orders that change, are given back in part, counted for a fast track, or came along with a member."""
    assert run(feed, engine=engine_of(program(fast_track=True))).profile()["level"] == level


TWO = [order("2026-01-01", "a", 100), order("2026-01-02", "b", 200)]  # silver's 20 points come with a, gold's 50 with b


@pytest.mark.parametrize(
    ("feed", "level", "balance"),
    [
        ([*TWO, cancel("2026-01-04", "b")], "silver", 120),
        ([*TWO, refund("2026-01-04", "b", "f", 10)], "silver", 120 + 190),
        ([*TWO, update("2026-01-04", "b", 190)], "silver", 120 + 190),
        ([*TWO, refund("2026-01-04", "b", "f", 0.01)], "silver", 120 + 199),
        ([*TWO, cancel("2026-01-04", "a")], "silver", 220),  # silver by b alone
        ([*TWO, cancel("2026-01-04", "b"), order("2026-01-05", "c", 200)], "gold", 370),  # reached again, given again
        ([*TWO, redeem("2026-01-03", "r", 370), cancel("2026-01-04", "b")], "silver", -250),  # what was spent is owed
        ([order("2026-01-01", "a", 100), cancel("2026-01-03", "a")], "regular", 0),
        ([order("2026-01-01", "a", 300), refund("2026-01-03", "a", "f", 150)], "silver", 150),  # which was no rise
        (
            [order("2026-01-01", "a", 300), cancel("2027-01-10", "a")],
            "regular",
            0,
        ),  # both expired
    ],
)
def test_a_gift_goes_with_the_level_that_an_order_had_brought(feed: list[bytes], level: str, balance: int) -> None:
    """Taken back as the points of the order are; who reaches the level again gets it again."""
    outcome = run(feed, engine=engine_of(program(gifts=True)))
    assert (outcome.profile()["level"], outcome.balance) == (level, balance)
    posted = sum(posting["points"] for fact in outcome.facts() for posting in fact.get("postings", ()))
    assert posted == balance


@pytest.mark.parametrize(
    ("feed", "level", "balance"),
    [
        ([refund("2026-01-03", "b", "f", 30)], "regular", 180),  # silver's 20 do not stand in for what is gone
        ([refund("2026-01-03", "b", "f", 9)], "silver", 201 + 20),
        ([order("2026-01-03", "c", 420), cancel("2026-01-04", "c")], "silver", 210 + 20),
        ([order("2026-01-03", "c", 420), refund("2026-01-04", "c", "f", 60)], "silver", 570 + 20),
        ([order("2026-01-03", "c", 420), refund("2026-01-04", "c", "f", 45)], "gold", 585 + 20 + 50),  # by silver's 20
    ],
)
def test_a_level_by_points_does_not_rest_on_its_own_gift(feed: list[bytes], level: str, balance: int) -> None:
    """What an order brought is looked at without the gift that came with it, which counts as points of any kind do."""
    text = program(by="points")
    text = text.replace("points = 200 }", "points = 200, gift = 20 }").replace(
        "points = 600 }", "points = 600, gift = 50 }"
    )
    outcome = run([order("2026-01-01", "a", 180), order("2026-01-02", "b", 30), *feed], engine=engine_of(text))
    assert (outcome.profile()["level"], outcome.balance) == (level, balance)


def test_of_a_gift_that_had_expired_nothing_is_taken_back() -> None:
    """Silver's gift was gone with its time before its order was given back; gold's was not."""
    text = program(gifts=True).replace("expires_after_days = 365", "expires_after_days = 10")
    feed = [
        order("2026-01-01", "a", 100),
        order("2026-01-05", "b", 200),
        cancel("2026-01-12", "b"),
        cancel("2026-01-13", "a"),
    ]
    outcome = run(feed, engine=engine_of(text))
    assert [(fact["reason"], fact["points"]) for fact in outcome.facts("points.withdrawn")] == [("level gold", 50)]
    assert (outcome.profile()["level"], outcome.balance) == ("regular", 0)
