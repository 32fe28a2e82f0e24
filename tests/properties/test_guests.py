"""Whoever claims a guest, whenever, and whatever dies meanwhile: no order counts for two customers."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.core import codec, ledger
from stream_loyalty.engine.replay import engines_by_digest, follow
from tests.unit.support_core import (
    Live,
    cancel,
    customers,
    engine_of,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    refund,
    run,
)

PARTITIONS = 2
PROGRAM = program_text(extra="\n[guests]\nclaim_within_days = 30\n")
GUESTS = ("anon-1", "anon-2")
USERS = ("ada", "ben", "cy")
SEEDS = st.integers(0, 2**32)
Plan = list[tuple[str, str, int]]  # what, whose, which


def plans(claimers: tuple[str, ...]) -> st.SearchStrategy[Plan]:
    """Steps in the order of their times: guests order and give back, customers order, and claim guests.

    Drawn from a seed, so that the same few orders and claims meet often enough.
    """

    def plan(seed: int) -> Plan:
        rng, made = random.Random(seed), []
        for _ in range(rng.randint(10, 40)):
            kind = rng.random()
            if kind < 0.6:
                what = rng.choice(["order", "again", "again", "refund", "cancel"])
                made.append((what, rng.choice(GUESTS), rng.randint(0, 1)))
            elif kind < 0.7:
                made.append(("own", rng.choice(USERS), rng.randint(0, 3)))
            else:
                made.append(("claim", rng.choice(claimers), rng.randint(0, 1)))
        return made

    return SEEDS.map(plan)


def feed(plan: Plan) -> list[bytes]:
    """The plan as events, an hour between two of them."""
    return [_raw(step, f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z") for hour, step in enumerate(plan)]


def _raw(step: tuple[str, str, int], at: str) -> bytes:
    what, who, number = step
    if what == "claim":
        return event("Guest Claimed", at, {"anonymous_id": GUESTS[number]}, user=who)
    name = f"{who}-{number}"
    if what == "own":
        return order(at, f"{name}-{at}", 10 + number, user=who)
    made = {
        "order": lambda: order(at, name, 100 * (number + 1), user=who, mid=name),
        "again": lambda: order(at, name, 100 * (number + 1), user=who, mid=f"{name}-{at}"),  # under a new message id
        "refund": lambda: refund(at, name, f"refund-{name}", 30, user=who),
        "cancel": lambda: cancel(at, name, user=who),
    }[what]()
    body = json.loads(made)
    body["anonymousId"] = body.pop("userId")
    return json.dumps(body).encode()


class Pair:
    """Two partitions of one worker; what one sends to the other lies there when it is committed."""

    def __init__(self) -> None:
        self.engine = engine_of(PROGRAM, partitions=PARTITIONS)
        self.lives = [Live(self.engine, number) for number in range(PARTITIONS)]
        self.commits: list[Commit] = []

    def publish(self, raw: bytes) -> None:
        key = route(raw)[1] or b""
        self.lives[partition_of(key, PARTITIONS)].log.append(raw)

    def step(self, live: Live, rng: random.Random) -> None:
        """Apply a few of the records that a partition has not read, topic by topic; commit, or die before."""
        for topic in rng.sample(topics.SOURCES, len(topics.SOURCES)):
            done = live.partition.positions.get(topic, 0)
            live.apply(live.log.records[topic][done : done + rng.randint(0, 3)])
        if rng.random() < 0.25:
            live.crash()
        elif rng.random() < 0.7:
            self.commit(live)
        if rng.random() < 0.1:  # everything is read again from the beginning
            self.commit(live)
            live.crash(dict.fromkeys(topics.SOURCES, 0))

    def commit(self, live: Live) -> None:
        known = len(live.outcome.commits)
        for commit in live.commit().commits[known:]:
            self.commits.append(commit)
            for message in commit.outputs:
                if message.topic == topics.TRANSFERS:
                    self.deliver(message)

    def deliver(self, message: Message) -> None:
        records = self.lives[message.partition].log.records[topics.TRANSFERS]
        records.append(
            Record(topics.TRANSFERS, message.partition, len(records), 0, message.key, message.value, message.headers)
        )

    def settle(self) -> None:
        """Read everything to its end, and what that leads to."""
        while any(list(self.unread(live)) for live in self.lives):
            for live in self.lives:
                live.apply(self.unread(live))
                self.commit(live)

    @staticmethod
    def unread(live: Live) -> Iterator[Record]:
        for topic, records in live.log.records.items():
            yield from records[live.partition.positions.get(topic, 0) :]

    @property
    def states(self) -> dict[bytes, bytes]:
        return {key: blob for live in self.lives for key, blob in live.outcome.states.items() if key[0]}

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [fact for live in self.lives for fact in live.outcome.facts()]


def pump(raws: list[bytes], seed: int) -> Pair:
    """Publish in order, apply in pieces, crash now and then, and come to rest."""
    rng, pair = random.Random(seed), Pair()
    for raw in raws:
        pair.publish(raw)
        if rng.random() < 0.5:
            pair.step(rng.choice(pair.lives), rng)
    pair.settle()
    return pair


def once(pair: Pair) -> None:
    counted = Counter(fact["order_id"] for fact in pair.facts if fact["type"] == "order.counted")
    assert not [order_id for order_id, times in counted.items() if times > 1]
    owners: dict[str, set[str]] = defaultdict(set)
    posted: Counter[str] = Counter()
    for fact in pair.facts:
        if fact["type"] == "order.counted":
            owners[fact["order_id"]].add(fact["customer"])
        posted[fact["customer"]] += sum(posting["points"] for posting in fact.get("postings", ()))
    assert all(len(who) == 1 and not who & set(GUESTS) for who in owners.values())
    for key, blob in pair.states.items():
        state = codec.decode(blob)
        assert ledger.balance(state, "points") == posted[key.decode()]
        assert not (key.decode() in GUESTS and (state.lots or state.orders or state.orders_kept))


@given(plans(USERS), SEEDS)
def test_never_counted_for_both(plan: Plan, seed: int) -> None:
    """Two partitions, any claimers, crashes and redelivery: each order once at the most, points are the postings."""
    once(pump(feed(plan), seed))


@given(plans(("ada",)), SEEDS)
def test_live_credits_what_a_replay_does(plan: Plan, seed: int) -> None:
    """With one claimer the order in which transfers arrive changes no sum: balances are those of a plain replay."""
    raws = feed(plan)
    pair, replayed = pump(raws, seed), run(raws, engine=engine_of(PROGRAM))
    once(pair)

    def sums(states: dict[bytes, bytes]) -> dict[bytes, tuple[int, int, int, dict[str, int]]]:
        found = {key: codec.decode(blob) for key, blob in states.items() if key[0]}
        return {k: (ledger.balance(s, "points"), s.orders_kept, s.lifetime_value, s.spend) for k, s in found.items()}

    live, plain = sums(pair.states), sums(replayed.states)
    nothing = (0, 0, 0, {})
    assert {k: v for k, v in live.items() if v != nothing} == {k: v for k, v in plain.items() if v != nothing}


@given(plans(USERS), SEEDS)
def test_the_applied_log_does_it_all_again(plan: Plan, seed: int) -> None:
    pair = pump(feed(plan), seed)
    again: list[Commit] = []
    sources = {place: record for live in pair.lives for place, record in live.log.sources.items()}
    inputs = [pair.engine.inputs]
    steps = [entry for live in pair.lives for entry in live.outcome.applied]
    partitions = follow(
        steps, sources, engines_by_digest(inputs, lambda _: engine_of(PROGRAM, partitions=PARTITIONS)), again.append
    )
    assert in_any_order(outputs(again)) == in_any_order(outputs(pair.commits))
    states = {key: blob for partition in partitions.values() for key, blob in partition.states.items()}
    assert customers(states) == customers(pair.states)
