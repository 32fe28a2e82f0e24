"""Checks the oracle itself: hand-worked cases, known facts, and a second calculation of everything.

The second calculation (``sweep``) is built the other way round on purpose. The oracle takes one
customer at a time and looks at the whole history; the sweep lives through the calendar day by day,
all customers together, keeps running sums and a diary of what is due, and never looks ahead.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest

from .cdnow import END, Customer, Purchase, Totals, main, read, settle, totals

FACTS = Totals(
    orders=69_659,
    customers=23_570,
    cents=250_031_563,
    points_earned=2_453_159,
    silences=36_633,
    due_on_last_day=53,
    gaps_of_exactly_60=181,
)

# An order in a hand-worked case: ISO day and cents.
Order = tuple[str, int]


def midnight(day: str) -> datetime:
    """00:00 UTC of an ISO day: the very instant at which that day's due things are due."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def purchases_of(orders: Iterable[Order], customer: str = "00001") -> list[Purchase]:
    """The orders of one customer as lines of a file, one unit each."""
    return [
        Purchase(line, customer, date.fromisoformat(day), 1, cents) for line, (day, cents) in enumerate(orders, start=2)
    ]


def settled(orders: Iterable[Order], last_day: str) -> Customer:
    """The only customer of a hand-worked case."""
    return settle(purchases_of(orders), midnight(last_day))["00001"]


# --- reading -----------------------------------------------------------------------------------

HEADER = b"customer_id  date number_of_cds  dollar_value\r\n"
LINES = b" 00001 19970101  1   11.77\r\n 00002 19970112  5   77.00\r\n 00002 19970112  5   77.00\r\n"


