"""What decisions add up to: a customer as of a time in the past, and what is in force of what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stream_loyalty.contracts.decisions.levels import LevelChanged, LevelFrozen, LevelGraceBegan, LevelRenewed
from stream_loyalty.contracts.decisions.lifecycle import BandChanged, HighValueChanged
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed
from stream_loyalty.contracts.decisions.privacy import ConsentRecorded
from stream_loyalty.contracts.decisions.redemption import PointsReleased, PointsReserved, PointsSpent
from stream_loyalty.contracts.decisions.silence import ChurnWarningChanged
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.reports.phrases import Words

Decided = tuple[int, str, dict[str, Any]]


def as_it_was(decisions: Iterable[Decided], words: Words) -> Iterator[str]:
    """Balances, level, band, orders and consents after these decisions."""
    balances: dict[str, int] = {}
    last: dict[str, dict[str, Any]] = {}
    consents: dict[str, bool] = {}
    placed: dict[str, str] = {}
    level: dict[str, Any] = {}
    for _, kind, data in decisions:
        last[kind] = data
        if "postings" in data:
            moved = sum(posting["points"] for posting in data["postings"])
            balances[data["wallet"]] = balances.get(data["wallet"], 0) + moved
        if kind == ConsentRecorded.type:
            consents[data["purpose"]] = data["granted"]
        elif kind == OrderCounted.type:
            placed[data["order_id"]] = data["placed_at"]
        elif kind == OrderReversed.type and data["whole"]:
            placed.pop(data["order_id"], None)
        elif kind in (LevelChanged.type, LevelRenewed.type, LevelGraceBegan.type):
            level = {"level": data.get("after") or data["level"], "level_review_at": data["review_at"]}
    for wallet, balance in balances.items():
        yield words.frame("balance", wallet=wallet, balance=balance)
    if level:
        yield words.frame("level", **level)
    if BandChanged.type in last and last[BandChanged.type]["after"] is not None:
        yield words.frame(
            "band",
            band=last[BandChanged.type]["after"],
            high_value=last.get(HighValueChanged.type, {}).get("high_value"),
            churn_warning_since=last.get(ChurnWarningChanged.type, {}).get("since"),
        )
    if placed:
        yield words.frame("orders", orders=len(placed), last_order_at=max(placed.values()))
    for purpose, granted in consents.items():
        yield words.frame("consent", purpose=purpose, granted=granted)
    if not last:
        yield words.frame("nothing")


def in_force(decisions: Iterable[Decided], now: int, words: Words) -> Iterator[str]:
    """What no field of a profile says: points held for redemptions, a level's grace, a freeze beyond `now` (ms)."""
    held: dict[str, dict[str, Any]] = {}
    grace: dict[str, Any] | None = None
    freeze: dict[str, Any] | None = None
    for _, kind, data in decisions:
        if kind == PointsReserved.type:
            held[data["redemption_id"]] = data
        elif kind in (PointsReleased.type, PointsSpent.type):
            held.pop(data["redemption_id"], None)
        elif kind == LevelGraceBegan.type:
            grace = data
        elif kind in (LevelChanged.type, LevelRenewed.type):
            grace = None
        elif kind == LevelFrozen.type:
            freeze = data
    for one in held.values():
        yield words.frame("held", **{name: one[name] for name in ("redemption_id", "points", "wallet", "deadline")})
    if grace is not None:
        yield words.frame("grace", **{name: grace[name] for name in ("level", "review_at", "would_be")})
    if freeze is not None and parse_instant(freeze["until"]) > now:
        yield words.frame("frozen", until=freeze["until"])
