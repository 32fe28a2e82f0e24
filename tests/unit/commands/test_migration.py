"""Members who come from another program: what came in, what was refused, and batches that are taken back."""

import json
from pathlib import Path

from tests.unit.commands.support import call, replayed, said
from tests.unit.support_core import Json, event, order


def member(user: str, at: str = "2025-01-01T09:00:00Z", **more: object) -> bytes:
    return event("Member Imported", at, {"import_id": f"i-{user}", **more}, user=user)


def lot(name: str, points: int, expires: str | None = "2026-01-01", **more: str) -> Json:
    return {"lot": name, "points": points, "expires_at": expires, **more}


def bought(order_id: str, at: str, total: float = 10) -> Json:
    return {"order_id": order_id, "placed_at": at, "total": total, "currency": "USD"}


EVENTS = (
    member("ada", level="silver", lots=[lot("a", 40), lot("b", 7, "2024-01-01")], orders=[bought("x", "2024-05-01")]),
    member("ben", level="platinum", lots=[lot("a", 60, None), lot("b", 9, "2024-02-01")]),
    member("cid", lots=[lot("a", 5, wallet="airmiles")], orders=[bought("y", "2025-05-01")]),
    member("ada", "2025-01-02T09:00:00Z", lots=[lot("c", 1)]),
    member("ben", "2025-01-02T10:00:00Z"),
    member("ada", "2025-01-02T11:00:00Z"),
    member("dan", lots=[lot("a", 0)]),
    member("eve", lots=[lot("a", 1), lot("b", -1)]),
)


def test_what_came_in_and_what_was_refused_and_why(tmp_path: Path) -> None:
    found = said("report", "migration", "--from", replayed(tmp_path, EVENTS))
    assert {name: found[name] for name in ("members", "lots", "orders")} == {"members": 3, "lots": 2, "orders": 1}
    assert found["points"] == found["postings"] == {"points": 100}
    assert found["levels"] == {"silver": 1}
    assert found["money"] == {"USD": 1000}
    refused = {(one["what"], one["reason"]): (one["count"], one["points"], one["users"]) for one in found["refused"]}
    assert refused == {
        ("lot", "wanted points that have not expired"): (2, 16, ["ada", "ben"]),
        ("lot", "wanted wallet points"): (1, 5, ["cid"]),
        ("order", "wanted an order from before the import"): (1, 0, ["cid"]),
        ("level", "wanted one of regular, silver, gold, black gold"): (1, 0, ["ben"]),
    }
    assert (found["repeated"]["users"], found["repeated"]["wallets"]) == (["ada", "ben"], {"points": 1})
    assert found["refused_points"] == {"airmiles": 5, "points": 16 + 1}
    (dead,) = found["dead_letters"]
    assert dead["reason"].startswith("properties.lots.*.points: ")
    assert dead["users"] == ["dan", "eve"]


def test_what_was_signed_is_what_comes_in(tmp_path: Path) -> None:
    """What a dry run says is asked less what it says is refused is what the report says came in, for every sum."""
    file = tmp_path / "members.ndjson"
    file.write_bytes(b"\n".join(EVENTS))
    signed = said("publish", "--dry-run", str(file))
    found = said("report", "migration", "--from", replayed(tmp_path, EVENTS))
    assert signed["import_refused"] == {"members": 3, "lots": 3 + 1, "orders": 1, "levels": 1}
    assert signed["import_refused_points"] == found["refused_points"]
    for name, asked in signed["imported"].items():
        assert asked - signed["import_refused"][name] == found[name]
    for wallet, asked in signed["imported_points"].items():
        assert asked - signed["import_refused_points"].get(wallet, 0) == found["points"].get(wallet, 0)


def test_the_table_names_no_customer(tmp_path: Path) -> None:
    result = call("report", "migration", "--from", replayed(tmp_path, EVENTS))
    assert result.exit_code == 0, result.output
    assert "Members who came in: 3" in result.stdout
    assert "lot: wanted points that have not expired" in result.stdout
    assert not any(user in result.stdout for user in ("ada", "ben", "cid"))


def test_postings_that_say_otherwise_end_with_code_1(tmp_path: Path) -> None:
    home = replayed(tmp_path, EVENTS)
    file = Path(home) / "decisions.ndjson"
    file.write_text(file.read_text().replace('"points":60}]', '"points":61}]'))
    result = call("report", "migration", "--from", home)
    assert result.exit_code == 1
    assert str(result.exception) == (
        "wallet points: members brought 100 points, their lots 100, postings add up to 101"
    )


