"""Whatever is done in a shop, in any order: sums conserve, budgets hold, guests count once, replay equals live."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from typing import Any, NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from tests.properties.ledger.again import along_the_log, from_version_2, owed, plainly
from tests.properties.ledger.books import Books
from tests.properties.ledger.program import AMPLE, SCARCE, VERSIONS, version
from tests.properties.ledger.shop import Shop, Worker
from tests.unit.support_core import HIGH_VALUE, NOW, Json, event

GUESTS = ("anon-1", "anon-2")
MEMBERS = ("ada", "bob", "cyd")  # each in a partition of their own, as the guests are
START = parse_instant("2026-01-01")
TEA = {"product_id": "tea-1", "category": "tea", "price": 30.0, "quantity": 1}
CUP = {"product_id": "cup-1", "category": "cups", "price": 45.5, "quantity": 2}


class When(NamedTuple):
    """Who does something, how long after what came before, how it gets there, and what the worker does then."""

    who: str
    gap: int
    way: str
    then: str


def when(*people: str) -> st.SearchStrategy[When]:
    gaps = (1,) * 5 + (HOUR_MS,) * 3 + (DAY_MS, DAY_MS, 3 * DAY_MS, 11 * DAY_MS)
    ways = ("straight",) * 9 + ("astray", "late-hours", "late-weeks")
    then = ("lies", "read", "read", "swept", "committed", "granted")
    return st.builds(When, *map(st.sampled_from, (people, gaps, ways, then)))


MEMBER, ANYBODY = when("ada", "ada", *MEMBERS), when("ada", "ada", *MEMBERS, *GUESTS)
BACK = st.sampled_from((0, 0, 0, 1, 2, 5))
NUMBERS = st.integers(0, 2)  # of partitions
LATE = {"late-hours": 5 * HOUR_MS, "late-weeks": 20 * DAY_MS}


class Ledger(RuleBasedStateMachine):
    """Members and guests of a shop over three partitions, with a coordinator that may die like everybody else."""

    @initialize(ample=st.sampled_from((False, False, True)), one_by_one=st.booleans())
    def opens(self, ample: bool, one_by_one: bool) -> None:
        """`ample`: nothing ever runs short, so that partitions do not compete; `one_by_one`: how the log is cut."""
        self.times, self.one_by_one = AMPLE if ample else SCARCE, one_by_one
        self.now, self.number = START, 0
        self.since: int | None = None  # when the version that is dated ahead comes into force
        self.names: dict[str, list[str]] = defaultdict(list)
        self.fed: list[bytes] = []  # every event once, in the order of publication
        self.again: list[bytes] = []  # those that a producer may publish again
        self.doubled = False  # a copy of an event may be on its way
        self.touched = set(GUESTS)  # whoever has something to do with guests or with what comes late
        self.shop = Shop(version(1, "", self.times), high_value=HIGH_VALUE)
        self.books = Books(GUESTS, lambda: self.shop.programs)
        self.shop.listener = self.books.take
        if ample:
            self.everybody_hears()

    # -- how things happen

    def passes(self, gap: int) -> str:
        """Time goes on; whoever has not heard of a version by the day it begins is restarted."""
        self.now += gap
        if self.since is not None and self.now >= self.since:
            self.everybody_knows()
        return format_instant(self.now)

    def everybody_knows(self) -> None:
        """By the day on which a version begins, all have heard of it: while they run, or with the next process."""
        self.since = None
        for number, worker in enumerate(self.shop.workers):
            self.shop.commit(worker)
            if (self.number + number) % 2:
                worker.engine.go_by(self.shop.programs)
            else:
                self.shop.crash(worker)
        self.shop.start_coordinator()
        if self.times == AMPLE:
            self.everybody_hears()

    def everybody_hears(self) -> None:
        for worker in self.shop.workers:
            self.shop.commit(worker)
        self.shop.coordinate()
        self.shop.deliver()

    def happens(self, w: When, name: str, says: Json, **more: str) -> None:
        self.passes(w.gap)
        at = format_instant(max(START, self.now - LATE.get(w.way, 0)))
        if w.way != "straight":
            self.touched.add(w.who)
        self.number += 1
        raw = json.loads(event(name, at, says, user=w.who, messageId=f"m-{self.number}", **more))
        if w.who in GUESTS:
            raw["anonymousId"] = raw.pop("userId")
        self.fed.append(json.dumps(raw).encode())
        self.again.append(self.fed[-1])
        self.goes_on(self.shop.publish(self.fed[-1], astray=w.way == "astray"), w.then)

    def goes_on(self, worker: Worker, then: str) -> None:
        if then != "lies":
            worker.read()
        if then == "swept":
            worker.sweep_all()
        if then in ("committed", "granted"):
            self.shop.commit(worker)
        if then == "granted":
            self.shop.coordinate()
            worker.process.hear(self.shop.grants)

    def new(self, kind: str, who: str) -> str:
        self.names[kind + who].append(f"{kind}-{who}-{len(self.names[kind + who])}")
        return self.names[kind + who][-1]

    def known(self, kind: str, who: str, back: int) -> str:
        """One of the newest; one that nobody knows where there are none."""
        names = self.names[kind + who] or [f"no-{kind}"]
        return names[-1 - back % len(names)]

    def bought(self, w: When, back: int) -> Json:
        """One of the newest orders; for who has none, the first one comes now."""
        if not self.names["o" + w.who]:
            self.buys(w, 121, False, "USD", "web")
        return {"order_id": self.known("o", w.who, back)}

    # -- orders

    def buys(self, w: When, total: float, lines: bool, currency: str, channel: str) -> None:
        says: Json = {"total": 121 if lines else total, "currency": currency, "channel": channel}
        says |= {"products": [TEA, CUP]} if lines else {}
        self.happens(w, "Order Completed", {"order_id": self.new("o", w.who), **says})

    @rule(
        w=ANYBODY,
        totals=st.lists(st.sampled_from((0, 12.5, 76, 121, 330)), min_size=1, max_size=3),
        lines=st.booleans(),
        currency=st.sampled_from(("USD", "USD", "EUR")),
        channel=st.sampled_from(("web", "shop")),
    )
    def orders(self, w: When, totals: list[float], lines: bool, currency: str, channel: str) -> None:
        for total in totals:
            self.buys(w, total, lines, currency, channel)

    @rule(w=ANYBODY, back=BACK, total=st.sampled_from((0, 20, 121, 300.5)))
    def changes(self, w: When, back: int, total: float) -> None:
        self.happens(w, "Order Updated", {**self.bought(w, back), "total": total, "currency": "USD"})

    @rule(
        w=ANYBODY, back=BACK, how=st.sampled_from(("part", "part", "product", "whole", "twice", "cancel", "too early"))
    )
    def gives_back(self, w: When, back: int, how: str) -> None:
        says = self.bought(w, back)
        if how in ("part", "product"):
            says |= {"refund_id": self.new("f", w.who), **({"total": 9.75} if how == "part" else {"products": [TEA]})}
        elif how == "twice":
            says |= {"refund_id": self.known("f", w.who, 0), "total": 9.75}
        elif how == "too early":
            says = {"order_id": f"o-{w.who}-{len(self.names['o' + w.who])}"}
        self.happens(w, "Order Cancelled" if how == "cancel" else "Order Refunded", says)

    @rule(
        w=MEMBER,
        back=BACK,
        what=st.sampled_from(("all", "all", "a", "b")),
        arrived=st.sampled_from((True, True, False)),
    )
    def ships(self, w: When, back: int, what: str, arrived: bool) -> None:
        says = self.bought(w, back) | ({"shipment_id": what} if what != "all" or not arrived else {})
        self.happens(w, f"Shipment {'Delivered' if arrived else 'Dispatched'}", says)

    # -- points

    @rule(
        w=MEMBER,
        what=st.sampled_from((7, 10, 40, "mug", "mug", "flight")),
        wallet=st.sampled_from(("points", "points", "points", "miles", "stars", "coins")),
        on=st.none() | BACK,
    )
    def redeems(self, w: When, what: int | str, wallet: str, on: int | None) -> None:
        says: Json = {"reward": what} if isinstance(what, str) else {"points": what, "wallet": wallet}
        says |= {} if on is None else self.bought(w, on)
        self.happens(w, "Points Redemption Requested", {"redemption_id": self.new("r", w.who), **says})

    @rule(w=MEMBER, back=BACK, word=st.sampled_from(("Confirmed", "Released")))
    def settles(self, w: When, back: int, word: str) -> None:
        """One of the redemptions that are held, whoever's it is."""
        held = [(who, ref) for who, person in self.books.people.items() for ref in person.held]
        who, ref = held[back % len(held)] if held else (w.who, self.known("r", w.who, back))
        self.happens(w._replace(who=who), f"Points Redemption {word}", {"redemption_id": ref})

    @rule(w=MEMBER, points=st.sampled_from((-300, -15, 25, 800)), batch=st.sampled_from(("x", "y")), ok=st.booleans())
    def adjusts(self, w: When, points: int, batch: str, ok: bool) -> None:
        says: Json = {"adjustment_id": self.new("a", w.who), "points": points, "batch": batch}
        says |= {"actor": "staff-1", "reason": "fix"} | ({"approved_by": "staff-2"} if ok else {})
        self.happens(w, "Points Adjusted", says)

    @rule(w=MEMBER, batch=st.sampled_from(("x", "y")))
    def takes_a_batch_back(self, w: When, batch: str) -> None:
        self.happens(w, "Points Adjustments Reversed", {"batch": batch, "actor": "staff-2", "reason": "wrong"})

    # -- standing, guests, and whoever is forgotten

    @rule(w=MEMBER, birthday=st.sampled_from(("01-20", "02-01", "02-29", "05-01")))
    def comes_from_elsewhere(self, w: When, birthday: str) -> None:
        ref, old = self.new("i", w.who), "2025-12-24T00:00:00Z"
        order = {"order_id": ref, "placed_at": old, "total": 250, "currency": "USD"}
        lots: list[Json] = [{"lot": "l-1", "points": 60, "expires_at": "2026-02-20T00:00:00Z"}]
        lots += [{"lot": "l-2", "points": 5, "wallet": "miles"}]
        self.happens(w, "Member Imported", {"import_id": ref, "level": "gold", "lots": lots, "orders": [order]})
        self.happens(w, "Profile Updated", {"birthday": birthday})

    @rule(w=MEMBER, does=st.sampled_from(("check in", "leave", "wrapping", "lounge", "tasting")))
    def is_there(self, w: When, does: str) -> None:
        if does == "check in":
            self.happens(w, "Checked In", {})
        elif does == "leave":
            until = format_instant(self.now + w.gap + 60 * DAY_MS)
            self.happens(w, "Level Frozen", {"freeze_id": self.new("l", w.who), "until": until})
        else:
            self.happens(w, "Benefit Used", {"benefit": does, "use_id": self.new("u", w.who)})

    @rule(w=MEMBER, guest=st.sampled_from(GUESTS), logs_in=st.booleans())
    def claims(self, w: When, guest: str, logs_in: bool) -> None:
        self.touched.add(w.who)
        if logs_in:
            self.happens(w, "Checked In", {}, anonymousId=guest)
        else:
            self.happens(w, "Guest Claimed", {"anonymous_id": guest})

    @precondition(lambda self: self.number > 15)
    @rule(w=when(*MEMBERS, *GUESTS), really=st.sampled_from((False, False, True)))
    def is_forgotten(self, w: When, really: bool) -> None:
        """Whoever is forgotten is not known to have done before what they do again."""
        if really:
            if self.doubled:  # nor is a copy of it that is still on its way
                self.shop.settle()
            w = w._replace(way="straight") if w.way == "astray" else w
            self.happens(w, "Erasure Requested", {"request_id": self.new(f"{w.who}/e", "")})
            self.again.clear()
            self.doubled = False

    # -- what comes again

    @precondition(lambda self: self.again)
    @rule(back=st.integers(0, 40), renamed=st.booleans(), then=st.sampled_from(("lies", "read", "committed")))
    def a_producer_repeats_itself(self, back: int, renamed: bool, then: str) -> None:
        """Under the same message id it counts once; under another one, what has an id of its own counts once."""
        self.doubled = True
        body: Any = json.loads(self.again[-1 - back % len(self.again)])
        if renamed and body["event"] not in ("Checked In", "Erasure Requested"):
            self.number += 1
            body["messageId"] = f"m-{self.number}"
            self.touched.add(body.get("userId"))
        self.goes_on(self.shop.publish(json.dumps(body).encode()), then)

    @rule(number=NUMBERS, back=st.integers(0, 30), count=st.integers(1, 5))
    def the_broker_repeats_itself(self, number: int, back: int, count: int) -> None:
        worker = self.shop.workers[number]
        for topic, records in worker.log.records.items():
            read = records[: worker.partition.positions[topic]]
            worker.read_again(read[-1 - back :][:count])

    # -- what befalls the workers

    @rule(number=NUMBERS, most=st.integers(1, 5), then=st.sampled_from(("read", "committed")))
    def reads_some(self, number: int, most: int, then: str) -> None:
        self.shop.workers[number].read(most)
        if then == "committed":
            self.shop.commit(self.shop.workers[number])

    @rule(number=NUMBERS, slices=st.integers(1, 3), commits=st.booleans())
    def sweeps_a_little(self, number: int, slices: int, commits: bool) -> None:
        for _ in range(slices):
            self.shop.workers[number].partition.sweep(NOW, True, 1, 0.0)
        if commits:
            self.shop.commit(self.shop.workers[number])

    @rule(
        number=NUMBERS,
        commits=st.booleans(),
        older=st.booleans(),
        neighbour=st.none() | NUMBERS,
        from_the_beginning=st.booleans(),
    )
    def crashes(self, number: int, commits: bool, older: bool, neighbour: int | None, from_the_beginning: bool) -> None:
        """Before or after a commit; a process that does not know the newest version may take over before its day."""
        shop, worker = self.shop, self.shop.workers[number]
        if commits:
            shop.commit(worker)
        if neighbour is not None:
            process = shop.workers[neighbour].process
        else:
            process = shop.process(len(shop.texts) - 1 if older and self.since is not None else None)
        shop.crash(worker, process, from_the_beginning)

    @rule(number=NUMBERS)
    def hears_of_a_version(self, number: int) -> None:
        self.shop.workers[number].engine.go_by(self.shop.programs)

    @rule(number=NUMBERS, count=st.integers(1, 5), what=st.sampled_from(("coordinates", "hears", "dies", "dies late")))
    def slices_are_granted(self, number: int, count: int, what: str) -> None:
        """The coordinator does its work, or is followed by another one; a worker hears of some of what it granted."""
        self.shop.coordinate()
        if what == "hears":
            self.shop.workers[number].process.hear(self.shop.grants, count)
        elif what == "dies late":
            self.shop.coordinator.decide()  # and did not publish it
        if what.startswith("dies"):
            self.shop.start_coordinator()

    # -- time

    @rule(days=st.sampled_from((1, 8, 32)), then=st.sampled_from(("lies", "swept", "committed")))
    def the_clock_is_advanced(self, days: int, then: str) -> None:
        self.shop.advance_clock(self.passes(days * DAY_MS))
        for worker in self.shop.workers:
            self.goes_on(worker, then)

    @precondition(lambda self: self.since is None and len(self.shop.texts) < VERSIONS)
    @rule(days=st.sampled_from((1, 2, 9)))
    def a_version_is_published(self, days: int) -> None:
        self.since = (self.now // DAY_MS + days) * DAY_MS
        since = format_instant(self.since)[:10]
        self.shop.publish_version(version(len(self.shop.texts) + 1, since, self.times))

    # -- what must hold

    @invariant()
    def no_more_is_given_than_there_is(self) -> None:
        if not hasattr(self, "shop"):
            return
        limits, granted = self.shop.limits(self.now), defaultdict(int)
        for one in self.shop.grants:
            granted[one.budget] += one.units
        for worker in self.shop.workers:
            mark = self.books.marks.get(worker.log.number)
            for name, units in mark.granted.items() if mark else ():
                mine = (one for one in self.shop.grants if one.partition == worker.log.number and one.budget == name)
                assert units == sum(one.units for one in mine if one.serial <= mark.grant)
        for name, total in granted.items():
            assert 0 <= self.drawn(name) <= total <= limits[name], name

    def drawn(self, budget: str) -> int:
        return sum(drawn[budget] for drawn in self.books.drawn.values())

    def teardown(self) -> None:
        """At the end everybody reads and sweeps all there is; then the same is done again, and has to be the same."""
        if not hasattr(self, "shop") or sys.exc_info()[0] is not None:
            return
        shop, books, end = self.shop, self.books, self.passes(1)
        self.everybody_knows()
        shop.settle()
        shop.advance_clock(end)
        shop.settle()
        for worker in shop.workers:
            worker.sweep_all()
            shop.commit(worker)
        shop.settle()
        self.no_more_is_given_than_there_is()
        for budget in shop.limits(self.now):
            assert shop.coordinator.drawn(budget) == self.drawn(budget)
        lost = {(who, order) for who, order in books.promised - books.decided if who not in books.left}
        assert not lost, "what a guest handed over is lost"
        outstanding = sum(total for wallet, total in books.totals.items() if wallet != "stars")
        assert owed(shop).outstanding == outstanding
        for state in books.states.values():
            from_version_2(state)
        along_the_log(shop, self.one_by_one)
        if self.times == AMPLE:
            plainly(shop, self.fed, end, set(MEMBERS) - self.touched)


Ledger.TestCase.settings = settings(max_examples=5 * settings().max_examples, stateful_step_count=50, deadline=None)
TestLedger = pytest.mark.timeout(0 if "HYPOTHESIS_EXAMPLES" in os.environ else 120)(Ledger.TestCase)
