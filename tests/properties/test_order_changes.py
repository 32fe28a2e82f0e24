"""An order that changes, or is given back in parts, earns what it would have earned had it been so from the start."""

from __future__ import annotations

from collections import Counter
from functools import partial
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support_core import Json, Outcome, engine_of, event, order, program_text, refund, run

RANDOM = st.randoms(use_true_random=False)
CATEGORIES = ("shoes", "hats", "tea", "gift card")


def program(random: Random) -> str:
    """Two wallets with bounds, and up to four rules on lines, baskets, in groups, with budgets."""
    bounds = ("", 'rounding = "up"', "most_per_order = 120", "least_per_order = 7", "most_per_day = 150")
    status = '[[wallets]]\nname = "status"\nkind = "status"\n'
    rules = [{"wallet": '"status"', "points_per_unit": '"0.7"'}, *(_rule(random) for _ in range(random.randint(0, 4)))]
    said = "".join(
        f'\n[[earning.rules]]\nname = "x{number}"\n' + "".join(f"{key} = {value}\n" for key, value in says.items())
        for number, says in enumerate(rules)
    )
    stacking = f'\n[earning]\nmultipliers = "{random.choice(("add", "best"))}"\n'
    bound = "\n".join(random.sample(bounds, 2))
    return program_text({"expires_after_days = 365\n": f"expires_after_days = 365\n{bound}\n{status}{stacking}"}, said)


def _rule(random: Random) -> dict[str, str]:
    ways = {
        "multiplier": f'"{random.choice(("1.5", "2", "3"))}"',
        "points": str(random.randint(5, 60)),
        "points_per_unit": f'"{random.choice(("0.3", "1.1", "2"))}"',
    }
    way = random.choice(sorted(ways))
    more = {
        "categories": f'["{random.choice(CATEGORIES)}"]',
        "group": f'"{random.choice("gh")}"',
        "most_per_order": str(random.randint(5, 50)),
        "when": f'[{{ fact = "basket", at_least = {random.randint(10, 90)} }}]',
        "budget": '{ points = 100000, owner = "m" }',
    }
    return {way: ways[way]} | {key: more[key] for key in random.sample(sorted(more), random.randint(0, 3))}


def content(random: Random) -> Json:
    """What an order says: products of all kinds, or none, with discount and shipping."""
    products = [
        {
            "product_id": f"p{number}",
            "category": random.choice(CATEGORIES),
            "price": random.choice((5, 9.99, 20, 33.3, 60)),
            "quantity": random.randint(1, 3),
        }
        for number in range(random.randint(0, 3))
    ]
    worth = sum(line["price"] * line["quantity"] for line in products) or random.choice((10, 55.5, 99.99))
    discount, shipping = round(worth * random.choice((0, 0.1)), 2), random.choice((0, 4.99))
    total = round(worth - discount + shipping, 2)
    return {"total": total, "products": products, "discount": discount, "shipping": shipping}


def placed(said: Json, order_id: str = "o", hour: int = 10) -> bytes:
    return order(
        f"2026-01-01T{hour}:00:00Z", order_id, said["total"], **{k: v for k, v in said.items() if k != "total"}
    )


def updated(said: Json, at: str) -> bytes:
    return event("Order Updated", at, {"order_id": "o", "currency": "USD", **said})


def refunds(random: Random, said: Json) -> list[bytes]:
    """Some of its products, without their category and some at another price, or some of its money."""
    found = []
    for number in range(random.randint(1, 3)):
        back: dict[str, Any] = {}
        amount: float | None = round(random.random() * said["total"], 2)
        if said["products"] and random.random() < 0.6:
            line = random.choice(said["products"])
            back["products"] = [
                {"product_id": line["product_id"], "price": line["price"], "category": line["category"]}
            ]
            amount = None if random.random() < 0.7 else round(line["price"] * 0.9, 2)
        found.append(refund(f"2026-01-0{2 + number}", "o", f"f-{number}", amount, **back))
    return found


def balances(outcome: Outcome) -> Json:
    return dict(outcome.profile()["balances"])


@given(RANDOM)
def test_a_change_is_as_if_the_order_had_been_so_from_the_start(random: Random) -> None:
    text, before, after = program(random), content(random), content(random)
    changed = run([placed(before), updated(after, "2026-01-02")], engine=engine_of(text))
    assert balances(changed) == balances(run([placed(after)], engine=engine_of(text)))


@given(RANDOM)
def test_refunds_take_the_same_at_once_or_in_parts_and_whatever_the_order_says_again(random: Random) -> None:
    text, said = program(random), content(random)
    replayed = partial(run, engine=engine_of(text))
    one, two = (random.randint(0, int(said["total"] * 50)) for _ in range(2))
    parts = [refund("2026-01-02", "o", "f-1", one / 100), refund("2026-01-03", "o", "f-2", two / 100)]
    whole = refund("2026-01-02", "o", "f", (one + two) / 100)
    assert balances(replayed([placed(said), *parts])) == balances(replayed([placed(said), whole]))
    feed = [placed(said), placed(content(random), "other", 11), *refunds(random, said)]
    assert balances(replayed([*feed, updated(said, "2026-01-09")])) == balances(replayed(feed))


@given(RANDOM)
def test_nothing_is_left_of_what_is_cancelled(random: Random) -> None:
    """Neither points nor draws on budgets, whatever came before."""
    text, said = program(random), content(random)
    feed = [placed(said), placed(content(random), "other", 11), *refunds(random, said)]
    feed += [updated(content(random), "2026-01-08")]
    feed += [event("Order Cancelled", "2026-01-09", {"order_id": ref}) for ref in ("o", "other")]
    outcome = run(feed, engine=engine_of(text))
    drawn: Counter[str] = Counter()
    for fact in outcome.facts("points.earned", "points.reversed"):
        for part in (*fact.get("parts", ()), *fact.get("returned", ())):
            drawn[part["rule"]] += part["drawn"]
    assert not any(balances(outcome).values())
    assert not any(drawn.values())
