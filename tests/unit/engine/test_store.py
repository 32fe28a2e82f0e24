"""Stores that are read while they change, and sweeps in slices: nobody is lost, nobody is woken early or twice."""

import math
import random
import zlib
from itertools import count

import pytest

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.core import codec
from stream_loyalty.core.state import Customer
from stream_loyalty.engine import MemoryStore
from stream_loyalty.engine.replay import engines_by_digest, follow
from stream_loyalty.engine.sweep import Agenda, Sweep
from tests.unit.support_core import Live, Outcome, customers, in_any_order, order, outputs, view

DAY = 86_400_000


def state(at: int) -> bytes:
    return codec.encode(Customer(), at)


def test_a_scan_while_the_store_changes() -> None:
    """Every customer held at the call comes; bytes are counted."""
    store = MemoryStore({b"%d" % n: b"old" for n in range(10)})
    scan = store.scan()
    seen = dict([next(scan)])
    store.put(b"9", b"newer")
    store.put(b"8", None)
    store.put(b"new", b"x")
    seen |= dict(scan)
    assert seen.keys() - {b"new"} == {b"%d" % n for n in range(10)} - {b"8"}
    assert seen[b"9"] == b"newer"
    assert (len(store), store.bytes) == (10, 8 * 3 + 5 + 1)


def test_a_scan_while_customers_come() -> None:
    """Nobody comes twice, nobody is left out; those who came since may be there or not."""
    store = MemoryStore({b"%d" % n: b"old" for n in range(1000)})
    seen = []
    for number, (key, _) in enumerate(store.scan()):
        seen.append(key)
        if number % 7 == 0 and number < 1000:
            store.put(b"new%d" % number, b"x")
            store.put(b"%d" % (number // 2), b"newer")
    assert len(seen) == len(set(seen))
    assert {b"%d" % n for n in range(1000)} <= set(seen)


def test_a_scan_while_customers_are_forgotten_ends() -> None:
    """However many go meanwhile: all who stay come, hardly anybody twice."""
    store = MemoryStore({b"%d" % n: b"old" for n in range(1000)})
    seen = []
    for number, (key, _) in enumerate(store.scan()):
        seen.append(key)
        if number % 7 == 0:
            store.put(b"%d" % (number // 7), None)
            store.put(b"new%d" % number, b"x")  # as many as before: a dict would not tell
        assert number < 2000
    assert {b"%d" % n for n in range(1000)} - set(seen) == set()
    assert len(seen) < 1500


def test_a_sweep_that_finds_many_comes_in_the_order_of_hashes() -> None:
    """However many slices the search took."""
    store = MemoryStore({b"c%d" % n: state(n) for n in range(5000)})
    sweep, slices = Sweep(Agenda(store), 3999), 1
    while not sweep.gather(-math.inf):
        slices += 1
    found = []
    while (at := sweep.hash) is not None:
        found.append(sweep.pop())
        assert at == zlib.crc32(found[-1])
    assert slices > 20
    assert found == sorted((b"c%d" % n for n in range(4000)), key=lambda key: (zlib.crc32(key), key))


@pytest.mark.parametrize("seed", range(30))
def test_an_agenda_misses_nobody(seed: int) -> None:
    """Wakes move to and fro while the states are looked through in slices, over jumps of the clock too."""
    rng, days = random.Random(seed), 1 + seed % 3
    keys = [b"c%d" % n for n in range(700)]
    store = MemoryStore({key: state(rng.randrange(days * DAY)) for key in keys})
    agenda, target = Agenda(store), 0
    for _ in range(12):
        target += rng.choice((1, 30_000, DAY // 2, 2 * DAY))
        while not agenda.look_ahead(target, -math.inf):
            for _ in range(rng.randrange(40)):
                key, at = rng.choice([*keys, b"new%d" % rng.randrange(99)]), rng.randrange(target + DAY)
                store.put(key, state(at))
                agenda.note(key, at)
        due = {key for key, blob in store.items() if codec.wake_at(blob) <= min(target, agenda.known)}
        taken = set(agenda.take(min(target, agenda.known)))
        assert due <= taken
        for key in taken:  # woken: later
            store.put(key, state(at := target + rng.randrange(1, days * DAY)))
            agenda.note(key, at)


def two_years(rng: random.Random) -> list[bytes]:
    users = [f"u{n}" for n in range(30)]
    made, number = [], count()
    for day in range(0, 700, 10):
        at = f"{2024 + day // 360}-{day % 360 // 30 + 1:02}-{min(day % 30 + 1, 28):02}T{day % 24:02}:00:00Z"
        for user in rng.sample(users, 3):
            made.append(order(at, f"o-{next(number)}", rng.randint(1, 300), user))
            made.append(view(at, rng.choice(users)))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_slices_between_events_give_what_whole_sweeps_give(seed: int) -> None:
    """Slices as short as can be, events, commits and crashes between them; following the log gives the same lines."""
    rng = random.Random(seed)
    raws = two_years(rng)
    whole = Live()
    for raw in raws:
        whole.feed(raw).sweep_all()
    live = Live()
    for raw in raws:
        live.feed(raw)
        for _ in range(rng.choice((0, 1, 5))):
            live.partition.sweep(parse_instant("2027-01-01"), True, rng.choice((1, 3, 500)), rng.choice((0.0, 1.0)))
            if rng.random() < 0.2:
                live.commit()
                if rng.random() < 0.3:
                    live.crash()
    for run in (whole, live):
        run.apply(run.log.advance_clock("2027-06-01"))
        while run.partition.sweep(parse_instant("2027-01-01"), True, 1, 0.0):
            pass
        run.commit()
    assert in_any_order(outputs(live.outcome.commits)) == in_any_order(outputs(whole.outcome.commits))
    assert customers(live.outcome.states) == customers(whole.outcome.states)
    followed = Outcome(live.engine)
    follow(live.outcome.applied, live.log.sources, engines_by_digest([live.engine.inputs], engine_for), followed.sink)
    assert in_any_order(outputs(followed.commits)) == in_any_order(outputs(live.outcome.commits))
    assert customers(followed.states) == customers(live.outcome.states)


def test_mid_sweep_tells_when_input_has_to_wait() -> None:
    """Looking for customers is not a sweep yet; from its first step to its last it is."""
    live = Live().feed(*(order("2026-01-01", f"o-{n}", 50, f"u{n}") for n in range(20)))
    assert not live.partition.mid_sweep
    live.apply(live.log.advance_clock("2027-06-01"))
    assert live.sweep(limit=1)
    assert live.partition.mid_sweep
    live.sweep_all()
    assert not live.partition.mid_sweep
