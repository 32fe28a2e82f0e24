"""Budgets through a real broker: two workers, a coordinator that is killed, and the same again along the log."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka import grants, topics
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.commands.dump import await_applied
from stream_loyalty.contracts.budgets import Grant, HighValueThreshold
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, end_of, format_instant, parse_instant
from stream_loyalty.contracts.topics import COMMANDS, ORDERS, STOREFRONT
from stream_loyalty.settings import Settings
from tests.conformance.agreement import assert_same
from tests.support.live import Live, lines, run
from tests.unit.support_core import order, program_text, redeem

POINTS, MUGS, ROUNDS, USERS = 400, 10, 60, 40
TOTALS = {"campaign/festival": POINTS, "stock/mug": MUGS}
KILLED = (3, 5, 11)  # rounds after which the coordinator is
PROGRAM = program_text(
    extra=f"""
[high_value]
top_percent = 20

[[earning.rules]]
name = "festival"
points = 10
budget = {{ points = {POINTS}, owner = "crm" }}

[[redemption.catalog]]
name = "mug"
points = 5
stock = {MUGS}
"""
)
START = parse_instant("2024-03-01")
END = "2024-05-15"


def publish_round(settings: Settings, publisher: Publisher, number: int) -> None:
    """Every customer buys, every third one wants a mug; ends when the workers have applied it all."""
    for user in range(USERS):
        at = format_instant(START + number * DAY_MS + user * 60_000)
        name = f"user-{user}"
        publisher.send(ORDERS, name.encode(), order(at, f"o-{user}-{number}", 10 + user, user=name))
        if (user + number) % 3 == 0:
            later = format_instant(START + number * DAY_MS + HOUR_MS)
            raw = redeem(later, f"r-{user}-{number}", 5, user=name, reward="mug")
            publisher.send(COMMANDS, name.encode(), raw)
    publisher.flush()
    ends = topics.ends(settings, topics.places(settings, STOREFRONT))
    await_applied(settings, {place: end for place, end in ends.items() if end}, None, 30)


def granted(settings: Settings) -> Counter[str]:
    """All units of each budget on loyalty.grants."""
    found: Counter[str] = Counter()
    for one in grants.published(settings)[0]:
        if isinstance(one, Grant):
            found[one.budget] += one.units
    return found


def given_away(folder: Path) -> Counter[str]:
    """What customers got out of each budget, by the receipts."""
    found: Counter[str] = Counter()
    for line in lines(folder, "decisions"):
        data = json.loads(line)["data"]
        for part in data.get("parts", ()):
            found[f"campaign/{part['rule']}"] += part["drawn"]
        found["stock/mug"] += data.get("stock", False)
    return +found


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_no_more_than_there_is_with_a_coordinator_that_is_killed(kafka: str, tmp_path: Path) -> None:
    """Sums hold over kill -9 and two workers, nearly everything finds its taker, and the log followed says the same."""
    program = tmp_path / "program.toml"
    program.write_text(PROGRAM)
    live = Live(kafka, tmp_path)
    settings = live.settings
    live.environment["STREAM_LOYALTY_PROGRAM"] = json.dumps([str(program)])
    live.run("topics")
    coordinator, other = live.start_coordinator(), live.start_worker("1")
    with live.worker():
        publisher = Publisher(settings)
        for number in range(ROUNDS):
            if number > max(KILLED) and granted(settings) == TOTALS:
                break
            publish_round(settings, publisher, number)
            if number in KILLED:
                coordinator.send_signal(signal.SIGKILL)
                coordinator.wait()
                coordinator = live.start_coordinator()
        publisher.advance(end_of(END, "UTC"))
        live.run("dump", "--out", str(tmp_path / "live"))
        other.terminate()
        assert other.wait(20) == 0, live.log("1")
    coordinator.terminate()
    assert coordinator.wait(20) == 0, live.log("coordinator")
    published = grants.published(settings)[0]
    assert [one.serial for one in published] == list(range(1, len(published) + 1))
    given = given_away(tmp_path / "live")
    assert granted(settings) == TOTALS
    assert given["stock/mug"] == MUGS
    assert POINTS - 10 * 4 < given["campaign/festival"] <= POINTS  # each partition may hold less than an order wants
    assert any(isinstance(one, HighValueThreshold) for one in published)
    flags = [line for line in lines(tmp_path / "live", "decisions") if "loyalty.high-value.changed" in line]
    assert flags
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
    live.run("repartition", "--partitions", "6", "--to-prefix", f"{settings.topic_prefix}wide.")
    wide = settings.model_copy(update={"topic_prefix": f"{settings.topic_prefix}wide."})
    assert granted(wide) == given  # the new coordinator begins with what was given away
