"""The retention report: from lines of decisions to figures, words and the page, and the command that prints it."""

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from click.testing import CliRunner

from stream_loyalty.adapters.kafka.bulk import write_once
from stream_loyalty.adapters.kafka.topics import ensure
from stream_loyalty.cli import cli
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import headers
from stream_loyalty.contracts.decision import written
from stream_loyalty.contracts.decisions import published
from stream_loyalty.contracts.decisions.retention import RetentionMeasured
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, Instant, format_instant, parse_instant
from stream_loyalty.contracts.wire import Message
from stream_loyalty.reports.retention import Retention, read, report
from stream_loyalty.reports.retention_page import page
from stream_loyalty.reports.retention_words import headline, money, sentences
from stream_loyalty.settings import Settings

START = parse_instant("2026-01-01T00:00:00Z")
MESSAGE = published(RetentionMeasured)


def line(kind: str, at: int, data: dict[str, Any]) -> bytes:
    return json.dumps({"specversion": "1.0", "type": kind, "time": format_instant(at), "data": data}).encode()


def measured(number: int, at: int = START, **said: Any) -> bytes:
    """A RetentionMeasured as the engine publishes it; the contract's model sees to it that nothing lacks."""
    body: dict[str, Any] = {
        "rule": "retention.window",
        "saw": {},
        "customer": f"c{number}",
        "because": {"input": "wake", "event": "wake", "program": "default/1"},
        "alert": f"a{number}",
        "group": "treated",
        "hold_out_percent": 10.0,
        "raised_at": Instant(at - 60 * DAY_MS),
        "window_days": 60,
        "band": "new",
        "high_value": False,
        "cause": None,
        "action": "return-gift",
        "probability": None,
        "bought": False,
        "days_to_purchase": None,
        "revenue": 0,
        "acknowledged": False,
        "outcome": None,
    }
    return line("loyalty.retention.measured", at, msgspec.to_builtins(MESSAGE(**body | said), enc_hook=written))


def raised(number: int, kind: str = "loyalty.alert.churn-risk.raised", **more: str) -> bytes:
    return line(kind, START, {"alert": f"a{number}", "kind": "churn-risk", "customer": f"c{number}", **more})


def shop(count: int, effect: float, seed: int = 1) -> list[bytes]:
    rng = random.Random(seed)
    lines = []
    for number in range(count):
        held_out = rng.random() < 0.1
        bought = rng.random() < (0.3 if held_out else 0.3 + effect)
        said = {
            "group": "held-out" if held_out else "treated",
            "band": rng.choice(["new", "mature"]),
            "bought": bought,
            "days_to_purchase": 3 if bought else None,
            "revenue": rng.randint(1_000, 5_000) if bought else 0,
        }
        lines.append(measured(number, START + number * HOUR_MS, **said))
    return lines


def told(lines: Iterable[bytes]) -> Retention:
    return report(read(lines), "USD")


def test_the_order_of_lines_and_repetitions_make_no_difference() -> None:
    lines = shop(1_500, 0.2)
    mixed = [*lines, *lines[::3], line("loyalty.order.counted", START, {"order_id": "1"})]
    random.Random(2).shuffle(mixed)
    assert told(mixed) == told(lines)


def test_who_is_compared() -> None:
    """Every alert that could have been held out, once; open windows are only counted."""
    lines = [
        measured(1, START),
        measured(2, START + 1, customer="c1", bought=True, group="held-out"),
        measured(3, START + 2, group="held-out", bought=True, revenue=500),
        measured(4, START + 3, hold_out_percent=0.0),
        raised(1),
        raised(5),
        raised(6, "loyalty.alert.held-out"),
        raised(7, "loyalty.alert.service.raised"),
        raised(8, "loyalty.alert.held-back", why="resting"),
    ]
    found = told(lines)
    assert found.overall is not None
    assert (found.overall.treated.alerts, found.overall.held_out.alerts) == (1, 2)
    assert (found.overall.treated.recall.value, found.overall.held_out.recall.value) == (0.0, 1.0)
    assert (found.open, found.not_drawn, found.held_back) == (2, 1, {"resting": 1})


def test_figures_follow_from_the_counts() -> None:
    found = told(shop(4_000, 0.25))
    assert found.overall is not None
    overall = found.overall
    rate = overall.treated.bought / overall.treated.alerts - overall.held_out.bought / overall.held_out.alerts
    assert overall.difference.value == pytest.approx(rate)
    assert overall.incremental_buyers.value == pytest.approx(rate * overall.treated.alerts)
    assert overall.difference.low is not None
    assert overall.incremental_buyers.low == overall.difference.low * overall.treated.alerts > 0
    assert overall.incremental_revenue.low is not None
    assert overall.beats
    assert report(read(shop(4_000, 0.25)), "USD", beat=0.9).overall.beats is False  # type: ignore[union-attr]


