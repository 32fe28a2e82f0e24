"""Whatever is done to a customer's points, in any order: sums conserve, nothing goes below zero, replay equals live."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from stream_loyalty.core import codec, ledger
from stream_loyalty.core.state import Customer
from tests.unit.support_core import (
    NOW,
    Live,
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
    version_2,
)

EXTRA = """
[[wallets]]
name = "stars"
kind = "status"
expires_on = "12-31"
most_per_day = 150

[[wallets]]
name = "miles"
kind = "partner"
expires_inactive_days = 120
activates_on_delivery = true

[redemption]
confirm_within_hours = 720
grace_days = 20

[[redemption.catalog]]
name = "mug"
kind = "gift"
points = 40
stock = 3

[[earning.rules]]
name = "tea"
points_per_unit = "0.5"
categories = ["tea"]

[[earning.rules]]
name = "spring"
multiplier = "2"
until = 2026-06-30
budget = { points = 500, owner = "marketing" }

[[earning.rules]]
name = "status"
wallet = "stars"
points = 10
when = [{ fact = "basket", at_least = 50 }]

[[earning.rules]]
name = "flight"
wallet = "miles"
points_per_unit = "0.1"
"""
AT_ONCE = EXTRA.replace("confirm_within_hours = 720\n", "")  # later, redemptions need no confirmation
WAITING = {"expires_after_days = 365\n": "expires_after_days = 365\nactivates_after_days = 1\n"}
PROGRAMS = (
    program_text(WAITING, EXTRA),
    version_2("2026-02-01", {**WAITING, 'points_per_unit = "1"': 'points_per_unit = "3"'}, AT_ONCE),
)
WALLETS = ("points", "stars", "miles")
USERS = st.sampled_from(("ada", "ada", "ada", "bob"))
BACK = st.sampled_from((0, 0, 0, 1, 2))
GAPS = st.sampled_from((1, 1, HOUR_MS, DAY_MS, DAY_MS, 2 * DAY_MS, 40 * DAY_MS))
POINTS = st.sampled_from((7, 10, 40, 60, 90))
TEA = {"product_id": "tea-1", "category": "tea", "price": 30.0, "quantity": 1}
CUP = {"product_id": "cup-1", "category": "cups", "price": 45.5, "quantity": 2}


class Points(RuleBasedStateMachine):
    """Two customers of one partition; `fed` is everything that was published, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.live = Live(engine_of(*PROGRAMS))
        self.now = parse_instant("2026-01-01")
        self.fed: list[bytes] = []
        self.erased = False  # bob, at some time; his postings from before go on under another name
        self.names: dict[str, list[str]] = defaultdict(list)

    # -- what happens

    def publish(self, gap: int, make: Any, *rest: Any, **more: Any) -> None:
        self.now += gap
        raw = make(format_instant(self.now), *rest, **more)
        self.fed.append(raw)
        self.live.feed(raw)

    def name(self, kind: str, user: str) -> str:
        self.names[kind + user].append(f"{kind}-{user}-{len(self.names[kind + user])}")
        return self.names[kind + user][-1]

    def known(self, kind: str, user: str, back: int) -> str:
        """One of the newest orders, or of the redemptions that are held; one that nobody knows where there is none."""
        blob = self.live.outcome.states.get(user.encode())
        state = codec.decode(blob) if blob else Customer()
        held = [name for name, one in state.redemptions.items() if one.deadline is not None]
        names = list(state.orders) if kind == "o" else held
        return names[-1 - back % len(names)] if names else f"no-{kind}"

    @rule(gap=GAPS, user=USERS, total=st.sampled_from((0, 12.5, 76, 121, 990)), lines=st.booleans())
    def orders(self, gap: int, user: str, total: float, lines: bool) -> None:
        more = {"products": [TEA, CUP]} if lines else {}
        self.publish(gap, order, self.name("o", user), 121 if lines else total, user=user, **more)

    @rule(gap=GAPS, user=USERS, back=BACK, total=st.sampled_from((0, 20, 121, 300.5)))
    def changes(self, gap: int, user: str, back: int, total: float) -> None:
        says = {"order_id": self.known("o", user, back), "total": total, "currency": "USD"}
        self.publish(gap, lambda at: event("Order Updated", at, says, user=user))

    @rule(gap=GAPS, user=USERS, back=BACK, how=st.sampled_from(("part", "product", "whole", "cancel")))
    def gives_back(self, gap: int, user: str, back: int, how: str) -> None:
        about = self.known("o", user, back)
        if how == "cancel":
            self.publish(gap, cancel, about, user=user)
        elif how == "whole":
            self.publish(gap, refund, about, user=user)
        elif how == "product":
            self.publish(gap, refund, about, self.name("f", user), products=[TEA], user=user)
        else:
            self.publish(gap, refund, about, self.name("f", user), 9.75, user=user)

    @rule(gap=GAPS, user=USERS, back=BACK)
    def delivers(self, gap: int, user: str, back: int) -> None:
        says = {"order_id": self.known("o", user, back)}
        self.publish(gap, lambda at: event("Shipment Delivered", at, says, user=user))

    @rule(
        gap=GAPS,
        user=USERS,
        points=POINTS,
        wallet=st.sampled_from(("points", "points", "miles", "stars")),
        back=BACK,
        linked=st.booleans(),
    )
    def redeems(self, gap: int, user: str, points: int, wallet: str, back: int, linked: bool) -> None:
        more = {"order_id": self.known("o", user, back)} if linked else {}
        self.publish(gap, redeem, self.name("r", user), points, user, wallet=wallet, **more)

    @rule(gap=GAPS, user=USERS)
    def wants_a_mug(self, gap: int, user: str) -> None:
        says = {"redemption_id": self.name("r", user), "reward": "mug"}
        self.publish(gap, lambda at: event("Points Redemption Requested", at, says, user=user))

    @rule(gap=GAPS, user=USERS, back=BACK, word=st.sampled_from(("Confirmed", "Confirmed", "Released")))
    def settles(self, gap: int, user: str, back: int, word: str) -> None:
        says = {"redemption_id": self.known("r", user, back)}
        self.publish(gap, lambda at: event(f"Points Redemption {word}", at, says, user=user))

    @rule(gap=GAPS, user=USERS, points=st.sampled_from((-300, -15, 25, 800)), batch=st.sampled_from(("x", "y")))
    def adjusts(self, gap: int, user: str, points: int, batch: str) -> None:
        says = {"adjustment_id": self.name("a", user), "points": points, "batch": batch}
        says |= {"actor": "staff-1", "reason": "fix"}
        self.publish(gap, lambda at: event("Points Adjusted", at, says, user=user))

    @rule(gap=GAPS, user=USERS, batch=st.sampled_from(("x", "y")))
    def takes_a_batch_back(self, gap: int, user: str, batch: str) -> None:
        says = {"batch": batch, "actor": "staff-2", "reason": "wrong"}
        self.publish(gap, lambda at: event("Points Adjustments Reversed", at, says, user=user))

    @rule(gap=GAPS, user=USERS)
    def is_imported(self, gap: int, user: str) -> None:
        lots = [{"lot": "l-1", "points": 60, "expires_at": "2026-08-01T00:00:00Z"}]
        lots += [{"lot": "l-2", "points": 5, "wallet": "miles"}]
        orders = [{"order_id": "old", "placed_at": "2025-12-24T00:00:00Z", "total": 250, "currency": "USD"}]
        says = {"import_id": "move", "level": "gold", "lots": lots, "orders": orders}
        self.publish(gap, lambda at: event("Member Imported", at, says, user=user))

    @rule(gap=GAPS)
    def bob_is_forgotten(self, gap: int) -> None:
        self.erased = True
        self.publish(gap, lambda at: event("Erasure Requested", at, {}, user="bob"))

    @precondition(lambda self: self.fed and not self.erased)  # who is forgotten is not known to have done it before
    @rule(back=BACK)
    def repeats(self, back: int) -> None:
        """A producer sends again what it has sent: under the same message id it counts once."""
        self.live.feed(self.fed[-1 - back % len(self.fed)])

    @rule()
    def sweeps(self) -> None:
        self.live.sweep_all(NOW)

    @rule()
    def crashes(self) -> None:
        self.live.commit()
        self.live.crash()

    # -- what must hold

    @invariant()
    def sums_conserve(self) -> None:
        outcome = self.live.commit()
        books: dict[tuple[str, str], int] = defaultdict(int)
        for fact in outcome.facts():
            for posting in fact.get("postings", ()):
                books[fact["customer"], fact["wallet"]] += posting["points"]
        for user in ("ada", "bob"):
            if user.encode() in outcome.states:
                state = codec.decode(outcome.states[user.encode()])
                for wallet in WALLETS:
                    assert ledger.balance(state, wallet) == books[user, wallet] or (self.erased and user == "bob")
                    assert not (wallet in state.debts and any(lot.free for lot in state.lots if lot.wallet == wallet))
                assert all(0 <= lot.reserved <= lot.remaining and lot.remaining > 0 for lot in state.lots)
                assert all(owed > 0 for owed in state.debts.values())
        states = [codec.decode(blob) for key, blob in outcome.states.items() if key[0]]
        assert sum(books.values()) == sum(ledger.balance(state, wallet) for state in states for wallet in WALLETS)

    def teardown(self) -> None:
        """The same events at once, without repetitions, crashes and sweeps in between, give the same."""
        outcome = self.live.commit()
        again = run(self.fed, engine=engine_of(*PROGRAMS))
        latest = max((codec.decode(blob).clock for key, blob in outcome.states.items() if key[0]), default=0)
        if latest:
            self.live.apply(self.live.log.advance_clock(format_instant(latest + 1)))
            self.live.sweep_all(NOW).commit()
            again = run(self.fed, format_instant(latest + 1), engine_of(*PROGRAMS))
            found, expected = customers(self.live.outcome.states), customers(again.states)
            for state, _ in (*found.values(), *expected.values()):
                state.pop("messages")  # a repetition may have pushed an older one out
            assert found == expected
            assert in_any_order(outputs(self.live.outcome.commits)) == in_any_order(outputs(again.commits))


Points.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestPoints = Points.TestCase
