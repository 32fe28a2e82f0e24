"""What the pages say of erasure and of the leaderboard is what comes out."""

import json
import shlex

from redis import Redis

from stream_loyalty.adapters.redis.projector import Projector
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from tests.docs.generate import ROOT, block
from tests.unit.support_core import DEFAULT, engine_of, order, run


def test_the_receipt_is_the_one_on_the_page() -> None:
    """The request shown, after an order, gives the receipt shown."""
    page = (ROOT / "docs/privacy.md").read_text()
    request = json.dumps(json.loads(block(page, "an erasure"))).encode()
    outcome = run([order("2026-02-01", "order-1", 30), request], engine=engine_of(DEFAULT))
    assert outcome.lines(topics.DECISIONS)[-1]["data"] == json.loads(block(page, "the receipt"))


def test_the_leaders_are_read_as_the_page_says(redis_url: str) -> None:
    """The command shown gives whoever has points, the most first."""
    outcome = run(
        [order("2026-02-01", "a", 30), order("2026-02-01", "b", 50, "bob"), order("2026-02-01", "c", 0.5, "cyd")]
    )
    projector = Projector(redis_url, outcome.engine.programs)
    projector.apply([Record(CUSTOMERS, 0, n, 0, key, blob) for n, (key, blob) in enumerate(outcome.states.items())])
    projector.close()
    tool, *command = shlex.split(block((ROOT / "docs/projection.md").read_text(), "run: leaders"))
    with Redis.from_url(redis_url) as client:
        assert tool == "redis-cli"
        assert client.execute_command(*command) == [[b"bob", 50.0], [b"ada", 30.0]]
