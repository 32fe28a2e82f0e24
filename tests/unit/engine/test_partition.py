"""Chunks, sweeps, commits and crashes: effects happen once, none is lost, and the log tells what was done."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.topics import SOURCES
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Arrival, Engine, StatesAhead, population
from stream_loyalty.engine.customers import next_wake
from stream_loyalty.engine.mark import MARK_KEY
from stream_loyalty.engine.replay import engines_by_digest, follow
from stream_loyalty.errors import StreamLoyaltyError
from tests.unit.support_core import (
    DEFAULT,
    HIGH_VALUE,
    Live,
    Log,
    Outcome,
    add_to_cart,
    cancel,
    complain,
    consent,
    customers,
    engine_of,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    redeem,
    refund,
    run,
    version_2,
    view,
)

USERS = ("ada", "bob", "cyd", "dan", "eve")


def feed(seed: int, late: bool = False) -> list[bytes]:
    """Two years of five customers, in the order of time unless `late`."""
    rng = random.Random(seed)
    days = sorted(rng.choices(range(720), k=60))
    made = []
    for number, day in enumerate(days):
        shown = max(0, day - rng.choice((0, 0, 20, 70))) if late else day
        at = f"{2024 + shown // 360}-{shown % 360 // 30 + 1:02}-{min(shown % 30 + 1, 28):02}T{number % 24:02}:00:00Z"
        user, recent = rng.choice(USERS), f"o-{max(0, number - rng.randint(1, 9))}"
        made.append(
            rng.choice(
                (
                    lambda at=at, user=user, n=number: order(at, f"o-{n}", rng.randint(1, 400), user),
                    lambda at=at, user=user, n=number: order(at, f"o-{n}", rng.randint(1, 40), user),
                    lambda at=at, user=user, o=recent: refund(at, o, f"f-{o}", rng.randint(1, 50), user=user),
                    lambda at=at, user=user, o=recent: cancel(at, o, user),
                    lambda at=at, user=user, n=number: redeem(at, f"r-{n}", rng.randint(1, 200), user),
                    lambda at=at, user=user: view(at, user),
                    lambda at=at, user=user: add_to_cart(at, user),
                    lambda at=at, user=user, n=number: complain(at, f"c-{n}", user),
                    lambda at=at, user=user: consent(at, rng.random() < 0.5, user=user),
                    lambda: b'{"event": "Order Completed", "userId": 5}',
                    lambda at=at: event("Order Completed", at, {"order_id": "x", "total": -1, "currency": "USD"}),
                )
            )()
        )
    return made if late else sorted(made, key=_time)


def _time(raw: bytes) -> str:
    return raw.split(b'"timestamp": "')[1][:20].decode() if b"timestamp" in raw else "2024-01-01"


def finish(live: Live) -> Outcome:
    live.apply(live.log.advance_clock("2027-06-01"))
    return live.sweep_all().commit()


def result(outcome: Outcome) -> tuple[list[str], object]:
    return in_any_order(outputs(outcome.commits)), customers(outcome.states)


@pytest.mark.parametrize("limit", [1, 2, 500])
@pytest.mark.parametrize("commit_each", [True, False])
def test_slices_of_a_sweep_give_what_one_sweep_gives(limit: int, commit_each: bool) -> None:
    """Woken one by one, committed or not in between, or all at once."""
    live = Live().feed(*feed(1))
    live.commit()
    live.apply(live.log.advance_clock("2027-06-01"))
    slices = 1
    while live.sweep(limit=limit):
        slices += 1
        if commit_each:
            live.commit()
    live.commit()
    assert slices > 3 or limit > 1
    assert result(live.outcome) == result(run_as_one(feed(1)))


def run_as_one(raws: list[bytes]) -> Outcome:
    return finish(Live().feed(*raws))


def test_an_event_finishes_a_sweep_that_has_begun() -> None:
    """What comes in the middle of a sweep is applied after it."""
    live = Live().feed(*(view("2026-01-01", user) for user in USERS), view("2026-02-01", "zoe"))
    assert live.sweep(limit=1)
    live.feed(view("2026-02-02", "eve"))
    assert not live.sweep(limit=1)
    assert {fact["customer"] for fact in live.commit().facts("silence.noticed")} == set(USERS)


@pytest.mark.parametrize("crash_after", range(7))
def test_a_crash_in_mid_sweep(crash_after: int) -> None:
    """Whatever slice was the last committed: afterwards every wake has run once, none twice, none never."""
    live = Live().feed(*feed(2))
    live.commit()
    live.apply(live.log.advance_clock("2027-06-01"))
    for _ in range(crash_after):
        live.sweep(limit=1)
        live.commit()
    live.sweep(limit=2)  # not committed: lost
    live.crash()
    live.apply(live.rest())
    live.sweep_all()
    live.commit()
    assert result(live.outcome) == result(run_as_one(feed(2)))


@pytest.mark.parametrize("seed", range(4))
def test_crashes_at_any_commit(seed: int) -> None:
    """With late events, sweeps between and crashes all over: the commits together are one uninterrupted run's."""
    rng = random.Random(seed)
    live, whole = Live(), Live()
    for raw in feed(seed, late=True):
        record = live.log.append(raw)
        whole.log.append(raw)
        whole.apply([record])
        whole.sweep_all()
        live.apply([record])
        live.sweep_all()
        if rng.random() < 0.3:
            live.commit()
        if rng.random() < 0.2:
            kept = len(live.outcome.commits)
            live.crash()
            for redelivered in live.rest():
                live.apply([redelivered])
                live.sweep_all()
            assert len(live.outcome.commits) == kept
    assert result(finish(live)) == result(finish(whole))