def adjusted(user: str, ref: str, points: int, batch: str | None = "b-1") -> bytes:
    given = {"adjustment_id": ref, "points": points, "actor": "staff-1", "reason": "double points"}
    return event("Points Adjusted", "2025-01-05T09:00:00Z", given | ({"batch": batch} if batch else {}), user=user)


BATCH = (
    order("2025-01-01T09:00:00Z", "o-1", 100, "ada"),
    adjusted("ada", "a-1", 30),
    adjusted("ada", "a-2", -10),
    adjusted("ben", "a-3", 50),
    adjusted("cid", "a-4", 9, None),
)
REVERSE = ("batch", "reverse", "b-1", "--actor", "staff-2", "--reason", "wrong list")


def test_a_batch_is_taken_back_once_from_everyone_it_concerned(tmp_path: Path) -> None:
    """The events of a second call are none; those of the same call, sent twice, change nothing either."""
    home, out = replayed(tmp_path, BATCH), tmp_path / "reverse.ndjson"
    done = said(*REVERSE, "--from", home, "--out", str(out), "--at", "2025-01-06T09:00:00Z")
    assert done == {
        "batch": "b-1",
        "sent": False,
        "customers": 2,
        "adjustments": 3,
        "points": {"points": -70},
        "taken_back_before": 0,
        "too_old": 0,
        "forgotten": 0,
    }
    events = out.read_bytes().splitlines()
    assert [json.loads(one)["userId"] for one in events] == ["ada", "ben"]
    again = said(*REVERSE, "--from", home, "--out", str(out), "--at", "2025-01-06T10:00:00Z")
    assert again == done
    twice = out.read_bytes().splitlines()
    assert [json.loads(one)["messageId"] for one in twice] == [json.loads(one)["messageId"] for one in events]
    home = replayed(tmp_path, (*BATCH, *events, *twice))
    balances = {
        one["user_id"]: one["balances"]["points"]
        for one in map(json.loads, (Path(home) / "customers.ndjson").read_text().splitlines())
    }
    assert balances == {"ada": 100, "ben": 0, "cid": 9}
    left = said(*REVERSE, "--from", home, "--dry-run", "--at", "2025-01-07")
    assert (left["customers"], left["points"], left["taken_back_before"], left["too_old"]) == (0, {}, 3, 0)
    assert said("report", "liability", "--from", home)["outstanding"] == 109


def test_what_expired_is_not_in_the_sum_that_is_taken_back(tmp_path: Path) -> None:
    """Of 30 and 50 points that expired unspent nothing is taken; the 10 that were taken away come back."""
    home, out = replayed(tmp_path, BATCH, "2026-01-06"), tmp_path / "reverse.ndjson"
    done = said(*REVERSE, "--from", home, "--out", str(out), "--at", "2026-01-07T09:00:00Z")
    assert (done["adjustments"], done["points"]) == (3, {"points": 10})
    home = replayed(tmp_path, (*BATCH, *out.read_bytes().splitlines()))
    assert said("report", "liability", "--from", home)["outstanding"] == 10


def test_what_is_remembered_no_more_is_said_and_not_sent(tmp_path: Path) -> None:
    """The engine forgets adjustments with the orders' horizon: the totals leave them out."""
    late = said(*REVERSE, "--from", replayed(tmp_path, BATCH), "--dry-run", "--at", "2026-06-01")
    assert (late["customers"], late["adjustments"], late["points"], late["too_old"]) == (0, 0, {}, 3)


def test_who_was_erased_is_left_out_and_not_told_of(tmp_path: Path) -> None:
    """Neither a batch nor a question brings a customer back who asked to be forgotten; the totals still agree."""
    erased = event("Erasure Requested", "2025-01-06T09:00:00Z", {"request_id": "e-1"}, user="ben")
    home = replayed(tmp_path, (*BATCH, erased))
    left = said(*REVERSE, "--from", home, "--dry-run", "--at", "2025-01-07")
    assert (left["customers"], left["points"], left["forgotten"]) == (1, {"points": -20}, 1)
    assert "no customer 'ben' is known" in str(call("explain", "ben", "--from", home).exception)
    assert said("report", "liability", "--from", home)["checks"]["agree"] is True


def test_a_batch_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    result = call("batch", "reverse", "b-9", "--actor", "s", "--reason", "r", "--from", replayed(tmp_path, BATCH))
    assert result.exit_code == 1
    assert "no adjustment of batch 'b-9'" in str(result.exception)
