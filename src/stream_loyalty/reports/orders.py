"""One order: what it earned by which rule of which version, what did not apply, and what was missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from stream_loyalty.contracts.decisions.earning import PointsEarned, PointsNotEarned, PointsReversed
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.orders import OrderCounted
from stream_loyalty.contracts.decisions.points import PointsExpired
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.reports.phrases import Words

Decided = tuple[int, str, dict[str, Any]]
Rules = list[dict[str, Any]]
_SUMS = {PointsEarned.type: "earned", PointsReversed.type: "reversed", PointsExpired.type: "expired"}


def concerns(order: str, decisions: Iterable[Decided]) -> list[Decided]:
    """The decisions that are about the order, and what else was decided on the same events: levels, benefits, bands."""
    known = list(decisions)
    about = [data for _, _, data in known if _is_about(order, data)]
    inputs = {data["because"]["input"] for data in about if data["because"]["event"] != "wake"}
    return [one for one in known if _is_about(order, one[2]) or one[2]["because"]["input"] in inputs]


def _is_about(order: str, data: Mapping[str, Any]) -> bool:
    named = (data.get("order_id"), data.get("ref"), data.get("lot"), data.get("cause"))
    return order in named or order in data.get("order_ids", ())


def of_order(order: str, decisions: Iterable[Decided], words: Words) -> dict[str, Any]:
    """Sums by wallet, what each rule brought (`earned`), which did not apply (`missed`), and all of it `in_words`."""
    sums: dict[str, dict[str, int]] = {}
    earned: dict[str, Rules] = {}  # by wallet
    missed: dict[str, Rules] = {}
    notes: list[str] = []
    for at, kind, data in decisions:
        if kind == InputIgnored.type and data["ref"] == order:
            notes.append(words.frame("ignored", at=format_instant(at), event=data["because"]["event"], **data))
        if order not in (data.get("order_id"), data.get("lot")):
            continue
        if kind == OrderCounted.type and data["imported"]:
            notes.append(words.frame("imported"))
        if kind in _SUMS and not data.get("reason"):  # a gift is no point of the order
            of_wallet = sums.setdefault(data["wallet"], dict.fromkeys(_SUMS.values(), 0))
            of_wallet[_SUMS[kind]] += data["points"]
        if kind == PointsEarned.type:  # parts are those of the whole order, also where a change of it earned more
            missed.pop("", None)  # it had earned nothing
            before = [] if data["parts"] else earned.get(data["wallet"], [])
            earned[data["wallet"]] = [*before, *_parts(data)]
        if kind in (PointsEarned.type, PointsNotEarned.type):
            missed[data.get("wallet", "")] = _missed(data)
    brought, lost = (list(chain.from_iterable(of_wallet.values())) for of_wallet in (earned, missed))
    said = [words.frame("order", order=order), *notes]
    said += [words.frame("sum", wallet=wallet, **sums[wallet]) for wallet in sums]
    said += _in_words(brought, lost, words)
    return {"order_id": order, "sums": sums, "earned": brought, "missed": lost, "in_words": said}


def _in_words(earned: Rules, missed: Rules, words: Words) -> Iterator[str]:
    semicolon = words.frame("semicolon")
    for one in earned:
        part, saw = words.frame("part", **one), words.saw(one["saw"])
        yield f"{part}{semicolon}{words.frame('saw', saw=saw)}" if saw else part
    for one in missed:
        yield words.frame("missed", **one)


def _parts(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each rule brought; a program with one rule has no parts, for the whole is that rule's."""
    whole = {"rule": data["rule"].removeprefix("earning."), "points": data["points"], "saw": data["saw"]}
    about = {"wallet": data["wallet"], "program": data["because"]["program"]}
    return [{**part, **about} for part in data["parts"] or [whole] if part["points"]]


def _missed(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    about = {"program": data["because"]["program"]}
    missed = data.get("missed") or []
    if not missed and "missing" in data:
        rule = data["rule"].removeprefix("earning.")
        missed = [{"rule": rule, "missing": data["missing"], "lacks": data.get("lacks", [])}]
    return [{**one, **about} for one in missed]
