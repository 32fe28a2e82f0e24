"""Points for what members do beside ordering: to whom, how often, and why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.core.profile import profile
from stream_loyalty.core.program.activities import EVENTS
from stream_loyalty.core.programs import ProgramError
from stream_loyalty.reports.liability import liability, read_books
from tests.unit.support_core import (
    Live,
    Outcome,
    cancel,
    engine_of,
    erase,
    event,
    order,
    program_text,
    refund,
    run,
    version_2,
)

REVIEW = '\n[[activities]]\nname = "review"\nevent = "Product Reviewed"\npoints = 10\n'
BOUGHT = order("2026-01-01", "o-1", 50)
NEW_YORK = {'time_zone = "UTC"': 'time_zone = "America/New_York"'}


def did(at: str, name: str = "Product Reviewed", mid: str | None = None, /, **says: Any) -> bytes:
    return event(name, at, says, **({"messageId": mid} if mid else {}))


def held(extra: str, *feed: bytes, until: str | None = None, changes: dict[str, str] | None = None) -> Outcome:
    return run(feed, until, engine_of(program_text(changes, extra)))


def days(outcome: Outcome) -> list[str]:
    return [one["at"][:10] for one in outcome.facts("points.granted")]


def lacks(outcome: Outcome) -> list[list[str]]:
    return [one["missing"] for one in outcome.facts("points.not-granted")]


def test_points_come_at_once_as_a_lot_of_their_own() -> None:
    """By the wallet's expiry and without its waiting time; the reason is the activity's name, the rule is one."""
    waiting = {"expires_after_days = 365": "expires_after_days = 365\nactivates_after_days = 14"}
    outcome = held(REVIEW, BOUGHT, did("2026-01-02T10:00:00Z"), changes=waiting)
    (fact,) = outcome.facts("points.granted")
    assert (fact["points"], fact["balance"], fact["reason"], fact["rule"]) == (10, 60, "review", "activities.rewarded")
    assert (fact["expires_at"], fact["saw"]) == ("2027-01-02T10:00:00Z", {"times": 0, "orders": 1})
    assert [lot["lot"] for lot in outcome.profile()["lots"] if not lot["pending"]] == [fact["lot"]]
    assert fact["lot"].startswith("activity:")
    assert fact["id"] in [one["id"] for one in outcome.lines(topics.REWARDS)]
    assert [one["points"] for one in run([BOUGHT, did("2026-01-02")], "2027-06-01", outcome.engine).facts(
        "points.expired")] == [50, 10]  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "rewarded"),
    [
        ("", ["01-02"]),
        ("at_most = 2", ["01-02", "01-02"]),
        ("within_days = 1", ["01-02", "01-03", "01-11", "01-12", "02-28"]),
        ("within_days = 10", ["01-02", "01-12", "02-28"]),
        ("at_most = 2\nwithin_days = 10", ["01-02", "01-02", "01-12", "01-12", "02-28", "02-28"]),
    ],
)
def test_as_often_as_the_program_says(limit: str, rewarded: list[str]) -> None:
    """Once in all where it says nothing; else by days in a row, the present one included. All is done twice a day."""
    done = ("01-02", "01-03", "01-11", "01-12", "02-28")
    feed = [did(f"2026-{day}T{hour}:00:00Z") for day in done for hour in ("09", "23")]
    assert days(held(REVIEW + limit, BOUGHT, *feed)) == [f"2026-{day}" for day in rewarded]


def test_days_are_those_of_the_zone() -> None:
    """Five in the evening and eleven at night in New York are one day, though not in London."""
    feed = [did("2026-01-02T22:00:00Z"), did("2026-01-03T04:00:00Z"), did("2026-01-03T05:00:00Z")]
    assert len(days(held(f"{REVIEW}within_days = 1", BOUGHT, *feed, changes=NEW_YORK))) == 2


@pytest.mark.parametrize(
    ("says", "feed", "missing"),
    [
        ("", [did("2026-01-02")], ["wanted an order that was kept; saw none"]),
        (
            "",
            [BOUGHT, cancel("2026-01-01T01:00:00Z", "o-1"), did("2026-01-02")],
            ["wanted an order that was kept; saw none"],
        ),
        (
            "within_days = 30",
            [BOUGHT, did("2026-01-02"), did("2026-01-31")],
            ["wanted fewer than 1 time with points within 30 days; saw 1"],
        ),
        ("", [BOUGHT, did("2026-01-02"), did("2027-01-02")], ["wanted fewer than 1 time with points; saw 1"]),
        (
            'when = [{ fact = "level", is = "gold" }, { fact = "orders", at_least = 2 }]',
            [BOUGHT, did("2026-01-02")],
            ["wanted level is gold; saw regular", "wanted orders is at least 2; saw 1"],
        ),
        ("from = 2026-01-03", [BOUGHT, did("2026-01-02")], ["wanted it done from 2026-01-03 on; saw 2026-01-02"]),
        ("until = 2026-01-01", [BOUGHT, did("2026-01-02")], ["wanted it done until 2026-01-01; saw 2026-01-02"]),
    ],
)
def test_what_brings_nothing_says_why(says: str, feed: list[bytes], missing: list[str]) -> None:
    """In words and in structure, as a receipt and not as a reward."""
    outcome = held(REVIEW + says, *feed)
    (fact,) = outcome.facts("points.not-granted")
    assert (fact["activity"], fact["missing"], len(fact["lacks"])) == ("review", missing, len(missing))
    assert "loyalty.points.not-granted" not in [one["type"] for one in outcome.lines(topics.REWARDS)]


def test_conditions_go_by_the_time_of_the_event() -> None:
    """What comes late counts by the level and the band of its own day."""
    gold = f'{REVIEW}at_most = 9\nwhen = [{{ fact = "level", is = "gold" }}]\n'
    live = Live(engine_of(program_text(extra=gold)))
    live.feed(order("2026-01-01", "o-1"), order("2026-03-01", "o-2", 300), did("2026-03-02"), did("2026-02-01"))
    assert days(live.commit()) == ["2026-03-02"]
    new = f'{REVIEW}at_most = 9\nwhen = [{{ fact = "band", is = "new" }}]\n'
    live = Live(engine_of(program_text(extra=new)))
    assert days(live.feed(BOUGHT, did("2026-06-01"), did("2026-01-20")).commit()) == ["2026-01-20"]


def test_whoever_never_ordered_earns_only_where_the_program_says_so() -> None:
    """And what a wallet's days without activity would take is held by the activity itself."""
    idle = {"expires_after_days = 365": "expires_inactive_days = 30"}
    outcome = held(f"{REVIEW}customers_only = false", did("2026-01-02"), until="2026-01-31", changes=idle)
    assert outcome.balance == 10
    outcome = held(f"{REVIEW}customers_only = false", did("2026-01-02"), until="2026-02-02", changes=idle)
    assert [one["at"] for one in outcome.facts("points.expired")] == ["2026-02-01T00:00:00Z"]


