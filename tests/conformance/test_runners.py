"""One feed through every runner: in process, on the embedded broker, on a real Kafka, and along the log of each."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.settings import Settings
from tests.conformance.feeds import CDNOW_END, cdnow_slice, mixed
from tests.oracle.cdnow import read, settle, totals
from tests.support.live import Live, lines, run

RAISED, HELD_OUT = "loyalty.alert.churn-risk.raised", "loyalty.alert.held-out"
KINDS = ("rewards", "alerts", "decisions", "dead-letters", "customers")


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.kafka)])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Live:
    """An installation with its topics, on each kind of broker."""
    if request.param == "real":
        installation = Live(request.getfixturevalue("kafka"), tmp_path)
        installation.run("topics")
        return installation
    broker: EmbeddedBroker = request.getfixturevalue("embedded")
    installation = Live(broker.bootstrap, tmp_path, commit="plain")
    broker.prepare(
        Settings(bootstrap=broker.bootstrap, topic_prefix=installation.environment["STREAM_LOYALTY_TOPIC_PREFIX"])
    )
    return installation


def assert_same(one: Path, other: Path) -> None:
    """The same lines after a sort; dead letters without their source position."""
    for kind in KINDS:
        first, second = lines(one, kind), lines(other, kind)
        if kind == "dead-letters":
            first, second = sorted(map(_without_position, first)), sorted(map(_without_position, second))
        assert len(first) == len(second), kind
        differing = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
        assert not differing, (kind, differing[0])


def _without_position(line: str) -> str:
    letter = json.loads(line)
    del letter["source"]
    return json.dumps(letter, sort_keys=True)


def left_out(results: Path) -> list[str]:
    """The daily summaries of what was held back."""
    return [line for line in lines(results, "operators") if json.loads(line)["type"] == "loyalty.alerts.left-out"]


def left_out_by_day(results: Path) -> Counter[tuple[str, str, str]]:
    """Over all partitions."""
    found: Counter[tuple[str, str, str]] = Counter()
    for line in left_out(results):
        body = json.loads(line)["data"]
        for group in body["groups"]:
            found[body["day"], group["kind"], group["why"]] += group["alerts"]
    return found


def assert_agrees(results: Path, raw: Path) -> None:
    """Customer by customer, the engine and the oracle see the same; and silence for silence."""
    purchases = read(raw)
    expected = settle(purchases)
    found = {row["user_id"]: row for row in map(json.loads, lines(results, "customers"))}
    assert found.keys() == expected.keys()
    silences: dict[str, list[tuple[str, str]]] = {customer: [] for customer in expected}
    told = {alert["id"] for alert in map(json.loads, lines(results, "alerts")) if alert["type"] == RAISED}
    for receipt in map(json.loads, lines(results, "decisions")):
        if receipt["type"] in (RAISED, HELD_OUT):
            silences[receipt["subject"]].append((receipt["data"]["since"][:10], receipt["time"][:10]))
            assert (receipt["id"] in told) == (receipt["type"] == RAISED)
    for customer, want in expected.items():
        row = found[customer]
        assert row["orders"] == want.orders, customer
        assert row["spend"] == {"USD": want.cents}, customer
        assert row["balances"] == {"points": want.balance}, customer
        assert row["level"] == want.level, customer
        assert row["band"] == want.band, customer
        assert row["churn_warning"] == want.churn_warning, customer
        assert sorted(silences[customer]) == [(str(last), str(due)) for last, due in want.silences], customer
    rewards = [json.loads(line) for line in lines(results, "rewards")]
    earned = sum(r["data"]["points"] for r in rewards if r["type"] == "loyalty.points.earned")
    posted = sum(p["points"] for r in rewards for p in r["data"].get("postings", ()))
    assert earned == totals(purchases, expected).points_earned
    assert posted == sum(want.balance for want in expected.values())


def through_broker(live: Live, events: Path, out: Path, advance_to: str) -> None:
    """Publish a feed whole, let a worker catch up with it, and write down what it did."""
    live.run("publish", str(events), "--advance-to", advance_to)
    with live.worker():
        live.run("dump", "--out", str(out), "--patience", "60")


def test_cdnow_slice_agrees_everywhere(live: Live, cdnow_file: Path, tmp_path: Path) -> None:
    """The purchases of 150 customers give the oracle's figures in a replay, and the same lines through a broker."""
    raw, events = cdnow_slice(cdnow_file, tmp_path, 150)
    run(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", CDNOW_END])
    assert_agrees(tmp_path / "replay", raw)
    through_broker(live, events, tmp_path / "live", CDNOW_END)
    assert_same(tmp_path / "live", tmp_path / "replay")
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")


def test_mixed_feed_is_the_same_everywhere(live: Live, tmp_path: Path) -> None:
    """All topics, repetitions and malformed records: live, replay and the log followed again give the same lines."""
    events = mixed(tmp_path)
    run(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", "2024-06-30"])
    through_broker(live, events, tmp_path / "live", "2024-06-30")
    assert lines(tmp_path / "live", "dead-letters"), "the feed has no malformed record"
    assert any('"loyalty.customer.erased"' in line for line in lines(tmp_path / "live", "decisions"))
    assert_same(tmp_path / "live", tmp_path / "replay")
    assert left_out_by_day(tmp_path / "live") == left_out_by_day(tmp_path / "replay") != Counter()
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
    assert left_out(tmp_path / "live") == left_out(tmp_path / "again")


@pytest.mark.slow
@pytest.mark.kafka
@pytest.mark.timeout(1200)
def test_all_of_cdnow_on_a_real_broker(kafka: str, cdnow_file: Path, tmp_path: Path) -> None:
    """All 69,659 purchases, published while a worker runs: oracle, replay and live agree line by line."""
    events = tmp_path / "cdnow.ndjson.gz"
    run(["convert", "cdnow", str(cdnow_file), "--out", str(events)])
    run(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", CDNOW_END])
    assert_agrees(tmp_path / "replay", cdnow_file)
    live = Live(kafka, tmp_path)
    live.run("topics")
    with live.worker():
        live.run("publish", str(events), "--advance-to", CDNOW_END)
        live.run("dump", "--out", str(tmp_path / "live"), "--patience", "120")
    assert_same(tmp_path / "live", tmp_path / "replay")