def test_redelivery_from_older_positions_changes_nothing() -> None:
    """Plain writes: states were written, positions were not. All comes again, and nothing happens again."""
    live = Live().feed(*feed(3))
    before = result(live.commit())
    live.crash(dict.fromkeys(SOURCES, 0))
    live.apply(live.fed)
    assert live.partition.take() is None  # the mark, which came after the states, says that it is done
    assert result(live.outcome) == before


def test_states_written_in_part() -> None:
    """Plain writes that stopped half way: some customers are ahead of the mark; each input still counts once."""
    raws = feed(4)
    live = Live().feed(*raws[:30])
    live.commit()
    live.feed(*raws[30:])
    lost = live.partition.take()
    assert lost is not None
    part = {key: blob for key, blob in lost.states.items() if key in (b"ada", b"bob")}
    written = [m for m in lost.outputs if m.key in (b"ada", b"bob")]
    live.outcome.commits.append(Commit(0, written, part, live.outcome.commits[-1].positions))
    live.crash()
    live.apply(live.rest())
    assert live.engine.counts["event", "orders", "redelivered"]
    live.commit()
    assert customers(finish(live).states) == customers(run_as_one(raws).states)


def test_a_recreated_topic_starts_at_zero() -> None:
    """Another topic id: its offset 0 is new, and orders are still known by their ids."""
    ids = {topic: topic.encode() for topic in SOURCES}
    live = Live(topic_ids=ids).feed(order("2026-01-01", "a", 10), order("2026-01-02", "b", 10), view("2026-01-03"))
    live.commit()
    live.log.records["orders"].clear()
    live.topic_ids["orders"] = b"another"
    live.crash()
    assert live.partition.positions["orders"] == 0
    assert live.partition.positions["browsing"] == 1
    live.feed(order("2026-01-04", "c", 10), order("2026-01-02", "b", 10, mid="again"))
    outcome = live.commit()
    assert outcome.balance == 30
    assert outcome.types()[-1] == "input.ignored"


def test_states_ahead_of_the_log() -> None:
    """The same topic ends before what was applied: refuse to start, and say what to do."""
    live = Live(topic_ids={"orders": b"1"}).feed(order("2026-01-01", "a"), order("2026-01-02", "b"))
    live.commit()
    live.log.records["orders"].pop()
    with pytest.raises(StatesAhead, match=r"partition 0 of topic orders.*1.*2.*(restore|reset)") as caught:
        live.crash()
    assert isinstance(caught.value, StreamLoyaltyError)


def test_nothing_is_due_for_whom_nothing_is_known_of() -> None:
    """An event of a new customer need not look for wakes."""
    for texts in ((DEFAULT,), (DEFAULT, version_2("2026-01-15", {"buying_days = 60": "buying_days = 30"}))):
        assert next_wake(Customer(), engine_of(*texts).programs) == NEVER


def test_nothing_to_write_is_no_commit() -> None:
    """A quiet partition writes nothing, however often it is swept; a fresh one only what it adopted."""
    live = Live()
    live.commit()
    told = [message.topic for message in live.outcome.commits[0].outputs]
    assert told == [topics.PROGRAM, topics.PROGRAM, topics.APPLIED]
    live.feed(view("2026-01-01")).sweep_all()
    live.commit()
    for _ in range(3):
        live.sweep_all()
    assert live.partition.take() is None
    live.crash()
    assert live.partition.take() is None


def test_a_commit_holds_states_mark_and_positions() -> None:
    """Everything that a successor needs, in one."""
    live = Live().feed(order("2026-01-01", "a"), b"?", complain("2026-01-02", "c-1"))
    commit = live.commit().commits[-1]
    assert set(commit.states) == {b"ada", MARK_KEY}
    assert {topic: n for topic, n in commit.positions.items() if n} == {
        "orders": 1,
        "commands": 1,
        "complaints": 1,
    }
    assert commit.urgent  # there is an alert in it
    assert not Live().feed(order("2026-01-01", "a")).commit().commits[-1].urgent


