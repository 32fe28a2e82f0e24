"""When results agree: with those of another run, line by line, and with the oracle, customer by customer."""

import json
from collections import Counter
from pathlib import Path

from tests.oracle.cdnow import read, settle, totals
from tests.support.live import lines

RAISED, HELD_OUT = "loyalty.alert.churn-risk.raised", "loyalty.alert.held-out"
KINDS = ("rewards", "alerts", "decisions", "dead-letters", "customers")


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


def assert_nothing_left_out_twice(results: Path) -> None:
    """The summaries of all partitions add up to the receipts of what was held back."""
    told: Counter[tuple[str, str]] = Counter()
    for line in left_out(results):
        for group in json.loads(line)["data"]["groups"]:
            told[group["kind"], group["why"]] += group["alerts"]
    receipts = map(json.loads, lines(results, "decisions"))
    held = [one["data"] for one in receipts if one["type"] == "loyalty.alert.held-back"]
    assert told == Counter((one["kind"], one["why"]) for one in held) != Counter()


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
