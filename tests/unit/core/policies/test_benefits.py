"""Benefits in three layers: who gets them, how often they can be used, and when they come again."""

from __future__ import annotations

from typing import Any

import pytest

from stream_loyalty.core.programs import ProgramError
from tests.unit.support_core import (
    Live,
    Outcome,
    cancel,
    customers,
    engine_of,
    event,
    order,
    program_text,
    run,
    version_2,
)

BASIC = '\n[[benefits]]\nname = "wrapping"\nlayer = "basic"\nquantity = 2\nrenews = "month"\n'
LEVEL = '\n[[benefits]]\nname = "own line"\nlayer = "level"\nlevels = ["gold", "black gold"]\n'
SCENE = """
[[benefits]]
name = "tasting"
layer = "scene"
event = "Session Attended"
at_least = 2
within_days = 30
renews = "year"
"""
NEW_YORK = {'time_zone = "UTC"': 'time_zone = "America/New_York"'}


def use(at: str, benefit: str, use_id: str, mid: str | None = None) -> bytes:
    says = {"benefit": benefit, "use_id": use_id}
    return event("Benefit Used", at, says, messageId=mid or f"{use_id}@{at}")


def attend(at: str) -> bytes:
    return event("Session Attended", at, {"content_id": "tea"})


def held(extra: str, *feed: bytes, until: str | None = None, changes: dict[str, str] | None = None) -> Outcome:
    return run(feed, until, engine_of(program_text(changes, extra)))


def granted(outcome: Outcome) -> list[tuple[Any, ...]]:
    return [(one["benefit"], one["at"], one["until"]) for one in outcome.facts("benefit.granted")]


def test_a_basic_benefit_comes_with_the_first_order_and_again_each_month_of_the_zone() -> None:
    """Once for the present period, then at the midnight that begins the next one, under the program's clock."""
    feed = [attend("2026-01-05"), order("2026-02-10", "o-1"), order("2026-02-11", "o-2")]
    outcome = held(BASIC, *feed, until="2026-04-02", changes=NEW_YORK)
    assert granted(outcome) == [
        ("wrapping", "2026-02-10T00:00:00Z", "2026-03-01T05:00:00Z"),
        ("wrapping", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"),
        ("wrapping", "2026-04-01T04:00:00Z", "2026-05-01T04:00:00Z"),
    ]
    assert "loyalty.benefit.granted" in [one["type"] for one in outcome.lines("loyalty.rewards")]


def test_a_benefit_is_used_as_often_as_the_period_allows_and_each_use_once() -> None:
    """The same use under another message id changes nothing; the next month, begun by this very event, has its own."""
    feed = [order("2026-02-10", "o-1")]
    feed += [use("2026-02-11", "wrapping", "u-1"), use("2026-02-12", "wrapping", "u-1", "again")]
    feed += [
        use("2026-02-13", "wrapping", "u-2"),
        use("2026-02-14", "wrapping", "u-3"),
        use("2026-03-01", "wrapping", "u-3"),
    ]
    outcome = held(BASIC, *feed)
    assert [(one["use_id"], one["left"]) for one in outcome.facts("benefit.used")] == [
        ("u-1", 1),
        ("u-2", 0),
        ("u-3", 1),
    ]
    (refused,) = outcome.facts("benefit.refused")
    assert refused["missing"] == ["wanted one of 2 uses left (renewal: month); saw none"]
    assert refused["lacks"][0]["code"] == "benefit-left"
    assert [one["ref"] for one in outcome.facts("input.ignored")] == ["u-1"]


def test_a_benefit_of_a_level_is_there_as_long_as_the_level() -> None:
    """Granted when the level is reached, refused after the fall."""
    feed = [order("2024-01-10", "o-1", 300), use("2024-02-01", "own line", "u-1")]
    assert held(LEVEL, *feed).profile()["benefits"] == [{"benefit": "own line", "left": 0, "until": None}]
    feed.append(use("2026-02-01", "own line", "u-2"))
    outcome = held(LEVEL, *feed)
    assert granted(outcome) == [("own line", "2024-01-10T00:00:00Z", None)]
    assert [one["use_id"] for one in outcome.facts("benefit.used")] == ["u-1"]
    (refused,) = outcome.facts("benefit.refused")
    assert refused["missing"][0] == "wanted level is one of gold, black gold; saw regular"
    assert outcome.profile()["benefits"] == []


def test_a_scene_is_granted_by_behaviour_once_in_a_period() -> None:
    """What was done counts once, and only within the window, whatever the order of arrival."""
    feed = [
        attend("2026-01-01"),
        attend("2026-03-01"),
        attend("2026-03-20"),
        attend("2026-03-21"),
        attend("2026-03-22"),
    ]
    feed += [use("2026-04-01", "tasting", "u-1"), attend("2027-01-02"), attend("2027-01-03")]
    outcome = held(SCENE, *feed)
    assert [one[1][:10] for one in granted(outcome)] == ["2026-03-20", "2027-01-03"]
    live = Live(engine_of(program_text(extra=SCENE)))
    assert granted(live.feed(attend("2026-03-20"), attend("2026-03-01")).commit()) == [
        ("tasting", "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z")
    ]


@pytest.mark.parametrize(
    ("feed", "name", "missing"),
    [
        ([], "massage", "wanted one of the benefits wrapping, own line, tasting; saw massage"),
        ([], "wrapping", "wanted an order that was kept; saw none"),
        ([order("2026-01-01", "o"), cancel("2026-01-02", "o")], "wrapping", "wanted an order that was kept; saw none"),
        ([attend("2026-01-01")], "tasting", "wanted Session Attended 2 times; saw 1"),
    ],
)
def test_a_refusal_says_what_is_missing(feed: list[bytes], name: str, missing: str) -> None:
    """In words, and a use that was refused can come again."""
    outcome = held(BASIC + LEVEL + SCENE, *feed, use("2026-01-10", name, "u-1"), use("2026-01-11", name, "u-1"))
    assert [one["missing"] for one in outcome.facts("benefit.refused")] == [[missing], [missing]]


def test_what_a_new_version_gives_comes_when_it_is_in_force() -> None:
    """To those who are entitled then, without anything that they do."""
    outcome = run(
        [order("2026-01-10", "o-1")], "2026-02-10", engine_of(program_text(), version_2("2026-02-03", None, BASIC))
    )
    assert granted(outcome) == [("wrapping", "2026-02-03T00:00:00Z", "2026-03-01T00:00:00Z")]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (BASIC + 'levels = ["gold"]\n', "layer basic takes nothing of"),
        (LEVEL.replace('"gold", ', '"golden", '), "there is no level 'golden'"),
        (SCENE.replace("at_least = 2", ""), "layer scene takes at_least, event, within_days"),
        (SCENE.replace("Session Attended", "Order Completed"), "'Order Completed' is no event of engagement"),
        (BASIC + BASIC, "the name 'wrapping' stands there twice"),
    ],
)
def test_a_benefit_that_means_nothing_is_refused_at_the_start(wrong: str, words: str) -> None:
    """With its name and what it should say."""
    with pytest.raises(ProgramError, match=words):
        engine_of(program_text(extra=wrong))


