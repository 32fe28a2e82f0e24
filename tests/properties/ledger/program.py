"""The program of the shop: everything that moves points, with horizons so near that a few steps get past them."""

from __future__ import annotations

from tests.unit.support_core import DEFAULT, EUR

SCARCE, AMPLE = 1, 10_000  # times what the campaigns and the stock have: not enough for all, or never used up
HOLDS = "confirm_within_hours = 240"  # in versions without it, redemptions are carried out at once

_HEAD, _, _TAIL = DEFAULT.partition("[churn] ")
_BARE = _HEAD + _TAIL[_TAIL.index("[wakeup]") :]  # without the churn model, whose checkpoints are none of the ledger's

_NEAR = {
    "orders_days = 400": "orders_days = 90",
    "orders = 2000": "orders = 12\nrefunds = 3\nredemptions = 8",
    "expires_after_days = 365\n": "expires_after_days = 60\nactivates_after_days = 1\n",
    "window_days = 365 ": "window_days = 60 ",
    "holds_days = 365 ": 'holds_days = 45\ngrace_days = 10\ndowngrade = "one-step"\nfast_track = '
    '[{ level = "silver", orders = 3, within_days = 10 }] ',
    'spend = "100" }': 'spend = "100", gift = 25 }',
    'spend = "300" }': 'spend = "300", gift = 60 }',
}

_MORE = """
[[wallets]]
name = "stars"
kind = "status"
expires_on = "03-31"
most_per_day = 45

[[wallets]]
name = "miles"
kind = "partner"
expires_inactive_days = 50
activates_on_delivery = true

[guests]
claim_within_days = 30
grace_days = 7
kept_bytes = 2048
claim_on_login = false

[adjustments]
approval_above = 500
remembered = 6

[birthday]
points = 15

[redemption]
confirm_within_hours = 240
grace_days = 20

[[redemption.catalog]]
name = "mug"
kind = "gift"
points = 20
stock = 6

[[redemption.catalog]]
name = "flight"
points = 5
wallet = "miles"
when = [{ fact = "orders", at_least = 1 }]

[[benefits]]
name = "wrapping"
layer = "basic"
renews = "month"

[[benefits]]
name = "lounge"
layer = "level"
levels = ["gold", "black gold"]
quantity = 2

[[benefits]]
name = "tasting"
layer = "scene"
event = "Checked In"
at_least = 2
within_days = 10
renews = "year"

[[earning.rules]]
name = "tea"
points_per_unit = "0.5"
categories = ["tea"]

[[earning.rules]]
name = "spring"
multiplier = "2"
until = 2026-06-30
budget = { points = 200, owner = "marketing" }

[[earning.rules]]
name = "festival"
points = 4
when = [{ fact = "channel", is = "shop" }]
budget = { points = 24, owner = "marketing" }

[[earning.rules]]
name = "status"
wallet = "stars"
points = 10
when = [{ fact = "basket", at_least = 50 }]

[[earning.rules]]
name = "air"
wallet = "miles"
points_per_unit = "0.1"
"""

# each version against the one before; the third has no miles any more, less for the festival, and mugs without end
_LATER = (
    {
        'points_per_unit = "1"': 'points_per_unit = "3"',
        f"{HOLDS}\n": "",
        'points_per_unit = "0.1"': 'points_per_unit = "0.2"',
        "points = 24,": "points = 36,",
        "stock = 6": "stock = 8",
        "activates_after_days = 1\n": "",
        'spend = "100", gift = 25': 'spend = "150", gift = 30',
        "fast_track": 'on_new_version = "review"\nfast_track',
        'renews = "month"': 'renews = "year"',
    },
    {
        "grace_days = 20\n": f"{HOLDS}\ngrace_days = 5\n",
        "points = 36,": "points = 16,",
        "stock = 8\n": "",
        'name = "miles"\nkind = "partner"\nexpires_inactive_days = 50\nactivates_on_delivery = true': 'name = "coins"',
        'wallet = "miles"': 'wallet = "coins"',
        "expires_after_days = 60\n": "expires_after_days = 30\nactivates_on_delivery = true\n",
        "claim_within_days = 30": "claim_within_days = 10",
        "claim_on_login = false": "claim_on_login = true",
        "orders_days = 90": "orders_days = 70",
    },
)
VERSIONS = 1 + len(_LATER)


def version(number: int, since: str, times: int) -> str:
    """The text of version `number` (from 1), in force from the day `since`, with budgets of so many times as much."""
    text = _changed(_BARE, _NEAR) + EUR + _MORE
    for changes in _LATER[: number - 1]:
        text = _changed(text, changes)
    for much in (200, 24, 36, 16):
        text = text.replace(f"budget = {{ points = {much},", f"budget = {{ points = {much * times},")
    for pieces in (6, 8):
        text = text.replace(f"stock = {pieces}\n", f"stock = {pieces * times}\n")
    dated = {"version = 1\n": f"version = {number}\n", "effective_from = 1990-01-01": f"effective_from = {since}"}
    return text if number == 1 else _changed(text, dated)


def _changed(text: str, changes: dict[str, str]) -> str:
    for before, after in changes.items():
        assert before in text, f"the program does not say {before!r}"
        text = text.replace(before, after)
    return text
