"""Books kept from the receipts alone, beside the engine: whatever was committed has to agree with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import DAY_MS, parse_instant
from stream_loyalty.contracts.wire import Commit, Message
from stream_loyalty.core import codec, ledger
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.state import Customer, Order
from stream_loyalty.engine.mark import MARK_KEY, Mark

Fact = dict[str, Any]
Account = tuple[str, str]  # customer, wallet
DEBT = None
SETTLED_MS = 80 * DAY_MS  # so long after a claim nothing of it is remembered: no order of before it can count any more
_TOLD = (topics.DECISIONS, topics.REWARDS, topics.ALERTS)
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Person:
    """What the receipts say of one customer, or guest, since they were last forgotten."""

    def __init__(self) -> None:
        self.lots: dict[str, Counter[str | None]] = defaultdict(Counter)  # wallet -> lot -> points; DEBT: below 0
        self.expired: Counter[tuple[str, str]] = Counter()  # wallet, lot -> points
        self.waiting: set[tuple[str, str]] = set()  # wallet, lot that cannot be spent yet
        self.redeemed: dict[str, int] = {}  # redemption -> points of it that are not restored
        self.held: dict[str, Fact] = {}  # redemption -> the receipt by which its points are held
        self.benefits: dict[str, int] = {}  # what is left of each
        self.gifts: set[tuple[str, str]] = set()
        self.level: str | None = None
        self.kept: list[tuple[str, str]] = []  # order of a guest, message
        self.claimer: tuple[str, int] | None = None  # who claimed a guest, and when (ms)

    def balance(self, wallet: str) -> int:
        return sum(self.lots[wallet].values())

    def free(self, wallet: str) -> int:
        return self.balance(wallet) - sum(one["points"] for one in self.held.values() if one["wallet"] == wallet)


class Books:
    """`take` each commit as it is made: it is posted, then compared with the states that it wrote."""

    def __init__(self, guests: Iterable[str], programs: Callable[[], Programs]) -> None:
        self.programs = programs
        self.people: dict[str, Person] = defaultdict(Person)
        self.guests = frozenset(guest.encode() for guest in guests)
        self.states: dict[str, Customer] = {}
        self.marks: dict[int, Mark] = {}
        self.drawn: dict[int, Counter[str]] = defaultdict(Counter)  # partition -> budget -> units
        self.owner: dict[str, str] = {}  # order -> who it was counted for
        self.promised: set[tuple[str, str]] = set()  # customer, order of a guest that was handed to them
        self.decided: set[tuple[str, str]] = set()  # customer, whatever a receipt was about
        self.totals: Counter[str] = Counter()  # wallet -> all postings there ever were
        self.left: set[str] = set()  # whoever was forgotten at some time: what is on its way to them is dropped
        self._told: dict[tuple[str, bytes], bytes | None] = {}

    def take(self, commit: Commit) -> None:
        """Post what a commit tells, and see that its states agree."""
        for message in commit.outputs:
            if message.topic in _TOLD:
                self._once(message)
            if message.topic == topics.DECISIONS:
                self._post(commit.partition, message)
        for key, blob in commit.states.items():
            if key == MARK_KEY:
                self.marks[commit.partition] = Mark.decode(blob or b"")
            elif blob is None:
                self.states.pop(key.decode(), None)
                gone = self.people.pop(key.decode(), Person())
                assert not any(map(gone.balance, gone.lots))
                assert not gone.kept
            else:
                self._agree(key.decode(), codec.decode(blob))
        self._budgets_agree(commit.partition)

    def _once(self, message: Message) -> None:
        """Of a guest of whom nothing was left nothing is known; what comes again is told again, word for word.

        Who was forgotten and is back by a late event may be woken once more at a time of before, under the same id.
        """
        found = message.topic, dict(message.headers)["ce_id"]
        before = self._told.get(found)
        nobody = message.key in self.guests and before == message.value
        woken = (message.key or b"").decode() in self.left and b'"input":"wake@' in (message.value or b"")
        assert before is None or nobody or woken, f"told twice: {message}"
        self._told[found] = message.value

    # -- receipts

    def _post(self, number: int, message: Message) -> None:
        fact, kind = _decode(message.value or b""), dict(message.headers)["ce_type"].decode().removeprefix("loyalty.")
        person = self.people[fact["customer"]]
        self.decided |= {
            (fact["customer"], about) for about in (fact.get("order_id"), fact.get("ref"), fact["saw"].get("order_id"))
        }
        self._draw(number, kind, fact)
        if "postings" in fact:
            self._move(kind, fact, person)
        if (post := _POSTS.get(kind)) is not None:
            post(self, fact, person)

    def _draw(self, number: int, kind: str, fact: Fact) -> None:
        for part in (*fact.get("parts", ()), *fact.get("returned", ())):
            self.drawn[number][f"campaign/{part['rule']}"] += part["drawn"]
        if fact.get("stock"):
            self.drawn[number][f"stock/{fact['reward']}"] += -1 if kind == "points.released" else 1

    def _move(self, kind: str, fact: Fact, person: Person) -> None:
        wallet, lots = fact["wallet"], person.lots[fact["wallet"]]
        free, is_new = person.free(wallet), not lots[fact.get("lot")]
        for posting in fact["postings"]:
            lots[posting["lot"]] += posting["points"]
            self.totals[wallet] += posting["points"]
        if is_new and (fact.get("waits") or fact.get("active_from")):
            person.waiting.add((wallet, fact["lot"]))
        person.waiting = {(name, lot) for name, lot in person.waiting if person.lots[name][lot]}
        assert fact["balance"] == person.balance(wallet) or kind == "points.erased"
        if kind in ("points.spent", "points.reserved", "points.released"):
            self._redeem(kind, fact, person, free)

    def _redeem(self, kind: str, fact: Fact, person: Person, free: int) -> None:
        """`free`: what the customer had beside what is held."""
        wallet, held = fact["wallet"], person.held.pop(fact["redemption_id"], None)
        if kind == "points.released":
            assert held is not None
            assert fact["stock"] == held["stock"], "what was taken from the stock comes back to it"
            return
        if kind == "points.reserved":
            person.held[fact["redemption_id"]] = fact
        if held is None:
            assert fact["redemption_id"] not in person.redeemed, "carried out twice"
            person.redeemed[fact["redemption_id"]] = fact["points"]
        taken = {(wallet, part["lot"]) for part in fact["postings"] or fact["held"]}
        assert not person.waiting & taken, "points are taken before their time"
        if held is not None:
            assert person.free(wallet) == free, "what is confirmed was held, and takes nothing more"
        else:
            assert person.free(wallet) == free - fact["points"] >= 0, "no more is taken than there is"

    def _counted(self, fact: Fact, person: Person) -> None:
        order, customer = fact["order_id"], fact["customer"]
        assert customer.encode() not in self.guests, f"{order} counts for a guest"
        assert order not in self.owner, f"{order} counts for {customer}, after {self.owner.get(order)}"
        self.owner[order] = customer

    def _expired(self, fact: Fact, person: Person) -> None:
        lot: str = fact["lot"]  # of what came back, the order that had brought it
        origin = lot.rpartition(":")[2] if lot.startswith("restored:") else lot
        person.expired[fact["wallet"], origin] += fact["points"]

    def _activated(self, fact: Fact, person: Person) -> None:
        person.waiting.remove((fact["wallet"], fact["lot"]))

    def _restored(self, fact: Fact, person: Person) -> None:
        person.redeemed[fact["redemption_id"]] -= fact["points"]
        assert person.redeemed[fact["redemption_id"]] >= 0, "more comes back than was spent"

    def _withdrawn(self, fact: Fact, person: Person) -> None:
        person.gifts = {gift for gift in person.gifts if gift[0] != fact["reason"]}

    def _gift(self, fact: Fact, person: Person) -> None:
        gift = fact["reason"], fact["lot"]
        assert gift not in person.gifts, f"{fact['customer']} is given {gift} a second time"
        person.gifts.add(gift)

    def _level(self, fact: Fact, person: Person) -> None:
        assert person.level in (None, fact["before"])
        person.level = fact["after"]

    def _granted(self, fact: Fact, person: Person) -> None:
        person.benefits[fact["benefit"]] = fact["quantity"]

    def _used(self, fact: Fact, person: Person) -> None:
        person.benefits[fact["benefit"]] -= 1
        assert person.benefits[fact["benefit"]] == fact["left"] >= 0

    def _ignored(self, fact: Fact, person: Person) -> None:
        is_order = fact["because"]["event"] == "Order Completed"
        assert not (is_order and fact["rule"] == "guests.unmatched"), f"{fact['ref']} is lost"

    def _kept(self, fact: Fact, person: Person) -> None:
        person.kept.append((fact["order_id"], fact["because"]["input"]))

    def _handed_over(self, fact: Fact, person: Person) -> None:
        claimer, at = fact["claimer"], parse_instant(fact["claimed_at"])
        if person.claimer is not None and at - person.claimer[1] < SETTLED_MS:
            assert person.claimer[0] == claimer, "a second customer gets what a guest ordered"
        person.claimer = claimer, max(at, person.claimer[1] if person.claimer else at)
        person.kept = [one for one in person.kept if one[0] not in fact["order_ids"]]
        self.promised |= {(fact["claimer"], order) for order in fact["order_ids"]}

    def _forgotten(self, fact: Fact, person: Person) -> None:
        assert set(fact["order_ids"]) <= {order for order, _ in person.kept}
        person.kept = [one for one in person.kept if one[0] not in fact["order_ids"]]

    def _erased(self, fact: Fact, unnamed: Person) -> None:
        """The request says whose it is; what was written off under the other name is what they had."""
        user = fact["request_id"].partition("/")[0]
        person = self.people.pop(user, Person())
        self.left.add(user)
        for wallet in person.lots.keys() | unnamed.lots.keys():
            assert person.balance(wallet) + unnamed.balance(wallet) == 0
            assert person.lots[wallet][DEBT] + unnamed.lots[wallet][DEBT] == 0

    # -- states

    def _agree(self, user: str, state: Customer) -> None:
        person = self.people[user]
        for wallet in person.lots.keys() | {lot.wallet for lot in state.lots} | state.debts.keys():
            lots = {lot.id: lot.remaining for lot in state.lots if lot.wallet == wallet}
            debt = state.debts.get(wallet, 0)
            booked = {lot: points for lot, points in person.lots[wallet].items() if points and lot is not DEBT}
            assert lots == booked, f"{user}, {wallet}"
            assert debt == -person.lots[wallet][DEBT]
            assert ledger.balance(state, wallet) == person.balance(wallet) == sum(lots.values()) - debt
            free = sum(lot.free for lot in state.lots if lot.wallet == wallet)
            assert not (debt and free), f"{user} owes {debt} {wallet} and has {free} free"
        assert all(points > 0 for points in state.debts.values())
        held: Counter[tuple[str, str]] = Counter()
        for one in person.held.values():
            for part in one["held"]:
                held[one["wallet"], part["lot"]] += part["points"]
        assert {(lot.wallet, lot.id): lot.reserved for lot in state.lots if lot.reserved} == dict(held)
        assert all(0 < lot.remaining >= lot.reserved >= 0 for lot in state.lots)
        assert {(lot.wallet, lot.id) for lot in state.lots if lot.active_from} == person.waiting
        for name, order in state.orders.items():
            self._brought(name, order, person)
        assert {name: one.left for name, one in state.stands.benefits.items()} == person.benefits
        assert state.level == person.level
        if state.guest is not None and state.guest.closed:
            person.kept = []  # dropped under another name
        kept = state.guest.kept if state.guest is not None else []
        assert [(one.order_id, one.message_id) for one in kept] == person.kept
        assert not (user.encode() in self.guests and (state.lots or state.orders))
        self.states[user] = state

    def _brought(self, name: str, order: Order, person: Person) -> None:
        """What an order has brought by now is what its rest earns by the program of its own time."""
        assert all(units >= 0 for units in order.budgeted.values())
        for wallet, one in order.points.items():
            net = one.earned - one.reversed
            assert one.expired == person.expired[wallet, name]
            if wallet == "points" and order.whole and not one.expired:
                assert net == 0
                assert not any(order.budgeted.values())
            elif wallet != "points" and wallet != "stars":
                rule = next(rule for rule in self.programs().at(order.placed_at).earning.rules if rule.name == "air")
                earns = int(order.base * (rule.points_per_unit or 0) / 100)
                assert rule.wallet == wallet
                assert net == earns or (one.expired and net > earns)

    def _budgets_agree(self, number: int) -> None:
        mark, drawn = self.marks[number], self.drawn[number]
        for budget in mark.granted.keys() | drawn.keys():
            assert mark.budgets.get(budget, 0) >= 0
            assert 0 <= drawn[budget] == mark.granted.get(budget, 0) - mark.budgets.get(budget, 0), budget


_POSTS: dict[str, Callable[[Books, Fact, Person], None]] = {
    "order.counted": Books._counted,
    "points.activated": Books._activated,
    "points.expired": Books._expired,
    "points.granted": Books._gift,
    "points.withdrawn": Books._withdrawn,
    "points.restored": Books._restored,
    "level.changed": Books._level,
    "benefit.granted": Books._granted,
    "benefit.used": Books._used,
    "input.ignored": Books._ignored,
    "guest.order-kept": Books._kept,
    "guest.orders-handed-over": Books._handed_over,
    "guest.orders-forgotten": Books._forgotten,
    "customer.erased": Books._erased,
}
