"""The same once more: along the log, cut otherwise; as a plain replay; and as an earlier release would have it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts import topics
from stream_loyalty.contracts.applied import Applied, Inputs
from stream_loyalty.contracts.programs import read_adopted
from stream_loyalty.contracts.wire import Commit, Record
from stream_loyalty.core import codec, ledger
from stream_loyalty.core.profile import profile
from stream_loyalty.core.state import Customer, Grant
from stream_loyalty.engine.grants import Grants
from stream_loyalty.engine.replay import engines_by_digest, follow
from stream_loyalty.reports.liability import Liability, liability, read_books
from tests.properties.ledger.shop import Shop
from tests.unit.support_core import customers, engine_of, in_any_order, outputs, run

WALLET = "points"  # the only one that states of version 2 know


def along_the_log(shop: Shop, one_by_one: bool = False) -> None:
    """`replay --applied` of all partitions gives every line and every state, however the log is cut."""
    engines = engines_by_digest(_inputs(shop.commits), engine_for)
    for engine in engines.values():
        engine.grants = Grants(shop.grants, by_log=True)
    log = [entry for worker in shop.workers for entry in worker.outcome.applied]
    sources = {place: record for worker in shop.workers for place, record in worker.log.sources.items()}
    commits: list[Commit] = []
    partitions = follow(_record_by_record(log) if one_by_one else log, sources, engines, commits.append)
    assert in_any_order(outputs(commits)) == in_any_order(outputs(shop.commits))
    states = {key: blob for one in partitions.values() for key, blob in one.states.items()}
    assert customers(states) == customers(shop.states)


def _inputs(commits: Iterable[Commit]) -> Iterator[Inputs]:
    told = (message for commit in commits for message in commit.outputs if message.topic == topics.PROGRAM)
    for one in told:
        if read_adopted(Record(one.topic, 0, 0, 0, one.key, one.value)) is None:
            yield msgspec.json.decode(one.value or b"", type=Inputs)


def _record_by_record(log: Iterable[Applied]) -> Iterator[Applied]:
    """Every record in a chunk and a commit of its own."""
    for entry in log:
        for step in entry.steps:
            places = range(step[2], step[3] + 1) if step[0] == "r" else ()
            for one in [["r", step[1], place, place, 1] for place in places] or [step]:
                yield Applied(entry.partition, [one])


def plainly(shop: Shop, raws: list[bytes], until: str, of: Collection[str]) -> None:
    """A replay of the events in their order gives `of` these customers every line and state."""
    again = run(raws, until, engine_of(*shop.texts, high_value=shop.high_value))
    assert _lines(shop.commits, of) == _lines(again.commits, of)
    found, expected = customers(shop.states), customers(again.states)
    for user in of:
        assert found.get(user) == expected.get(user), user


def _lines(commits: Iterable[Commit], of: Collection[str]) -> list[str]:
    return in_any_order(one for one in outputs(commits) if one.get("subject") in of)


def owed(shop: Shop) -> Liability:
    """`report liability` of what was committed; all that it checks agrees."""
    lines = [line for worker in shop.workers for line in worker.outcome.lines(topics.DECISIONS)]
    books = read_books(json.dumps(line).encode() for line in lines)
    profiles = [profile(key, blob, shop.programs) for key, blob in shop.states.items()]
    found, differs = liability(profiles, books, shop.programs, books.newest)
    assert differs is None, differs
    return found


def from_version_2(state: Customer) -> None:
    """What a release before wallets would have written of a customer's points is read as it was."""
    old = codec.decode(_version_2(state))
    assert ledger.balance(old, WALLET) == ledger.balance(state, WALLET)
    assert [(lot.id, lot.remaining, lot.expires_at) for lot in old.lots] == _lots(state)
    assert old.orders.keys() == state.orders.keys()
    for name, order in state.orders.items():
        facts = {"points": {WALLET: order.points[WALLET]} if WALLET in order.points else {}}
        facts |= {"lines": [], "facts": {}, "budgeted": {}, "delivery": None}
        assert old.orders[name] == msgspec.structs.replace(order, **facts)
    assert {name: one.at for name, one in old.redemptions.items()} == _times(state)


def _version_2(state: Customer) -> bytes:
    raw: list[Any] = msgspec.msgpack.decode(codec.encode(state, 0)[9:])
    raw[6] = {name: _order(one, state.orders[name].points.get(WALLET) or Grant()) for name, one in raw[6].items()}
    raw[7:10] = [_lots(state), state.debts.get(WALLET, 0), _times(state)]
    return b"\x02" + codec.encode(state, 0)[1:9] + msgspec.msgpack.encode(raw[:32])


def _order(raw: list[Any], points: Grant) -> list[Any]:
    return [*raw[:5], points.earned, points.expired, points.reversed, *raw[5:8]]


def _lots(state: Customer) -> list[tuple[str, int, int]]:
    return [(lot.id, lot.remaining, lot.expires_at) for lot in state.lots if lot.wallet == WALLET]


def _times(state: Customer) -> dict[str, int]:
    return {name: one.at for name, one in state.redemptions.items()}