def test_groups_are_told_apart_where_they_differ_and_hold_together() -> None:
    """All have one action, so there is nothing to tell apart by it; the intervals are widened for those shown."""
    found = told(shop(3_000, 0.2))
    assert {by: [group.name for group in groups] for by, groups in found.groups.items()} == {"band": ["mature", "new"]}
    group = found.groups["band"][0]
    alone = told(one for one in shop(3_000, 0.2) if b'"mature"' in one).overall
    assert alone is not None
    assert alone.difference.value == group.difference.value
    assert group.difference.low < alone.difference.low < alone.difference.high < group.difference.high  # type: ignore[operator]


def test_the_last_reading_is_the_report_and_earlier_ones_what_it_said_then() -> None:
    lines = shop(2_000, 0.2)
    found, then = told(lines), told(lines[: 24 * 60])
    assert found.overall is not None
    assert found.timeline[-1].difference == found.overall.difference
    assert found.timeline[: len(then.timeline)] == then.timeline
    assert [reading.day for reading in found.timeline[:2]] == ["2026-01-01", "2026-01-02"]
    in_zone = report(read(lines), "USD", ZoneInfo("Asia/Tokyo"))
    assert in_zone.timeline[0].alerts == 15


@pytest.mark.parametrize(
    ("lines", "says", "adds"),
    [
        ([], "Nothing can be compared yet.", "60 by default"),
        ([raised(1)], "Nothing can be compared yet.", "--advance-to"),
        ([measured(1, hold_out_percent=0.0)], "Nothing can be compared yet.", "hold-out is off"),
        (shop(40, 0.2), "It is too early to say what acting brings.", "begins with 30 measured alerts in each group"),
        (shop(900, 0.0), "So far no difference between acting and doing nothing is certain.", "between -"),
        (shop(4_000, 0.3), "Acting brought back about", "is above the 35 % to beat"),
        (shop(9_000, -0.2), "Acting brought back about", "is below the 35 % to beat"),
    ],
    ids=["no-alert", "open", "no-hold-out", "early", "none", "more", "fewer"],
)
def test_in_words(lines: list[bytes], says: str, adds: str) -> None:
    """Each situation has its sentences, and a page that is complete."""
    found = told(lines)
    assert headline(found).startswith(says)
    assert adds in " ".join(sentences(found))
    html = page(found)
    assert headline(found) in html
    assert "nan" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL).lower()


def test_money_in_words() -> None:
    assert [money(amount, "USD") for amount in (123_456_78, 1_234, -5)] == ["123,457 USD", "12.34 USD", "-0.05 USD"]
    assert money(1_234, "JPY") == "1,234 JPY"


@pytest.mark.parametrize("bad", [b'{"type": "loyalty.retention.measured"', b'{"type":"loyalty.retention.measured"}'])
def test_a_line_that_cannot_be_read_is_named(bad: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 2: not a decision of the engine"):
        read([measured(1), bad])


def call(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["report", "retention", *arguments], env={"COLUMNS": "100"})


def test_the_command_prints_words_json_and_a_page(tmp_path: Path) -> None:
    (tmp_path / "decisions.ndjson").write_bytes(b"\n".join(shop(2_000, 0.25)))
    said = call(str(tmp_path), "--html", str(tmp_path / "page.html"))
    assert said.exit_code == 0, said.output
    assert "Acting brought back about" in said.output
    assert re.search(r"^mature +\d+ +\d\d\.\d % +\d+ ", said.stdout, re.MULTILINE)
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    machine = json.loads(call(str(tmp_path), "--json", "--beat", "50").stdout)
    assert machine["beat"] == 0.5
    assert machine["overall"]["treated"]["alerts"] + machine["overall"]["held_out"]["alerts"] == 2_000
    assert [set(reading) for reading in machine["timeline"][:1]] == [{"day", "alerts", "difference"}]


@pytest.mark.kafka
def test_the_live_topic_says_what_the_files_say(kafka: str, tmp_path: Path) -> None:
    """Decisions as they lie on the topic, attributes in headers."""
    lines = shop(700, 0.2)
    (tmp_path / "decisions.ndjson").write_bytes(b"\n".join(lines))
    settings = Settings(bootstrap=kafka, topic_prefix=f"r{uuid4().hex[:8]}.", partitions=2)
    ensure(settings)
    messages = []
    for number, one in enumerate(map(json.loads, lines)):
        attributes = headers(str(number), one["type"], one["data"]["customer"], parse_instant(one["time"]))
        body = json.dumps(one["data"]).encode()
        messages.append(Message(topics.DECISIONS, number % 2, b"c", body, attributes))
    write_once(settings, messages)
    given = ("--bootstrap", kafka, "--topic-prefix", settings.topic_prefix, "--json")
    assert call(*given).stdout == call(str(tmp_path), "--json").stdout


def test_a_folder_without_decisions_is_named_with_the_remedy(tmp_path: Path) -> None:
    failed = call(str(tmp_path))
    assert failed.exit_code == 1
    assert "stream-loyalty replay" in str(failed.exception)
