"""The projection against a real Redis: twice is once, deletions arrive, and Redis may go away or forget."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import msgspec
import pytest
from redis import Redis

from stream_loyalty.adapters.redis.projector import ProjectionBehind, Projector, Stopped
from stream_loyalty.contracts.instants import DAY_MS, format_instant, parse_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import CUSTOMERS, ORDERS
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core.profile import profile
from stream_loyalty.core.programs import Programs, load_programs, parse_program
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.engine.mark import MARK_KEY
from stream_loyalty.engine.replay import read_events, replay
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.simulate.storefront import timed
from tests.conftest import needed
from tests.support.redis_server import RedisServer
from tests.unit.support_core import Live, cancel, erase, order, program_text, redeem, version_2, view

START = parse_instant("2025-01-01T00:00:00Z")
WAIT_S = 20


@pytest.fixture(scope="module")
def programs() -> Programs:
    return load_programs()


@pytest.fixture(scope="module")
def changelog(programs: Programs) -> list[list[Record]]:
    """What a worker of one partition writes for a small shop, where some are erased, one batch for each commit."""
    engine = Engine(programs, Thresholds(None, programs.first), partitions=1, clock="event")
    offsets, batches = count(), []

    def keep(commit: Commit) -> None:
        batches.append([Record(CUSTOMERS, 0, next(offsets), 0, k, v) for k, v in commit.states.items()])

    shop = list(timed(5, 40, START, 200))
    buyers = [(at, key) for at, raw in shop for topic, key in [route(raw)] if topic == ORDERS and key]
    for number, (at, key) in enumerate(buyers[::10]):  # most of them are back later
        asked = at + 20 * DAY_MS
        shop.append((asked, erase(format_instant(asked), f"erasure-{number}", key.decode())))
    lines = [raw for _, raw in sorted(shop, key=lambda event: event[0])]
    events = read_events(lines, engine, START + 300 * DAY_MS)
    replay(events, engine, START + 200 * DAY_MS, keep)
    return batches


def a_state(changelog: list[list[Record]]) -> Record:
    """The first record that says something of a customer."""
    return next(one for batch in changelog for one in batch if one.value is not None and one.key != MARK_KEY)


@pytest.fixture
def prefix() -> str:
    return f"t{time.time_ns()}:"


@pytest.fixture
def make(redis_url: str, programs: Programs, prefix: str) -> Iterator[Callable[[], Projector]]:
    made: list[Projector] = []

    def projector() -> Projector:
        made.append(Projector(redis_url, programs, prefix))
        return made[-1]

    yield projector
    for one in made:
        one.close()


def held(redis_url: str, prefix: str) -> dict[bytes, dict[bytes, bytes]]:
    """Every hash below the prefix."""
    with Redis.from_url(redis_url) as client:
        return {key: client.hgetall(key) for key in client.scan_iter(f"{prefix}*", _type="hash")}


def board(redis_url: str, prefix: str, wallet: str = "points") -> dict[str, float]:
    """The leaderboard."""
    with Redis.from_url(redis_url) as client:
        return {
            user.decode(): points
            for user, points in client.zrange(f"{prefix}leaderboard:{wallet}", 0, -1, withscores=True)
        }


def leaders(changelog: list[list[Record]], programs: Programs) -> dict[str, int]:
    """Who has points in hand by the newest states, and how many."""
    balances = {user: row["balances"]["points"] for user, row in expected(changelog, programs).items()}  # type: ignore[index]
    return {user: points for user, points in balances.items() if points > 0}


def expected(changelog: list[list[Record]], programs: Programs) -> dict[str, dict[str, object]]:
    """The profiles of the newest states."""
    newest = {record.key: record.value for batch in changelog for record in batch if b"\x00" not in record.key}
    return {key.decode(): profile(key, value, programs) for key, value in newest.items() if value is not None}


def profiles(redis_url: str, prefix: str) -> dict[str, dict[str, object]]:
    hashes = held(redis_url, prefix)
    head = f"{prefix}customer:"
    return {
        key.decode().removeprefix(head): msgspec.json.decode(fields[b"profile"])
        for key, fields in hashes.items()
        if key.decode().startswith(head)
    }


def test_every_customer_is_there_as_the_changelog_has_it(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], programs: Programs, prefix: str
) -> None:
    projector = make()
    for batch in changelog:
        projector.apply(batch)
    wanted = expected(changelog, programs)
    erased = {record.key for batch in changelog for record in batch if record.value is None}
    assert len(wanted) > 25
    assert len(erased - {user.encode() for user in wanted}) > 1
    assert len(erased & {user.encode() for user in wanted}) > 1
    assert profiles(redis_url, prefix) == wanted
    assert board(redis_url, prefix) == leaders(changelog, programs) != {}
    assert projector.positions() == {0: changelog[-1][-1].offset + 1}


def test_what_is_asked_for_often_has_fields_of_its_own(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], programs: Programs, prefix: str
) -> None:
    for batch in changelog:
        make().apply(batch)
    customers = expected(changelog, programs)
    name = max(customers, key=lambda user: customers[user]["orders"])
    customer, fields = customers[name], held(redis_url, prefix)[f"{prefix}customer:{name}".encode()]
    assert int(fields[b"balance:points"]) == customer["balances"]["points"]  # type: ignore[index]
    assert fields[b"level"].decode() == customer["level"]
    assert fields[b"band"].decode() == customer["band"]
    assert int(fields[b"orders"]) == customer["orders"]
    assert fields[b"high_value"] == b"0"
    assert fields[b"churn_warning"] in {b"0", b"1"}
    assert fields[b"next_wake_at"].decode() == customer["next_wake_at"]


def test_a_batch_twice_is_a_batch_once(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], prefix: str
) -> None:
    projector = make()
    for batch in changelog:
        projector.apply(batch)
    once = held(redis_url, prefix)
    for batch in changelog[-2:]:
        projector.apply(batch)
    make().apply(changelog[0])  # an older one, by a projector that starts behind
    assert held(redis_url, prefix) == once


def test_a_deleted_customer_is_gone_and_may_come_again(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], prefix: str
) -> None:
    projector = make()
    state = a_state(changelog)
    name = f"{prefix}customer:{state.key.decode()}".encode()  # type: ignore[union-attr]
    projector.apply([state])
    assert name in held(redis_url, prefix)
    projector.apply([Record(CUSTOMERS, 0, 100, 0, state.key, None)])
    assert name not in held(redis_url, prefix)
    assert not board(redis_url, prefix)
    projector.apply([Record(CUSTOMERS, 0, 101, 0, state.key, state.value)])
    assert name in held(redis_url, prefix)


def test_who_has_no_points_is_on_no_leaderboard(
    redis_url: str, make: Callable[[], Projector], programs: Programs, prefix: str
) -> None:
    """At zero and in debt one leaves it, with points again one is back, in the order of points."""
    live = Live(Engine(programs, Thresholds(None, programs.first), partitions=1, clock="event"))
    projector, offsets = make(), count()

    def after(*raws: bytes) -> dict[str, float]:
        states = live.feed(*raws).commit().commits[-1].states
        projector.apply([Record(CUSTOMERS, 0, next(offsets), 0, key, value) for key, value in states.items()])
        return board(redis_url, prefix)

    assert after(view("2026-01-01")) == {}
    assert after(order("2026-01-02", "a", 50), order("2026-01-02", "b", 70, "bob")) == {"ada": 50, "bob": 70}
    assert after(redeem("2026-01-03", "r", 50)) == {"bob": 70}
    assert after(cancel("2026-01-04", "a")) == {"bob": 70}
    assert after(order("2026-01-05", "c", 60)) == {"ada": 10, "bob": 70}
    assert list(after(order("2026-01-06", "d", 90))) == ["bob", "ada"]
    assert after(erase("2026-01-07", "e-2", "bob")) == {"ada": 100}


_HOUR_S = 3600.0


class _Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def _again(projector: Projector, changelog: list[list[Record]], left_out: bytes) -> None:
    """Follow what is left of the changelog a day later: of who was erased there is not even a tombstone."""
    kept = [[record for record in batch if record.key != left_out] for batch in changelog]
    projector.run(lambda at: [[r for r in batch if r.offset >= at.get(0, 0)] for batch in kept])


@pytest.mark.parametrize("how", ["started again", "Redis was away", "restored"])
def test_an_erasure_that_was_missed_is_made_good(
    redis_url: str, programs: Programs, changelog: list[list[Record]], prefix: str, how: str
) -> None:
    """Half a day out of date, and the tombstone may be compacted away: everything is made anew."""
    clock, half = _Clock(), len(changelog) // 2
    gone = Record(CUSTOMERS, 0, changelog[half][0].offset, 0, b"gone-1", a_state(changelog).value)
    projector = Projector(redis_url, programs, prefix, now=clock)
    for batch in [*changelog[:half], [gone]]:
        projector.apply(batch)
    assert "gone-1" in profiles(redis_url, prefix)
    clock.now += 13 * _HOUR_S
    if how == "started again":
        _again(Projector(redis_url, programs, prefix, now=clock), changelog, b"gone-1")
    elif how == "Redis was away":
        with pytest.raises(ProjectionBehind, match="anew"):
            projector.apply(changelog[half])
        _again(projector, changelog, b"gone-1")
    else:
        with Redis.from_url(redis_url) as client:
            client.delete(f"{prefix}projector")  # the copy is half of it, and says nothing of how far it goes
        _again(projector, changelog, b"gone-1")
    assert profiles(redis_url, prefix) == expected(changelog, programs)
    assert board(redis_url, prefix) == leaders(changelog, programs)


def test_a_quiet_changelog_is_not_out_of_date(
    redis_url: str, programs: Programs, changelog: list[list[Record]], prefix: str
) -> None:
    """Who is at the end and hears nothing for a week goes on where they are."""
    clock = _Clock()
    projector = Projector(redis_url, programs, prefix, now=clock)
    projector.apply(changelog[0])
    for _ in range(7 * 24):
        clock.now += _HOUR_S
        projector.apply([])
    projector.apply(changelog[1])
    assert Projector(redis_url, programs, prefix, now=clock).positions() == {0: changelog[1][-1].offset + 1}


def test_a_projection_of_an_earlier_release_is_made_anew(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], programs: Programs, prefix: str
) -> None:
    """It had no leaderboard; others' keys stay."""
    records = [record for batch in changelog for record in batch]
    make().apply(records)
    with Redis.from_url(redis_url) as client:
        client.hdel(f"{prefix}projector", "layout")
        client.delete(f"{prefix}leaderboard:points")
        client.set(f"{prefix}of-somebody-else", "1")
    make().run(lambda at: [[record for record in records if record.offset >= at.get(0, 0)]])
    assert profiles(redis_url, prefix) == expected(changelog, programs)
    assert board(redis_url, prefix) == leaders(changelog, programs)
    with Redis.from_url(redis_url) as client:
        assert client.get(f"{prefix}of-somebody-else") == b"1"