def test_read_keeps_repeated_lines_and_leading_zeros(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(HEADER + LINES)
    assert read(path) == [
        Purchase(2, "00001", date(1997, 1, 1), 1, 1177),
        Purchase(3, "00002", date(1997, 1, 12), 5, 7700),
        Purchase(4, "00002", date(1997, 1, 12), 5, 7700),
    ]


def test_read_takes_a_slice_without_header(tmp_path: Path) -> None:
    path = tmp_path / "slice.txt"
    path.write_bytes(LINES.replace(b"\r\n", b"\n") + b"\n")
    assert [(p.line, p.customer) for p in read(path)] == [(1, "00001"), (2, "00002"), (3, "00002")]


@pytest.mark.parametrize(
    "line",
    [
        "00001 19970101 1",
        "00001 19970101 1 11.77 9",
        "00001 19970231 1 11.77",
        "00001 1997-01-01 1 11.77",
        "00001 19970101 one 11.77",
        "00001 19970101 1 11.775",
        "00001 19970101 1 -11.77",
        "00001 19970101 1 NaN",
        "00001 19970101 1 much",
        "customer_id date number_of_cds dollar_value",
    ],
)
def test_read_names_the_line_it_cannot_take(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(HEADER + line.encode("ascii"))
    with pytest.raises(ValueError, match=r"^line 2: "):
        read(path)


# --- hand-worked cases ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "last_day", "earned", "expired"),
    [
        pytest.param([("1997-01-01", 99)], "1997-01-01", 0, 0, id="under a dollar earns nothing"),
        pytest.param([("1997-01-01", 1177)], "1997-01-01", 11, 0, id="cents are dropped"),
        pytest.param([("1997-01-01", 199), ("1997-01-01", 199)], "1997-01-01", 2, 0, id="and not pooled"),
        pytest.param([("1997-01-01", 1000)], "1997-12-31", 10, 0, id="day 364: still there"),
        pytest.param([("1997-01-01", 1000)], "1998-01-01", 10, 10, id="day 365: expired"),
        pytest.param([("1997-01-01", 1000), ("1998-01-01", 700)], "1998-01-01", 17, 10, id="lot by lot"),
        pytest.param([("1999-06-01", 1000)], "2000-05-30", 10, 0, id="leap year: day 364"),
        pytest.param([("1999-06-01", 1000)], "2000-05-31", 10, 10, id="leap year: 365 days, not a year"),
    ],
)
def test_points(orders: list[Order], last_day: str, earned: int, expired: int) -> None:
    customer = settled(orders, last_day)
    assert (customer.points_earned, customer.points_expired) == (earned, expired)
    assert customer.balance == earned - expired


@pytest.mark.parametrize(
    ("orders", "level"),
    [
        pytest.param([9_999], "regular", id="a cent short of silver"),
        pytest.param([10_000], "silver", id="silver"),
        pytest.param([9_999, 1], "silver", id="silver by the second order of the day"),
        pytest.param([29_999], "silver", id="a cent short of gold"),
        pytest.param([30_000], "gold", id="gold"),
        pytest.param([99_999], "gold", id="a cent short of black gold"),
        pytest.param([10_000, 20_000, 70_000], "black gold", id="three levels in one day"),
        pytest.param([0], "regular", id="an order for nothing"),
    ],
)
def test_level_on_the_day_of_the_orders(orders: list[int], level: str) -> None:
    assert settled([("1997-01-01", cents) for cents in orders], "1997-01-01").level == level


# 1997-01-01 + 365 days is 1998-01-01, and 1998-01-01 + 365 days is 1999-01-01.
HALVES_365_APART = [("1997-01-01", 5_000), ("1998-01-01", 5_000)]
HALVES_364_APART = [("1997-01-02", 5_000), ("1998-01-01", 5_000)]
SILVER = [("1997-01-01", 10_000)]
SILVER_JUNE = [*SILVER, ("1997-06-01", 10_000)]
SILVER_AND_A_CENT = [*SILVER_JUNE, ("1998-07-01", 1)]
SILVER_LATE = [*SILVER, ("1998-01-01", 10_000)]
SILVER_THEN_GOLD = [*SILVER, ("1997-07-01", 20_000)]
SILVER_GOLD_AT_REVIEW = [*SILVER, ("1997-12-01", 15_000), ("1998-01-01", 15_000)]
BLACK_THEN_SILVER = [("1997-01-01", 100_000), ("1997-06-01", 10_000)]
BLACK_THEN_GOLD = [("1997-01-01", 100_000), ("1997-06-01", 30_000)]
FALLEN_THEN_GOLD = [*BLACK_THEN_SILVER, ("1998-03-01", 20_000)]
FALLEN_THEN_BACK = [*SILVER, ("1998-02-01", 10_000)]


@pytest.mark.parametrize(
    ("orders", "last_day", "level"),
    [
        pytest.param(HALVES_365_APART, "1998-01-01", "regular", id="365 days back is out of the window"),
        pytest.param(HALVES_364_APART, "1998-01-01", "silver", id="364 days back is in it"),
        pytest.param(SILVER, "1997-12-31", "silver", id="held up to the day before the review"),
        pytest.param(SILVER, "1998-01-01", "regular", id="fallen at the review"),
        pytest.param(SILVER_LATE, "1998-01-01", "silver", id="an order on the day of the review counts"),
        pytest.param(SILVER_LATE, "1999-01-01", "regular", id="but is out of the next one's window"),
        pytest.param(SILVER_JUNE, "1998-01-01", "silver", id="renewed; June's order did not move the review"),
        pytest.param(SILVER_JUNE, "1998-12-31", "silver", id="renewed for 365 days, spend or no spend"),
        pytest.param(SILVER_JUNE, "1999-01-01", "regular", id="then reviewed again"),
        pytest.param(SILVER_AND_A_CENT, "1998-07-01", "silver", id="an order never lowers a level"),
        pytest.param(SILVER_THEN_GOLD, "1998-06-30", "gold", id="gold restarts the 365 days"),
        pytest.param(SILVER_THEN_GOLD, "1998-07-01", "regular", id="two levels down at its own review"),
        pytest.param(SILVER_GOLD_AT_REVIEW, "1998-01-01", "gold", id="up on the day of the review"),
        pytest.param(SILVER_GOLD_AT_REVIEW, "1998-12-31", "gold", id="and held from there"),
        pytest.param(BLACK_THEN_SILVER, "1997-12-31", "black gold", id="black gold held"),
        pytest.param(BLACK_THEN_SILVER, "1998-01-01", "silver", id="two levels down, to what the spend buys"),
        pytest.param(BLACK_THEN_SILVER, "1998-12-31", "silver", id="a level fallen to holds 365 days"),
        pytest.param(BLACK_THEN_SILVER, "1999-01-01", "regular", id="and is reviewed in its turn"),
        pytest.param(BLACK_THEN_GOLD, "1998-01-01", "gold", id="one level down"),
        pytest.param(FALLEN_THEN_GOLD, "1998-03-01", "gold", id="up again after a fall, with June's spend"),
        pytest.param(FALLEN_THEN_GOLD, "1999-01-01", "gold", id="the fallen level's review is off"),
        pytest.param(FALLEN_THEN_GOLD, "1999-02-28", "gold", id="gold held"),
        pytest.param(FALLEN_THEN_GOLD, "1999-03-01", "regular", id="gold reviewed"),
        pytest.param(FALLEN_THEN_BACK, "1998-01-31", "regular", id="fallen to regular"),
        pytest.param(FALLEN_THEN_BACK, "1999-01-31", "silver", id="up from regular starts 365 new days"),
        pytest.param(FALLEN_THEN_BACK, "1999-02-01", "regular", id="which end in a review"),
        pytest.param([("1999-06-01", 10_000)], "2000-05-30", "silver", id="leap year: day 364"),
        pytest.param([("1999-06-01", 10_000)], "2000-05-31", "regular", id="leap year: 365 days, not a year"),
    ],
)
def test_level_over_time(orders: list[Order], last_day: str, level: str) -> None:
    assert settled(orders, last_day).level == level


# 1997-01-01 + 60 days is 1997-03-02; 1997-03-02 + 60 days is 1997-05-01.
@pytest.mark.parametrize(
    ("days", "last_day", "due", "warning"),
    [
        pytest.param(["1997-01-01"], "1997-03-01", [], False, id="day 59"),
        pytest.param(["1997-01-01"], "1997-03-02", ["1997-03-02"], True, id="day 60"),
        pytest.param(["1997-01-01"], "1997-12-31", ["1997-03-02"], True, id="one alert however long"),
        pytest.param(["1997-01-01", "1997-03-02"], "1997-03-02", [], False, id="prevented on day 60"),
        pytest.param(["1997-01-01", "1997-03-02"], "1997-05-01", ["1997-05-01"], True, id="and starts its own count"),
        pytest.param(["1997-01-01", "1997-03-03"], "1997-03-03", ["1997-03-02"], False, id="on day 61 comes too late"),
        pytest.param(["1997-01-01", "1997-01-01"], "1997-03-02", ["1997-03-02"], True, id="one per silence"),
        pytest.param(["1997-03-03", "1997-01-01"], "1997-03-03", ["1997-03-02"], False, id="lines out of order"),
        pytest.param(["1997-01-01", "1997-06-01"], "1997-07-31", ["1997-03-02", "1997-07-31"], True, id="two silences"),
    ],
)
def test_silences(days: list[str], last_day: str, due: list[str], warning: bool) -> None:
    customer = settled([(day, 1_000) for day in days], last_day)
    assert [day.isoformat() for _, day in customer.silences] == due
    assert all(day - since == timedelta(days=60) for since, day in customer.silences)
    assert customer.churn_warning is warning


# Counted from the first purchase: 1997-02-01 is day 31 and 1997-04-02 is day 91.
@pytest.mark.parametrize(
    ("last_day", "band"),
    [
        ("1997-01-01", "new"),
        ("1997-01-31", "new"),
        ("1997-02-01", "growing"),
        ("1997-04-01", "growing"),
        ("1997-04-02", "mature"),
        ("1998-06-30", "mature"),
    ],
)
def test_band(last_day: str, band: str) -> None:
    assert settled([("1997-01-01", 1_000)], last_day).band == band
    later = [("1997-01-01", 1_000), ("1997-01-20", 1_000)]
    assert settled(later, max(last_day, "1997-01-20")).band == band, "a later purchase changes nothing"


def test_the_end_is_an_instant_and_orders_after_it_have_not_happened() -> None:
    orders = purchases_of([("1997-01-01", 10_000), ("1998-01-01", 10_000)])
    just_before = midnight("1998-01-01") - timedelta(milliseconds=1)
    before = settle(orders, just_before)["00001"]
    assert (before.orders, before.points_expired, before.churn_warning) == (1, 0, True)
    at = settle(orders, midnight("1998-01-01"))["00001"]
    assert (at.orders, at.points_expired, at.churn_warning) == (2, 100, False)
    assert settle(orders, midnight("1996-12-31")) == {}


def test_the_end_is_taken_in_utc() -> None:
    orders = purchases_of([("1997-01-01", 1_000)])
    east = datetime(1998, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))  # 23:00 UTC the day before
    assert settle(orders, east)["00001"].points_expired == 0
    with pytest.raises(ValueError, match="time zone"):
        settle(orders, datetime(1998, 1, 1))


