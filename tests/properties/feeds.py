"""Feeds of events as hypothesis draws them: several customers, all topics, gaps from nothing to 500 days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from tests.unit.support_core import (
    EUR,
    HIGH_VALUE,
    Live,
    cancel,
    complain,
    consent,
    engine_of,
    event,
    order,
    program_text,
    redeem,
    refund,
    version_2,
)

START = parse_instant("2020-01-01")
APPENDED = parse_instant("2120-01-01")  # later than any time that a feed reaches
END = "2125-01-01"
USERS = ("ada", "bob", "anon-1")
PROGRAMS = (
    program_text(extra=EUR),
    version_2("2021-06-01", {"deadline_hours = 72": "deadline_hours = 48"}, EUR),
)

GAPS = st.sampled_from((0, 0, 1, HOUR_MS, DAY_MS, 6 * DAY_MS, 20 * DAY_MS, 31 * DAY_MS, 61 * DAY_MS)) | st.integers(
    0, 500 * DAY_MS
)
AMOUNTS = st.sampled_from((0, 0.99, 1, 27.5, 99.99, 100, 300, 1000.01)) | st.integers(0, 200_000).map(
    lambda cents: cents / 100
)


class Step(NamedTuple):
    """One event: how long after the one before, whose, what, about which earlier order, and how much."""

    gap: int
    user: str
    kind: str
    back: int
    amount: float
    late: int = 0


KINDS = (
    ("order",) * 6
    + ("refund-part",) * 3
    + (
        "refund-whole",
        "cancel",
        "redeem",
        "redeem",
        "redeem",
        "view",
        "cart",
        "complain",
        "consent",
        "refuse",
    )
    + ("order-euro", "order-pound", "order-test", "order-lines", "unknown", "refund-products", "broken")
)


def steps(
    *, late: bool = False, kinds: Sequence[str] = KINDS, users: Sequence[str] = USERS
) -> st.SearchStrategy[list[Step]]:
    """Lists of steps; with `late` some carry a time of up to 450 days before."""
    delays = st.just(0) | st.integers(0, 450 * DAY_MS) if late else st.just(0)
    step = st.builds(Step, GAPS, st.sampled_from(users), st.sampled_from(kinds), st.integers(0, 3), AMOUNTS, delays)
    return st.lists(step, min_size=1, max_size=35)


def events(plan: Sequence[Step]) -> list[bytes]:
    """The events of a plan, in its order; orders are numbered by their place, so that any can be left out."""
    now, made = START, []
    placed: dict[str, list[str]] = {}
    for number, step in enumerate(plan):
        now += step.gap
        at = format_instant(max(START, now - step.late))
        mine = placed.setdefault(step.user, [])
        about = mine[-1 - step.back] if step.back < len(mine) else "never-placed"
        made.append(_event(step, at, number, about))
        if step.kind.startswith("order"):
            mine.append(f"o-{number}")
    return made


def _event(step: Step, at: str, number: int, about: str) -> bytes:
    user, amount = step.user, step.amount
    mid = f"m-{number}"
    match step.kind:
        case "order":
            return order(at, f"o-{number}", amount, user, mid)
        case "order-euro" | "order-pound":
            return order(at, f"o-{number}", amount, user, mid, currency="EUR" if step.kind == "order-euro" else "GBP")
        case "order-test":
            return order(at, f"o-{number}", amount, user, mid, test=True)
        case "order-lines":
            lines = [
                {"product_id": "p", "price": amount, "quantity": step.back},
                {"product_id": "g", "price": 5, "category": "gift card"},
            ]
            return order(at, f"o-{number}", amount * step.back + 9, user, mid, products=lines, discount=1, shipping=5)
        case "refund-part":
            return refund(at, about, f"f-{number}", amount, user=user)
        case "refund-products":
            return refund(at, about, f"f-{number}", products=[{"product_id": "p", "price": amount}], user=user)
        case "refund-whole":
            return refund(at, about, user=user)
        case "cancel":
            return cancel(at, about, user)
        case "redeem":
            return redeem(at, f"r-{number}", max(1, int(amount) // 2), user)
        case "view" | "cart":
            return event("Product Viewed" if step.kind == "view" else "Product Added", at, {}, user=user, messageId=mid)
        case "complain":
            return complain(at, f"c-{number}", user)
        case "consent" | "refuse":
            return consent(at, step.kind == "consent", user=user)
        case "unknown":
            return event("Wishlist Shared", at, {"list": [number]}, user=user)
        case _:
            return event("Order Completed", at, {"order_id": "x", "total": -1, "currency": "USD"}, user=user, n=number)


def live(**more: Any) -> Live:
    """A partition under two program versions with rates and a threshold for high value."""
    return Live(engine_of(*PROGRAMS, high_value=HIGH_VALUE, **more))