@pytest.mark.parametrize("other", ["changelog", "program"])
def test_a_projection_of_something_else_is_made_anew(
    redis_url: str, changelog: list[list[Record]], programs: Programs, prefix: str, other: str
) -> None:
    """The topic was made again, or the program is not a later version but another: it is not gone on with."""
    made_by = program_text({"buying_days = 60": "buying_days = 50"}) if other == "program" else programs.texts[0]
    before = Projector(redis_url, Programs([parse_program(made_by, "before")], [made_by]), prefix, changelog="id-1")
    before.apply([Record(CUSTOMERS, 0, 10**6, 0, b"long-gone", a_state(changelog).value)])
    after = Projector(redis_url, programs, prefix, changelog="id-2" if other == "changelog" else "id-1")
    after.run(lambda at: [[r for batch in changelog for r in batch if r.offset >= at.get(0, 0)]])
    assert profiles(redis_url, prefix) == expected(changelog, programs)
    assert board(redis_url, prefix) == leaders(changelog, programs)


def test_a_later_version_goes_on_with_what_is_there(
    redis_url: str, changelog: list[list[Record]], programs: Programs, prefix: str
) -> None:
    Projector(redis_url, programs, prefix).apply(changelog[0])
    texts = [programs.texts[0], version_2("2035-01-01")]
    later = Programs([parse_program(text, "later") for text in texts], texts)
    assert Projector(redis_url, later, prefix).positions() == {0: changelog[0][-1].offset + 1}