def test_backfill_publishes_nothing() -> None:
    """Inputs before `effects_from` change states and receipts, count as backfilled, and reward or alert nobody."""
    text = program_text({"version = 1": "version = 1\neffects_from = 2026-06-01"})
    engine = engine_of(text)
    outcome = run([order("2026-01-01", "a"), order("2026-06-01", "b")], "2026-06-02", engine)
    assert {line["time"] for line in outcome.lines(topics.REWARDS)} == {"2026-06-01T00:00:00Z"}
    assert {"points.earned", "level.changed", "alert.churn-risk.raised"} <= {
        fact["type"] for fact in outcome.facts() if fact["at"] < "2026-06"
    }
    assert engine.counts["backfilled",] == 3
    assert outcome.balance == 200


CHANGES: dict[str, tuple[str, dict[str, str]]] = {
    "silence-longer": ("2026-02-15", {"buying_days = 60": "buying_days = 90"}),
    "silence-shorter": ("2026-02-15", {"buying_days = 60": "buying_days = 30"}),
    "signal-longer": ("2026-01-04", {"days = 7": "days = 14"}),
    "signal-renamed": ("2026-01-04", {'name = "browsing"': 'name = "looking"'}),
    "band-later": ("2026-01-20", {"from_day = 31": "from_day = 45"}),
    "band-renamed": ("2026-01-20", {'name = "growing"': 'name = "grown"'}),
    "level-renamed": ("2026-06-01", {'name = "silver"': 'name = "bronze"'}),
    "level-held-shorter": ("2026-06-01", {"holds_days = 365": "holds_days = 30"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_new_version_stops_nobody(change: str) -> None:
    """Wakes that were due by the old version are decided by the new one, swept or not, and end."""
    texts = (program_text(), version_2(*CHANGES[change]))
    raws = [view("2026-01-01"), order("2026-01-01", "a", 120)]
    swept = run(raws, "2028-01-01", engine_of(*texts))
    woken = run([*raws, event("Product Viewed", "2027-12-31")], "2028-01-01", engine_of(*texts))
    assert swept.profile()["level"] == "regular"
    assert swept.profile()["churn_warning"]
    assert swept.profile()["band"] == woken.profile()["band"] == "mature"
    warned = [fact["at"] for fact in swept.facts("churn-warning.changed")]
    assert warned == [fact["at"] for fact in woken.facts("churn-warning.changed")]


# -- following the log


def followed(live: Live, engines: list[Engine] | None = None) -> Outcome:
    outcome = Outcome(live.engine)
    by_digest = engines_by_digest([engine.inputs for engine in engines or [live.engine]], engine_for)
    follow(live.outcome.applied, live.log.sources, by_digest, outcome.sink)
    return outcome


@pytest.mark.parametrize("seed", range(6))
def test_following_the_log_gives_the_run_line_by_line(seed: int) -> None:
    """Late events, dead letters, sweeps in slices, commits and crashes anywhere: the log tells enough."""
    rng = random.Random(seed)
    live = Live(engine_of(clock="wall", high_value=HIGH_VALUE))
    for raw in feed(seed, late=True):
        appended = rng.choice((None, None, "2024-06-01"))
        live.feed(raw, **({"appended": parse_instant(appended)} if appended else {}))
        for _ in range(rng.choice((0, 0, 1, 3))):
            live.sweep(parse_instant("2027-01-01"), limit=rng.randint(1, 3))
            if rng.random() < 0.5:
                live.commit()
        if rng.random() < 0.3:
            live.commit()
        if rng.random() < 0.1:
            live.commit()
            live.crash()
    live.sweep_all()
    live.commit()
    found = followed(live)
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(live.outcome.commits))
    assert customers(found.states) == customers(live.outcome.states)


def test_what_comes_behind_clock_advanced_is_woken_for_too() -> None:
    """An order from before the clock's time has wakes from before it; they run at once, and the log has them."""
    live = Live(engine_of())
    live.apply(live.log.advance_clock("2027-06-01"))
    live.sweep_all().commit()
    live.feed(
        order("2027-01-01", "o-1"), view("2027-04-02", user="ben"), order("2027-01-02", "o-2")
    )  # the log has three
    live.commit()
    assert (live.partition.swept or 0) < parse_instant("2027-03-02"), "the mark must not say that all wakes have run"
    live.sweep_all().commit()
    assert live.partition.swept == parse_instant("2027-06-01")
    assert {fact["customer"] for fact in live.outcome.facts("churn-warning.changed")} == {"ada"}
    found = followed(live)
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(live.outcome.commits))
    assert customers(found.states) == customers(live.outcome.states)


NEW_INPUTS: dict[str, Callable[[], Engine]] = {
    "thresholds": lambda: engine_of(high_value=HIGH_VALUE, lateness_ms=0),
    "program": lambda: engine_of(program_text({"deadline_hours = 72": "deadline_hours = 48"}), lateness_ms=0),
}


@pytest.mark.parametrize("inputs", NEW_INPUTS)
@pytest.mark.parametrize("mid_sweep", [False, True])
def test_following_over_a_change_of_inputs(mid_sweep: bool, inputs: str) -> None:
    """New dated inputs are adopted at a restart, in the middle of a sweep too, and the log says where."""
    live = Live(engine_of(lateness_ms=0)).feed(*(order("2026-01-01", f"o-{user}", 600, user) for user in USERS))
    live.feed(view("2026-06-01", "zoe"))
    if mid_sweep:
        live.sweep(limit=2)
    else:
        live.sweep_all()
    live.commit()
    first = live.engine
    second = NEW_INPUTS[inputs]()
    live.crash(engine=second).sweep_all()
    live.feed(*(order("2026-06-02", f"p-{user}", 5, user) for user in USERS))
    live.feed(view("2026-12-01", "zoe")).sweep_all()
    live.commit()
    found = followed(live, [first, second])
    assert in_any_order(outputs(found.commits)) == in_any_order(outputs(live.outcome.commits))
    assert customers(found.states) == customers(live.outcome.states)


@pytest.mark.parametrize("missing", ["inputs", "record", "beginning"])
def test_a_log_that_lacks_something_is_told(missing: str) -> None:
    """Inputs that were adopted, records that were applied, the beginning of the log: never a guess or traceback."""
    live = Live().feed(order("2026-01-01", "a"), order("2026-01-02", "b"), order("2026-01-03", "c"))
    live.commit()
    live.feed(order("2026-01-04", "d")).commit()
    engines = {} if missing == "inputs" else {live.engine.inputs.digest: live.engine}
    sources = {key: record for key, record in live.log.sources.items() if missing != "record" or key[2] != 1}
    applied = live.outcome.applied[1:] if missing == "beginning" else live.outcome.applied
    with pytest.raises(StreamLoyaltyError):
        follow(applied, sources, engines, lambda commit: None)


# -- replay


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_of_the_file_gives_what_the_topics_gave(seed: int) -> None:
    """Nothing came late: merged topics with sweeps between, and a plain replay, line by line."""
    raws = feed(seed)
    log = Log()
    for raw in raws:
        log.append(raw)
    live = Live()
    live.log = log
    merger = live.engine.merger()
    for topic, records in log.records.items():
        merger.add(topic, [*records, *log.advance_clock("2027-06-01", [topic])], True)
    while chunk := merger.take(7):
        live.partition.apply(chunk)
        live.sweep(limit=2)
        live.commit()
    live.sweep_all()
    live.commit()
    replayed = run(raws, "2027-06-01")
    assert result(replayed) == result(live.outcome)


def test_wakes_up_to_and_including_the_end() -> None:
    """`until` is without lateness; without it nothing is swept."""
    raws = [view("2026-01-01")]
    assert run(raws, "2026-01-07T23:59:59.999Z").types() == []
    assert run(raws, "2026-01-08").types() == ["silence.noticed"]
    assert run(raws).types() == []


def test_arrivals_are_skipped_that_were_read_before() -> None:
    """In one life of a partition an offset is applied once."""
    live = Live()
    record = live.log.append(order("2026-01-01", "a"))
    for _ in range(2):
        live.partition.apply([Arrival(record, live.engine.read(record), 0)])
    assert live.commit().types().count("order.counted") == 1


def test_thresholds_are_part_of_the_inputs() -> None:
    """Other thresholds, another digest; the log repeats their text."""
    engine = engine_of(high_value=HIGH_VALUE)
    assert engine.inputs.digest != engine_of().inputs.digest
    assert engine_for(engine.inputs).inputs == engine.inputs
    assert Thresholds(engine.inputs.high_value, engine.programs.first).at(parse_instant("2026-01-01")) == 50_000


def test_a_state_that_is_full_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its customer's records are kept as dead letters with their key; the others go on."""
    live = Live().feed(order("2026-01-01", "a"), order("2026-01-02", "b", user="bob"))
    live.commit()
    monkeypatch.setattr(population, "FULL_STATE_BYTES", 10)
    live.feed(order("2026-01-03", "c"), order("2026-01-03", "d", user="new"))
    outcome = live.commit()
    assert [(line["code"], line["key"]) for line in outcome.lines(topics.DEAD_LETTERS)] == [("state-full", "YWRh")]
    assert [fact["order_id"] for fact in outcome.facts("order.counted")] == ["a", "b", "d"]
