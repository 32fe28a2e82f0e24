"""Everything about one customer in words: the state, what was decided, when and why, and when they come up next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from stream_loyalty.contracts.instants import format_instant, parse_instant
from stream_loyalty.reports.asof import as_it_was, in_force
from stream_loyalty.reports.orders import concerns, of_order
from stream_loyalty.reports.phrases import Language, Words

Decided = tuple[int, str, dict[str, Any]]  # time (ms), CloudEvents type, body


class Said(Struct):
    """A decision in words; `data` is what it says itself."""

    time: str
    type: str
    words: str
    why: str
    data: dict[str, Any]


class Explained(Struct):
    """What there is to say. `state` is the profile: null for a time since which more was decided."""

    user: str
    as_of: str
    zone: str
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


def of_customer(lines: Iterable[bytes], user: str) -> list[Decided]:
    """A customer's decisions in the order of their times, each id once.

    ValueError names a line that is no decision of the engine.
    """
    decode, needle = msgspec.json.Decoder(_Line).decode, msgspec.json.encode(user)
    found: dict[str, Decided] = {}
    for number, raw in enumerate(lines, 1):
        if needle not in raw:
            continue
        try:
            line = decode(raw)
            if line.subject == user:
                found[line.id] = (parse_instant(line.time), line.type, msgspec.json.decode(line.data))
        except ValueError as error:
            raise ValueError(f"line {number}: not a decision of the engine: {error}") from None
    return sorted(found.values(), key=lambda one: one[0])


def explain(
    user: str,
    decisions: list[Decided],
    profile: dict[str, Any],
    words: Words,
    order: str | None = None,
    until: int | None = None,
) -> Explained:
    """Put it together. With `until` (ms), before the newest decision, the state is what those up to then add up to."""
    known = [one for one in decisions if until is None or one[0] <= until]
    past = len(known) < len(decisions)
    as_of = until if until is not None else decisions[-1][0] if decisions else None
    said = [
        Said(format_instant(at), kind, words.decision(kind, data), words.why(data), data)
        for at, kind, data in (known if order is None else concerns(order, known))
    ]
    state = as_it_was(known, words) if past else _as_it_is(profile, words)
    return Explained(
        user=user,
        as_of="-" if as_of is None else format_instant(as_of),
        zone=words.zone,
        language=words.language,
        state=None if past else profile,
        in_words=[*state, *in_force(known, as_of or 0, words)],
        decisions=said,
        order=None if order is None else of_order(order, known, words),
        next_at=None if past else profile["next_wake_at"],
        next_for=[] if past else profile["next_wake_for"],
        next_words=None if past else _next(profile, until, words),
    )


def _next(profile: Mapping[str, Any], until: int | None, words: Words) -> str:
    at = profile["next_wake_at"]
    if at is None:
        return words.frame("never")
    reasons = words.listed(words.policy(name) for name in profile["next_wake_for"])
    overdue = until is not None and parse_instant(at) <= until
    return words.frame("overdue" if overdue else "next", at=at, reasons=reasons)


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
        by=following.get("by"),
        next_level=following.get("level"),
    )
    for benefit in profile.get("benefits") or ():
        yield words.frame("benefit", **benefit)
    if profile["band"] is not None:
        yield words.frame(
            "band",
            band=profile["band"],
            high_value=profile["high_value"],
            churn_warning_since=profile["churn_warning_since"],
        )
    yield words.frame(
        "orders",
        orders=profile["orders"],
        lifetime_value=profile["lifetime_value"],
        last_order_at=profile["last_order_at"],
    )
    if profile.get("rfmx"):
        yield words.frame("scores", scores=words.saw(profile["rfmx"]))
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
