"""Chunking, duplicates, interleaving, crashes and sweeps change nothing where nothing came late; the log says all."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.engine.replay import engines_by_digest, follow
from tests.properties.feeds import APPENDED, END, Step, events, live, steps
from tests.unit.support_core import Live, Outcome, customers, in_any_order, outputs

SEEDS = st.integers(0, 2**32)


def finish(running: Live) -> Outcome:
    running.apply(running.log.advance_clock(END))
    return running.sweep_all().commit()


def whole(raws: list[bytes]) -> Outcome:
    return finish(live().feed(*raws, appended=APPENDED))


@given(steps(), SEEDS)
def test_any_chunking_with_sweeps_commits_and_crashes(plan: list[Step], seed: int) -> None:
    """The same outputs, each once, and the same states, however the feed was cut and whenever the worker died."""
    rng = random.Random(seed)
    raws = events(plan)
    running = live()
    while len(running.fed) < len(raws):
        done = len(running.fed)
        running.feed(*raws[done : done + rng.randint(1, 8)], appended=APPENDED)
        for _ in range(rng.randint(0, 3)):
            running.sweep(limit=rng.randint(1, 2))
        if rng.random() < 0.5:
            running.commit()
        if rng.random() < 0.2:
            running.crash()
            running.apply(running.rest())
    outcome, expected = finish(running), whole(raws)
    assert in_any_order(outputs(outcome.commits)) == in_any_order(outputs(expected.commits))
    assert customers(outcome.states) == customers(expected.states)


@given(steps(), SEEDS)
def test_any_duplicate_delivery(plan: list[Step], seed: int) -> None:
    """A producer that repeats itself, at once or much later, adds nothing but dead letters."""
    rng = random.Random(seed)
    raws = events(plan)
    repeated = list(raws)
    for raw in rng.choices(raws, k=rng.randint(1, 6)):
        repeated.insert(rng.randint(repeated.index(raw) + 1, len(repeated)), raw)
    outcome, expected = whole(repeated), whole(raws)
    assert customers(outcome.states) == customers(expected.states)
    told = ("loyalty.decisions", "loyalty.rewards", "loyalty.alerts")
    assert in_any_order(outputs(outcome.commits, *told)) == in_any_order(outputs(expected.commits, *told))


@given(steps())
def test_money_under_another_message_id_counts_once(plan: list[Step]) -> None:
    """Every order, cancellation and refund comes a second time under a new message id: the balances are the same."""
    raws = events(plan)
    doubled = []
    for raw in raws:
        doubled.append(raw)
        body = json.loads(raw)
        if body["event"].startswith("Order "):
            doubled.append(json.dumps({**body, "messageId": body["messageId"] + "-again"}).encode())
    outcome, expected = whole(doubled), whole(raws)
    for key in expected.states:
        if not key.startswith(b"\x00"):
            assert outcome.profile(key.decode()) == expected.profile(key.decode())


@given(steps(), SEEDS)
def test_any_interleaving_of_customers(plan: list[Step], seed: int) -> None:
    """Each customer's events in their order, the customers in any: the same customers at the end."""
    rng = random.Random(seed)
    by_user: dict[str, list[bytes]] = {}
    for step, raw in zip(plan, events(plan), strict=True):
        by_user.setdefault(step.user, []).append(raw)
    mixed = []
    while by_user:
        user = rng.choice(sorted(by_user))
        mixed.append(by_user[user].pop(0))
        if not by_user[user]:
            del by_user[user]
    assert customers(whole(mixed).states) == customers(whole(events(plan)).states)


@given(steps(late=True), SEEDS)
def test_following_the_log_gives_the_run(plan: list[Step], seed: int) -> None:
    """Late events, dead letters, sweeps anywhere, crashes: what `loyalty.applied` says gives every line again."""
    rng = random.Random(seed)
    raws = events(plan)
    running = live()
    while len(running.fed) < len(raws):
        done = len(running.fed)
        running.feed(*raws[done : done + rng.randint(1, 5)], appended=APPENDED)
        for _ in range(rng.randint(0, 3)):
            running.sweep(limit=rng.randint(1, 2))
            if rng.random() < 0.4:
                running.commit()
        if rng.random() < 0.2:
            running.crash()
            running.apply(running.rest())
    outcome = finish(running)
    again = Outcome(running.engine)
    follow(
        outcome.applied,
        running.log.sources,
        engines_by_digest([running.engine.inputs], engine_for),
        again.sink,
    )
    assert in_any_order(outputs(again.commits)) == in_any_order(outputs(outcome.commits))
    assert customers(again.states) == customers(outcome.states)


@given(steps(late=True), SEEDS)
def test_every_output_has_an_id_of_its_own(plan: list[Step], seed: int) -> None:
    """Ids are never shared, and the same input gives the same ids in every run."""
    raws = events(plan)
    ids = [(one["on"], one["id"]) for one in outputs(whole(raws).commits) if "id" in one]
    assert len(ids) == len(set(ids))
    assert sorted(ids) == sorted((one["on"], one["id"]) for one in outputs(whole(raws).commits) if "id" in one)
