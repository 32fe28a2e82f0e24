"""For any sequence of orders, refunds, redemptions and wakes the books are right."""

from __future__ import annotations

import json
from collections import defaultdict

from hypothesis import assume, given
from hypothesis import event as note
from hypothesis import strategies as st

from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.core import codec, ledger
from tests.properties.feeds import APPENDED, END, KINDS, Step, events, live, steps
from tests.unit.support_core import Json, Outcome

MONEY = tuple(kind for kind in KINDS if kind.startswith(("order", "refund", "cancel", "redeem")))
PLAIN = ("order", "order", "order", "order-lines", "order-euro", "redeem", "redeem", "refund-part")


@given(steps(late=True, kinds=MONEY, users=("ada", "bob")))
def test_the_balance_is_the_sum_of_postings_and_no_lot_is_spent_twice(plan: list[Step]) -> None:
    """After every movement the balance told is the sum of all postings, no lot is below zero, and the state agrees."""
    running = live()
    running.feed(*events(plan), appended=APPENDED)
    running.apply(running.log.advance_clock(END))
    outcome = running.sweep_all().commit()
    books: dict[str, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for fact in outcome.facts():
        if "postings" in fact:
            _post(fact, books[fact["customer"]])
    for user, book in books.items():
        state = codec.decode(outcome.states[user.encode()])
        assert {lot.id: lot.remaining for lot in state.lots} == {
            lot: n for lot, n in book.items() if n and lot is not None
        }
        assert ledger.balance(state, "points") == sum(book.values())
        assert all(lot.remaining > 0 for lot in state.lots)
        assert state.debts.get("points", 0) == -book[None] >= 0
        assert not (state.debts and state.lots)
        assert state.lots == []  # a century later everything has expired


def _post(fact: Json, book: dict[str | None, int]) -> None:
    moved = sum(posting["points"] for posting in fact["postings"])
    assert abs(moved) == fact["points"] > 0
    assert (moved > 0) == (fact["type"] == "points.earned")
    for posting in fact["postings"]:
        book[posting["lot"]] += posting["points"]
    assert all(points >= 0 for lot, points in book.items() if lot is not None)
    assert book[None] <= 0
    assert fact["balance"] == sum(book.values())
    if fact["type"] == "points.spent":
        assert fact["balance"] >= 0


@given(steps(late=True, kinds=MONEY, users=("ada",)))
def test_no_order_gives_back_more_than_it_was(plan: list[Step]) -> None:
    """Counts, spend and value are those of the orders kept; no order loses more money or points than it had."""
    outcome = live().feed(*events(plan), appended=APPENDED).commit()
    counted = {fact["order_id"]: fact for fact in outcome.facts("order.counted")}
    assert len(counted) == len(outcome.facts("order.counted"))
    given: dict[str, int] = defaultdict(int)
    points: dict[str, int] = defaultdict(int)
    whole = set()
    for fact in outcome.facts("order.reversed"):
        given[fact["order_id"]] += fact["total"]
        whole |= {fact["order_id"]} if fact["whole"] else set()
    for fact in outcome.facts("points.earned", "points.reversed", "points.expired"):
        points[fact.get("order_id") or fact["lot"]] += fact["points"] * (1 if fact["type"] == "points.earned" else -1)
    assert all(given[order] <= counted[order]["total"] for order in given)
    # taking back goes to other lots where its own is spent, so single orders may show more expired; never all of them
    assert sum(points.values()) >= 0
    if b"ada" in outcome.states:
        profile = outcome.profile()
        assert profile["orders"] == len(counted) - len(whole)
        kept: dict[str, int] = defaultdict(int)
        for order, fact in counted.items():
            kept[fact["currency"]] += fact["total"] - given[order]
        assert {c: n for c, n in profile["spend"].items() if n} == {c: n for c, n in kept.items() if n}
        assert profile["lifetime_value"] == sum(f["value"] for f in counted.values()) - sum(
            f["value"] for f in outcome.facts("order.reversed")
        )
        assert profile["lifetime_value"] >= 0


@given(
    steps(kinds=PLAIN, users=("ada",)),
    st.integers(0, 34),
    st.integers(0, 34),
    st.sampled_from(("refund-whole", "cancel")),
    st.booleans(),
)
def test_a_full_refund_gives_the_run_without_that_order(
    plan: list[Step], which: int, later: int, how: str, forever: bool
) -> None:
    """The same customer, where no redemption came out differently and no lot expired before the refund."""
    plan = [step._replace(gap=step.gap % (30 * DAY_MS)) for step in plan]
    which %= len(plan)
    assume(plan[which].kind.startswith("order"))
    raws = events(plan)
    place = which + 1 + later % (len(plan) - which)
    taken = _about(events([*plan[:place], Step(0, "ada", how, 0, 0)])[-1], f"o-{which}")
    before, after = raws[:place], _without(raws[place:], which)
    refunded = live().feed(*before, taken, *after, appended=APPENDED)
    never = live().feed(*_without(before, which), *after, appended=APPENDED)
    until = END if forever else format_instant(refunded.partition.watermark or 0)
    for running in (refunded, never):
        running.apply(running.log.advance_clock(until))
        running.sweep_all().commit()
    _same(refunded.outcome, never.outcome, f"o-{which}")


def _same(refunded: Outcome, never: Outcome, order: str) -> None:
    assume(b"ada" in never.states)
    assume(_redemptions(refunded) == _redemptions(never))
    (reversal,) = [f["at"] for f in refunded.facts("order.reversed") if f["order_id"] == order and f["whole"]]
    assume(not any(fact["at"] <= reversal for fact in refunded.facts("points.expired")))
    note("compared")
    assert refunded.balance == never.balance
    for name in (
        "lots",
        "debts",
        "orders",
        "lifetime_value",
        "first_order_at",
        "last_order_at",
        "band",
        "high_value",
    ):
        assert refunded.profile()[name] == never.profile()[name], name
    assert _spent(refunded) == _spent(never)


def _about(raw: bytes, order: str) -> bytes:
    body = json.loads(raw)
    body["properties"]["order_id"] = order
    body["messageId"] = "the-refund"
    return json.dumps(body).encode()


def _without(raws: list[bytes], which: int) -> list[bytes]:
    return [raw for raw in raws if f'"o-{which}"'.encode() not in raw]


def _spent(outcome: Outcome) -> Json:
    return {currency: minor for currency, minor in outcome.profile()["spend"].items() if minor}


def _redemptions(outcome: Outcome) -> list[tuple[str, str]]:
    return [(fact["type"], fact["redemption_id"]) for fact in outcome.facts("points.spent", "redemption.refused")]
