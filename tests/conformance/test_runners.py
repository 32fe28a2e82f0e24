"""One feed through every runner: in process, on the embedded broker, on a real Kafka, and along the log of each."""

import gzip
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.contracts.decisions import DECISIONS, NAME_OF_TYPE
from stream_loyalty.contracts.decisions.alerts import ALERT_KINDS
from stream_loyalty.contracts.instants import end_of
from stream_loyalty.contracts.transfers import CLAIMED
from stream_loyalty.core.moment import uuid5
from tests.conformance.agreement import KINDS, assert_agrees, assert_nothing_left_out_twice, assert_same, left_out
from tests.conformance.everything import coordinated, wait_for_transfers, with_everything
from tests.conformance.feeds import CDNOW_END, MIXED_END, cdnow_slice, mixed, replayed
from tests.support import EVERYTHING
from tests.support.live import Live, lines, run

RULES = {  # ways to a decision that are easily lost from a feed
    "activation.delivered",
    "adjusting.taken-back",
    "guests.claimed-before",
    "guests.forwarded",
    "importing.level",
    "levels.fast-track",
    "redemption.confirmed",
    "redemption.deadline",
    "redemption.order-given-back",
    "redemption.released",
}
SCARCE = {"points = 1000000": "points = 600", "stock = 100000": "stock = 6"}


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
    return on_embedded(request.getfixturevalue("embedded"), tmp_path)


def on_embedded(broker: EmbeddedBroker, home: Path) -> Live:
    """An installation of its own on the embedded broker."""
    installation = Live(broker.bootstrap, home, commit="plain")
    broker.prepare(installation.settings)
    return installation


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


def test_the_mixed_feed_leads_to_every_decision(tmp_path: Path) -> None:
    """So that no kind of decision, alert or way to one gets lost from what all runners are compared on."""
    engine = replayed(mixed(tmp_path), tmp_path / "replay", MIXED_END)
    kinds = {name for family, name, *_ in engine.counts if family == "decision"}
    assert {NAME_OF_TYPE[kind] for kind in kinds} == {decision.__name__ for decision in DECISIONS}
    assert {f"loyalty.alert.{kind}.raised" for kind in ALERT_KINDS} < kinds
    receipts = [json.loads(line)["data"] for line in lines(tmp_path / "replay", "decisions")]
    assert {receipt["rule"] for receipt in receipts} >= RULES
    assert any(part["drawn"] for receipt in receipts for part in receipt.get("parts", ()))
    assert any(receipt.get("stock") for receipt in receipts)


def test_mixed_feed_is_the_same_everywhere(live: Live, tmp_path: Path) -> None:
    """All topics and capabilities: live, replay and the log followed again give the same lines.

    Budgets and stocks are so large that every slice of them suffices. What was claimed of guests a replay has with its
    claimer at once, live it comes later: their lines are those of the log, and orders and spend those of the replay.
    """
    events = mixed(tmp_path)
    replayed(events, tmp_path / "replay", MIXED_END)
    with_everything(live, EVERYTHING)
    live.run("publish", str(events), "--advance-to", "1990-01-01")
    with coordinated(live), live.worker():
        wait_for_transfers(live)  # or claims would be on their way while clocks go on
        Publisher(live.settings).advance(end_of(MIXED_END, "UTC"))
        live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
    assert lines(tmp_path / "live", "dead-letters"), "the feed has no malformed record"
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
    assert left_out(tmp_path / "live") == left_out(tmp_path / "again")
    assert_nothing_left_out_twice(tmp_path / "live")
    involved, gone = set(claims(tmp_path / "replay")), erased(events)
    known = involved - set(gone.values())
    assert bought(tmp_path / "live", known) == bought(tmp_path / "replay", known)
    involved |= {name for name, user in gone.items() if user in involved}
    assert_same(without(involved, tmp_path / "live"), without(involved, tmp_path / "replay"))


def claims(results: Path) -> Iterator[str]:
    """Who was a guest that somebody has claimed, and who has claimed one."""
    for receipt in map(json.loads, lines(results, "decisions")):
        if receipt["type"] == "loyalty.guest.claimed":
            yield from (receipt["subject"], receipt["data"]["anonymous_id"])


def erased(events: Path) -> dict[str, str]:
    """The names under which erasures are told, and whose they were: what is on its way to them then does not count."""
    with gzip.open(events) as feed:
        asked = [json.loads(raw) for raw in feed if b'"Erasure Requested"' in raw]
    return {uuid5(f"erased\x1f{event['messageId']}"): event["userId"] for event in asked}


def bought(results: Path, customers: Collection[str]) -> dict[str, tuple[int, dict[str, int]]]:
    """Orders and spend of some customers."""
    rows = map(json.loads, lines(results, "customers"))
    return {row["user_id"]: (row["orders"], row["spend"]) for row in rows if row["user_id"] in customers}


def without(customers: Collection[str], results: Path) -> Path:
    """The same results without those of some customers."""
    out = results.with_name(f"{results.name}-without")
    out.mkdir()
    for kind in KINDS:
        kept = [line for line in lines(results, kind) if _about(json.loads(line)) not in customers]
        (out / f"{kind}.ndjson").write_text("".join(f"{line}\n" for line in kept), "utf-8")
    return out


def _about(line: dict[str, Any]) -> str | None:
    return line.get("subject") or line.get("user_id")


@pytest.mark.slow
def test_mixed_feed_with_too_little_in_the_budgets(embedded: EmbeddedBroker, tmp_path: Path) -> None:
    """Slices run short, each partition at a time of its own: the log followed again says the same all the same."""
    live = on_embedded(embedded, tmp_path)
    program, text = tmp_path / "scarce.toml", EVERYTHING.read_text("utf-8")
    for much, little in SCARCE.items():
        assert much in text
        text = text.replace(much, little)
    program.write_text(text, "utf-8")
    with_everything(live, program)
    with coordinated(live):
        through_broker(live, mixed(tmp_path), tmp_path / "live", "2024-04-02")
    run(["replay", "--applied", str(tmp_path / "live"), "--out", str(tmp_path / "again")])
    assert_same(tmp_path / "live", tmp_path / "again")
    receipts = [json.loads(line)["data"] for line in lines(tmp_path / "live", "decisions")]
    parts = [part for receipt in receipts for part in (*receipt.get("parts", ()), *receipt.get("returned", ()))]
    assert 0 < sum(part["drawn"] for part in parts) <= 600
    assert any(receipt.get("short") for receipt in receipts)
    claimed = [one["order_id"] for one in receipts if "placed_at" in one and CLAIMED in one["because"]["flags"]]
    assert len(set(claimed)) == len(claimed) > 0


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
