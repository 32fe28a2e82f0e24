"""A year in the life of one family: sixty events, and every posting that they lead to, worked out by hand.

The program: 1 point a dollar and 1 more a dollar of tea, rounded down, for 180 days; 10 stars, which buy nothing, for
an order of 50.00 or more, until the year is over. Points of a refunded order that had been spent come back. Above 500
an adjustment needs a second person. Read a line from left to right: when, who, what happens; then, behind the bar,
wallet, lot and points of each posting (`owed`: the debt). Lines in brackets are no events: points expire.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from typing import Any

from tests.unit.support_core import engine_of, event, program_text, run

YEAR = """
2026-01-02 ben  import x=40@2026-02-01 y=25        | points imported:x +40, points imported:y +25
2026-01-03 ben  import x=40@2026-02-01 y=25        | nothing: a member is imported once
2026-01-05 ann  order a1 80                        | points a1 +80, stars a1 +10
2026-01-10 ben  order b1 60                        | points b1 +60, stars b1 +10
2026-01-20 ann  order a2 55 tea=30 cup=25          | points a2 +85, stars a2 +10
2026-02-01 ann  redeem r1 100                      | points a1 -80, points a2 -20
2026-02-01 cleo order c1 51                        | points c1 +51, stars c1 +10
[2026-02-01 ben]                                   | points imported:x -40
2026-02-02 cleo order c2 50 tea=20 cup=30          | points c2 +70, stars c2 +10
2026-02-03 cleo refund c2 f1 20                    | points c2 -28, stars c2 -10
2026-02-04 cleo refund c2 f2 cup=30                | points c2 -42
2026-02-05 ben  redeem s1 70                       | points b1 -60, points imported:y -10
2026-02-10 ann  refund a2 f1 tea=30                | points a2 -60, stars a2 -10
2026-02-10 ben  refund b1                          | points imported:y -15, points owed -45, stars b1 -10
2026-02-11 ben  refund b1                          | nothing: nothing of the order was left
2026-02-12 ben  redeem s2 1                        | nothing: 45 are owed
2026-02-15 ann  order a3 49.99                     | points a3 +49
2026-02-16 ann  order a3 49.99                     | nothing: the order was counted before
2026-02-20 ben  order b2 30                        | points b2 +30, points b2 -30, points owed +30
2026-03-01 ann  adjust adj1 30 b1                  | points adjusted:adj1 +30
2026-03-01 ben  order b3 20.75                     | points b3 +20, points b3 -15, points owed +15
2026-03-01 cleo order c3 100                       | points c3 +100, stars c3 +10
2026-03-02 ann  adjust adj2 -10 b1                 | points a2 -5, points a3 -5
2026-03-02 cleo redeem t1 120                      | points c1 -51, points c3 -69
2026-03-03 ann  reverse b1                         | points adjusted:adj1 -30, points restored:adj2 +10
2026-03-05 ben  update b3 90                       | points b3 +70, stars b3 +10
2026-03-06 ben  update b3 40                       | points b3 -50, stars b3 -10
2026-03-07 ben  refund b3 f2 15.50                 | points b3 -16
2026-03-08 ben  refund b3 f2 15.50                 | nothing: the refund was counted before
2026-03-10 ann  adjust adj3 600                    | nothing: nobody has approved
2026-03-11 ann  adjust adj4 600 - boss             | points adjusted:adj4 +600
2026-04-01 ann  reward r2 mug                      | points a3 -44, points restored:adj2 -10, points adjusted:adj4 -46
2026-04-01 ben  order b4 0.99                      | nothing: less than a dollar
2026-04-01 cleo order c4 45 cup=50 discount=5      | points c4 +45
2026-04-02 ann  reward r2 mug                      | nothing: the redemption was carried out before
2026-04-02 ben  order b4t 500 test                 | nothing: a test
2026-04-10 ben  adjust adj5 -20                    | points b3 -9, points owed -11
2026-05-01 ann  order a4 120 paid=20               | points a4 +100, stars a4 +10
2026-05-01 ann  redeem r3 20 a4                    | points adjusted:adj4 -20
2026-05-01 ben  order b5 12 tea=12                 | points b5 +24, points b5 -11, points owed +11
2026-05-01 cleo order c5 200 card=100 cup=100      | points c5 +100, stars c5 +10
2026-05-02 cleo refund c5 f3 card=100              | nothing: a gift card had earned nothing
2026-05-20 ann  refund a4                          | points a4 -100, stars a4 -10, points restored:r3:adjusted:adj4 +20
2026-06-01 ann  redeem r4 10000                    | nothing: not enough
2026-06-01 ben  redeem s3 13                       | points b5 -13
2026-06-01 cleo redeem t2 50                       | points c3 -31, points c4 -19
2026-06-02 ben  cancel b5                          | points owed -24
2026-07-01 cleo order c6 300                       | points c6 +300, stars c6 +10
2026-07-02 cleo redeem t4 5 in=stars               | nothing: stars buy nothing
2026-07-10 ann  order a5 10.50                     | points a5 +10
2026-07-11 ann  cancel a5                          | points a5 -10
2026-08-01 cleo order c7 75.50 in=EUR              | nothing: no rate is known
2026-09-01 cleo refund zz                          | nothing: the order is not known
2026-09-02 cleo update c6 250                      | points c6 -50
[2026-09-07 ann]                                   | points adjusted:adj4 -534, points restored:r3:adjusted:adj4 -20
[2026-09-28 cleo]                                  | points c4 -26
2026-10-01 ann  order a6 200                       | points a6 +200, stars a6 +10
2026-10-01 cleo redeem t3 26                       | points c5 -26
2026-10-15 cleo order c8 60                        | points c8 +60, stars c8 +10
[2026-10-28 cleo]                                  | points c5 -74
2026-11-01 ben  order b6 100                       | points b6 +100, points b6 -24, points owed +24, stars b6 +10
2026-11-01 cleo refund c5                          | points c6 -26, stars c5 -10
2026-12-01 cleo cancel c8                          | points c8 -60, stars c8 -10
[2026-12-28 cleo]                                  | points c6 -224
2026-12-30 cleo order c9 10                        | points c9 +10
[2026-12-31 ann]                                   | stars a1 -10, stars a6 -10
[2026-12-31 ben]                                   | stars b6 -10
[2026-12-31 cleo]                                  | stars c1 -10, stars c3 -10, stars c6 -10
"""
BALANCES = {"ann": {"points": 200, "stars": 0}, "ben": {"points": 76, "stars": 0}, "cleo": {"points": 10, "stars": 0}}

PROGRAM = program_text(
    {"expires_after_days = 365\n": "expires_after_days = 180\n"},
    """