def test_totals_of_two_customers() -> None:
    # The end is 1998-06-30; 60 days before it is 1998-05-01, and 60 before that 1998-03-02.
    purchases = [
        *purchases_of([("1998-03-02", 1_150), ("1998-05-01", 1_150)], "00001"),
        *purchases_of([("1998-01-01", 999), ("1998-06-01", 1)], "00002"),
    ]
    random.Random(1).shuffle(purchases)
    assert totals(purchases, settle(purchases)) == Totals(
        orders=4,
        customers=2,
        cents=3_300,
        points_earned=31,
        silences=2,
        due_on_last_day=1,
        gaps_of_exactly_60=1,
    )


def test_command_prints_totals_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(HEADER + LINES)
    main([str(path)])
    assert json.loads(capsys.readouterr().out) == {
        "orders": 3,
        "customers": 2,
        "cents": 16_577,
        "points_earned": 165,
        "silences": 2,
        "due_on_last_day": 0,
        "gaps_of_exactly_60": 0,
    }


# --- the second calculation ----------------------------------------------------------------------


@dataclass
class Life:
    """One customer as the sweep knows them so far; days are ordinals, money is cents."""

    first: int
    last: int = 0
    orders: int = 0
    cents: int = 0
    earned: int = 0
    balance: int = 0
    spend: int = 0
    level: str = "regular"
    review: int = 0
    band: str = "new"
    silences: list[tuple[date, date]] = field(default_factory=list)
    silent: bool = False


