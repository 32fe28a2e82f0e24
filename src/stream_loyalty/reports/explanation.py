"""Everything about one customer in words: the state, what was decided, when and why, and when they come up next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stream_loyalty.contracts.decisions.earning import PointsEarned, PointsNotEarned, PointsReversed
from stream_loyalty.contracts.decisions.levels import LevelChanged
from stream_loyalty.contracts.decisions.lifecycle import BandChanged, HighValueChanged
from stream_loyalty.contracts.decisions.orders import OrderCounted, OrderReversed
from stream_loyalty.contracts.decisions.points import PointsExpired
from stream_loyalty.contracts.decisions.privacy import ConsentRecorded
from stream_loyalty.contracts.decisions.silence import ChurnWarningChanged
from stream_loyalty.contracts.instants import format_instant, parse_instant
from stream_loyalty.reports.phrases import Language, Words

_SUMS = {PointsEarned.type: "earned", PointsReversed.type: "reversed", PointsExpired.type: "expired"}


class Said(Struct):
    """A decision in words; `data` is what it says itself."""

    time: str
    type: str
    words: str
    why: str
    data: dict[str, Any]


class Explained(Struct):
    """What there is to say. `state` is the profile (null for a time in the past, of which only decisions are known)."""

    user: str
    as_of: str
    language: Language
    state: dict[str, Any] | None
    in_words: list[str]
    decisions: list[Said]
    order: dict[str, Any] | None
    next_at: str | None
    next_for: list[str]
    next_words: str | None


class _Line(Struct):
    id: str
    type: str
    time: str
    subject: str
    data: msgspec.Raw


def of_customer(lines: Iterable[bytes], user: str, until: int | None) -> list[tuple[int, str, dict[str, Any]]]:
    """Time (ms), type and body of a customer's decisions up to `until`, in order, each id once.

    ValueError names a line that is no decision of the engine.
    """
    decode, needle = msgspec.json.Decoder(_Line).decode, msgspec.json.encode(user)
    found: dict[str, tuple[int, str, dict[str, Any]]] = {}
    for number, raw in enumerate(lines, 1):
        if needle not in raw:
            continue
        try:
            line = decode(raw)
            if line.subject == user:
                found[line.id] = (parse_instant(line.time), line.type, msgspec.json.decode(line.data))
        except ValueError as error:
            raise ValueError(f"line {number}: not a decision of the engine: {error}") from None
    return sorted((one for one in found.values() if until is None or one[0] <= until), key=lambda one: one[0])


def explain(
    user: str,
    decisions: list[tuple[int, str, dict[str, Any]]],
    profile: dict[str, Any] | None,
    words: Words,
    order: str | None = None,
    until: int | None = None,
) -> Explained:
    """Put it together. With `until` the state is what the decisions up to then add up to."""
    past = until is not None or profile is None
    newest = decisions[-1][0] if decisions else None
    as_of = until if until is not None else newest
    said = [
        Said(format_instant(at), kind, words.decision(kind, data), words.why(kind, data), data)
        for at, kind, data in decisions
        if order is None or _concerns(order, data)
    ]
    waits = None if past or profile is None else profile
    return Explained(
        user=user,
        as_of="-" if as_of is None else format_instant(as_of),
        language=words.language,
        state=None if past else profile,
        in_words=list(_as_it_was(decisions, words) if past else _as_it_is(profile or {}, words)),
        decisions=said,
        order=None if order is None else _order(order, decisions, words),
        next_at=waits["next_wake_at"] if waits else None,
        next_for=waits["next_wake_for"] if waits else [],
        next_words=_next(waits, words) if waits else None,
    )


def _concerns(order: str, data: Mapping[str, Any]) -> bool:
    return order in (data.get("order_id"), data.get("ref"), data.get("lot"), data.get("cause"))


def _next(profile: Mapping[str, Any], words: Words) -> str:
    if profile["next_wake_at"] is None:
        return words.frame("never")
    reasons = ", ".join(words.policy(name) for name in profile["next_wake_for"])
    return words.frame("next", at=profile["next_wake_at"], reasons=reasons)


def _as_it_is(profile: Mapping[str, Any], words: Words) -> Iterator[str]:
    """The stored state in words."""
    for wallet in profile["balances"]:
        yield words.frame("wallet", **_wallet(profile, wallet))
    following = profile["next_level"] or {}
    yield words.frame(
        "level",
        level=profile["level"],
        level_review_at=profile["level_review_at"],
        missing=following.get("missing"),
        counted=words.frame(f"by_{following['by']}") if following else None,
        next_level=following.get("level"),
    )
    if profile["band"] is not None:
        yield words.frame(
            "band",
            band=profile["band"],
            high_value=profile["high_value"],
            churn_warning_since=profile["churn_warning_since"],
        )
    yield words.frame("orders", orders=profile["orders"], last_order_at=profile["last_order_at"])
    if profile["churn"] is not None:
        yield words.frame("churn", probability=profile["churn"]["probability"], churn_as_of=profile["churn"]["as_of"])
    if profile["alert"] is not None:
        yield words.frame("alert", raised_at=profile["alert"]["raised_at"])
    if profile["complaints"]:
        yield words.frame("complaints", complaints=profile["complaints"])
    for purpose, granted in profile["consents"].items():
        yield words.frame("consent", purpose=purpose, granted=granted)


def _wallet(profile: Mapping[str, Any], wallet: str) -> dict[str, Any]:
    lots = [lot for lot in profile["lots"] if lot["wallet"] == wallet]
    dated = sorted((lot["expires_at"], lot["points"]) for lot in lots if lot["expires_at"] is not None)
    return {
        "wallet": wallet,
        "balance": profile["balances"][wallet],
        "pending": sum(lot["points"] - lot["reserved"] for lot in lots if lot["pending"]),
        "active": sum(lot["points"] - lot["reserved"] for lot in lots if not lot["pending"]),
        "reserved": sum(lot["reserved"] for lot in lots),
        "debt": profile["debts"].get(wallet, 0),
        "next_points": sum(points for at, points in dated if at == dated[0][0]) if dated else None,
        "next_expiry": dated[0][0] if dated else None,
    }


def _as_it_was(decisions: Iterable[tuple[int, str, dict[str, Any]]], words: Words) -> Iterator[str]:
    """What decisions add up to: balances, level, band, orders and consents at that time."""
    balances: dict[str, int] = {}
    last: dict[str, dict[str, Any]] = {}
    consents: dict[str, bool] = {}
    for _, kind, data in decisions:
        last[kind] = data
        if "postings" in data:
            moved = sum(posting["points"] for posting in data["postings"])
            balances[data["wallet"]] = balances.get(data["wallet"], 0) + moved
        if kind == ConsentRecorded.type:
            consents[data["purpose"]] = data["granted"]
    for wallet, balance in balances.items():
        yield words.frame("balance", wallet=wallet, balance=balance)
    if LevelChanged.type in last:
        change = last[LevelChanged.type]
        yield words.frame("level", level=change["after"], level_review_at=change["review_at"])
    if BandChanged.type in last:
        yield words.frame(
            "band",
            band=last[BandChanged.type]["after"],
            high_value=last.get(HighValueChanged.type, {}).get("high_value"),
            churn_warning_since=last.get(ChurnWarningChanged.type, {}).get("since"),
        )
    gone = {data["order_id"] for _, kind, data in decisions if kind == OrderReversed.type and data["whole"]}
    placed = [
        data["placed_at"] for _, kind, data in decisions if kind == OrderCounted.type and data["order_id"] not in gone
    ]
    if placed:
        yield words.frame("orders", orders=len(placed), last_order_at=max(placed))
    for purpose, granted in consents.items():
        yield words.frame("consent", purpose=purpose, granted=granted)


def _order(order: str, decisions: Iterable[tuple[int, str, dict[str, Any]]], words: Words) -> dict[str, Any]:
    """What an order earned by which rule of which version, what did not apply, and what was missing."""
    sums: dict[str, dict[str, int]] = {}
    earned: list[dict[str, Any]] = []
    missed: list[dict[str, Any]] = []
    for _, kind, data in decisions:
        if order not in (data.get("order_id"), data.get("lot")):
            continue
        if kind in _SUMS:
            of_wallet = sums.setdefault(data["wallet"], dict.fromkeys(_SUMS.values(), 0))
            of_wallet[_SUMS[kind]] += data["points"]
        earned += _parts(data) if kind == PointsEarned.type else []
        missed += _missed(data) if kind in (PointsEarned.type, PointsNotEarned.type) else []
    said = [words.frame("order", order=order)]
    said += [words.frame("sum", wallet=wallet, **sums[wallet]) for wallet in sums]
    said += [f"{words.frame('part', **one)}; {words.frame('saw', saw=words.saw(one['saw']))}" for one in earned]
    said += [words.frame("missed", **one) for one in missed]
    return {"order_id": order, "sums": sums, "earned": earned, "missed": missed, "in_words": said}


def _parts(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each rule brought; a program with one rule has no parts, for the whole is that rule's."""
    whole = {"rule": data["rule"].removeprefix("earning."), "points": data["points"], "saw": data["saw"]}
    about = {"wallet": data["wallet"], "program": data["because"]["program"]}
    return [{**part, **about} for part in data["parts"] or [whole]]


def _missed(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    about = {"program": data["because"]["program"]}
    missed = data.get("missed") or []
    if not missed and "missing" in data:
        rule = data["rule"].removeprefix("earning.")
        missed = [{"rule": rule, "missing": data["missing"], "lacks": data.get("lacks", [])}]
    return [{**one, **about} for one in missed]
