"""What the default program must arrive at on CDNOW, worked out the plain way.

This is an independent second opinion: standard library only, nothing imported from the engine.
It looks at one customer at a time, with the whole history in hand, and so needs no event stream.

Conventions used throughout:

* money is whole US cents; thresholds are cents too;
* time is the UTC day. Orders happen at 00:00 UTC and every term is a whole number of days, so
  everything falls due at some midnight and an instant can be named by its date alone;
* within one instant, orders come first and whatever is due at that instant comes after them;
* a window of 365 days at T is (T - 365 days, T]: the far end is left out, the near end counts.

Run ``python -m tests.oracle.cdnow FILE`` to print the totals as JSON.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

END = datetime(1998, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)

POINTS_LIFE = timedelta(days=365)
SPEND_WINDOW = timedelta(days=365)
LEVEL_LIFE = timedelta(days=365)
SILENCE = timedelta(days=60)

# Lowest first; the number is the least spend, in cents, that qualifies.
LEVELS = (("regular", 0), ("silver", 10_000), ("gold", 30_000), ("black gold", 100_000))

# Lowest first; the number is the first day, counted from the first purchase, of the band.
BANDS = (("new", 0), ("growing", 31), ("mature", 91))


class Purchase(NamedTuple):
    """One line of the file, which is one order.

    line: number in the file, from 1, header included; it tells apart lines that are otherwise equal.
    customer: the id as printed, leading zeros kept. day: UTC date. cents: whole US cents.
    """

    line: int
    customer: str
    day: date
    units: int
    cents: int


@dataclass(frozen=True)
class Customer:
    """Where one customer stands at the end.

    points_* and balance are whole points. silences: (last purchase day, day the alert fell due), in
    order of time. churn_warning: the customer is in a silence of 60 days or more at the end.
    """

    orders: int
    cents: int
    points_earned: int
    points_expired: int
    balance: int
    level: str
    band: str
    silences: tuple[tuple[date, date], ...]
    churn_warning: bool


class Totals(NamedTuple):
    """Sums over all customers; due_on_last_day and gaps_of_exactly_60 are the edges of silences."""

    orders: int
    customers: int
    cents: int
    points_earned: int
    silences: int
    due_on_last_day: int
    gaps_of_exactly_60: int


# --- reading -----------------------------------------------------------------------------------


def read(path: Path | str) -> list[Purchase]:
    """All orders of a file, in the order of its lines. A header and blank lines are skipped.

    The header is optional so that a slice cut from the middle of the file can be read as well.
    """
    purchases = []
    with open(path, encoding="ascii") as lines:
        for number, text in enumerate(lines, start=1):
            fields = text.split()
            if not fields or (number == 1 and fields[0] == "customer_id"):
                continue
            purchases.append(_purchase(number, fields))
    return purchases


def _purchase(number: int, fields: list[str]) -> Purchase:
    """The order on one line; anything but four good fields is an error that names the line."""
    try:
        customer, day, units, dollars = fields
        return Purchase(number, customer, _day(day), int(units), _cents(dollars))
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error


def _day(text: str) -> date:
    """YYYYMMDD to a date."""
    if len(text) != 8 or not text.isdigit():
        raise ValueError(f"not a YYYYMMDD date: {text!r}")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _cents(text: str) -> int:
    """Dollars as printed to whole cents; exact, because floats would lose cents (and points)."""
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    if not cents.is_finite() or cents < 0 or cents != int(cents):
        raise ValueError(f"not an amount of whole cents: {text!r}")
    return int(cents)


# --- the rules, one customer at a time -----------------------------------------------------------


def settle(purchases: Iterable[Purchase], end: datetime = END) -> dict[str, Customer]:
    """Every customer with an order at or before the end, as they stand once all due by then is done.

    Orders after the end have not happened yet. The purchases may come in any order.
    """
    last_day = _last_day(end)
    histories = _histories(purchases, last_day)
    return {customer: _customer(orders, last_day) for customer, orders in histories.items()}


def _last_day(end: datetime) -> date:
    """The UTC day of the end. Its midnight is the last instant at which anything can fall due."""
    if end.tzinfo is None:
        raise ValueError("the end needs a time zone")
    return end.astimezone(UTC).date()


def _histories(purchases: Iterable[Purchase], last_day: date) -> dict[str, list[Purchase]]:
    """The orders up to the last day by customer, each list by day and then by line."""
    histories: dict[str, list[Purchase]] = {}
    for purchase in sorted(purchases, key=lambda p: (p.customer, p.day, p.line)):
        if purchase.day <= last_day:
            histories.setdefault(purchase.customer, []).append(purchase)
    return histories


def _customer(orders: Sequence[Purchase], last_day: date) -> Customer:
    """One customer's standing; orders is not empty and is sorted by day."""
    earned = sum(points(order) for order in orders)
    # No one redeems in this file, so every lot reaches its last day whole.
    expired = sum(points(order) for order in orders if order.day + POINTS_LIFE <= last_day)
    return Customer(
        orders=len(orders),
        cents=sum(order.cents for order in orders),
        points_earned=earned,
        points_expired=expired,
        balance=earned - expired,
        level=level_at_end(orders, last_day),
        band=band((last_day - orders[0].day).days),
        silences=tuple(silences(orders, last_day)),
        churn_warning=orders[-1].day + SILENCE <= last_day,
    )