[[wallets]]
name = "stars"
kind = "status"
expires_on = "12-31"

[[earning.rules]]
name = "tea"
points_per_unit = "1"
categories = ["tea"]

[[earning.rules]]
name = "large-order"
wallet = "stars"
points = 10
when = [{ fact = "basket", at_least = 50 }]

[redemption]
grace_days = 30

[[redemption.catalog]]
name = "mug"
points = 100

[adjustments]
approval_above = 500
""",
)
KINDS = {
    "order": "Order Completed",
    "update": "Order Updated",
    "refund": "Order Refunded",
    "cancel": "Order Cancelled",
    "redeem": "Points Redemption Requested",
    "reward": "Points Redemption Requested",
    "adjust": "Points Adjusted",
    "reverse": "Points Adjustments Reversed",
    "import": "Member Imported",
}


def says(kind: str, words: list[str]) -> dict[str, Any]:
    """The properties of an event from the words of a line."""
    plain = [word for word in words if "=" not in word]
    named = dict(word.split("=") for word in words if "=" in word)
    goods = [
        {"product_id": name, "category": "gift card" if name == "card" else name, "price": float(named[name])}
        for name in ("tea", "cup", "card")
        if name in named
    ]
    if kind in ("order", "update"):
        found: dict[str, Any] = {"order_id": plain[0], "total": float(plain[1]), "currency": named.get("in", "USD")}
        found |= {"products": goods, "test": "test" in plain}
        found |= {"discount": float(named["discount"])} if "discount" in named else {}
        return found | ({"paid_with_points": float(named["paid"])} if "paid" in named else {})
    if kind == "refund":
        found = {"order_id": plain[0], **({"refund_id": plain[1]} if plain[1:] else {})}
        return found | ({"products": goods} if goods else {}) | ({"total": float(plain[2])} if plain[2:] else {})
    if kind == "cancel":
        return {"order_id": plain[0]}
    if kind == "redeem":
        found = {"redemption_id": plain[0], "points": int(plain[1]), **({"order_id": plain[2]} if plain[2:] else {})}
        return found | ({"wallet": named["in"]} if "in" in named else {})
    if kind == "reward":
        return {"redemption_id": plain[0], "reward": plain[1]}
    if kind == "adjust":
        batch, approved = ([*plain[2:], None, None])[:2]
        found = {"adjustment_id": plain[0], "points": int(plain[1]), "actor": "clerk", "reason": "by hand"}
        return found | ({"batch": batch} if batch not in (None, "-") else {}) | {"approved_by": approved}
    if kind == "reverse":
        return {"batch": plain[0], "actor": "clerk", "reason": "wrong list"}
    lots = [(name, *value.split("@")) for name, value in named.items()]
    return {
        "import_id": "move",
        "lots": [
            {"lot": lot, "points": int(points), **({"expires_at": until[0]} if until else {})}
            for lot, points, *until in lots
        ],
    }


def postings(text: str) -> list[tuple[str, str, int]]:
    """Wallet, lot and points of each posting of a line."""
    if text.startswith("nothing"):
        return []
    found = [part.split() for part in text.split(", ")]
    return [(wallet, lot, int(points)) for wallet, lot, points in found]


def test_a_year_posting_by_posting() -> None:
    """The engine posts what the table says, line by line, and ends with the balances that add up from it."""
    feed: list[bytes] = []
    expected: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
    for line in YEAR.strip().splitlines():
        left, right = line.split("|")
        if left.startswith("["):
            day, user = left.strip(" []").split()
            key = (f"{day} expiry", user)
        else:
            day, user, kind, *words = shlex.split(left)
            number = str(len(feed))
            feed.append(event(KINDS[kind], day, says(kind, words), user=user, messageId=number))
            key = (number, user)
        expected[key] = sorted(postings(right.strip()))
    outcome = run(feed, "2027-01-01", engine_of(PROGRAM))
    found: dict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
    for fact in outcome.facts():
        cause = fact["because"]["input"]
        key = (f"{cause[5:15]} expiry" if cause.startswith("wake@") else cause, fact["customer"])
        for posting in fact.get("postings", ()):
            found[key].append((fact["wallet"], posting["lot"] or "owed", posting["points"]))
    assert len(feed) == 60
    for key, wanted in expected.items():
        assert sorted(found.pop(key, [])) == wanted, (key, feed[int(key[0])] if key[0].isdigit() else "")
    assert not found
    assert {user: outcome.profile(user)["balances"] for user in BALANCES} == BALANCES