def test_a_new_projector_goes_on_where_the_old_one_was(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], programs: Programs, prefix: str
) -> None:
    half = len(changelog) // 2
    old = make()
    for batch in changelog[:half]:
        old.apply(batch)
    records = [record for batch in changelog for record in batch]
    make().run(lambda positions: [[record for record in records if record.offset >= positions[0]]])
    assert profiles(redis_url, prefix) == expected(changelog, programs)
    assert board(redis_url, prefix) == leaders(changelog, programs)


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its data", "forgets all"])
def test_redis_is_killed_in_the_middle_and_comes_back(
    changelog: list[list[Record]], programs: Programs, tmp_path: Path, keeps: bool, pytestconfig: pytest.Config
) -> None:
    redis, half = RedisServer(tmp_path, keeps), len(changelog) // 2
    with needed(pytestconfig, "a Redis server"):
        redis.start()
    away, stop = threading.Event(), threading.Event()

    def follow(positions: dict[int, int]) -> Iterator[list[Record]]:
        for number, batch in enumerate(changelog):
            if number == half and not away.is_set():
                redis.kill()
                away.set()
            yield [record for record in batch if record.offset >= positions.get(0, 0)]

    projector = Projector(redis.url, programs, "p:", stop)
    try:
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(projector.run, follow)
            assert away.wait(WAIT_S)
            with pytest.raises(TimeoutError):
                running.result(0.3)  # it waits for Redis and does not fail
            redis.start()
            running.result(WAIT_S)
        assert profiles(redis.url, "p:") == expected(changelog, programs)
        assert board(redis.url, "p:") == leaders(changelog, programs)
        assert projector.positions() == {0: changelog[-1][-1].offset + 1}
    finally:
        stop.set()
        projector.close()
        redis.kill()


