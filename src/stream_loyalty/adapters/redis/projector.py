"""Customers as they are now, in Redis: a fold of the changelog of their states.

What was projected and how far that is changes in one MULTI, so Redis itself says where to go on: after a crash of
either side nothing is missing and nothing is done twice.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import AuthenticationError, ConnectionError, ReadOnlyError, RedisError, TimeoutError, WatchError
from redis.retry import Retry

from stream_loyalty.adapters.kafka.topics import COPY_STALE_S
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.profile import profile
from stream_loyalty.core.programs import Programs
from stream_loyalty.engine.mark import MARK_KEY
from stream_loyalty.errors import StreamLoyaltyError

_log = logging.getLogger(__name__)

T = TypeVar("T")
Follow = Callable[[dict[int, int]], Iterable[list[Record]]]  # next offset by partition -> batches from there on

_PATIENCE_S = 5.0  # with one answer of Redis
_BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)  # between tries; the last again and again
_LAYOUT = 3  # of what is kept; another one there is made anew
_FRESH_S = 5.0  # between two notes that it is at the end, while nothing changes: each sees whether Redis is whole
_KEYS = 1000  # removed at once
_SPECIAL = re.compile(r"[][*?\\]")  # in a pattern of keys
_PASSING = (ConnectionError, TimeoutError, ReadOnlyError)  # Redis is away, starting, or failing over


class Stopped(StreamLoyaltyError):
    """The projector was told to stop while Redis was away; what was not written is still in the changelog."""


class ProjectionBehind(StreamLoyaltyError):
    """Redis holds less than was written to it, or what may be out of date: begin again at `positions()`."""


class Projector:
    """Writes customers of `loyalty.customers` to Redis. For one thread; `stop` is set from another.

    `{prefix}customer:{user_id}` is a hash; `{prefix}leaderboard:{wallet}` a sorted set of those with points in hand;
    `{prefix}projector` holds the next offset by topic and partition, and of what: `changelog` is the topic's id. `now`
    is the time in seconds since 1970 UTC.
    """

    def __init__(
        self,
        redis_url: str,
        programs: Programs,
        prefix: str = "",
        stop: threading.Event | None = None,
        now: Callable[[], float] = time.time,
        changelog: str = "",
    ) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=_PATIENCE_S, retry=Retry(NoBackoff(), 0))
        self._prefix = prefix
        self._position_key = f"{prefix}projector"
        self._changelog = changelog
        self.go_by(programs)
        self._now = now
        self._stop = stop or threading.Event()
        self._written: dict[int, int] = {}
        self._noted_at = now()  # when Redis last heard that we are at the end, or nearly

    def go_by(self, programs: Programs) -> None:
        """Show customers by these versions from here on."""
        self._programs = programs
        self._program = hashlib.sha256(programs.first.model_dump_json().encode()).hexdigest()[:16]
        self._boards = {wallet: f"{self._prefix}leaderboard:{wallet}" for wallet in programs.wallets}

    def run(self, follow: Follow) -> None:
        """Project what `follow` gives, from where Redis is, until it ends or `stop` is set."""
        try:
            while not self._stop.is_set():
                try:
                    for batch in follow(self.positions()):
                        self.apply(batch)
                    return
                except ProjectionBehind as error:
                    _log.warning("%s", error)
        except Stopped as error:
            _log.info("%s", error)

    def positions(self) -> dict[int, int]:
        """The next offset of each partition projected so far; none where it has to be made anew, which empties it.

        Waits for Redis; Stopped when told to stop meanwhile.
        """
        self._written = self._patiently(self._begin)
        return dict(self._written)

    def apply(self, records: list[Record]) -> None:
        """Write the newest state of each customer among `records`, and the position after them.

        Records from before the stored position change nothing, so a batch may come twice. Waits for Redis to come
        back; Stopped when told to stop meanwhile, ProjectionBehind when Redis came back without its data or after so
        long that erasures may have been missed. No records say that the changelog's end is reached.
        """
        if records or self._now() - self._noted_at > _FRESH_S:
            self._patiently(lambda: self._write(records))

    def close(self) -> None:
        """Give the connections back."""
        self._redis.close()

    def _begin(self) -> dict[int, int]:
        """Where to go on. Who begins at the beginning begins with nothing: tombstones of long ago are not there."""
        stored = self._stored(self._redis)
        reason = self._distrust(self._redis) if stored else "it does not say how far it goes"
        if reason is None:
            return stored
        prefix = _SPECIAL.sub(r"\\\g<0>", self._prefix)
        names = self._redis.scan_iter(f"{prefix}customer:*", count=_KEYS)
        found = 0
        while keys := list(islice(names, _KEYS)):
            found += self._redis.unlink(*keys)
        self._redis.delete(*self._boards.values(), self._position_key)  # the position last: this may be cut short
        if found:
            _log.warning("the projection of %d customers is made anew: %s", found, reason)
        return {}

    def _distrust(self, client: Redis) -> str | None:
        """Why what Redis holds must not be gone on with, or None."""
        fields = ("layout", "noted_at", "changelog", "program")
        layout, noted_at, changelog, program = client.hmget(self._position_key, fields)
        if int(layout or 1) != _LAYOUT:
            return "another release wrote it"
        if (changelog or b"") != self._changelog.encode():
            return f"the topic {CUSTOMERS} was made again since"
        if (program or b"") != self._program.encode():  # its first version: later ones go by date
            return "it shows customers by another program"
        if self._now() - float(noted_at or 0) > COPY_STALE_S:
            return "it was out of date for so long that erasures may have been missed"
        return None

    def _write(self, records: list[Record]) -> None:
        with self._redis.pipeline() as pipe:
            # a second projector, or we ourselves on a connection that was lost, may be ahead
            pipe.watch(self._position_key)  # type: ignore[no-untyped-call]
            stored = self._stored(pipe)
            if any(stored.get(number, 0) < offset for number, offset in self._written.items()):
                raise ProjectionBehind("Redis has lost projected customers: projecting again from where it is")
            if stored and (reason := self._distrust(pipe)) is not None:
                raise ProjectionBehind(f"the projection has to be made anew: {reason}")
            new = [record for record in records if record.offset >= stored.get(record.partition, 0)]
            ends = {record.partition: record.offset + 1 for record in new}
            pipe.multi()
            for key, value in _newest(new).items():
                self._put(pipe, key, value)
            if ends or not records:
                noted: dict[Any, Any] = {f"{CUSTOMERS}-{number}": end for number, end in ends.items()}
                of_what = {"layout": _LAYOUT, "changelog": self._changelog, "program": self._program}
                pipe.hset(self._position_key, mapping=noted | of_what | {"noted_at": self._now()})
            pipe.execute()
        self._written, self._noted_at = stored | ends, self._now()

    def _put(self, pipe: Pipeline, key: bytes, value: bytes | None) -> None:
        user = key.decode()
        name = f"{self._prefix}customer:{user}"
        pipe.delete(name)  # a field that a customer no longer has must not stay
        customer = profile(key, value, self._programs) if value is not None else None
        if customer is not None:
            pipe.hset(name, mapping=dict(_fields(customer)))
        balances = customer["balances"] if customer is not None else {}
        for wallet, board in self._boards.items():
            if (points := balances.get(wallet, 0)) > 0:
                pipe.zadd(board, {user: points})
            else:
                pipe.zrem(board, user)

    def _stored(self, client: Redis) -> dict[int, int]:
        fields: Mapping[bytes, bytes] = client.hgetall(self._position_key)  # type: ignore[assignment]
        head = f"{CUSTOMERS}-".encode()
        return {int(name.removeprefix(head)): int(at) for name, at in fields.items() if name.startswith(head)}

    def _patiently(self, step: Callable[[], T]) -> T:
        """Do it, again and again while Redis is away."""
        failures = 0
        while not self._stop.is_set():
            try:
                result = step()
            except WatchError:
                continue
            except AuthenticationError as error:
                raise StreamLoyaltyError(f"Redis lets nobody in: {error}; check STREAM_LOYALTY_REDIS_URL") from None
            except _PASSING as error:
                if not failures:
                    _log.warning("Redis is away, its customers stay as they were: %s", error)
                self._stop.wait(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])
                failures += 1
            except RedisError as error:
                raise StreamLoyaltyError(f"Redis refuses the projection: {error}") from error
            else:
                if failures:
                    _log.warning("Redis is back")
                return result
        raise Stopped("the projector stops; it goes on from where Redis is")


def _newest(records: Iterable[Record]) -> dict[bytes, bytes | None]:
    """Only the last state of each customer counts."""
    return {record.key: record.value for record in records if record.key is not None and record.key != MARK_KEY}


def _fields(customer: dict[str, Any]) -> Iterator[tuple[str, str | int | bytes]]:
    """The hash of a profile: what one asks for often in fields of its own. 1 and 0 are yes and no; unknown has none."""
    for wallet, balance in customer["balances"].items():
        yield f"balance:{wallet}", balance
    for name in ("level", "band", "orders", "next_wake_at"):
        if customer[name] is not None:
            yield name, customer[name]
    for name in ("high_value", "churn_warning"):
        yield name, int(customer[name])
    yield "profile", msgspec.json.encode(customer)
