"""Made-up refunds and redemptions for real purchases: the same for the same seed, customer and terms.

Chance decides what becomes of each order. Times are drawn so that many fall on the edges: the instant of the order, the
last day of its points, the last day of the horizon, each a day earlier and later, and to the millisecond.
"""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from .cdnow import END, Purchase
from .refunds import Event, Kind, Terms

TRACK = {
    "order": "Order Completed",
    "refund": "Order Refunded",
    "cancellation": "Order Cancelled",
    "redemption": "Points Redemption Requested",
}
INSTANT = timedelta(milliseconds=1)
DAY = timedelta(days=1)


class Story:
    """What happens to one customer."""

    def __init__(self, seed: int, customer: str, terms: Terms) -> None:
        self.dice = random.Random(f"{seed}/{customer}")
        self.customer = customer
        self.terms = terms
        self.events: list[Event] = []

    def tell(self, purchase: Purchase) -> None:
        """An order, and what becomes of it."""
        name, at = f"cdnow-{purchase.line}", datetime.combine(purchase.day, time(), UTC)
        fates = list(FATES)
        (fate,) = self.dice.choices(fates, [FATES[one] for one in fates])
        if fate is before_order:
            fate(self, name, at, purchase.cents)
        self.event("order", at, name, purchase.cents)
        if self.dice.random() < 0.6:
            self.redeem(name, at, purchase.cents)
        if fate is not before_order:
            fate(self, name, at, purchase.cents)

    def event(
        self, kind: Kind, at: datetime, subject: str, amount: int | None = None, refund: str | None = None
    ) -> Event:
        """Something new."""
        event = Event(at, self.customer, f"{subject}/{kind}-{len(self.events)}", kind, subject, amount, refund)
        self.events.append(event)
        return event

    def refund(self, name: str, at: datetime, cents: int) -> Event:
        """Part of an order is given back."""
        return self.event("refund", at, name, cents, f"{name}/r{len(self.events)}")

    def redeem(self, name: str, at: datetime, cents: int) -> None:
        """Points are spent, or would be; sometimes the storefront asks again."""
        points = int(cents // 100 * self.terms.per_dollar)
        amount = self.dice.choice([points, points, points // 2, points // 3, 2 * points, 10_000])
        asked = self.event("redemption", self.at_or_after(at, [0, 0, 1, self.days(30)]), f"{name}/p", max(amount, 1))
        if self.dice.random() < 0.25:
            self.event("redemption", self.at_or_after(asked.at, [0, self.days(20)]), asked.subject, asked.amount)
        if self.dice.random() < 0.3:
            late = self.edge(at, self.terms.life)
            self.event("redemption", late, f"{name}/q", self.dice.randint(1, max(points, 1)))

    def days(self, most: int) -> int:
        """Some days, at least one."""
        return self.dice.randint(1, most)

    def piece(self, cents: int) -> int:
        """A part of an amount, or all of it."""
        return self.dice.choice([self.dice.randint(1, max(cents, 1)), cents // 2, cents // 3, cents])

    def at_or_after(self, at: datetime, days: list[int]) -> datetime:
        """So many days later, at the same time or at some time of the day."""
        later = at + self.dice.choice(days) * DAY
        return later + self.dice.choice([timedelta(), self.dice.randrange(86_400_000) * INSTANT])

    def edge(self, at: datetime, term: timedelta) -> datetime:
        """About the end of a term: to the instant, or within a month."""
        near = [timedelta(), timedelta(), -INSTANT, INSTANT, -DAY, DAY, self.days(30) * DAY, -self.days(30) * DAY]
        return at + term + self.dice.choice(near)


# --- what becomes of an order -----------------------------------------------------------------------


def kept(story: Story, name: str, at: datetime, cents: int) -> None:
    """Nothing."""


def part(story: Story, name: str, at: datetime, cents: int) -> None:
    """Part of it is given back."""
    story.refund(name, story.at_or_after(at, [0, story.days(60)]), story.piece(cents))


def parts(story: Story, name: str, at: datetime, cents: int) -> None:
    """Two or three refunds, which may say more than is left."""
    for _ in range(story.dice.choice([2, 2, 3])):
        part(story, name, at, cents)


def whole(story: Story, name: str, at: datetime, cents: int) -> None:
    """All of it is given back, with a refund id or without; perhaps again."""
    back = story.event("refund", story.at_or_after(at, [0, story.days(60)]), name)
    if story.dice.random() < 0.5:
        story.event("refund", story.at_or_after(back.at, [story.days(20)]), name, None, f"{name}/again")


def cancelled(story: Story, name: str, at: datetime, cents: int) -> None:
    """Called off, some of the time after a refund, or before one."""
    for happens in story.dice.choice([("call",), ("part", "call"), ("call", "part")]):
        at = story.at_or_after(at, [story.days(20)])
        if happens == "part":
            story.refund(name, at, story.piece(cents))
        else:
            story.event("cancellation", at, name)


def repeated(story: Story, name: str, at: datetime, cents: int) -> None:
    """One refund told twice under two message ids; and its first message delivered again."""
    back = story.refund(name, story.at_or_after(at, [story.days(40)]), story.piece(cents // 2))
    story.event("refund", story.at_or_after(back.at, [0, story.days(30)]), name, back.amount, back.refund)
    story.events.append(back)


def after_expiry(story: Story, name: str, at: datetime, cents: int) -> None:
    """Given back about the time at which its points expire, perhaps in part before, or in part after."""
    if story.dice.random() < 0.4:
        part(story, name, at, cents // 2)
    story.refund(name, story.edge(at, story.terms.life), story.piece(cents))
    if story.dice.random() < 0.4:
        story.event("refund", story.edge(at, story.terms.life + 40 * DAY), name)


def after_horizon(story: Story, name: str, at: datetime, cents: int) -> None:
    """Given back about the time at which the order is forgotten; a part was given back before, perhaps."""
    if story.dice.random() < 0.4:
        part(story, name, at, cents // 2)
    if story.dice.random() < 0.5:
        story.event("cancellation", story.edge(at, story.terms.horizon), name)
    else:
        story.refund(name, story.edge(at, story.terms.horizon), story.piece(cents))


def before_order(story: Story, name: str, at: datetime, cents: int) -> None:
    """The refund comes before the order; its message once more afterwards, or a new message about it, or neither."""
    early = story.refund(name, at - story.dice.choice([INSTANT, story.days(10) * DAY]), story.piece(cents))
    again = story.at_or_after(at, [0, story.days(5)])
    match story.dice.choice(["never", "redelivered", "told anew"]):
        case "redelivered":
            story.events.append(early._replace(at=again))
        case "told anew":
            story.event("refund", again, name, early.amount, early.refund)


def odd(story: Story, name: str, at: datetime, cents: int) -> None:
    """The order is told twice, before or after it is given back, and a refund gives nothing back."""
    story.refund(name, story.at_or_after(at, [1]), 0)
    if story.dice.random() < 0.5:
        whole(story, name, at, cents)
    story.event("order", story.at_or_after(at, [story.days(60)]), name, cents)


FATES = {
    kept: 6,
    part: 3,
    parts: 3,
    whole: 3,
    cancelled: 3,
    repeated: 3,
    after_expiry: 6,
    after_horizon: 4,
    before_order: 3,
    odd: 2,
}


# --- all customers ------------------------------------------------------------------------------------


def feed(purchases: Iterable[Purchase], seed: int, terms: Terms, end: datetime = END) -> list[Event]:
    """Orders with refunds and redemptions up to the end, in order of time; at one instant, redemptions come last."""
    histories: dict[str, list[Purchase]] = {}
    for purchase in sorted(purchases, key=lambda p: (p.day, p.line)):
        histories.setdefault(purchase.customer, []).append(purchase)
    events: list[Event] = []
    for customer in sorted(histories):
        story = Story(seed, customer, terms)
        for purchase in histories[customer]:
            story.tell(purchase)
        events += story.events
    return sorted((e for e in events if e.at <= end), key=lambda e: (e.at, e.kind == "redemption"))


def lines(events: Iterable[Event]) -> Iterator[str]:
    """The events as NDJSON, as a storefront sends them."""
    for event in events:
        yield json.dumps(
            {
                "messageId": event.message,
                "type": "track",
                "event": TRACK[event.kind],
                "userId": event.customer,
                "timestamp": event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "properties": {name: value for name, value in _properties(event).items() if value is not None},
            }
        )


def _properties(event: Event) -> dict[str, str | int | None]:
    if event.kind == "redemption":
        return {"redemption_id": event.subject, "points": event.amount}
    total = None if event.amount is None else f"{event.amount // 100}.{event.amount % 100:02}"
    currency = "USD" if event.kind == "order" else None
    return {"order_id": event.subject, "refund_id": event.refund, "total": total, "currency": currency}
