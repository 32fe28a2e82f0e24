"""The birthday gift: on the day in the program's zone, once a calendar year, for customers."""

from __future__ import annotations

import pytest

from tests.unit.support_core import Live, Outcome, cancel, engine_of, event, order, program_text, refund, run, version_2

GIFT = "\n[birthday]\npoints = 100\n"


def says(at: str, birthday: str) -> bytes:
    return event("Profile Updated", at, {"birthday": birthday})


def given(outcome: Outcome) -> list[tuple[str, int, str]]:
    return [(one["at"], one["points"], one["lot"]) for one in outcome.facts("points.granted")]


def gifts(*feed: bytes, until: str, changes: dict[str, str] | None = None) -> list[str]:
    outcome = run(feed, until, engine_of(program_text(changes, GIFT)))
    return [at for at, _, _ in given(outcome)]


def test_points_come_at_the_start_of_the_day_as_a_lot_of_their_own() -> None:
    """And expire by the wallet's rule, counted from the day."""
    feed = [order("2026-01-10", "o-1"), says("2026-01-11", "1990-05-02")]
    outcome = run(feed, "2026-06-01", engine_of(program_text(extra=GIFT)))
    (gift,) = outcome.facts("points.granted")
    assert (gift["at"], gift["lot"], gift["reason"]) == ("2026-05-02T00:00:00Z", "gift:birthday:2026", "birthday")
    assert (gift["expires_at"], gift["balance"]) == ("2027-05-02T00:00:00Z", 200)
    assert "1990" not in str(outcome.facts()) + str(outcome.profile())


@pytest.mark.parametrize(
    ("zone", "birthday", "days"),
    [
        ("UTC", "02-29", ["2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z"]),
        ("America/New_York", "07-04", [f"{year}-07-04T04:00:00Z" for year in (2026, 2027, 2028)]),
        ("Asia/Shanghai", "12-31", ["2026-12-30T16:00:00Z", "2027-12-30T16:00:00Z"]),
    ],
)
def test_each_year_on_the_day_of_the_zone(zone: str, birthday: str, days: list[str]) -> None:
    """29 February falls on the 28th in other years."""
    feed = [order("2026-01-10", "o-1"), says("2026-01-11", birthday)]
    assert gifts(*feed, until="2028-08-01", changes={'time_zone = "UTC"': f'time_zone = "{zone}"'}) == days


def test_a_day_that_the_zone_left_out() -> None:
    """Samoa had no 30 December 2011: the gift comes as the 31st begins, and the year after on the day."""
    feed = [order("2011-12-15", "o-1"), says("2011-12-16", "12-30")]
    zone = {'time_zone = "UTC"': 'time_zone = "Pacific/Apia"'}
    assert gifts(*feed, until="2013-01-01", changes=zone) == ["2011-12-30T10:00:00Z", "2012-12-29T10:00:00Z"]


def test_once_a_calendar_year_whatever_the_profile_says_afterwards() -> None:
    """Later days of the same year bring nothing more; an older word that comes late does not overrule a newer one."""
    feed = [
        order("2026-01-10", "o-1"),
        says("2026-01-11", "05-02"),
        says("2026-06-01", "07-01"),
        says("2026-08-01", "01-05"),
    ]
    assert gifts(*feed, until="2027-12-31") == ["2026-05-02T00:00:00Z", "2027-01-05T00:00:00Z"]
    live = Live(engine_of(program_text(extra=GIFT)))
    live.feed(order("2026-01-10", "o-1"), says("2026-02-02", "05-02"), says("2026-02-01", "04-01"))
    assert [at[:10] for at, _, _ in given(live.feed(order("2026-12-31", "o-2")).commit())] == ["2026-05-02"]


def test_only_customers_with_a_kept_order() -> None:
    """Who has none gets nothing, and what was missed is not made up for; on the day itself it is not too late."""
    assert gifts(says("2026-01-01", "05-02"), until="2026-12-31") == []
    feed = [
        says("2026-01-01", "05-02"),
        order("2026-01-10", "o-1"),
        cancel("2026-02-01", "o-1"),
        order("2026-06-01", "o-2"),
    ]
    assert gifts(*feed, until="2027-12-31") == ["2027-05-02T00:00:00Z"]
    assert gifts(says("2026-01-01", "05-02"), order("2026-05-02T18:00:00Z", "o-1"), until="2026-06-01") == [
        "2026-05-02T18:00:00Z"
    ]


def test_a_gift_repays_a_debt_first() -> None:
    """As all points that come in."""
    feed = [order("2026-01-10", "o-1", 150), order("2026-01-11", "o-2", 10), says("2026-01-11", "05-02")]
    feed += [event("Points Redemption Requested", "2026-01-12", {"redemption_id": "r", "points": 160})]
    feed += [refund("2026-01-13", "o-1")]
    outcome = run(feed, "2026-06-01", engine_of(program_text(extra=GIFT)))
    assert outcome.balance == -50
    assert outcome.profile()["debts"] == {"points": 50}


def test_versions_without_gifts_are_not_made_up_for() -> None:
    """A version that gives them again begins with the next birthday."""
    engine = engine_of(
        program_text(extra=GIFT),
        version_2("2026-03-01"),
        version_2("2026-09-01", {"version = 1": "version = 3"}, GIFT),
    )
    outcome = run([order("2026-01-10", "o-1"), says("2026-01-11", "05-02")], "2027-12-31", engine)
    assert [at for at, _, _ in given(outcome)] == ["2027-05-02T00:00:00Z"]


@pytest.mark.parametrize("birthday", ["02-30", "13-01", "1990/05/02", "May 2", 502])
def test_a_day_that_is_none_is_a_dead_letter(birthday: object) -> None:
    """With what was wanted."""
    outcome = run([event("Profile Updated", "2026-01-01", {"birthday": birthday})])
    (letter,) = outcome.lines("loyalty.dead-letters")
    assert letter["path"] == "properties.birthday"
    assert "wanted a day such as 02-29" in letter["reason"]
