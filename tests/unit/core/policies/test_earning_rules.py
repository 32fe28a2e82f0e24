"""Rules of a program on orders: what they go by, what they bring, in which order, and why they do not apply."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.support_core import Json, Live, Outcome, engine_of, event, order, program_text, refund, run

TEA = {"product_id": "tea-1", "category": "tea", "brand": "leaf", "price": 30, "quantity": 2}
CUP = {"product_id": "cup-1", "category": "cups", "brand": "clay", "price": 40}
BASKET = {"products": [TEA, CUP]}


def program(rules: str, wallet: str = "") -> str:
    """The default program with more rules after its own, and more said of its wallet."""
    said = {"expires_after_days = 365\n": f"expires_after_days = 365\n{wallet}\n"}
    return program_text(said, f"\n{rules}\n")


def rule(name: str, **says: Any) -> str:
    def toml(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{key} = {toml(one)}" for key, one in value.items()) + " }"
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, int) else f'"{value}"'

    lines = [f"{key} = {value if key in ('from', 'until') else toml(value)}" for key, value in says.items()]
    return f'[[earning.rules]]\nname = "{name}"\n' + "\n".join(lines) + "\n"


def earned(outcome: Outcome) -> list[tuple[str, int]]:
    """What each rule brought to the last order that earned."""
    return [(part["rule"], part["points"]) for part in outcome.facts("points.earned")[-1]["parts"]]


def missed(outcome: Outcome) -> dict[str, list[str]]:
    return {one["rule"]: one["missing"] for one in outcome.facts("points.earned")[-1]["missed"]}


@pytest.mark.parametrize(
    ("says", "more", "points"),
    [
        ({"points_per_unit": "2", "products": ["tea-1"]}, BASKET, 120),
        ({"points_per_unit": "2", "categories": ["cups"]}, BASKET, 80),
        ({"points_per_unit": "1", "brands": ["leaf"]}, BASKET, 60),
        ({"points_per_unit": "1", "brands": ["clay"], "categories": ["tea"]}, BASKET, None),
        ({"multiplier": "2", "categories": ["tea"]}, BASKET, 60),
        ({"multiplier": "1.5"}, BASKET, 50),
        ({"points": 25, "when": [{"fact": "basket", "at_least": 100}]}, BASKET, 25),
        ({"points": 25, "when": [{"fact": "basket", "at_least": 101}]}, BASKET, None),
        ({"points": 25, "when": [{"fact": "coupon", "is": "SPRING"}]}, {**BASKET, "coupon": "SPRING"}, 25),
        ({"points": 25, "when": [{"fact": "coupon", "is": "SPRING"}]}, BASKET, None),
        ({"points": 25, "when": [{"fact": "channel", "one_of": ["app", "shop"]}]}, {**BASKET, "channel": "app"}, 25),
        ({"points": 25, "when": [{"fact": "first_purchase", "is": True}]}, BASKET, None),
        ({"points": 25, "when": [{"fact": "level", "is": "silver"}]}, BASKET, 25),
        ({"points": 25, "when": [{"fact": "band", "is": "new"}]}, BASKET, 25),
        ({"points": 25, "when": [{"fact": "band", "is": "growing"}]}, BASKET, None),
        ({"points": 25, "when": [{"fact": "weekday", "is": "thursday"}]}, BASKET, 25),
        ({"points": 25, "when": [{"fact": "weekday", "is": "friday"}]}, BASKET, None),
        ({"points": 25, "from": "2026-01-15", "until": "2026-01-15"}, BASKET, 25),
        ({"points": 25, "from": "2026-01-16"}, BASKET, None),
        ({"points": 25, "until": "2026-01-14"}, BASKET, None),
        ({"points": 25, "hours": ["12:00", "14:00"]}, BASKET, 25),
        ({"points": 25, "hours": ["22:00", "06:00"]}, BASKET, None),
        ({"points_per_unit": "1", "most_per_order": 30}, BASKET, 30),
    ],
)
def test_a_rule_applies_or_says_what_is_missing(says: Json, more: Json, points: int | None) -> None:
    """On a Thursday's second order of 100 by a silver member: what the rule brings beside one point a dollar."""
    feed = [order("2026-01-01", "o-0", 200), order("2026-01-15T12:30:00Z", "o-1", 100, **more)]
    outcome = run(feed, engine=engine_of(program(rule("extra", **says))))
    assert dict(earned(outcome)) == {"per-unit": 100} | ({} if points is None else {"extra": points})
    assert ("extra" in missed(outcome)) == (points is None)
    for words in missed(outcome).get("extra", ()):
        assert words.startswith("wanted ")
        assert "; saw " in words
    assert outcome.facts("points.earned")[-1]["points"] == 100 + (points or 0)