def test_a_guest_earns_nothing() -> None:
    """Where the program has guests; there is not even a receipt for them."""
    body = json.loads(did("2026-01-02")) | {"userId": None, "anonymousId": "anon"}
    outcome = held(f"{REVIEW}customers_only = false\n[guests]\n", json.dumps(body).encode())
    assert outcome.types() == []


def test_a_profile_counts_when_it_says_the_birthday() -> None:
    text = REVIEW.replace("Product Reviewed", "Profile Updated")
    outcome = held(text, BOUGHT, did("2026-01-02", "Profile Updated"), did("2026-01-03", "Profile Updated",
                   birthday="02-29"))  # fmt: skip
    assert (days(outcome), lacks(outcome)) == (["2026-01-03"], [["wanted a profile that says the birthday; saw none"]])


def test_one_event_can_be_two_activities() -> None:
    """Each with its own limit, wallet and lot."""
    stars = '\n[[wallets]]\nname = "stars"\nkind = "status"\n'
    other = REVIEW.replace('"review"', '"birthday"') + 'wallet = "stars"\nwithin_days = 1\n'
    outcome = held(f"{stars}{REVIEW}{other}\n[birthday]\npoints = 7\n", BOUGHT, did("2026-01-02"), did("2026-01-03"),
                   event("Profile Updated", "2026-01-04", {"birthday": "05-02"}), until="2026-06-01")  # fmt: skip
    assert outcome.profile()["balances"] == {"points": 67, "stars": 20}
    granted = outcome.facts("points.granted")
    assert [one["reason"] for one in granted] == ["review", "birthday", "birthday", "birthday"]
    assert granted[-1]["rule"] == "birthday.gift"  # an activity of the same name does not stand in its way
    assert len({one["lot"] for one in granted}) == 4


