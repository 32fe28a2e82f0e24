"""What a program owes its customers: points outstanding by wallet and age, checked against every posting.

Three ways to the same figure have to agree: what the lots hold less the debts, the balances of the customers, and the
sum of all postings that were ever decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
from msgspec import Struct, field

from stream_loyalty.contracts.decisions.adjusting import PointsAdjusted
from stream_loyalty.contracts.decisions.earning import PointsEarned, PointsReversed
from stream_loyalty.contracts.decisions.importing import PointsImported
from stream_loyalty.contracts.decisions.points import PointsErased, PointsExpired, PointsGranted, PointsWithdrawn
from stream_loyalty.contracts.instants import DAY_MS, format_instant, parse_instant
from stream_loyalty.contracts.money import EXPONENTS, format_minor
from stream_loyalty.core.program.wallets import Wallet
from stream_loyalty.core.programs import Programs

AGES = ((30, "0-30"), (90, "31-90"), (180, "91-180"), (365, "181-365"))  # days since the points came, up to
OLDEST, UNKNOWN = "over 365", "unknown"
_ISSUES = (PointsEarned.type, PointsGranted.type, PointsImported.type, PointsAdjusted.type)
_TAKEN = (PointsReversed.type, PointsWithdrawn.type, PointsAdjusted.type)


class Issue(Struct):
    """A lot that expires by a date: what came onto it and was not taken back, and what of it expired."""

    expires_at: int
    points: int = 0
    expired: int = 0


class Books(Struct):
    """All postings: `sums` by wallet and customer; dated lots; the time (ms) of the newest decision."""

    sums: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    issues: dict[tuple[str, str, str], Issue] = field(default_factory=dict)
    newest: int | None = None
    erasures: int = 0  # balances written off under names that cannot be traced back

    def breakage(self, wallet: str, at: int) -> tuple[int, int]:
        """Of the points whose time was over at `at` (ms): how many expired unspent, and how many there were."""
        over = [
            issue
            for (name, _, _), issue in self.issues.items()
            if name == wallet and issue.expires_at <= at and issue.points > 0
        ]
        return sum(issue.expired for issue in over), sum(issue.points for issue in over)


class Figures(Struct):
    """What one wallet owes over all customers. Whole points; `outstanding` = pending + active + reserved - debt."""

    pending: int
    active: int
    reserved: int
    debt: int
    outstanding: int
    by_age: dict[str, int]
    expected_breakage: int
    breakage_percent: float
    breakage_from: str  # program, measured, or none where nothing is known
    value: str | None  # of what is outstanding, where the wallet says what a point is worth


class Checks(Struct):
    """The same figure in three ways, over all redeemable wallets; `postings` is null where the log begins too late."""

    lots: int
    balances: int
    postings: int | None
    agree: bool


class Liability(Struct):
    """The report: one entry in `wallets` for each redeemable wallet of any version of the program."""

    as_of: str | None
    customers: int
    wallets: dict[str, Figures]
    outstanding: int
    checks: Checks


class _Posting(Struct):
    points: int
    lot: str | None = None


class _Data(Struct):
    customer: str
    wallet: str
    postings: list[_Posting]
    lot: str | None = None
    expires_at: str | None = None


class _Line(Struct):
    id: str
    type: str
    time: str
    data: msgspec.Raw


def read_books(lines: Iterable[bytes], repeats: bool = False) -> Books:
    """Add up the postings of decisions. ValueError names a line that is no decision of the engine.

    `repeats`: commits were plain, so a crash may have told something twice, and each id counts once. In transactions
    everything is told once; there the same id comes again only for who was erased and earns the same again.
    """
    books, seen = Books(), set[str]()
    decode, data_of = msgspec.json.Decoder(_Line).decode, msgspec.json.Decoder(_Data).decode
    for number, raw in enumerate(lines, 1):
        try:
            line = decode(raw)
            at = parse_instant(line.time)
            if books.newest is None or at > books.newest:
                books.newest = at
            if b'"postings"' in raw and line.id not in seen:
                if repeats:
                    seen.add(line.id)
                _post(books, line.type, data_of(line.data))
        except ValueError as error:  # msgspec's errors are ValueErrors
            raise ValueError(f"line {number}: not a decision of the engine: {error}") from None
    return books


def _post(books: Books, kind: str, data: _Data) -> None:
    books.erasures += kind == PointsErased.type
    books.sums[data.wallet][data.customer] += sum(posting.points for posting in data.postings)
    place = (data.wallet, data.customer, data.lot or "")
    if kind in _ISSUES and data.lot is not None and data.expires_at is not None:
        issue = books.issues.setdefault(place, Issue(parse_instant(data.expires_at)))
        issue.points += sum(max(posting.points, 0) for posting in data.postings if posting.lot == data.lot)
    elif kind in _TAKEN:
        for posting in data.postings:
            taken = books.issues.get((data.wallet, data.customer, posting.lot or ""))
            if taken is not None:
                taken.points += posting.points
    elif kind == PointsExpired.type and place in books.issues:
        books.issues[place].expired -= sum(posting.points for posting in data.postings)


def liability(
    customers: Iterable[Mapping[str, Any]], books: Books, programs: Programs, as_of: int | None, whole: bool = True
) -> tuple[Liability, str | None]:
    """The report, and in one sentence what does not agree, or None.

    `customers` are profiles; `whole`: the books have every posting there ever was. ValueError where a customer has a
    wallet that no version of the program knows.
    """
    tally = _Tally(programs.wallets, as_of or 0)
    for number, customer in enumerate(customers, 1):
        try:
            tally.add(customer)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"customer {number}: not a profile of the engine: {error!r}") from None
    wallets = {name: tally.figures(name, books, programs.latest.base_currency) for name in tally.names}
    differs = tally.differs(books if whole else None)
    checks = Checks(
        lots=sum(figures.outstanding for figures in wallets.values()),
        balances=sum(sum(tally.balances[name].values()) for name in wallets),
        postings=sum(sum(books.sums[name].values()) for name in wallets) if whole else None,
        agree=differs is None,
    )
    stamp = None if as_of is None else format_instant(as_of)
    return Liability(stamp, tally.count, wallets, checks.lots, checks), differs


class _Tally:
    """Customers added up by wallet."""

    def __init__(self, wallets: Mapping[str, Wallet], as_of: int) -> None:
        self.wallets, self.as_of, self.count = wallets, as_of, 0
        self.names = [name for name, wallet in wallets.items() if wallet.redeemable]
        self.held: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("pending", "active", "reserved"), 0))
        self.ages: dict[str, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys((*(name for _, name in AGES), OLDEST), 0)
        )
        self.balances: dict[str, dict[str, int]] = defaultdict(dict)
        self.debts: dict[str, int] = defaultdict(int)
        self.by_lots: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, customer: Mapping[str, Any]) -> None:
        self.count += 1
        user = customer["user_id"]
        for name, balance in customer["balances"].items():
            if name not in self.wallets:
                raise ValueError(f"no version of the program has the wallet {name}; name its files with --program")
            self.balances[name][user] = balance
        for name, debt in customer["debts"].items():
            self.debts[name] += debt
            self.by_lots[name][user] -= debt
        for lot in customer["lots"]:
            name, held, reserved = lot["wallet"], self.held[lot["wallet"]], lot["reserved"]
            held["pending" if lot["pending"] else "active"] += lot["points"] - reserved
            held["reserved"] += reserved
            ages = self.ages[name]
            age = self._age(lot.get("since"))
            ages[age] = ages.get(age, 0) + lot["points"]
            self.by_lots[name][user] += lot["points"]

    def _age(self, since: str | None) -> str:
        if since is None:
            return UNKNOWN
        days = (self.as_of - parse_instant(since)) // DAY_MS
        return next((name for most, name in AGES if days <= most), OLDEST)

    def figures(self, name: str, books: Books, currency: str) -> Figures:
        held, debt, wallet = self.held[name], self.debts[name], self.wallets[name]
        outstanding = sum(held.values()) - debt
        expired, matured = books.breakage(name, self.as_of)
        if wallet.breakage_percent:
            share, source = Decimal(str(wallet.breakage_percent)) / 100, "program"
        elif matured:
            share, source = Decimal(expired) / matured, "measured"
        else:
            share, source = Decimal(0), "none"
        return Figures(
            **held,
            debt=debt,
            outstanding=outstanding,
            by_age=dict(self.ages[name]),
            expected_breakage=int(max(outstanding, 0) * share),
            breakage_percent=round(float(share * 100), 2),
            breakage_from=source,
            value=None if wallet.unit_value is None else _value(outstanding * wallet.unit_value, currency),
        )

    def differs(self, books: Books | None) -> str | None:
        for name in self.names:
            balances, lots = self.balances[name], self.by_lots[name]
            posted = lots if books is None else books.sums[name]
            three = [sum(one.values()) for one in (posted, balances, lots)]
            by_user = lots if books is not None and books.erasures else posted  # who came back has postings from before
            users = _unlike(balances, by_user, balances, lots)
            if len(set(three)) > 1 or users:
                users = users or _unlike(posted.keys() | lots.keys(), posted, balances, lots)
                about = f"; {len(users)} customers differ, the first is {min(users)}" if users else ""
                return (
                    f"wallet {name}: postings add up to {three[0]}, balances to {three[1]} and lots less debts to "
                    f"{three[2]}{about}"
                )
        return None


def _unlike(users: Iterable[str], *books: Mapping[str, int]) -> list[str]:
    """Of whom the books do not say the same."""
    return [user for user in users if len({book.get(user, 0) for book in books}) > 1]


def _value(amount: Decimal, currency: str) -> str:
    minor = amount.scaleb(EXPONENTS[currency]).to_integral_value(ROUND_HALF_UP)
    return format_minor(int(minor), currency)
