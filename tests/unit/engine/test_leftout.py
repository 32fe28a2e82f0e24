"""The daily summary of alerts that were held back: each counts once, on one day, whatever crashes in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.commands.replay import replay_events
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.engine.leftout import Group, LeftOut
from stream_loyalty.engine.replay import engines_by_digest, follow
from tests.unit.core.policies.test_replenishment import STEADY, buys
from tests.unit.core.policies.test_wakeup import EVERY_TEN_DAYS, knowing
from tests.unit.support_core import (
    Live,
    Outcome,
    consent,
    engine_of,
    order,
    outputs,
    program_text,
    run,
    version_2,
    view,
)

# who does not want to be written to: their silences are held back after sixty days, on 2 and 3 March
UNWILLING = [
    line
    for user, day in (("ada", "01"), ("bob", "01"), ("cyd", "02"))
    for line in (order(f"2026-01-{day}", f"o-{user}", 40, user), consent("2026-01-03", False, user=user))
]


def told(outcome: Outcome) -> list[dict[str, Any]]:
    """The summaries: their bodies, with the time."""
    lines = outcome.lines(topics.ALERTS)
    return [{**one["data"], "at": one["time"]} for one in lines if one["type"] == "loyalty.alerts.left-out"]


def days(outcome: Outcome) -> list[tuple[str, int]]:
    return [(one["day"], one["alerts"]) for one in told(outcome)]


def test_one_message_for_each_day_with_something_left_out() -> None:
    first, second = told(run(UNWILLING, "2026-03-20"))
    assert first == {
        "partition": 0,
        "day": "2026-03-02",
        "alerts": 2,
        "groups": [{"kind": "churn-risk", "why": "no-consent", "alerts": 2, "valued": 0, "value_at_risk": 0}],
        "summary": "2 alerts left out on 2026-03-02: 2 churn-risk (no consent to marketing).",
        "at": "2026-03-03T00:00:00Z",
    }
    assert (second["day"], second["alerts"]) == ("2026-03-03", 1)


def test_kinds_reasons_and_what_was_at_risk() -> None:
    """Care as well as churn, and the value where a model knows it; nobody's name."""
    feed = [*EVERY_TEN_DAYS, *buys(STEADY), consent("2026-02-01", False), *UNWILLING[2:4]]
    outcome = run(feed, "2026-03-20", knowing(engine_of(), least_value=10**9))
    held = outcome.facts("alert.held-back")
    groups = [group for one in told(outcome) for group in one["groups"]]
    assert {(group["kind"], group["why"]) for group in groups} == {("care", "no-consent"), ("churn-risk", "no-consent")}
    assert sum(group["alerts"] for group in groups) == len(held)
    assert sum(group["value_at_risk"] for group in groups) == sum(fact["value_at_risk"] or 0 for fact in held) > 0
    assert "USD a year at risk)" in " ".join(one["summary"] for one in told(outcome))
    assert not any(name in json.dumps(told(outcome)) for name in ("ada", "bob"))


def test_the_team_s_day_was_full() -> None:
    (summary,) = told(run(EVERY_TEN_DAYS, "2026-03-20", knowing(engine_of(), least_value=10**9)))
    (group,) = summary["groups"]
    assert (summary["day"], group["why"], group["valued"]) == ("2026-02-24", "no-room", 1)
    assert "no room in the team's day" in summary["summary"]


@pytest.mark.parametrize(
    ("zone", "until", "expected"),
    [
        ("UTC", "2026-03-02T23:59:59.998Z", []),
        ("UTC", "2026-03-02T23:59:59.999Z", [("2026-03-02", 2)]),
        ("Asia/Shanghai", "2026-03-02T15:59:59.998Z", []),
        ("Asia/Shanghai", "2026-03-02T15:59:59.999Z", [("2026-03-02", 2)]),
    ],
)
def test_told_when_every_wake_of_the_day_has_run(zone: str, until: str, expected: list[tuple[str, int]]) -> None:
    """A day ends by the program's zone."""
    engine = engine_of(program_text({'time_zone = "UTC"': f'time_zone = "{zone}"'}))
    assert days(run(UNWILLING, until, engine)) == expected


def test_a_day_without_any_is_not_told_of_and_costs_no_commit() -> None:
    live = Live().feed(order("2026-01-01", "a"), view("2026-01-01", "zoe")).sweep_all()
    live.commit()
    live.feed(view("2026-01-03", "zoe"))
    live.commit()
    live.sweep_all()
    assert live.partition.take() is None
    assert not told(live.outcome)