def test_what_comes_late_never_goes_beyond_the_limit() -> None:
    """It is counted by its own day; where nothing is known of that day any more, it counts as used up."""
    live = Live(engine_of(program_text(extra=f"{REVIEW}at_most = 2\nwithin_days = 10\n")))
    live.feed(BOUGHT, did("2026-02-01"), did("2026-02-20"), did("2026-02-25"), did("2026-02-12"))
    live.feed(did("2026-02-19"), did("2026-02-11"), did("2026-02-10"))
    outcome = live.commit()
    assert days(outcome) == ["2026-02-01", "2026-02-20", "2026-02-25", "2026-02-12"]
    assert lacks(outcome) == [
        ["wanted it done from 2026-02-22 on, as what was before is not remembered; saw 2026-02-19"],
        ["wanted it done from 2026-02-22 on, as what was before is not remembered; saw 2026-02-11"],
        ["wanted it done from 2026-02-22 on, as what was before is not remembered; saw 2026-02-10"],
    ]
    assert len(outcome.state().stands.done["review"].times) == 2


def test_the_same_message_brings_points_once() -> None:
    """Also when its id is long forgotten among later ones."""
    short = {"messages = 64": "messages = 1"}
    feed = [BOUGHT, did("2026-01-02", "Product Reviewed", "m-1"), did("2026-01-05", "Product Shared", "m-2")]
    again = did("2026-01-02", "Product Reviewed", "m-1")
    live = Live(engine_of(program_text(short, f"{REVIEW}at_most = 5\nwithin_days = 5\n")))
    outcome = live.feed(*feed, again).commit()
    assert (outcome.balance, days(outcome), lacks(outcome)) == (60, ["2026-01-02"], [])


def test_the_limit_of_a_day_holds_for_orders_and_activities_together() -> None:
    """What the terms promise of a wallet; an activity is given as a whole or not."""
    capped = {"expires_after_days = 365": "expires_after_days = 365\nmost_per_day = 55"}
    outcome = held(f"{REVIEW}at_most = 9\n", BOUGHT, did("2026-01-01T12:00:00Z"), did("2026-01-02"),
                   order("2026-01-02T12:00:00Z", "o-2", 80), changes=capped)  # fmt: skip
    assert lacks(outcome) == [["wanted room for 10 of the 55 points a day; saw 5"]]
    assert (days(outcome), outcome.balance) == (["2026-01-02"], 50 + 10 + 45)
    given_back = [refund("2026-01-01T01:00:00Z", "o-1", "f-1", 20), did("2026-01-01T02:00:00Z")]
    given_back += [refund("2026-01-01T03:00:00Z", "o-1", "f-2", 5), order("2026-01-01T04:00:00Z", "o-2", 80)]
    outcome = held(REVIEW, BOUGHT, *given_back, changes=capped)
    assert [one["points"] for one in outcome.facts("points.reversed")] == [20, 5]
    assert outcome.balance == 55


@pytest.mark.parametrize("extra", [REVIEW, "\n[birthday]\npoints = 10\n"])
def test_points_that_are_no_orders_raise_a_level_that_goes_by_points(extra: str) -> None:
    """At once, not with the next order."""
    by = {"[levels]": '[levels]\nby = "points"', 'spend = "100"': "points = 60", 'spend = "300"': "points = 300",
          'spend = "1000"': "points = 1000"}  # fmt: skip
    says = event("Profile Updated", "2026-01-02", {"birthday": "01-03"})
    outcome = held(extra, BOUGHT, says, did("2026-01-03"), until="2026-01-04", changes=by)
    assert [(one["after"], one["at"][:10]) for one in outcome.facts("level.changed")] == [("silver", "2026-01-03")]


