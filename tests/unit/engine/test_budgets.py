"""Budgets and stock in slices: the sum over all partitions never passes what there is, whatever comes when."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stream_loyalty.bootstrap import engine_for
from stream_loyalty.contracts.budgets import Grant, Published, published, read_published
from stream_loyalty.contracts.instants import HOUR_MS, format_instant, parse_instant
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.wire import Record
from stream_loyalty.engine import Engine
from stream_loyalty.engine.coordinator import Coordinator
from stream_loyalty.engine.grants import Grants
from stream_loyalty.engine.replay import engines_by_digest, follow
from stream_loyalty.errors import StreamLoyaltyError
from tests.unit.support_core import (
    Live,
    Outcome,
    cancel,
    customers,
    engine_of,
    event,
    in_any_order,
    order,
    outputs,
    program_text,
    redeem,
    refund,
    run,
    tallies,
    version_2,
)

PARTITIONS = 3
CAMPAIGN, DOUBLE, MUG = "campaign/festival", "campaign/double", "stock/mug"
TOTALS = {CAMPAIGN: 150, DOUBLE: 300, MUG: 9}
DOUBLED = """
[[earning.rules]]
name = "double"
multiplier = "2"
budget = { points = 300, owner = "crm" }
"""
FESTIVAL = """
[[earning.rules]]
name = "festival"
points = 10
budget = { points = 150, owner = "crm" }

