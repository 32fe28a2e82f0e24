"""What the end of a run looks at: each check passes what is right and names what is not."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.chaos import checks
from tests.chaos.feed import Line

Row = dict[str, Any]


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


@pytest.mark.parametrize(("orders", "cents", "wrong"), [(2, 1250, False), (1, 1250, True), (2, 1000, True)])
def test_orders_are_added_up(tmp_path: Path, orders: int, cents: int, wrong: bool) -> None:
    def event(name: str, customer: str, order: str, total: float) -> Line:
        about = {"order_id": order, "total": total}
        raw = msgspec.json.encode({"event": name, "userId": customer, "properties": about})
        return Line("orders", customer.encode(), raw)

    bought = [event("Order Completed", "ada", "1", 10.0), event("Order Completed", "ada", "2", 2.5)]
    undone = [event("Order Completed", "ben", "3", 1.0), event("Order Cancelled", "ben", "3", 0.0)]
    write(tmp_path, "customers", [{"user_id": "ada", "orders": orders, "spend": {"USD": cents}}])
    found = list(checks.orders(tmp_path, [*bought, bought[0], *undone, Line("orders", None, b"{")]))
    assert bool(found) == wrong