def rank(cents: int) -> str:
    """The level a spend buys."""
    if cents >= 100_000:
        return "black gold"
    if cents >= 30_000:
        return "gold"
    return "silver" if cents >= 10_000 else "regular"


class Sweep:
    """Lives through the calendar once, one day after another."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        # What is due on which day: (customer, what, an amount of cents or 0).
        self.diary: defaultdict[int, list[tuple[str, str, int]]] = defaultdict(list)

    def live(self, day: int, orders: list[tuple[str, int]]) -> None:
        """One day: the window slides on, the orders come in, then what is due is done."""
        due = self.diary.pop(day, [])
        for customer, what, cents in due:
            if what == "lot":  # spend leaves the window before the orders of the day look at it
                self.lives[customer].spend -= cents
        for customer, cents in orders:
            self.order(day, customer, cents)
        for customer, what, cents in due:
            self.happen(day, customer, what, cents)

    def order(self, day: int, customer: str, cents: int) -> None:
        """Take one order and write down what will come of it."""
        life = self.lives.get(customer)
        if life is None:
            life = self.lives[customer] = Life(first=day)
            self.diary[day + 31].append((customer, "growing", 0))
            self.diary[day + 91].append((customer, "mature", 0))
        life.last, life.silent = day, False
        life.orders += 1
        life.cents += cents
        life.spend += cents
        life.earned += cents // 100
        life.balance += cents // 100
        self.diary[day + 365].append((customer, "lot", cents))
        self.diary[day + 60].append((customer, "silence", 0))
        order = ["regular", "silver", "gold", "black gold"]
        if order.index(rank(life.spend)) > order.index(life.level):
            self.enter(day, customer, rank(life.spend))

    def enter(self, day: int, customer: str, level: str) -> None:
        """Begin 365 days of a level; the review date on the customer makes older entries stale."""
        life = self.lives[customer]
        life.level, life.review = level, day + 365
        if level != "regular":
            self.diary[life.review].append((customer, "review", 0))

    def happen(self, day: int, customer: str, what: str, cents: int) -> None:
        """Do one thing that the diary has for today."""
        life = self.lives[customer]
        if what == "lot":
            life.balance -= cents // 100
        elif what == "review":
            if life.review == day:
                self.enter(day, customer, rank(life.spend))
        elif what == "silence":
            if life.last == day - 60 and not life.silent:
                life.silent = True
                life.silences.append((date.fromordinal(life.last), date.fromordinal(day)))
        else:
            life.band = what


def sweep(lines: Iterable[tuple[str, date, int]], last_day: date) -> dict[str, Customer]:
    """All customers at the end of the last day, from (customer, day, cents)."""
    by_day: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for customer, day, cents in lines:
        by_day[day.toordinal()].append((customer, cents))
    world = Sweep()
    for today in range(min(by_day), last_day.toordinal() + 1):
        world.live(today, by_day[today])
    return {
        customer: Customer(
            orders=life.orders,
            cents=life.cents,
            points_earned=life.earned,
            points_expired=life.earned - life.balance,
            balance=life.balance,
            level=life.level,
            band=life.band,
            silences=tuple(life.silences),
            churn_warning=life.silent,
        )
        for customer, life in world.lives.items()
    }


def raw_lines(path: Path) -> list[tuple[str, date, int]]:
    """(customer, day, cents) of a file with a header and two decimals everywhere; not with ``read``."""
    rows = [row.split() for row in path.read_bytes().decode("ascii").split("\r\n")[1:] if row]
    return [
        (customer, datetime.strptime(day, "%Y%m%d").date(), int(dollars.replace(".", "")))
        for customer, day, _, dollars in rows
    ]


@pytest.mark.parametrize("seed", range(60))
def test_sweep_agrees_on_made_up_histories(seed: int) -> None:
    # Few different gaps and amounts, chosen to land on the edges: 60, 365, 100, 300 and 1000.
    dice = random.Random(seed)
    gaps = [0, 1, 29, 30, 59, 60, 61, 180, 185, 304, 305, 306, 364, 365, 366]
    purchases: list[Purchase] = []
    for number in range(20):
        day = date(1997, 1, 1) + timedelta(days=dice.randrange(400))
        for _ in range(dice.randrange(1, 16)):
            cents = dice.choice([0, 99, 4_999, 5_000, 9_999, 10_000, 20_000, 30_000, 70_000])
            purchases.append(Purchase(len(purchases) + 2, f"{number:05}", day, 1, cents))
            day += timedelta(days=dice.choice(gaps))
    end = midnight("1998-01-01") + timedelta(days=dice.randrange(2_000))
    expected = sweep([(p.customer, p.day, p.cents) for p in purchases], end.date())
    dice.shuffle(purchases)
    assert settle(purchases, end) == expected


# --- the real file -------------------------------------------------------------------------------


@cache
def real(path: Path) -> tuple[list[Purchase], dict[str, Customer]]:
    """The whole file, read and settled once for all tests."""
    purchases = read(path)
    return purchases, settle(purchases)


def test_known_facts(cdnow_file: Path) -> None:
    purchases, customers = real(cdnow_file)
    assert totals(purchases, customers) == FACTS
    assert sum(times - 1 for times in Counter(p[1:] for p in purchases).values()) == 255
    assert sum(c.points_earned - c.points_expired - c.balance for c in customers.values()) == 0


def test_known_facts_from_the_raw_lines_alone(cdnow_file: Path) -> None:
    lines = raw_lines(cdnow_file)
    days = sorted({(customer, day.toordinal()) for customer, day, _ in lines})
    # A customer's last purchase is followed by the end, or by the next customer in the list.
    after = [*days[1:], ("", 0)]
    pairs = list(zip(days, after, strict=True))
    gaps = [there - here for (who, here), (next_one, there) in pairs if who == next_one]
    tails = [END.date().toordinal() - here for (who, here), (next_one, _) in pairs if who != next_one]
    assert (
        len(lines),
        len(tails),
        sum(cents for _, _, cents in lines),
        sum(cents // 100 for _, _, cents in lines),
        sum(gap > 60 for gap in gaps) + sum(tail >= 60 for tail in tails),
        # No order comes after the last day, so a silence that falls due on it is still open: a tail.
        sum(tail == 60 for tail in tails),
        gaps.count(60),
    ) == FACTS


def test_sweep_agrees_on_every_customer(cdnow_file: Path) -> None:
    _, customers = real(cdnow_file)
    assert customers == sweep(raw_lines(cdnow_file), END.date())


def test_a_slice_gives_the_same_customers(cdnow_file: Path, tmp_path: Path) -> None:
    _, customers = real(cdnow_file)
    rows = cdnow_file.read_bytes().splitlines(keepends=True)
    wanted = [row for row in rows[1:] if row.split()[0][-2:] == b"07"]
    path = tmp_path / "slice.txt"
    path.write_bytes(b"".join(wanted))
    assert settle(read(path)) == {who: c for who, c in customers.items() if who.endswith("07")}
