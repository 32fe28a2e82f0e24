"""Whoever claims a guest, whenever, and whatever dies meanwhile: no order counts for two customers."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.wire import Commit, Message, Record
from stream_loyalty.core import codec, ledger
from stream_loyalty.engine.mark import MARK_KEY
from stream_loyalty.engine.replay import engines_by_digest, follow, read_events, replay_by_day
from tests.unit.support_core import (
    NOW,
    Live,
    Outcome,
    cancel,
    customers,
    engine_of,
    erase,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    redeem,
    refund,
    run,
)

PARTITIONS = 2
PROGRAM = program_text(extra="\n[guests]\nclaim_within_days = 30\n")
GUESTS = ("anon-1", "anon-2")
USERS = ("ada", "ben", "cy")
SEEDS = st.integers(0, 2**32)
Plan = list[tuple[str, str, int]]  # what, whose, which


def plans(claimers: tuple[str, ...], erased: tuple[str, ...] = ()) -> st.SearchStrategy[Plan]:
    """Steps in the order of their times: guests order and give back, customers order, claim guests, are forgotten.

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
            elif kind < 0.92 or not erased:
                made.append(("claim", rng.choice(claimers), rng.randint(0, 1)))
            else:
                made.append(("erase", rng.choice(erased), 0))
        return made

    return SEEDS.map(plan)