def test_the_band_of_an_order_is_that_of_its_own_time() -> None:
    """The first purchase begins the youngest band, and an order that comes late counts by the band of then."""
    text = program(rule("young", points=25, when=[{"fact": "band", "is": "new"}]))
    live = Live(engine_of(text)).feed(order("2026-01-01", "o-1", 10), order("2026-03-01", "o-2", 10))
    outcome = live.feed(order("2026-01-05", "late", 10), order("2025-12-01", "earlier", 10)).commit()
    brought = {fact["order_id"]: fact["points"] for fact in outcome.facts("points.earned")}
    assert brought == {"o-1": 35, "o-2": 10, "late": 35, "earlier": 35}


def test_of_a_group_only_the_best_rule_counts() -> None:
    """Two rules of one group and one outside it; the worse one of the group says which was better."""
    rules = rule("a", points=10, group="g") + rule("b", points=20, group="g") + rule("c", points=5)
    outcome = run([order("2026-01-01", "o-1", 100)], engine=engine_of(program(rules)))
    assert earned(outcome) == [("per-unit", 100), ("b", 20), ("c", 5)]
    assert missed(outcome) == {"a": ["wanted to bring more than b; saw less"]}


@pytest.mark.parametrize(("stacking", "points"), [("add", 100 + 100 + 50), ("best", 100 + 100)])
def test_multipliers_stack_as_the_program_says(stacking: str, points: int) -> None:
    """Double and one and a half: both extras are added, or only the better one counts."""
    text = program(rule("double", multiplier="2") + rule("half", multiplier="1.5"))
    text = text.replace("[[earning.rules]]", f'[earning]\nmultipliers = "{stacking}"\n\n[[earning.rules]]', 1)
    assert run([order("2026-01-01", "o-1", 100)], engine=engine_of(text)).balance == points


@pytest.mark.parametrize(
    ("wallet", "totals", "balance"),
    [
        ('rounding = "half-up"', [10.5], 11),
        ('rounding = "up"', [10.01], 11),
        ("most_per_order = 40", [100], 40),
        ("least_per_order = 5", [2], 5),
        ("least_per_order = 5", [0.5], 0),
        ("most_per_day = 60", [50, 50, 50], 60),
    ],
)
def test_rounding_floors_and_caps(wallet: str, totals: list[float], balance: int) -> None:
    """What a wallet says of single orders and of a day."""
    feed = [order(f"2026-01-01T0{hour}:00:00Z", f"o-{hour}", total) for hour, total in enumerate(totals)]
    assert run(feed, engine=engine_of(program("", wallet))).balance == balance


def test_a_refund_by_product_takes_back_what_its_rules_brought() -> None:
    """Of tea at three points and cups at one, giving the tea back leaves what the cups earn, whatever came after."""
    text = program(rule("tea", points_per_unit="2", categories=["tea"]) + rule("big", points=50, when=[_BIG]))
    feed = [order("2026-01-01", "o-1", 100, **BASKET), refund("2026-01-02", "o-1", "r-1", products=[TEA])]
    outcome = run(feed, engine=engine_of(text))
    assert outcome.facts("points.earned")[0]["points"] == 100 + 120 + 50
    assert outcome.facts("points.reversed")[0]["points"] == 60 + 120 + 50
    assert outcome.balance == 40


_BIG = {"fact": "basket", "at_least": 100}


DAY = "2026-01-01T{}:00:00Z"
NEXT = "2026-01-02T{}:00:00Z"


@pytest.mark.parametrize(
    ("after", "balance"),
    [
        ([], 100),  # 80 and 20 of 50
        ([refund(DAY.format(12), "o-1")], 20),
        ([refund(DAY.format(12), "o-1"), order(DAY.format(13), "o-3", 90)], 100),  # what came back can be earned anew
        ([refund(NEXT.format(12), "o-2", "f-1", 10)], 100),  # 40 are left of it, of which there was room for 20
        ([refund(NEXT.format(12), "o-2", "f-1", 35)], 95),
        ([event("Order Updated", NEXT.format(12), {"order_id": "o-2", "total": 50, "currency": "USD"})], 100),
        ([event("Order Updated", NEXT.format(12), {"order_id": "o-2", "total": 500, "currency": "USD"})], 100),
        ([event("Order Updated", NEXT.format(12), {"order_id": "o-1", "total": 30, "currency": "USD"})], 50),
    ],
)
def test_a_day_brings_no_more_than_its_cap_however_its_orders_change(after: list[bytes], balance: int) -> None:
    """Two orders of 80 and 50 on a day of 100 points at the most; then they change, on that day or later."""
    feed = [order(DAY.format(10), "o-1", 80), order(DAY.format(11), "o-2", 50), *after]
    assert run(feed, engine=engine_of(program("", "most_per_day = 100"))).balance == balance


