"""What is owed in points, from a folder of results: by wallet, by age, and checked in three ways."""

import gzip
import json
from pathlib import Path

import pytest

from tests.unit.commands.support import call, replayed, said, with_wallets
from tests.unit.support_core import DEFAULT, event, order, redeem, refund

EVENTS = (
    order("2025-01-01T10:00:00Z", "o-1", 250, "ada"),
    order("2025-01-02T10:00:00Z", "o-2", 80, "ben", channel="travel"),
    redeem("2025-01-20T10:00:00Z", "r-1", 50, "ada"),
    event("Points Redemption Confirmed", "2025-01-21T10:00:00Z", {"redemption_id": "r-1"}, user="ada"),
    order("2025-03-20T10:00:00Z", "o-3", 40, "ada"),
    redeem("2025-03-21T10:00:00Z", "r-2", 20, "ada"),
    refund("2025-03-21T12:00:00Z", "o-1", "f-1", 245, user="ada"),
)


def test_each_redeemable_wallet_by_age_and_state(tmp_path: Path) -> None:
    """What waits, what can be spent, what is held, what is owed back; status points are no liability."""
    home = replayed(tmp_path, EVENTS, "2025-03-22T00:00:00Z", with_wallets(DEFAULT))
    found = said("report", "liability", "--from", home, "--at", "2025-03-22T00:00:00Z")
    assert list(found["wallets"]) == ["points", "miles"]
    points, miles = found["wallets"]["points"], found["wallets"]["miles"]
    # ada: 250 - 50 spent; 20 held stay held, so of 245 taken back 180 come from o-1, 40 from o-3, and 25 are owed
    assert {name: points[name] for name in ("pending", "active", "reserved", "debt", "outstanding")} == {
        "pending": 0,
        "active": 80,
        "reserved": 20,
        "debt": 25,
        "outstanding": 75,
    }
    assert points["by_age"] == {"0-30": 0, "31-90": 100, "91-180": 0, "181-365": 0, "over 365": 0}
    assert points["value"] == "1.50 USD"
    assert miles["outstanding"] == miles["active"] == 160
    assert (miles["expected_breakage"], miles["breakage_percent"], miles["breakage_from"]) == (40, 25.0, "program")
    assert found["outstanding"] == 235
    assert found["checks"] == {"lots": 235, "balances": 235, "postings": 235, "agree": True}


def test_breakage_is_measured_on_points_whose_time_was_over(tmp_path: Path) -> None:
    """Of 300 points that came of age 200 expired unspent; so a third of what is outstanding is expected to be used."""
    events = (
        order("2024-01-01T10:00:00Z", "o-1", 300),
        redeem("2024-02-01T10:00:00Z", "r-1", 100),
        order("2025-06-01T10:00:00Z", "o-2", 90),
    )
    found = said("report", "liability", "--from", replayed(tmp_path, events))["wallets"]["points"]
    assert (found["outstanding"], found["expected_breakage"], found["breakage_from"]) == (90, 60, "measured")


def test_a_lot_that_outlives_its_order_keeps_its_age(tmp_path: Path) -> None:
    """Orders are forgotten after 400 days; points that hold for two year ends are not."""
    program = DEFAULT.replace("expires_after_days = 365", 'expires_on = "12-31"\nexpires_years = 2')
    events = (order("2024-01-05", "o-1", 70), order("2025-06-01", "o-2", 5), redeem("2025-06-02", "r-1", 20))
    found = said("report", "liability", "--from", replayed(tmp_path, events, program=program))
    ages = {"0-30": 5, "31-90": 0, "91-180": 0, "181-365": 0, "over 365": 50}
    assert found["wallets"]["points"]["by_age"] == ages


def test_tables_for_people(tmp_path: Path) -> None:
    result = call("report", "liability", "--from", replayed(tmp_path, EVENTS, program=with_wallets(DEFAULT)))
    assert result.exit_code == 0, result.output
    assert "Points outstanding as of 2025-03-21T12:00:00Z: 235" in result.stdout
    assert "lots, balances and postings agree" in result.stdout
    assert "25 % (program)" in result.stdout


@pytest.mark.parametrize(
    ("name", "before", "after", "says"),
    [
        ("decisions", '"points":250}', '"points":251}', "postings add up to 101, balances to 100 and lots"),
        (
            "customers",
            '"balances":{"points":100',
            '"balances":{"points":99',
            "balances to 99 and lots less debts to",
        ),
        ("customers", '"user_id":"ada"', '"user_id":"bob"', "1 customers differ, the first is bob"),
        ("customers", '"points":100,"reserved"', '"points":98,"reserved"', "lots less debts to 98; 1 customers differ"),
    ],
)
def test_what_does_not_agree_is_named(tmp_path: Path, name: str, before: str, after: str, says: str) -> None:
    """A posting, a balance or a lot that somebody changed: exit code 1, and the report all the same."""
    home = replayed(tmp_path, (order("2025-01-01T10:00:00Z", "o-1", 250), redeem("2025-01-02T10:00:00Z", "r", 150)))
    file = Path(home) / f"{name}.ndjson"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    result = call("report", "liability", "--from", home, "--json")
    assert result.exit_code == 1
    assert says in str(result.exception)
    assert json.loads(result.stdout)["checks"]["agree"] is False


def test_a_line_that_is_no_profile_is_named(tmp_path: Path) -> None:
    """A file that was put together by hand ends with one sentence, not with a traceback."""
    home = replayed(tmp_path, EVENTS[:1])
    with (Path(home) / "customers.ndjson").open("a") as file:
        file.write('{"user_id": "eve"}\n')
    result = call("report", "liability", "--from", home)
    assert str(result.exception).endswith("customer 2: not a profile of the engine: KeyError('balances')")


def test_a_folder_without_results_is_named_with_the_remedy(tmp_path: Path) -> None:
    result = call("report", "liability", "--from", str(tmp_path))
    assert result.exit_code == 1
    assert "stream-loyalty replay" in str(result.exception)


def test_dry_run_totals_name_the_file_and_what_it_asks_for(tmp_path: Path) -> None:
    """The same content has the same checksum, packed or not; imports, adjustments and redemptions are added up."""
    member = {
        "import_id": "i-1",
        "lots": [{"lot": "l-1", "points": 40}],
        "orders": [{"order_id": "x", "placed_at": "2023-01-01", "total": 5.5, "currency": "USD"}],
    }
    lines = b"\n".join(
        (
            event("Member Imported", "2024-01-01", member),
            event("Points Adjusted", "2024-01-02", {"adjustment_id": "a", "points": -7, "actor": "s", "reason": "r"}),
            redeem("2024-01-03", "r-1", 30),
        )
    )
    (tmp_path / "plain").write_bytes(lines)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(lines))
    plain, packed = (said("publish", "--dry-run", str(tmp_path / name)) for name in ("plain", "packed.gz"))
    assert plain["imported"] == {"lots": 1, "members": 1, "orders": 1}
    assert plain["imported_points"] == {"points": 40}
    assert plain["imported_money"] == {"USD": "5.50 USD"}
    assert plain["adjusted_points"] == {"points": -7}
    assert plain["requested_points"] == {"points": 30}
    assert list(plain.pop("sha256").values()) == list(packed.pop("sha256").values())
    assert plain == packed
