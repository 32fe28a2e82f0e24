"""Differences between versions: in words for whom they concern, and none of them silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.programs import load_programs, parse_program
from stream_loyalty.core.review.changes import changes
from tests.unit.support_core import program_text, version_2

SINCE = "2030-01-01"
REWARD = '\n[[redemption.catalog]]\nname = "bag"\nkind = "gift"\npoints = 900\n'


def said(changed: dict[str, str], extra: str = "", first: str = "") -> dict[str, str]:
    """What a second version of the default program changes, by path, without its version and date."""
    before = parse_program(program_text(extra=first), "before")
    after = parse_program(version_2(SINCE, changed, first + extra), "after")
    found = {one.path: f"{one.audience}: {one.what}" for one in changes(before, after)}
    assert found.pop("version") == "operators: version 2 follows version 1"
    assert found.pop("effective_from").startswith("members: takes effect on 2030-01-01")
    return found


@pytest.mark.parametrize(
    ("changed", "path", "what"),
    [
        (
            {'"silver", spend = "100"': '"silver", spend = "150"'},
            "levels.steps.silver.spend",
            "members: silver takes 150.00 USD instead of 100.00 USD: members keep it until their review",
        ),
        (
            {'"silver", spend = "100"': '"silver", spend = "80"'},
            "levels.steps.silver.spend",
            "members: silver takes 80.00 USD instead of 100.00 USD: "
            "members who have enough rise with their next order",
        ),
        (
            {'points_per_unit = "1"': 'points_per_unit = "2"'},
            "earning.rules.per-unit.points_per_unit",
            "members: per-unit brings 2 points for each USD instead of 1, for orders from 2030-01-01 on",
        ),
        (
            {'points_per_unit = "1"': 'points_per_unit = "1"\nwhen = [{ fact = "band", is = "new" }]'},
            "earning.rules.per-unit.when",
            "members: per-unit is for who or what has: band is new, instead of everyone",
        ),
        (
            {"expires_after_days = 365": "expires_after_days = 180"},
            "wallets.points.expires_after_days",
            "members: points expire after 180 days instead of 365 (those that members have keep their day), "
            "for orders from 2030-01-01 on",
        ),
        (
            {"expires_after_days = 365": 'expires_after_days = 365\nunit_value = "0.01"'},
            "wallets.points.unit_value",
            "members: points, unit value: 0.01 instead of none "
            "(What a point is worth, in major units of the base currency)",
        ),
        (
            {"expires_after_days = 365": "expires_after_days = 365\nbreakage_percent = 5"},
            "wallets.points.breakage_percent",
            "operators: points, breakage percent: 5.0 instead of 0.0 (Of outstanding points, those expected to expire)",
        ),
        (
            {"[horizon]": "[guests]\nclaim_within_days = 14\n\n[horizon]"},
            "guests",
            "members: what guests order earns nothing until they claim it, within 14 days, instead of at once",
        ),
        (
            {"unknown_consent_is_granted = true": "unknown_consent_is_granted = false"},
            "silence.unknown_consent_is_granted",
            "members: silence, unknown consent is granted: no instead of yes "
            "(Whether who has said nothing may be written to)",
        ),
        (
            {"[horizon]": "[rfmx]\n\n[horizon]"},
            "rfmx",
            "members: customers are scored by recency, frequency, value and behaviour from now on",
        ),
        (
            {"[levels]": '[levels]\nfast_track = [{ level = "gold", orders = 3, within_days = 60 }]'},
            "levels.fast_track.gold",
            "members: a fast track to gold is new: 3 orders within 60 days",
        ),
        (
            {"[horizon]": "[redemption]\nconfirm_within_hours = 24\n\n[horizon]"},
            "redemption.confirm_within_hours",
            "members: points are held until a redemption is confirmed, 24 hours at the most, not spent at once",
        ),
        (
            {"\norders = 2000": "\norders = 20"},
            "horizon.orders",
            "members: horizon, orders: 20 instead of 2000 (How many orders of a customer count within these days)",
        ),
        (
            {"from_day = 31": "from_day = 21"},
            "lifecycle.bands.growing.from_day",
            "operators: growing begins on day 21 after the first purchase instead of 31",
        ),
        (
            {"buying_days = 60": "buying_days = 45"},
            "silence.buying_days",
            "operators: an alert is raised after 45 days without a purchase instead of 60",
        ),
        ({'owner = "vip-manager"': 'owner = "ada"'}, "silence.actions.vip-call.owner", "operators: vip-call, owner: "
         "ada instead of vip-manager (Who does it)"),
    ],
)  # fmt: skip
def test_a_difference_is_told_to_those_it_concerns(changed: dict[str, str], path: str, what: str) -> None:
    """Exactly one change for one difference."""
    assert said(changed) == {path: what}


def test_things_that_are_new_gone_or_elsewhere() -> None:
    """Named things are told apart by name, not by place."""
    assert said({}, REWARD) == {
        "redemption.catalog.bag": "members: bag is new in the catalog: 900 points, for everyone kind gift"
    }
    swapped = said({'name = "new", from_day = 0': 'name = "fresh", from_day = 0', 'is = "new"': 'is = "fresh"'})
    assert {"lifecycle.bands.new", "lifecycle.bands.fresh", "silence.actions.return-gift.when"} == set(swapped)


def test_a_version_that_reviews_all_levels_says_so() -> None:
    """Whatever else it changes: members can fall on its first day."""
    review = {"[levels]": '[levels]\non_new_version = "review"'}
    versions = [parse_program(text, "1") for text in (program_text(review), version_2(SINCE, review))]
    found = {one.path: one.what for one in changes(*versions)}
    assert "All levels are reviewed on that day: members who have too little fall" in found["effective_from"]
    assert "the level silver is gone: its members count as of the lowest one until their next order or review" in (
        said({'"silver", spend': '"pearl", spend'}).get("levels.steps.silver", "")
    )


def test_what_names_no_wallet_goes_by_the_first() -> None:
    """A new wallet in front of the others takes all rules and rewards that name none."""
    found = said({"[[wallets]]": '[[wallets]]\nname = "stars"\n\n[[wallets]]'})
    assert found["wallets.first"].endswith("goes by stars instead of points")


def test_points_that_expire_otherwise() -> None:
    """By dates for orders to come, without activity for all that members have."""
    found = said({"expires_after_days = 365": "expires_inactive_days = 90"})
    assert found == {
        "wallets.points.expires_after_days": "members: points no longer expire after 365 days (those that members have "
        "keep their day), for orders from 2030-01-01 on",
        "wallets.points.expires_inactive_days": "members: points expire after 90 days without order or redemption: all "
        "that members have, on 2030-01-01 already where they were not active for so long",
    }


def test_what_rules_depend_on_concerns_members() -> None:
    """Where a new rule stands, what its budget is, and bands that a rule asks for."""
    double = '\n[[earning.rules]]\nname = "double"\nmultiplier = "2"\n'
    five = '\n[[earning.rules]]\nname = "five"\npoints = 5\n'
    young = five + 'when = [{ fact = "band", is = "new" }]\nbudget = { points = 90, owner = "crm" }\n'
    assert said({}, double, five)["earning.rules.double"].endswith("the rules before it, for everyone")
    before = parse_program(program_text(extra=double), "1")
    found = {one.path: one.what for one in changes(before, parse_program(version_2(SINCE, None, five + double), "2"))}
    assert found["earning.rules.five"].endswith("for everyone; it stands before double")
    less = young.replace("= 90", "= 60")
    before = parse_program(program_text(extra=young), "1")
    found = {
        one.path: f"{one.audience}: {one.what}"
        for one in changes(before, parse_program(version_2(SINCE, {"from_day = 31": "from_day = 21"}, less), "2"))
    }
    assert found["lifecycle.bands.growing.from_day"].startswith("members: growing begins on day 21")
    assert found["earning.rules.five.budget.points"] == "members: five may give away 60 points in all instead of 90"


def test_activities_are_told_to_members() -> None:
    """New, gone, and with other figures."""
    review = '\n[[activities]]\nname = "review"\nevent = "Product Reviewed"\npoints = 5\nwithin_days = 7\n'
    assert said({}, review) == {
        "activities.review": "members: review is a new activity: 5 points, for everyone event Product Reviewed, "
        "within days 7"
    }
    for changed, path, what in (
        ("points = 6", "points", "review brings 6 points instead of 5"),
        ("at_most = 2\npoints = 5", "at_most", "review brings points 2 times at the most instead of 1"),
    ):
        before = parse_program(program_text(extra=review), "before")
        after = parse_program(version_2(SINCE, None, review.replace("points = 5", changed)), "after")
        found = {one.path: f"{one.audience}: {one.what}" for one in changes(before, after)}
        assert found[f"activities.review.{path}"] == f"members: {what}"
    gone = {one.path: one.what for one in changes(before, parse_program(version_2(SINCE), "after"))}
    assert gone["activities.review"] == "the activity review is gone: it brings nothing from 2030-01-01 on"


def leaves(model: BaseModel, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a program."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, (*path, name))
        elif name != "when" and isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield (*path, name)
            for index, item in enumerate(value):
                yield from leaves(item, (*path, name, index))
        else:
            yield (*path, name)


def other(value: Any) -> Any:
    """A value that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, Decimal)):
        return value + 1
    if isinstance(value, date):
        return value + timedelta(days=1)
    if isinstance(value, time):
        return time(value.hour, (value.minute + 1) % 60)
    if isinstance(value, tuple):
        return value[1:] if value else ("x",)
    return f"{value or ''}x" if not isinstance(value, float) else value / 2