def points(order: Purchase) -> int:
    """A point per whole dollar of the order; cents are dropped order by order, never pooled."""
    return order.cents // 100


def silences(orders: Sequence[Purchase], last_day: date) -> list[tuple[date, date]]:
    """(last purchase day, due day) of each silence that fell due; orders are sorted by day.

    A purchase on the due day itself comes before the alert and so prevents it.
    """
    days = purchase_days(orders)
    found = []
    for position, day in enumerate(days):
        due = day + SILENCE
        broken = position + 1 < len(days) and days[position + 1] <= due
        if due <= last_day and not broken:
            found.append((day, due))
    return found


def purchase_days(orders: Sequence[Purchase]) -> list[date]:
    """The different days with an order, in order of time."""
    return sorted({order.day for order in orders})


def band(days: int) -> str:
    """The band that many days after the first purchase."""
    return [name for name, first_day in BANDS if days >= first_day][-1]


# --- levels --------------------------------------------------------------------------------------


def level_at_end(orders: Sequence[Purchase], last_day: date) -> str:
    """The level's name after the last day; orders are sorted by day."""
    level, since = 0, orders[0].day
    for day in purchase_days(orders):
        # Only reviews of earlier days: one that is due today comes after today's orders.
        level, since = _reviewed(orders, level, since, day - timedelta(days=1))
        reached = _qualifies(_spend(orders, day))
        if reached > level:
            level, since = reached, day
    level, since = _reviewed(orders, level, since, last_day)
    return LEVELS[level][0]


def _reviewed(orders: Sequence[Purchase], level: int, since: date, until: date) -> tuple[int, date]:
    """Level and the day it was reached or renewed, after all reviews up to and including a day.

    Whatever the review decides, the outcome holds from the day of the review. A review never
    raises: between orders the window only loses spend, and orders raise at once. The lowest level
    has nothing to lose and is not reviewed.
    """
    while level > 0 and since + LEVEL_LIFE <= until:
        since += LEVEL_LIFE
        level = _qualifies(_spend(orders, since))
    return level, since


def _spend(orders: Sequence[Purchase], day: date) -> int:
    """Cents spent in the window that ends with all the orders of a day."""
    return sum(order.cents for order in orders if day - SPEND_WINDOW < order.day <= day)


def _qualifies(cents: int) -> int:
    """The position in LEVELS of the highest level that a spend reaches."""
    return max(place for place, (_, least) in enumerate(LEVELS) if cents >= least)


# --- totals --------------------------------------------------------------------------------------


def totals(purchases: Iterable[Purchase], customers: Mapping[str, Customer], end: datetime = END) -> Totals:
    """Sums over settled customers; purchases and end must be those the customers came from."""
    last_day = _last_day(end)
    due_days = [due for customer in customers.values() for _, due in customer.silences]
    return Totals(
        orders=sum(customer.orders for customer in customers.values()),
        customers=len(customers),
        cents=sum(customer.cents for customer in customers.values()),
        points_earned=sum(customer.points_earned for customer in customers.values()),
        silences=len(due_days),
        due_on_last_day=due_days.count(last_day),
        gaps_of_exactly_60=sum(
            later - earlier == SILENCE
            for orders in _histories(purchases, last_day).values()
            for earlier, later in pairwise(purchase_days(orders))
        ),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the totals of a file as JSON."""
    parser = argparse.ArgumentParser(description="The totals the default program must reach on a CDNOW file.")
    parser.add_argument("file", type=Path, help="a file of the shape of CDNOW_master.txt")
    purchases = read(parser.parse_args(arguments).file)
    print(json.dumps(totals(purchases, settle(purchases))._asdict(), indent=2))


if __name__ == "__main__":
    main()