def test_a_backfill_leaves_nobody_out() -> None:
    """Nobody is told of anything before `effects_from`, so nothing is missing from what they are told."""
    engine = engine_of(program_text({"version = 1": "version = 1\neffects_from = 2026-03-03"}))
    assert days(run(UNWILLING, "2026-03-20", engine)) == [("2026-03-03", 1)]


def daily(live: Live, day: int, month: int = 3) -> Live:
    """Somebody else looks around on a day of March; everything that is due by then is done."""
    return live.feed(view(f"2026-{month:02}-{day:02}T12:00:00Z", "zoe")).sweep_all()


@pytest.mark.parametrize("crash_on", range(1, 8))
@pytest.mark.parametrize("commit", [True, False])
def test_each_counts_once_over_a_crash(crash_on: int, commit: bool) -> None:
    """Committed or lost and done again: the messages are those of a run that never stopped, and none comes twice."""
    live = Live().feed(*UNWILLING)
    live.commit()
    for day in range(1, 8):
        daily(live, day)
        if day == crash_on:
            if commit:
                live.commit()
            live.crash()
            live.apply(live.rest())
            live.sweep_all()
        live.commit()
    assert days(live.outcome) == [("2026-03-02", 2), ("2026-03-03", 1)]


def test_redelivery_counts_nothing_again() -> None:
    live = Live().feed(*UNWILLING)
    for day in (1, 2, 3):  # 2 March is told of, 3 March is not over
        daily(live, day)
    live.commit()
    live.crash(dict.fromkeys(SOURCES, 0))
    live.apply(live.fed)
    daily(live, 5).commit()
    assert days(live.outcome) == [("2026-03-02", 2), ("2026-03-03", 1)]


def test_what_comes_to_light_later_counts_on_the_next_day() -> None:
    """An order that came weeks late was left out on a day that people have read of already."""
    live = Live().feed(*UNWILLING)
    for day in (1, 2, 3, 4):
        daily(live, day)
    late = [order("2025-12-01", "o-dan", 40, "dan"), consent("2025-12-01", False, user="dan")]
    live.feed(*late)
    daily(live, 6).commit()
    assert days(live.outcome) == [("2026-03-02", 2), ("2026-03-03", 1), ("2026-03-04", 1)]


@pytest.mark.parametrize("slices", [1, 500])
def test_following_the_log_tells_the_same(slices: int) -> None:
    """In slices, over late events and a new program, line by line."""
    first = engine_of()
    live = Live(first).feed(*UNWILLING)
    for day in (1, 2, 3, 4, 6):
        live.feed(view(f"2026-03-{day:02}T12:00:00Z", "zoe"), order("2025-12-01", f"late-{day}", 40, f"eve-{day}"))
        live.feed(consent("2025-12-01", False, user=f"eve-{day}"))
        while live.sweep(limit=slices):
            live.commit()
        live.commit()
        if day == 3:
            live.crash(
                engine=engine_of(program_text(), version_2("2026-03-04", {"buying_days = 60": "buying_days = 50"}))
            )
    engines = engines_by_digest([first.inputs, live.engine.inputs], engine_for)
    found = Outcome(first)
    follow(live.outcome.applied, live.log.sources, engines, found.sink)
    assert outputs(found.commits, topics.ALERTS) == outputs(live.outcome.commits, topics.ALERTS)
    assert len(told(found)) >= 3
    assert len({one["day"] for one in told(found)}) == len(told(found))


def test_partitions_that_become_one() -> None:
    """What several have still to tell is told together, after the latest day that any has told of."""
    one = LeftOut(9, {10: [Group("care", "no-consent", 1)], 12: [Group("churn-risk", "no-room", 2, 2, 500)]})
    other = LeftOut(11, {12: [Group("churn-risk", "no-room", 3, 1, 100)]})
    together = LeftOut()
    together.absorb([one, other])
    assert together.told == 11
    assert together.days == {12: [Group("care", "no-consent", 1), Group("churn-risk", "no-room", 5, 3, 600)]}


def test_in_files_it_lies_apart_from_the_customers_alerts(tmp_path: Path) -> None:
    """Each partition has its own, so a replay's cannot be those of the live topics; the file is there in any case."""
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(UNWILLING))
    for until, expected in (("2026-03-20", ["2026-03-02", "2026-03-03"]), ("2026-02-01", [])):
        replay_events([str(events)], tmp_path / "out", until)
        lines = (tmp_path / "out" / "operators.ndjson").read_text().splitlines()
        assert [json.loads(line)["data"]["day"] for line in lines] == expected
    assert "left-out" not in (tmp_path / "out" / "alerts.ndjson").read_text()