[[redemption.catalog]]
name = "mug"
points = 5
stock = 9
"""
RICHER = FESTIVAL.replace("points = 150", "points = 200")
PROGRAM = program_text(extra=FESTIVAL)
USERS = [[f"user-{i}" for i in range(60) if partition_of(f"user-{i}".encode(), PARTITIONS) == n] for n in range(3)]
START = parse_instant("2024-03-01")


def over_the_wire(one: Published) -> Published:
    message = published(one)
    found = read_published(Record(message.topic, 0, 0, 0, message.key, message.value))
    assert found is not None
    return found


def drawn(outcomes: list[Outcome]) -> dict[str, int]:
    """What customers got, by the receipts that were committed."""
    found = dict.fromkeys(TOTALS, 0)
    for outcome in outcomes:
        for fact in outcome.facts("points.earned", "points.reversed"):
            for part in (*fact.get("parts", ()), *fact.get("returned", ())):
                if part["drawn"]:
                    found[f"campaign/{part['rule']}"] += part["drawn"]
        for fact in outcome.facts("points.spent"):
            found[MUG] += fact["stock"]
    return found


class Fleet:
    """Three workers with a partition each, a coordinator, and the two topics between them."""

    def __init__(self, more: str = "") -> None:
        self.text = PROGRAM + more
        self.lives = [Live(self.engine(), number, coordinated=True) for number in range(PARTITIONS)]
        self.grants: list[Published] = []  # loyalty.grants
        self.delivered = [0] * PARTITIONS
        self.heard = [0] * PARTITIONS
        self.programs = self.lives[0].engine.programs
        self.coordinator = Coordinator(self.programs, PARTITIONS)
        self.time = START

    def engine(self) -> Engine:
        return engine_of(self.text, partitions=PARTITIONS)

    def now(self) -> str:
        self.time += HOUR_MS
        return format_instant(self.time)

    def deliver(self, number: int, count: int = 10**6) -> None:
        """A worker reads on in loyalty.grants."""
        begin = self.delivered[number]
        for one in self.grants[begin : begin + count]:
            self.lives[number].engine.hear_of(one)
            self.delivered[number] += 1

    def coordinate(self) -> None:
        """The coordinator reads what was committed, and publishes."""
        for number, live in enumerate(self.lives):
            for one in tallies(live.outcome, self.heard[number]):
                self.coordinator.hear(one)
                self.heard[number] += 1
        self.grants += map(over_the_wire, self.coordinator.decide())

    def kill_coordinator(self, before_publishing: bool) -> None:
        """A new one knows what was published; of tallies, compaction leaves the newest of each partition."""
        if before_publishing:
            self.coordinator.decide()
        self.coordinator = Coordinator(self.programs, PARTITIONS)
        for one in self.grants:
            self.coordinator.published(one)
        self.heard = [max(0, len(tallies(live.outcome)) - 1) for live in self.lives]

    def crash(self, number: int) -> None:
        """The next worker has read all grants before it takes the partition up; then it reads what was lost."""
        engine = self.engine()
        self.delivered[number] = 0
        live = self.lives[number]
        live.crash(engine=engine)
        self.deliver(number)
        live.apply(live.rest())

    def settle(self) -> None:
        """All is quiet: everybody has heard of everything."""
        for _ in range(30):
            self.coordinate()
            for number, live in enumerate(self.lives):
                self.deliver(number)
                live.apply([])
                live.commit()

    @property
    def outcomes(self) -> list[Outcome]:
        return [live.outcome for live in self.lives]

    def again(self) -> list[Outcome]:
        """Every partition done again along its log."""
        found = []
        for live in self.lives:
            engines = engines_by_digest([live.engine.inputs], engine_for)
            for engine in engines.values():
                engine.grants = Grants(self.grants, by_log=True)
            outcome = Outcome(live.engine)
            follow(live.outcome.applied, live.log.sources, engines, outcome.sink)
            found.append(outcome)
        return found


class Interleavings(RuleBasedStateMachine):
    """Orders, redemptions, refunds, commits, crashes, deliveries and coordinators in any order."""

    @initialize()
    def begin(self) -> None:
        self.fleet = Fleet(DOUBLED)
        self.orders: list[tuple[int, str, str]] = []

    @rule(number=st.integers(0, 2), user=st.integers(0, 5), count=st.integers(1, 6))
    def buy(self, number: int, user: int, count: int) -> None:
        live, who = self.fleet.lives[number], USERS[number][user]
        for _ in range(count):
            order_id = f"order-{len(self.orders)}"
            live.feed(order(self.fleet.now(), order_id, 20, user=who))
            self.orders.append((number, who, order_id))

    @rule(number=st.integers(0, 2), user=st.integers(0, 5))
    def redeem(self, number: int, user: int) -> None:
        raw = redeem(self.fleet.now(), f"gift-{self.fleet.time}", 5, user=USERS[number][user], reward="mug")
        self.fleet.lives[number].feed(raw)

    @rule(which=st.integers(0, 10**6), whole=st.booleans())
    def give_back(self, which: int, whole: bool) -> None:
        if self.orders:
            number, who, order_id = self.orders[which % len(self.orders)]
            at = self.fleet.now()
            raw = cancel(at, order_id, who) if whole else refund(at, order_id, f"r-{at}", 19.5, user=who)
            self.fleet.lives[number].feed(raw)

    @rule(which=st.integers(0, 10**6), total=st.integers(0, 90))
    def change(self, which: int, total: int) -> None:
        if self.orders:
            number, who, order_id = self.orders[which % len(self.orders)]
            changed = {"order_id": order_id, "total": total, "currency": "USD"}
            self.fleet.lives[number].feed(event("Order Updated", self.fleet.now(), changed, user=who))

    @rule(number=st.integers(0, 2))
    def commit(self, number: int) -> None:
        self.fleet.lives[number].commit()

    @rule(number=st.integers(0, 2))
    def crash(self, number: int) -> None:
        self.fleet.crash(number)

    @rule(number=st.integers(0, 2), count=st.integers(1, 5))
    def deliver(self, number: int, count: int) -> None:
        self.fleet.deliver(number, count)

    @rule()
    def coordinate(self) -> None:
        self.fleet.coordinate()

    @rule(before_publishing=st.booleans())
    def kill_coordinator(self, before_publishing: bool) -> None:
        self.fleet.kill_coordinator(before_publishing)

    @invariant()
    def never_too_much(self) -> None:
        if not hasattr(self, "fleet"):
            return
        granted = dict.fromkeys(TOTALS, 0)
        for one in self.fleet.grants:
            assert isinstance(one, Grant)
            granted[one.budget] += one.units
        for name, total in TOTALS.items():
            assert granted[name] <= total
        assert all(units >= 0 for live in self.fleet.lives for units in live.partition.mark.budgets.values())

    def teardown(self) -> None:
        if not hasattr(self, "fleet"):
            return
        self.fleet.settle()
        found, marks = drawn(self.fleet.outcomes), [live.partition.mark for live in self.fleet.lives]
        for name, total in TOTALS.items():
            assert found[name] <= total
            assert found[name] == sum(mark.granted.get(name, 0) - mark.budgets.get(name, 0) for mark in marks)
            assert found[name] == self.fleet.coordinator.drawn(name)
        for live, again in zip(self.fleet.outcomes, self.fleet.again(), strict=True):
            assert in_any_order(outputs(again.commits)) == in_any_order(outputs(live.commits))
            assert customers(again.states) == customers(live.states)


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


def test_a_budget_is_used_to_the_last_unit() -> None:
    """With demand everywhere the slices shrink to nothing: 15 festival orders of 10 points get theirs, no 16th."""
    fleet = Fleet()
    for _ in range(200):
        for number, live in enumerate(fleet.lives):
            at = fleet.now()
            live.feed(order(at, f"o-{at}", 20, user=USERS[number][0])).commit()
        fleet.coordinate()
        for number in range(PARTITIONS):
            fleet.deliver(number)
    assert fleet.coordinator.granted(CAMPAIGN) == 150
    left = 150 - drawn(fleet.outcomes)[CAMPAIGN]
    assert 0 <= left < 10 * PARTITIONS  # each partition may hold less than an order wants
    sizes = [one.units for one in fleet.grants if isinstance(one, Grant) and one.budget == CAMPAIGN]
    assert sizes[0] == 150 // (8 * PARTITIONS)
    assert sizes[-1] == 1


def test_more_than_a_slice_can_be_wanted() -> None:
    """A refusal asks for another slice, so that a partition comes to hold what one order wants."""
    fleet = Fleet()
    fleet.coordinate()
    assert all(one.units < 10 for one in fleet.grants if isinstance(one, Grant))
    refused = 0
    while True:
        fleet.deliver(0)
        fleet.lives[0].feed(order(fleet.now(), f"o-{refused}", 20, user=USERS[0][0])).commit()
        if drawn(fleet.outcomes)[CAMPAIGN]:
            break
        refused += 1
        fleet.coordinate()
    earned = fleet.lives[0].outcome.facts("points.earned")
    assert refused == 1
    assert earned[0]["short"] == ["festival"]
    (missed,) = earned[0]["missed"]
    assert (missed["rule"], missed["missing"]) == ("festival", ["wanted a budget of 10 points or more; saw 6 left"])


def test_without_a_coordinator_nothing_is_left() -> None:
    """Exactness first: who has been granted nothing gives nothing."""
    fleet = Fleet()
    live = fleet.lives[0].feed(order(fleet.now(), "o-1", 20, user=USERS[0][0]))
    assert live.commit().facts("points.earned")[0]["points"] == 20


def test_a_replay_of_events_has_all_of_it() -> None:
    """One partition draws on whole budgets, on those of the version in force."""
    first = program_text({}, FESTIVAL)
    second = version_2("2024-04-01", {}, RICHER)
    events = [order(f"2024-03-{day:02}", f"march-{day}", 20) for day in range(1, 21)]
    events += [order(f"2024-04-{day:02}", f"april-{day}", 20) for day in range(1, 21)]
    outcome = run(events, engine=engine_of(first, second))
    paid = [fact["order_id"] for fact in outcome.facts("points.earned") if fact["points"] == 30]
    assert paid == [f"march-{day}" for day in range(1, 16)] + [f"april-{day}" for day in range(1, 6)]


def test_a_version_with_more_is_granted_when_it_is_in_force() -> None:
    """The coordinator goes by the newest clock of the partitions."""
    texts = PROGRAM, version_2("2024-04-01", {}, RICHER)
    programs = engine_of(*texts).programs
    assert programs.budgets_at(START)[CAMPAIGN] == 150
    assert programs.budgets_at(parse_instant("2024-04-01"))[CAMPAIGN] == 200
    coordinator = Coordinator(programs, 1)
    live = Live(engine_of(*texts), coordinated=True)
    for at, expected in (("2024-03-31", 150), ("2024-04-02", 200)):
        for order_number in range(100):
            live.feed(order(at, f"{at}-{order_number}", 20)).commit()
            for one in tallies(live.outcome):
                coordinator.hear(one)
            for grant in coordinator.decide():
                live.engine.hear_of(grant)
        assert drawn([live.outcome])[CAMPAIGN] == expected


def test_an_order_that_grows_takes_no_more_than_is_left() -> None:
    """A change of an order follows in its campaign's budget, up and down."""

    def update(at: str, order_id: str, total: float) -> bytes:
        return event("Order Updated", at, {"order_id": order_id, "total": total, "currency": "USD"})

    raws = [
        order("2024-03-01", "o-1", 100),
        update("2024-03-02", "o-1", 400),
        order("2024-03-03", "o-2", 10),
        update("2024-03-04", "o-1", 90),
        order("2024-03-05", "o-3", 60),
    ]
    outcome = run(raws, engine=engine_of(program_text(extra=DOUBLED.replace("300", "150"))))
    steps = [
        sum(part["drawn"] for part in (*fact.get("parts", ()), *fact.get("returned", ())))
        for fact in outcome.facts("points.earned", "points.reversed")
    ]
    assert steps == [100, 50, 0, -60, 60]
    assert outcome.partition is not None
    assert outcome.partition.mark.budgets == {DOUBLE: 0}