def test_a_redis_that_lost_its_data_is_noticed(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], prefix: str
) -> None:
    projector = make()
    projector.apply(changelog[0])
    with Redis.from_url(redis_url) as client:
        client.delete(*client.scan_iter(f"{prefix}*"))
    with pytest.raises(ProjectionBehind):
        projector.apply(changelog[1])
    assert projector.positions() == {}
    assert held(redis_url, prefix) == {}


def test_a_redis_that_lost_its_data_is_noticed_in_a_quiet_shop(
    redis_url: str, programs: Programs, changelog: list[list[Record]], prefix: str
) -> None:
    """Nobody has to buy anything: seconds later it is seen."""
    clock = _Clock()
    projector = Projector(redis_url, programs, prefix, now=clock)
    projector.apply(changelog[0])
    with Redis.from_url(redis_url) as client:
        client.delete(*client.scan_iter(f"{prefix}*"))
    clock.now += 10
    with pytest.raises(ProjectionBehind):
        projector.apply([])


def test_a_projector_can_be_stopped_while_redis_is_away(programs: Programs, changelog: list[list[Record]]) -> None:
    stop = threading.Event()
    projector = Projector("unix:///nowhere/redis.sock", programs, "p:", stop)
    with ThreadPoolExecutor(1) as pool:
        applying = pool.submit(projector.apply, changelog[0])
        with pytest.raises(TimeoutError):
            applying.result(0.2)
        stop.set()
        with pytest.raises(Stopped):
            applying.result(WAIT_S)


def test_a_redis_that_refuses_ends_it_with_a_sentence(
    redis_url: str, make: Callable[[], Projector], changelog: list[list[Record]], prefix: str
) -> None:
    with Redis.from_url(redis_url) as client:
        client.set(f"{prefix}projector", "no hash")
    with pytest.raises(StreamLoyaltyError, match="Redis refuses"):
        make().apply(changelog[0])