def test_a_late_order_finds_its_own_day_full() -> None:
    """It earns what the orders of its day have left, whatever came since."""
    live = Live(engine_of(program("", "most_per_day = 100")))
    live.feed(order(DAY.format(10), "o-1", 80), order("2026-01-05", "o-2", 70), order(DAY.format(11), "late", 50))
    assert live.commit().balance == 80 + 70 + 20


@pytest.mark.parametrize(
    ("rules", "brought"),
    [
        (
            rule("a", points=50, group="g") + rule("b", points=80, group="g") + rule("x", multiplier="2"),
            [("per-unit", 100), ("b", 80), ("x", 180)],
        ),
        (
            rule("a", points=50, group="g") + rule("x", multiplier="2", group="g"),
            [("per-unit", 100), ("x", 100)],
        ),
    ],
)
def test_what_a_group_leaves_out_is_not_multiplied(rules: str, brought: list[tuple[str, int]]) -> None:
    """Neither the worse rule of another group, nor one of the multiplier's own."""
    assert earned(run([order("2026-01-01", "o-1", 100)], engine=engine_of(program(rules)))) == brought


@pytest.mark.parametrize(
    ("until", "last", "next_day"),
    [
        ("2026-03-29", "2026-03-29T21:59:59.999Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25", "2026-10-25T22:59:59.999Z", "2026-10-25T23:00:00Z"),
    ],
)
def test_the_last_day_of_a_rule_ends_at_midnight_when_clocks_change(until: str, last: str, next_day: str) -> None:
    """Berlin's days of 23 and of 25 hours: the last millisecond earns, the first of the next day does not."""
    text = program(rule("fair", points=7, until=until)).replace('time_zone = "UTC"', 'time_zone = "Europe/Berlin"')
    assert run([order(last, "o-1", 100)], engine=engine_of(text)).balance == 107
    assert run([order(next_day, "o-1", 100)], engine=engine_of(text)).balance == 100


def test_an_order_never_brings_more_than_a_state_can_hold() -> None:
    """The largest order by a program with absurd multipliers: it is cut, and nothing stops."""
    rules = "".join(rule(f"x{number}", multiplier="100") for number in range(4))
    text = program(rules).replace('points_per_unit = "1"', 'points_per_unit = "1000000"')
    feed = [order(f"2026-01-01T{hour}:00:00Z", f"o-{hour}", 99_999_999_999.99) for hour in range(10, 20)]
    assert run(feed, engine=engine_of(text)).balance == 10 * 10**15


@pytest.mark.parametrize(
    ("zone", "at", "limits", "missing"),
    [
        ("America/New_York", "2025-03-01T03:00:00Z", {"from": "2025-03-01"}, "from 2025-03-01 on; saw 2025-02-28"),
        ("Asia/Shanghai", "2025-03-31T18:00:00Z", {"until": "2025-03-31"}, "until 2025-03-31; saw 2025-04-01"),
        ("Asia/Shanghai", "2025-03-31T18:00:00Z", {"hours": ["18:00", "22:00"]}, "between 18:00-22:00; saw 02:00"),
    ],
)
def test_what_was_missing_is_said_in_days_and_hours_of_the_programs_zone(
    zone: str, at: str, limits: dict[str, Any], missing: str
) -> None:
    """What was wanted and what was seen are told by the same clock."""
    text = program(rule("spring", points=25, **limits)).replace('time_zone = "UTC"', f'time_zone = "{zone}"')
    assert missed(run([order(at, "o-1", 100)], engine=engine_of(text))) == {"spring": [f"wanted an order {missing}"]}


def test_an_order_that_earns_nothing_says_what_every_rule_lacked() -> None:
    """Structured for all rules together and one by one; the words name the rule."""
    text = program(rule("spring", points=25, when=[{"fact": "coupon", "is": "SPRING"}]))
    (fact,) = run([order("2025-01-01", "o-1", 0.4)], engine=engine_of(text)).facts("points.not-earned")
    assert [one["code"] for one in fact["lacks"]] == ["amount", "is"]
    assert [(one["rule"], one["lacks"]) for one in fact["missed"]] == [
        ("per-unit", fact["lacks"][:1]),
        ("spring", fact["lacks"][1:]),
    ]
    assert fact["missing"] == [
        "per-unit: wanted at least 1.00 USD that earns; saw 0.40 USD",
        "spring: wanted coupon is SPRING; saw none",
    ]
