"""What refunds, spending and expiry must come to, worked out from a journal and nothing else.

This is an independent second opinion: standard library only, nothing imported from the engine. It keeps
no running figures. Every movement of points is written down once, and whatever has to be known (what a lot
holds, what is owed, what of an order has expired) is added up from the whole journal each time it is asked for.

The rules, and what they are taken to mean where words leave room:

* an order earns so many points per whole dollar, rounded down order by order;
* given back are at most the dollars that are left; an order of which nothing is left is gone;
* a refund takes back what the order earned beyond what it would earn net of all its refunds, less what of its
  points was taken back before, but never more than those of its points that have neither expired nor been taken back;
* taken first from the order's own lot, then from the others, those first that expire first, then owed;
* what is owed is repaid first by what is earned next;
* a lot expires so many days after its order; what happens at that very instant still comes before;
* a redemption spends the lots that expire first, or nothing at all where the balance is too small;
* lots that expire together go by the name of their order;
* nothing counts twice: no message, order, refund or redemption; a refund for an order that is unknown, or was placed
  a horizon ago (the very instant included) or before, changes nothing, and somebody is told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Literal, NamedTuple

from .cdnow import END

Kind = Literal["order", "refund", "cancellation", "redemption"]
Movement = Literal["earned", "reversed", "expired", "spent"]


class Terms(NamedTuple):
    """What a program says. per_dollar: points for a whole dollar; life of a lot and horizon in days."""

    per_dollar: Fraction
    life: timedelta
    horizon: timedelta


class Event(NamedTuple):
    """One message from outside.

    subject: the order, or the redemption. amount: US cents of an order or a refund (None: all that is left), points
    of a redemption. refund: the refund's own id, where it has one.
    """

    at: datetime
    customer: str
    message: str
    kind: Kind
    subject: str
    amount: int | None = None
    refund: str | None = None


class Entry(NamedTuple):
    """A line of the journal: points that a lot (None: the debt) gains or loses, and because of which order."""

    movement: Movement
    lot: str | None
    points: int
    order: str | None = None


@dataclass
class Order:
    """What was paid, and what was given back by refund."""

    at: datetime
    cents: int
    given_back: dict[str, int] = field(default_factory=dict)
    gone: bool = False

    @property
    def left(self) -> int:
        """Cents that were not given back."""
        return self.cents - sum(self.given_back.values())


class Standing(NamedTuple):
    """Where a customer stands at the end. cents: kept spend. told: orders that somebody was told about."""

    orders: int
    cents: int
    balance: int
    debt: int
    lots: Mapping[str, int]
    earned: int
    reversed: int
    expired: int
    spent: int
    told: frozenset[str]


class Book:
    """The journal of one customer. Each rule is a method of its own, so that tests can put a wrong one in its place."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.journal: list[Entry] = []
        self.orders: dict[str, Order] = {}
        self.messages: set[str] = set()
        self.redemptions: set[str] = set()
        self.lapsed: set[str] = set()
        self.told: set[str] = set()

    # --- what the journal says ------------------------------------------------------------------

    def lots(self) -> Counter[str]:
        """What each lot holds."""
        held: Counter[str] = Counter()
        for entry in self.journal:
            if entry.lot is not None:
                held[entry.lot] += entry.points
        return held

    def debt(self) -> int:
        """Points owed."""
        return -sum(entry.points for entry in self.journal if entry.lot is None)

    def balance(self) -> int:
        """Points held, less points owed."""
        return sum(entry.points for entry in self.journal)

    def total(self, movement: Movement, order: str | None = None) -> int:
        """Points moved in one way, of one order or of all; never below zero."""
        return abs(sum(e.points for e in self.journal if e.movement == movement and order in (None, e.order)))

    # --- what happens ---------------------------------------------------------------------------

    def live(self, events: Iterable[Event], end: datetime) -> Standing:
        """All events in order of time, and what falls due before, between and after them up to the end."""
        for event in events:
            self.lapse(event.at)
            if self.is_news(event):
                self.messages.add(event.message)
                self.happen(event)
        self.lapse(end + timedelta(milliseconds=1))
        return self.standing()

    def happen(self, event: Event) -> None:
        """One message that was not seen before."""
        if event.kind == "order":
            self.buy(event)
        elif event.kind == "redemption":
            self.redeem(event)
        else:
            self.give_back(event)

    def buy(self, event: Event) -> None:
        """An order earns, and repays what is owed."""
        if event.subject in self.orders:
            return
        self.orders[event.subject] = Order(event.at, event.amount or 0)
        points = self.earns(event.amount or 0)
        repaid = self.repays(points)
        self.write("earned", event.subject, points, event.subject)
        self.write("earned", event.subject, -repaid, event.subject)
        self.write("earned", None, repaid, event.subject)

    def give_back(self, event: Event) -> None:
        """A refund or a cancellation."""
        order = self.orders.get(event.subject)
        if order is None or self.is_forgotten(order, event.at):
            self.told.add(event.subject)
        elif not order.gone and not self.is_counted(order, event):
            cents = self.cents_back(order, event)
            if cents or not order.left:
                order.given_back[event.refund or event.message] = cents
                order.gone = order.left == 0
                self.take_back(event.subject, order)

    def take_back(self, name: str, order: Order) -> None:
        """Bring what an order earned down to what it earns net of its refunds."""
        earned, gone, expired = (self.total(way, name) for way in ("earned", "reversed", "expired"))
        points = self.due_back(earned, gone, expired, self.earns(order.left))
        for lot, part in self.take(points, self.first_taken_back(name)):
            self.write("reversed", lot, -part, name)
            points -= part
        self.write("reversed", None, -self.owes(points), name)

    def redeem(self, event: Event) -> None:
        """Spend points."""
        points = event.amount or 0
        if event.subject in self.redemptions or not self.is_covered(points):
            return
        self.redemptions.add(event.subject)
        for lot, part in self.take(points, self.first_spent()):
            self.write("spent", lot, -part)

    def lapse(self, until: datetime) -> None:
        """Write off the lots that are over."""
        for name in self.by_expiry():
            if name not in self.lapsed and self.is_over(self.orders[name].at + self.terms.life, until):
                self.write("expired", name, -self.lots()[name], name)
                self.lapsed.add(name)

    def take(self, points: int, lots: Iterable[str]) -> list[tuple[str, int]]:
        """How many of so many points can come from which lot."""
        held = self.lots()
        parts = []
        for lot in lots:
            part = min(held[lot], max(points, 0))
            points -= part
            parts.append((lot, part))
        return parts

    def write(self, movement: Movement, lot: str | None, points: int, order: str | None = None) -> None:
        """A line of the journal, unless it would say nothing."""
        if points:
            self.journal.append(Entry(movement, lot, points, order))

    # --- the rules ------------------------------------------------------------------------------

    def is_news(self, event: Event) -> bool:
        """A message is read once."""
        return event.message not in self.messages

    def earns(self, cents: int) -> int:
        """Points for an order of so many cents."""
        return floor(Fraction(cents, 100) * self.terms.per_dollar)

    def repays(self, points: int) -> int:
        """How much of what is earned goes to what is owed."""
        return min(points, self.debt())

    def is_forgotten(self, order: Order, at: datetime) -> bool:
        """Nothing is known any more of orders that are a horizon old."""
        return at - order.at >= self.terms.horizon

    def is_counted(self, order: Order, event: Event) -> bool:
        """A refund counts once, whatever message brings it."""
        return event.refund in order.given_back

    def cents_back(self, order: Order, event: Event) -> int:
        """What is given back: no more than is left, and all that is left where no amount is said."""
        return order.left if event.amount is None else min(event.amount, order.left)

    def due_back(self, earned: int, reversed_: int, expired: int, net: int) -> int:
        """Points to take back; none that had expired."""
        return max(min(earned - reversed_ - net, earned - reversed_ - expired), 0)

    def first_taken_back(self, own: str) -> list[str]:
        """The lots in the order in which a refund takes from them."""
        return [own, *(lot for lot in self.by_expiry() if lot != own)]

    def first_spent(self) -> list[str]:
        """The lots in the order in which a redemption takes from them."""
        return self.by_expiry()

    def by_expiry(self) -> list[str]:
        """All lots, those first that expire first."""
        return sorted(self.orders, key=lambda name: (self.orders[name].at, name))

    def owes(self, points: int) -> int:
        """What no lot holds is owed."""
        return points

    def is_covered(self, points: int) -> bool:
        """A redemption never leads below zero."""
        return points <= self.balance()

    def is_over(self, due: datetime, now: datetime) -> bool:
        """Whether what is due comes before what happens now: at one instant, events come first."""
        return due < now

    def standing(self) -> Standing:
        """Where the customer stands now."""
        kept = [order for order in self.orders.values() if not order.gone]
        return Standing(
            orders=len(kept),
            cents=sum(order.left for order in kept),
            balance=self.balance(),
            debt=self.debt(),
            lots={lot: points for lot, points in self.lots().items() if points},
            earned=self.total("earned"),
            reversed=self.total("reversed"),
            expired=self.total("expired"),
            spent=self.total("spent"),
            told=frozenset(self.told),
        )


def settle(events: Iterable[Event], terms: Terms, end: datetime = END) -> dict[str, Standing]:
    """Every customer at the end, from events in order of time."""
    return {customer: Book(terms).live(story, end) for customer, story in histories(events).items()}


def histories(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events by customer, in the order they came in."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.customer, []).append(event)
    return found
