"""What the end of a run looks at: each check passes what is right and names what is not."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream_loyalty.contracts.applied import Source
from stream_loyalty.core.programs import load_programs
from tests.chaos import checks
from tests.chaos.feed import Line
from tests.support import EVERYTHING

Row = dict[str, Any]
PROGRAM = load_programs([EVERYTHING]).latest


def write(home: Path, name: str, rows: list[Row]) -> Path:
    home.mkdir(exist_ok=True)
    (home / f"{name}.ndjson").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    return home


def applied(*steps: list[Any]) -> Row:
    return {"applied": {"partition": 0, "steps": [list(step) for step in steps]}}


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ([applied(["r", "orders", 0, 1, 2], ["s", 9, None]), applied(["r", "orders", 2, 3, 2])], []),
        ([applied(["r", "orders", 0, 2, 3]), applied(["r", "orders", 1, 3, 3])], ["applied twice: 2 source records"]),
        ([applied(["r", "orders", 0, 0, 1]), applied(["r", "orders", 2, 3, 2])], ["never applied: 1 source records"]),
        ([applied(["r", "orders", 0, 2, 3])], ["never applied: 1 source records"]),
    ],
)
def test_every_record_once(tmp_path: Path, log: list[Row], found: list[str]) -> None:
    record = {"topic": "orders", "partition": 0, "timestamp": 0, "key": None, "value": None}
    write(tmp_path, "sources", [record | {"offset": offset} for offset in range(4)])
    write(tmp_path, "applied", log)
    assert list(checks.coverage(tmp_path)) == found


def test_every_id_once(tmp_path: Path) -> None:
    write(tmp_path, "sources", [])
    for kind in ("alerts", "decisions"):
        write(tmp_path, kind, [{"id": "a"}, {"id": "b"}])
    write(tmp_path, "rewards", [{"id": "a"}, {"id": "b"}, {"id": "a"}])
    assert list(checks.doubles(tmp_path)) == ["doubled: 1 ids of rewards"]


def test_losses_and_extras(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for kind in checks.KINDS:
        write(here, kind, [{"id": "a"}])
        write(there, kind, [{"id": "a"}])
    assert list(checks.differences(here, there)) == []
    write(here, "alerts", [{"id": "b"}])
    assert list(checks.differences(here, there)) == [
        "lost: 1 lines of alerts that the replay has",
        "extra: 1 lines of alerts that the replay does not have",
    ]


def test_nobody_is_left_asleep(tmp_path: Path) -> None:
    due = ["1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.000Z", None]
    write(tmp_path, "customers", [{"next_wake_at": at} for at in due])
    assert list(checks.wakes(tmp_path, 999)) == []
    assert list(checks.wakes(tmp_path, 1000)) == ["wakes lost: 1 customers were due and not woken"]


def test_marks_between_records_are_no_records(tmp_path: Path) -> None:
    """Transfers lie between the marks of transactions; only what is known to be a record has to be applied."""
    record = {"topic": "loyalty.transfers", "partition": 0, "timestamp": 0, "key": None, "value": None}
    write(tmp_path, "sources", [record | {"offset": offset} for offset in (0, 2, 5)])
    write(
        tmp_path,
        "applied",
        [applied(["r", "loyalty.transfers", 0, 2, 2]), applied(["r", "loyalty.transfers", 5, 5, 1])],
    )
    assert list(checks.coverage(tmp_path)) == []
    write(tmp_path, "applied", [applied(["r", "loyalty.transfers", 0, 2, 1])])
    assert list(checks.coverage(tmp_path)) == ["never applied: 2 source records"]


def test_who_was_erased_may_be_told_of_twice(tmp_path: Path) -> None:
    source = Source("commands", 0, 0, 0, b"ada", b'{"event":"Erasure Requested"}')
    write(tmp_path, "sources", [msgspec.to_builtins(source)])
    for kind in ("rewards", "alerts", "decisions"):
        write(tmp_path, kind, [{"id": "a", "subject": "ada"}] * 2)
    assert list(checks.doubles(tmp_path)) == []
    write(tmp_path, "alerts", [{"id": "a", "subject": "ben"}] * 2)
    assert list(checks.doubles(tmp_path)) == ["doubled: 1 ids of alerts"]


def sent(name: str, customer: str, at: str = "2026-01-01", /, **about: Any) -> Line:
    who = {"anonymousId" if customer.startswith("anon-") else "userId": customer}
    raw = msgspec.json.encode({"event": name, **who, "timestamp": at, "properties": about})
    return Line("orders", customer.encode(), raw)


def bought(customer: str, order: str, total: float, at: str = "2026-01-01") -> Line:
    return sent("Order Completed", customer, at, order_id=order, total=total)


def row(customer: str, orders: int, cents: int) -> Row:
    return {"user_id": customer, "orders": orders, "spend": {"USD": cents} if orders else {}}


@pytest.mark.parametrize(("orders", "cents", "wrong"), [(2, 1250, False), (1, 1250, True), (2, 1000, True)])
def test_orders_are_added_up(tmp_path: Path, orders: int, cents: int, wrong: bool) -> None:
    feed = [bought("ada", "1", 10.0), bought("ada", "2", 2.5), bought("ada", "1", 10.0), Line("orders", None, b"{")]
    undone = [bought("ben", "3", 1.0), sent("Order Cancelled", "ben", order_id="3")]
    write(tmp_path, "decisions", [])
    write(tmp_path, "customers", [row("ada", orders, cents)])
    assert bool(list(checks.orders(tmp_path, [*feed, *undone], PROGRAM))) == wrong


CLAIM = sent("Guest Claimed", "ada", "2026-01-20", anonymous_id="anon-1")


@pytest.mark.parametrize(
    ("claims", "rows", "wrong"),
    [
        ([CLAIM], [row("ada", 2, 300), row("anon-1", 0, 0)], False),  # the third came too late
        ([CLAIM], [row("ada", 1, 200), row("anon-1", 0, 0)], True),
        ([CLAIM], [row("ada", 2, 300), row("anon-1", 1, 100)], True),
        ([], [row("anon-1", 0, 0)], False),
        (
            [CLAIM, sent("Guest Claimed", "ben", anonymous_id="anon-1")],
            [row("ben", 2, 300), row("anon-1", 0, 0)],
            False,
        ),
    ],
)
def test_what_guests_ordered_is_their_claimers(
    tmp_path: Path, claims: list[Line], rows: list[Row], wrong: bool
) -> None:
    days = ("2026-01-01", "2026-02-01", "2026-03-01")
    feed = [bought("anon-1", day, number, day) for number, day in enumerate(days, 1)]
    write(tmp_path, "decisions", [])
    write(tmp_path, "customers", rows)
    assert bool(list(checks.orders(tmp_path, [*feed, *claims], PROGRAM))) == wrong


def test_an_order_counts_for_one(tmp_path: Path) -> None:
    counted = {"type": "loyalty.order.counted", "data": {"order_id": "1", "placed_at": "2026-01-01"}}
    write(tmp_path, "customers", [])
    write(tmp_path, "decisions", [counted | {"subject": user} for user in ("ada", "ada", "ben")])
    assert list(checks.orders(tmp_path, [], PROGRAM)) == ["orders: 1 count for more than one customer"]


def test_nobody_gives_more_than_there_is(tmp_path: Path) -> None:
    total = PROGRAM.budgets["campaign/festival"]

    def drawn(kind: str, name: str, much: int) -> Row:
        data = {name: [{"rule": "festival", "points": much, "drawn": much}]}
        return {"type": f"loyalty.points.{kind}", "subject": "ada", "data": data}

    given = [drawn("earned", "parts", total + 5), drawn("reversed", "returned", -5)]
    write(tmp_path, "decisions", given)
    assert list(checks.budgets(tmp_path, PROGRAM)) == []
    write(tmp_path, "decisions", given[:1])
    assert list(checks.budgets(tmp_path, PROGRAM)) == [f"budgets: campaign/festival gave {total + 5} of {total}"]