def test_a_debt_is_repaid_first_and_erasure_writes_off() -> None:
    feed = [BOUGHT, order("2026-01-01", "o-2", 1), event("Points Redemption Requested", "2026-01-02", {
        "redemption_id": "r", "points": 51}), refund("2026-01-03", "o-1"), did("2026-01-04")]  # fmt: skip
    outcome = held(REVIEW, *feed)
    assert (outcome.balance, outcome.profile()["debts"]) == (-40, {"points": 40})
    outcome = held(REVIEW, BOUGHT, did("2026-01-04"), erase("2026-01-05"), did("2026-01-06"))
    assert [one["points"] for one in outcome.facts("points.erased")] == [60]
    assert lacks(outcome) == [["wanted an order that was kept; saw none"]]


def test_the_liability_knows_them() -> None:
    outcome = held(REVIEW, BOUGHT, did("2026-02-20"), did("2026-02-21"))
    books = read_books(json.dumps(one).encode() for one in outcome.lines(topics.DECISIONS))
    programs = outcome.engine.programs
    found, differs = liability(
        [profile(b"ada", outcome.states[b"ada"], programs)], books, programs, parse_instant("2026-03-01")
    )
    assert differs is None
    assert (found.outstanding, found.wallets["points"].by_age["0-30"]) == (60, 10)


def test_a_version_changes_what_is_done_from_its_day_on() -> None:
    """Also the limit, which counts what was given before."""
    more = f"{REVIEW}at_most = 2\n".replace("points = 10", "points = 4")
    engine = engine_of(program_text(extra=REVIEW), version_2("2026-02-01", None, more), version_2(
        "2026-03-01", {"version = 1": "version = 3"}))  # fmt: skip
    feed = [BOUGHT, *[did(f"2026-0{month}-1{day}") for month in (1, 2, 3) for day in (1, 2)]]
    outcome = run(feed, engine=engine)
    assert [one["points"] for one in outcome.facts("points.granted")] == [10, 4]
    assert len(lacks(outcome)) == 2


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_that_may_bring_points_does(name: str) -> None:
    says = {"NPS Answered": {"score": 9}, "Profile Updated": {"birthday": "05-02"}}.get(name, {})
    assert days(held(REVIEW.replace("Product Reviewed", name), BOUGHT, event(name, "2026-01-02", says))) == [
        "2026-01-02"
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (REVIEW.replace("Product Reviewed", "Order Completed"), "'Order Completed' brings no points; the events that"),
        (f'{REVIEW}wallet = "stars"', "activities, review: there is no wallet 'stars'; there are points"),
        (REVIEW + REVIEW, "activities: the name 'review' stands there twice"),
        (f"{REVIEW}at_most = 0", "has to be at least 1"),
        (
            f"{REVIEW}from = 2026-02-01\nuntil = 2026-01-01",
            "activities, review: until 2026-01-01 is before from 2026-02-01; exchange them",
        ),
        (f'{REVIEW}when = [{{ fact = "basket", at_least = 1 }}]', "activities, review: there is no fact 'basket'"),
    ],
)
def test_an_activity_that_means_nothing_is_refused_at_the_start(wrong: str, words: str) -> None:
    """With its name and what it should say."""
    with pytest.raises(ProgramError, match=words):
        engine_of(program_text(extra=wrong))


@pytest.mark.parametrize(
    ("until", "last", "next_day"),
    [
        ("2026-03-29", "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"),
    ],
)
def test_the_last_day_ends_at_midnight_when_clocks_change(until: str, last: str, next_day: str) -> None:
    """Berlin's days of 23 and of 25 hours."""
    berlin = {'time_zone = "UTC"': 'time_zone = "Europe/Berlin"'}
    assert held(f"{REVIEW}until = {until}", BOUGHT, did(last), changes=berlin).balance == 60
    assert held(f"{REVIEW}until = {until}", BOUGHT, did(next_day), changes=berlin).balance == 50