def test_the_strategy_of_a_band_is_told_with_it() -> None:
    """As the program words it."""
    outcome = run([order("2026-01-01", "o")], "2026-02-10")
    assert [one["strategy"] for one in outcome.facts("band.changed")] == [
        "Send the welcome pack and the guide.",
        "Offer growth tasks.",
    ]


def test_chunks_and_sweeps_make_no_difference() -> None:
    """Grants, renewals, gifts and uses are the same whether events come at once, or one by one with sweeps between."""
    text = program_text(extra=f"{BASIC}{LEVEL}{SCENE}\n[birthday]\npoints = 10\n")
    feed = [
        event("Profile Updated", "2026-01-05", {"birthday": "02-29"}),
        order("2026-01-10", "o-1", 400),
        use("2026-01-31T23:59:59Z", "wrapping", "u-1"),
        use("2026-02-01", "wrapping", "u-2"),
        attend("2026-02-03"),
        attend("2026-02-28"),
        use("2026-03-01", "tasting", "u-3"),
        cancel("2026-03-05", "o-1"),
        use("2026-03-06", "wrapping", "u-4"),
        order("2026-05-01", "o-2", 50),
    ]
    at_once = Live(engine_of(text)).feed(*feed).sweep_all("2026-05-02").commit()
    one_by_one = Live(engine_of(text))
    for raw in feed:
        one_by_one.feed(raw).sweep_all("2026-05-02").commit()
        one_by_one.crash()
    assert one_by_one.outcome.facts() == at_once.facts() == run(feed, engine=engine_of(text)).facts()
    assert customers(one_by_one.outcome.states) == customers(at_once.states)
    assert {"benefit.granted", "benefit.used", "benefit.refused", "points.granted"} <= set(at_once.types())
