"""Customers who want to be forgotten: no state, no name, and totals that still add up."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest
from msgspec.structs import replace

from stream_loyalty.contracts import topics
from stream_loyalty.engine.mark import MARK_KEY
from tests.unit.support_core import (
    Live,
    Outcome,
    consent,
    erase,
    order,
    redeem,
    run,
)


def totals(outcome: Outcome) -> int:
    return sum(posting["points"] for fact in outcome.facts() for posting in fact.get("postings", ()))


BEFORE = [order("2026-01-01", "o-1", 100), redeem("2026-01-02", "r-1", 30), order("2026-01-03", "o-2", 10, user="bob")]


def test_nothing_is_kept_and_nobody_is_named() -> None:
    """A tombstone on the changelog; the receipts of the erasure have neither key nor word of the customer."""
    outcome = run([*BEFORE, erase("2026-02-01")], "2028-01-01")
    assert b"ada" not in outcome.states
    assert any(commit.states.get(b"ada", b"") is None for commit in outcome.commits)
    told = [m for m in outcome.messages(topics.DECISIONS) if b"erased" in dict(m.headers)["ce_type"]]
    assert [dict(message.headers)["ce_type"] for message in told] == [
        b"loyalty.points.erased",
        b"loyalty.customer.erased",
    ]
    for message in told:
        assert b"ada" not in (message.key or b"") + (message.value or b"") + repr(message.headers).encode()


def test_the_ledgers_totals_stay() -> None:
    """What was left is written off, so that all postings add up to the balances of those who are left."""
    outcome = run([*BEFORE, erase("2026-02-01")])
    assert outcome.facts("points.erased")[0]["points"] == 70
    assert totals(outcome) == outcome.profile("bob")["balances"]["points"] == 10


@pytest.mark.parametrize("chunks", [1, 3])
def test_who_comes_back_begins_anew(chunks: int) -> None:
    """Also in the same chunk; the old order is not known any more, and nothing of it is due."""
    feed = [*BEFORE, erase("2026-02-01"), order("2026-03-01", "o-9", 5)]
    live = Live()
    for start in range(0, len(feed), -(-len(feed) // chunks)):
        live.feed(*feed[start : start + -(-len(feed) // chunks)])
        live.commit()
    state = live.outcome.profile()
    assert (state["orders"], state["balances"], [lot["lot"] for lot in state["lots"]]) == (1, {"points": 5}, ["o-9"])


def test_an_erasure_happens_once_after_a_crash() -> None:
    """A crash before the commit does it again, one after it does not; the receipts are the same."""
    live = Live().feed(*BEFORE)
    live.commit()
    live.feed(erase("2026-02-01"))
    live.crash()
    live.apply(live.rest())
    live.commit()
    live.crash()
    live.apply(live.fed)
    assert Counter(live.commit().types())["customer.erased"] == 1
    assert totals(live.outcome) == 10
    assert b"ada" not in live.outcome.states


def test_an_open_alert_is_withdrawn() -> None:
    """Nobody calls a customer who asked to be forgotten."""
    outcome = run([order("2026-01-01", "o-1", 100), erase("2026-04-01")])
    kinds = [kind for kind in outcome.types() if kind.startswith("alert.churn-risk") or kind == "customer.erased"]
    assert kinds == ["alert.churn-risk.raised", "alert.churn-risk.withdrawn", "customer.erased"]
    raised, withdrawn = outcome.facts("alert.churn-risk.raised", "alert.churn-risk.withdrawn")
    assert (withdrawn["alert"], withdrawn["customer"]) == (raised["alert"], "ada")


@pytest.mark.parametrize("chunks", [1, 3])
def test_nothing_from_before_counts_again_where_plain_writes_broke_off(chunks: int) -> None:
    """Who came back within the commit is on the changelog, the partition's mark is not: all is applied once more."""
    feed = [order("2026-01-01", "o-1", 100), erase("2026-02-01"), consent("2026-03-01", False)]
    live = Live()
    for part in [feed] if chunks == 1 else [[raw] for raw in feed]:
        live.feed(*part)
    commit = live.partition.take()
    assert commit is not None
    live.outcome.sink(replace(commit, states={k: v for k, v in commit.states.items() if k != MARK_KEY}, positions={}))
    live.crash(dict.fromkeys(topics.SOURCES, 0))
    live.apply(live.fed)
    live.commit()
    assert (live.outcome.balance, live.outcome.state().orders_kept) == (0, 0)
    postings = {fact["id"]: fact.get("postings", ()) for fact in live.outcome.facts()}
    assert sum(posting["points"] for posting in chain(*postings.values())) == 0