def feed(plan: Plan) -> list[bytes]:
    """The plan as events, an hour between two of them."""
    return [_raw(step, f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z") for hour, step in enumerate(plan)]


def _raw(step: tuple[str, str, int], at: str) -> bytes:
    what, who, number = step
    if what == "claim":
        return event("Guest Claimed", at, {"anonymous_id": GUESTS[number]}, user=who)
    if what == "erase":
        raw = erase(at, f"e-{at}", user=who)
        return raw if who in USERS else raw.replace(b'"userId"', b'"anonymousId"')
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
    """Two partitions of one worker; what one sends to the other lies there when it is committed.

    `plain`: as on the embedded broker, where a crash in a commit leaves its outputs, and maybe some of its states.
    """

    def __init__(self, plain: bool = False) -> None:
        self.plain = plain
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
            if self.plain:
                self.break_off(live, rng)
            live.crash(self.committed(live))
        elif rng.random() < 0.7:
            self.commit(live)
        if rng.random() < 0.1:  # everything is read again from the beginning
            self.commit(live)
            live.crash(dict.fromkeys(topics.SOURCES, 0))

    def commit(self, live: Live) -> None:
        self.written(live, live.partition.take())

    def written(self, live: Live, commit: Commit | None) -> None:
        if commit is not None:
            live.outcome.sink(commit)
            self.commits.append(commit)
            for message in commit.outputs:
                if message.topic == topics.TRANSFERS:
                    self.deliver(message)

    def break_off(self, live: Live, rng: random.Random) -> None:
        """A commit by plain writes is cut short: outputs, some of the states, never the mark."""
        commit = live.partition.take()
        if commit is not None:
            states = [(key, blob) for key, blob in commit.states.items() if key != MARK_KEY]
            some = dict(islice(states, rng.randint(0, len(states))))
            self.written(live, replace(commit, states=some, positions=self.committed(live)))

    @staticmethod
    def committed(live: Live) -> dict[str, int]:
        commits = live.outcome.commits
        return commits[-1].positions if commits else dict.fromkeys(topics.SOURCES, 0)

    def deliver(self, message: Message) -> None:
        records = self.lives[message.partition].log.records[topics.TRANSFERS]
        records.append(
            Record(topics.TRANSFERS, message.partition, len(records), 0, message.key, message.value, message.headers)
        )

    def settle(self) -> None:
        """Read everything to its end, and what that leads to."""
        for live in self.lives:
            self.commit(live)
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


def pump(raws: list[bytes], seed: int, plain: bool = False) -> Pair:
    """Publish in order, apply in pieces, crash now and then, and come to rest."""
    rng, pair = random.Random(seed), Pair(plain)
    for raw in raws:
        pair.publish(raw)
        if rng.random() < 0.5:
            pair.step(rng.choice(pair.lives), rng)
    pair.settle()
    return pair


def once(pair: Pair) -> None:
    """No order twice, none of a guest's own, and all postings add up to the balances; each id counts once.

    With plain writes an answer can be there before the state of who asked: the order on it is told and not kept.
    """
    facts = {(fact["id"], fact["type"]): fact for fact in pair.facts}.values()
    counted = Counter(fact["order_id"] for fact in facts if fact["type"] == "order.counted")
    assert not [order_id for order_id, times in counted.items() if times > 1]
    owners: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact["type"] == "order.counted":
            owners[fact["order_id"]].add(fact["customer"])
    assert all(len(who) == 1 and not who & set(GUESTS) for who in owners.values())
    posted = sum(posting["points"] for fact in facts for posting in fact.get("postings", ()))
    states = {key.decode(): codec.decode(blob) for key, blob in pair.states.items()}
    held = sum(ledger.balance(state, "points") for state in states.values())
    assert posted == held or (pair.plain and posted > held)
    for key, state in states.items():
        assert not (key in GUESTS and (state.lots or state.orders or state.orders_kept))


def linked(pair: Pair) -> None:
    """Who a guest says claimed it says so too, under the same claim: nobody is named who is not there."""
    states = {key.decode(): codec.decode(blob) for key, blob in pair.states.items()}
    for key, state in states.items():
        guest = state.guest
        if guest is not None and guest.claimed_by is not None:
            claim = (states[guest.claimed_by].claims or {})[key]
            assert (claim.id, claim.at) == (guest.claim, guest.claimed_at)
        for name, claim in (state.claims or {}).items():
            if claim.id:
                other = states[name].guest
                assert other is not None
                assert other.claimed_by == key


@given(plans(USERS), SEEDS)
def test_never_counted_for_both(plan: Plan, seed: int) -> None:
    """Two partitions, any claimers, crashes and redelivery: each order once at the most, points are the postings."""
    pair = pump(feed(plan), seed)
    once(pair)
    linked(pair)


@given(plans(USERS), SEEDS)
def test_never_counted_for_both_with_plain_writes(plan: Plan, seed: int) -> None:
    """Also where a commit breaks off between its outputs, some of its states and its offsets."""
    once(pump(feed(plan), seed, plain=True))


@given(plans(USERS, USERS), SEEDS)
def test_a_claimer_who_is_forgotten_is_not_known_to_guests(plan: Plan, seed: int) -> None:
    """Whatever was under way: no order for anybody else, and no state that names who is not there."""
    pair = pump(feed(plan), seed)
    once(pair)
    linked(pair)


@given(plans(USERS, (*USERS, *GUESTS)), SEEDS)
def test_guests_who_are_forgotten_are_not_known_to_claimers(plan: Plan, seed: int) -> None:
    """Each order is published once; then not even a guest who comes again brings one to a second customer."""
    once_published = [step for step in plan if step[0] != "again"]
    first = {step: None for step in once_published if step[0] == "order"}
    pair = pump(feed([s for s in once_published if s[0] != "order" or first.pop(s, 0) is None]), seed)
    once(pair)
    linked(pair)


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


def _guests_order(at: str, order_id: str, guest: str = "anon-1") -> bytes:
    return order(at, order_id, 100, user=guest).replace(b'"userId"', b'"anonymousId"')


def test_an_order_that_arrives_after_the_claim_is_credited() -> None:
    """It was placed before; the guest's partition had not heard of it."""
    pair = Pair()
    pair.publish(event("Guest Claimed", "2026-01-10", {"anonymous_id": "anon-1"}))
    pair.settle()
    pair.publish(_guests_order("2026-01-02", "o1"))
    pair.settle()
    assert ledger.balance(codec.decode(pair.states[b"ada"]), "points") == 100


def test_orders_on_their_way_to_somebody_who_is_forgotten_make_nobody() -> None:
    """They count for nobody, no state names the customer, and who comes back does not get them either."""
    for comes_back in (False, True):
        pair = Pair()
        mine, guests = (pair.lives[partition_of(name, PARTITIONS)] for name in (b"ada", b"anon-1"))
        assert mine is not guests
        pair.publish(_guests_order("2026-01-02", "o1"))
        pair.publish(event("Guest Claimed", "2026-01-10", {"anonymous_id": "anon-1"}))
        for live in (guests, mine, guests):  # kept, asked, handed over
            live.apply(pair.unread(live))
            pair.commit(live)
        erasure = mine.log.append(erase("2026-01-11"))
        mine.apply([erasure])
        if comes_back:
            mine.feed(event("Guest Claimed", "2026-01-12", {"anonymous_id": "anon-1"}))
        pair.settle()
        assert pair.engine.counts["event", topics.TRANSFERS, "not-claimed"] == 2, "the order and the answer"
        assert not any(fact["type"] == "order.counted" for fact in pair.facts)
        assert (b"ada" in pair.states) == comes_back
        assert b"ada" not in pair.states[b"anon-1"]


def by_day(raws: list[bytes], until: str, ends: list[int] | None = None) -> Outcome:
    outcome = Outcome(engine_of(PROGRAM))
    arrivals = read_events(raws, outcome.engine, NOW)
    days = [] if ends is None else ends
    outcome.partition = replay_by_day(
        arrivals, outcome.engine, parse_instant(until), outcome.sink, lambda day: days.append(len(outcome.commits))
    )
    return outcome


@given(plans(USERS, (*USERS, *GUESTS)))
def test_day_by_day_is_the_same(plan: Plan) -> None:
    """Transfers arrive before the next event there as well; wakes at the end of each day change nothing."""
    raws, until = feed(plan), "2027-06-01"
    whole, days = run(raws, until, engine_of(PROGRAM)), by_day(raws, until)
    assert in_any_order(outputs(days.commits)) == in_any_order(outputs(whole.commits))
    assert customers(days.states) == customers(whole.states)


def test_day_by_day_what_was_claimed_can_be_spent_at_once() -> None:
    """And is known to whoever looks at the end of the day."""
    raws = [
        _guests_order("2026-01-01T10:00:00Z", "o1"),
        event("Guest Claimed", "2026-01-01T12:00:00Z", {"anonymous_id": "anon-1"}),
        redeem("2026-01-01T12:00:01Z", "r1", 70),
        order("2026-01-02T08:00:00Z", "o2", 1),
    ]
    ends: list[int] = []
    outcome = by_day(raws, "2026-01-03", ends)
    first_day = Outcome(outcome.engine, outcome.commits[: ends[0]])
    assert (first_day.balance, outcome.balance) == (30, 31)
    assert [fact["points"] for fact in first_day.facts("points.spent")] == [70]


@given(plans(USERS, (*USERS, *GUESTS)), SEEDS)
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