def test_a_dump_without_a_slice_is_refused() -> None:
    """A log that names what is not there says so."""
    fleet = Fleet()
    fleet.coordinate()
    fleet.deliver(0)
    fleet.lives[0].feed(order(fleet.now(), "o-1", 20, user=USERS[0][0])).commit()
    steps = [step for entry in fleet.lives[0].outcome.applied for step in entry.steps]
    assert [step[0] for step in steps] == ["a", "g", "r"]
    fleet.grants = []
    with pytest.raises(StreamLoyaltyError, match="slice of a budget with serial"):
        fleet.again()


def test_marks_of_before_have_no_budgets() -> None:
    """A partition that was written before there were budgets begins without."""
    old = msgspec.msgpack.encode({"watermark": 5, "positions": {}})
    live = Live(engine_of(PROGRAM), coordinated=True)
    partition = live.engine.open(0, {b"\x00mark": old}, {}, {}, {})
    assert partition.mark.granted == {}
    assert partition.mark.grant == 0


NEW = [{"product_id": "n", "category": "new", "price": 50}]
OLD = [{"product_id": "o", "category": "old", "price": 50}]


def exchange(at: str, total: float, products: list[dict[str, object]]) -> bytes:
    said = {"order_id": "o-1", "total": total, "currency": "USD", "products": products}
    return event("Order Updated", at, said)