def altered(model: Any, path: tuple[Any, ...]) -> Any:
    """A copy in which the value at `path` differs; whether it is valid does not matter here."""
    if not path:
        return other(model)
    if path == ("when",):
        return model.model_copy(update={"when": (*model.when, Condition(fact="orders", at_least=2))})
    if isinstance(path[0], int):
        return tuple(altered(item, path[1:]) if i == path[0] else item for i, item in enumerate(model))
    return type(model).model_construct(
        **{
            n: getattr(model, n) if n != path[0] else altered(getattr(model, n), path[1:])
            for n in type(model).model_fields
        }
    )


@pytest.mark.parametrize(
    "file",
    [
        "src/stream_loyalty/programs/default.toml",
        "deploy/programs/fashion.toml",
        "deploy/programs/mother-and-baby.toml",
    ],
)
def test_nothing_that_differs_is_silent(file: str) -> None:
    """Each value of a program by itself is changed, and a change is reported where it stands."""
    program = load_programs([Path(__file__).parents[3] / file]).first
    assert changes(program, program) == []
    ways = list(leaves(program))
    assert len(ways) > 100
    for way in ways:
        found = changes(program, altered(program, way))
        assert found, way
        assert {one.path.split(".")[0] for one in found} == {way[0]}
        assert all(one.what and one.before != one.after for one in found)
