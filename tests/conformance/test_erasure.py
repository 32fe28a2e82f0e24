"""A customer who asks to be forgotten, as an operator sees it: topics, files, and Redis, which is away meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from stream_loyalty.adapters.kafka import reader
from stream_loyalty.adapters.kafka.embedded import EmbeddedBroker
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.settings import Settings
from tests.adapters.kafka.conftest import until
from tests.conftest import needed
from tests.support.live import Live, lines
from tests.support.redis_server import RedisServer
from tests.unit.support_core import erase, event, order, program_text

GUEST = json.loads(order("2026-01-01", "g-1", 30, user="anon-7f3a"))
GUEST["anonymousId"] = GUEST.pop("userId")
BEFORE = [
    json.dumps(GUEST).encode(),
    order("2026-01-02", "a-1", 100),
    order("2026-01-02", "b-1", 50, "bob"),
    event("Guest Claimed", "2026-01-03", {"anonymous_id": "anon-7f3a"}),
]
AFTER = [erase("2026-02-01", "erasure-31"), order("2026-02-02", "b-2", 7, "bob")]


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"), keeps=True)
    with needed(pytestconfig, "a Redis server"):
        server.start()
    yield server
    server.kill()


def everything(redis: RedisServer, prefix: str) -> tuple[dict[str, float], str]:
    """The leaderboard, and every key with what it holds, in one text."""
    board = f"{prefix}leaderboard:points"
    with Redis.from_url(redis.url, decode_responses=True) as client:
        leaders = {str(user): float(points) for user, points in client.zrange(board, 0, -1, withscores=True)}
        hashes = {key: client.hgetall(key) for key in client.scan_iter(f"{prefix}*", _type="hash")}
    return leaders, json.dumps([leaders, hashes])


@pytest.mark.timeout(240)
def test_nobody_is_left_wherever_one_looks(redis: RedisServer, tmp_path: Path) -> None:
    """Redis is away while the customer is forgotten, and the projector killed meanwhile; the ledger still adds up."""
    program, events = tmp_path / "program.toml", tmp_path / "events.ndjson"
    program.write_text(program_text(extra="\n[guests]\n"), "utf-8")
    with EmbeddedBroker() as broker:
        live = Live(broker.bootstrap, tmp_path, "plain", program=json.dumps([str(program)]), redis_url=redis.url)
        prefix = live.environment["STREAM_LOYALTY_TOPIC_PREFIX"]
        settings = Settings(bootstrap=broker.bootstrap, topic_prefix=prefix)
        broker.prepare(settings)
        projector = live.start_projector()
        try:
            with live.worker():
                events.write_bytes(b"\n".join(BEFORE))
                live.run("publish", str(events), "--advance-to", "2026-01-31")
                until(lambda: everything(redis, prefix)[0] == {"ada": 130, "bob": 50})
                redis.kill()
                events.write_bytes(b"\n".join(AFTER))
                live.run("publish", str(events), "--advance-to", "2026-02-28")
                live.run("dump", "--out", str(tmp_path / "live"), "--patience", "60")
                projector.kill()
                projector.wait()
                projector = live.start_projector()
                live.wait_for("Redis is away", "projector")
                redis.start()
                until(lambda: everything(redis, prefix)[0] == {"bob": 57})
                assert "ada" not in everything(redis, prefix)[1]
                with Redis.from_url(redis.url) as client:  # as a Redis does that lost its data
                    client.flushall()
                    bob = f"{prefix}customer:bob"
                    events.write_bytes(order("2026-02-27", "b-3", 1, "bob"))
                    live.run("publish", str(events))
                    until(lambda: client.hget(bob, "balance:points") == b"58")
                assert everything(redis, prefix)[0] == {"bob": 58}
                assert "ada" not in everything(redis, prefix)[1]
            states = {record.key: record.value for record in reader.read(settings, (CUSTOMERS,))}
        finally:
            projector.kill()
            projector.wait()
    assert states[b"ada"] is None
    assert not any(b"ada" in value for value in states.values() if value is not None)
    rows = {row["user_id"]: row["balances"]["points"] for row in map(json.loads, lines(tmp_path / "live", "customers"))}
    told = [json.loads(line) for line in lines(tmp_path / "live", "decisions")]
    assert sum(posting["points"] for one in told for posting in one["data"].get("postings", ())) == sum(rows.values())
    assert (rows, "ada" in rows) == ({"bob": 57, "anon-7f3a": 0}, False)
    erased = [one for one in told if one["type"] in ("loyalty.points.erased", "loyalty.customer.erased")]
    assert {one["data"].get("points") for one in erased} == {130, None}
    closed = [one for one in told if one["type"] == "loyalty.guest.closed"]
    assert len(erased) == 2
    assert len(closed) == 1
    assert not any(name in json.dumps([*erased, *closed]) for name in ("ada", "anon-7f3a", "a-1", "g-1"))