NEW_PAYS_DOUBLE = """
[[earning.rules]]
name = "camp"
multiplier = "2"
categories = ["new"]
budget = { points = 100, owner = "m" }
"""


@pytest.mark.parametrize(
    ("feed", "balance", "left"),
    [
        ([order("2024-03-01", "o-1", 50, products=OLD), exchange("2024-03-02", 50, NEW)], 100, 50),
        ([order("2024-03-01", "o-1", 50, products=NEW), exchange("2024-03-02", 50, OLD)], 50, 100),
        # for half the money as many points, half of which are the campaign's
        ([order("2024-03-01", "o-1", 100), exchange("2024-03-02", 50, NEW)], 100, 50),
        (
            [
                order("2024-03-01", "o-0", 100, products=[{**NEW[0], "quantity": 2}]),
                order("2024-03-02", "o-1", 100, products=[{**NEW[0], "quantity": 2}]),  # nothing left for it
                refund("2024-03-03", "o-0"),
                refund("2024-03-04", "o-1", "f", 50),  # nor does it give less back because there is something now
            ],
            50,
            100,
        ),
    ],
)
def test_a_budget_follows_exchanges_and_what_is_given_back(feed: list[bytes], balance: int, left: int) -> None:
    """Into a campaign and out of it, also where the points stay as many as they were."""
    outcome = run(feed, engine=engine_of(program_text(extra=NEW_PAYS_DOUBLE)))
    assert outcome.balance == balance
    assert outcome.partition is not None
    assert outcome.partition.mark.budgets == {"campaign/camp": left}
