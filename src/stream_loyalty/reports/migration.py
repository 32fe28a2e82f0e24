"""What came in by Member Imported, what was refused and why; checked against the postings of the lots."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from stream_loyalty.contracts.decisions.importing import MemberImported, PointsImported
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.levels import LevelChanged, LevelRenewed
from stream_loyalty.contracts.decisions.orders import OrderCounted
from stream_loyalty.contracts.lacks import ENGLISH, Lack
from stream_loyalty.core.evolve import IMPORTED_LEVEL
from stream_loyalty.core.policies.importing import POINTS_OF

EVENT = "Member Imported"
_KINDS = (MemberImported, PointsImported, OrderCounted, LevelChanged, LevelRenewed)
_OURS = tuple(f'"{kind.type}"'.encode() for kind in _KINDS)
_AGAIN = b'"importing.once"'
_NUMBERED = re.compile(r"\.\d+(?=\.|$)")


class Refused(Struct):
    """Things that were not taken over for one reason, and whose they are."""

    what: str  # lot, order, level, or member
    reason: str
    count: int = 0
    points: int = 0
    wallets: dict[str, int] = field(default_factory=dict)  # the points by wallet
    users: list[str] = field(default_factory=list)


class Migration(Struct):
    """What came in, by kind; `points` by wallet, `money` of orders in minor units by currency, `levels` that were set.

    `postings` is the sum of the imported lots' postings by wallet, which has to be `points`. `repeated` are members
    who were imported before, `refused_points`, by wallet, what was not taken over of them and of others;
    `dead_letters` are events that could not be read.
    """

    members: int = 0
    lots: int = 0
    orders: int = 0
    points: dict[str, int] = field(default_factory=dict)
    money: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    postings: dict[str, int] = field(default_factory=dict)
    refused_points: dict[str, int] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    repeated: Refused = field(default_factory=lambda: Refused("member", "the member was imported before"))
    dead_letters: list[Refused] = field(default_factory=list)


class _Line(Struct):
    id: str
    type: str
    data: dict[str, Any]


def migration(decisions: Iterable[bytes], dead: Iterable[Mapping[str, Any]]) -> tuple[Migration, str | None]:
    """The report, and in one sentence what does not agree, or None. ValueError names a line that is no decision."""
    found, seen, decode = _Fold(), set[str](), msgspec.json.Decoder(_Line).decode
    for number, raw in enumerate(decisions, 1):
        if not any(kind in raw for kind in _OURS) and _AGAIN not in raw:
            continue
        try:
            line = decode(raw)
            if line.id not in seen:
                seen.add(line.id)
                found.add(line.type, line.data)
        except (ValueError, KeyError) as error:
            raise ValueError(f"line {number}: not a decision of the engine: {error!r}") from None
    for letter in dead:
        found.dead(letter)
    return found.report(), found.differs()


class _Fold:
    """Decisions added up."""

    def __init__(self) -> None:
        self.made = Migration()
        self.said: Counter[str] = Counter()
        self.points: Counter[str] = Counter()
        self.postings: Counter[str] = Counter()
        self.levels: Counter[str] = Counter()
        self.money: Counter[str] = Counter()
        self.came: Counter[str] = Counter()
        self.refused: dict[tuple[str, str], Refused] = {}
        self.letters: dict[tuple[str, str], Refused] = {}

    def add(self, kind: str, data: dict[str, Any]) -> None:
        if kind == MemberImported.type:
            self.made.members += 1
            self.made.lots += data["lots"]
            self.made.orders += data["orders"]
            self.said.update(data["points"])
            for one in data["refusals"]:
                reason = _reason(msgspec.convert(one["lack"], Lack))
                points = {one["wallet"]: one["points"]} if one["points"] else {}
                _count(self.refused, one["what"], reason, data["customer"], points)
        elif kind == PointsImported.type:
            self.came["lots"] += 1
            self.points[data["wallet"]] += data["points"]
            self.postings[data["wallet"]] += sum(posting["points"] for posting in data["postings"])
        elif kind == OrderCounted.type and data["imported"]:
            self.came["orders"] += 1
            self.money[data["currency"]] += data["total"]
        elif kind in (LevelChanged.type, LevelRenewed.type) and data["rule"] == IMPORTED_LEVEL:
            self.levels[data.get("after") or data["level"]] += 1
        elif kind == InputIgnored.type and data["rule"] == "importing.once":
            points = {k.removeprefix(POINTS_OF): n for k, n in data["saw"].items() if k.startswith(POINTS_OF)}
            _add(self.made.repeated, data["customer"], points)

    def dead(self, letter: Mapping[str, Any]) -> None:
        if letter.get("schema") != EVENT and _event(letter.get("value")) != EVENT:
            return
        user = base64.b64decode(letter["key"]).decode("utf-8", "replace") if letter.get("key") else ""
        path = _NUMBERED.sub(".*", letter["path"])
        _count(self.letters, "member", f"{path}: {letter['reason']}" if path else letter["reason"], user, {})

    def report(self) -> Migration:
        made = self.made
        for name in ("points", "postings", "levels", "money"):
            setattr(made, name, dict(sorted(getattr(self, name).items())))
        lost: Counter[str] = Counter()
        for group in (*self.refused.values(), *self.letters.values(), made.repeated):
            lost.update(group.wallets)
            group.users = list(dict.fromkeys(group.users))  # each once, however often it happened to them
        made.refused_points = dict(sorted(lost.items()))
        made.refused, made.dead_letters = (
            sorted(groups.values(), key=lambda one: (-one.count, one.what, one.reason))
            for groups in (self.refused, self.letters)
        )
        return made

    def differs(self) -> str | None:
        for wallet in sorted(self.said | self.points):
            said, lots, posted = self.said[wallet], self.points[wallet], self.postings[wallet]
            if not said == lots == posted:
                return f"wallet {wallet}: members brought {said} points, their lots {lots}, postings add up to {posted}"
        for name in ("lots", "orders"):
            if getattr(self.made, name) != self.came[name]:
                return f"members brought {getattr(self.made, name)} {name}, of which {self.came[name]} were decided on"
        return None


def _count(
    groups: dict[tuple[str, str], Refused], what: str, reason: str, user: str, points: Mapping[str, int]
) -> None:
    _add(groups.setdefault((what, reason), Refused(what, reason)), user, points)


def _add(group: Refused, user: str, points: Mapping[str, int]) -> None:
    group.count += 1
    for wallet, more in points.items():
        group.points += more
        group.wallets[wallet] = group.wallets.get(wallet, 0) + more
    if user:
        group.users.append(user)


def _reason(lack: Lack) -> str:
    """What all lacks of a kind have in common: what was wanted, not what was seen."""
    return lack.words(ENGLISH).partition("; saw ")[0]


def _event(value: str | None) -> Any:
    try:
        body = msgspec.json.decode(base64.b64decode(value or ""))
    except ValueError:
        return None
    return body.get("event") if isinstance(body, dict) else None
