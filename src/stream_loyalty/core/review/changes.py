"""Everything in which two versions of a program differ, found by walking their models: nothing is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from typing import Any, Literal

from msgspec import Struct
from pydantic import BaseModel

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.review.change_words import Difference, words
from stream_loyalty.core.review.conditions import places

# What stands in the members' terms, by section; in it, what is between the shop and its books.
MEMBERS = frozenset(
    {"wallets", "earning", "redemption", "levels", "benefits", "birthday", "activities", "rates", "guests", "consent"}
    | {"name", "base_currency", "time_zone", "effective_from", "horizon"}
)
BOOKS = frozenset({"owner", "breakage_percent", "kept_bytes", "messages"})
_USES = frozenset({("silence", "unknown_consent_is_granted"), ("churn",), ("rfmx",), ("replenishment",)})  # of data
_FACT_OF_SECTION = {"lifecycle": "band", "high_value": "high_value"}  # which concern members where they are asked for
_IN_ORDER = frozenset({"rules", "actions", "causes"})  # lists in which it matters what comes first


class Change(Struct, frozen=True):
    """One difference, in words and as it stands in the files."""

    audience: Literal["members", "operators"]
    section: str
    path: str
    what: str
    before: Any
    after: Any


def changes(before: Program, after: Program) -> list[Change]:
    """What changes from one version to another, members first, then in the order of the sections."""
    asked = asked_of_members(before) | asked_of_members(after)
    found = [_change(one, after, asked) for one in _models(before, after, (), ())]
    return sorted(found, key=lambda change: change.audience)


def asked_of_members(program: Program) -> set[str]:
    """Facts about themselves that members have to care for, as something for them depends on them."""
    offers = [conditions for where, conditions in places(program) if re.split("[.,]", where)[0] in MEMBERS]
    return {condition.fact for conditions in offers for condition in conditions}


def _change(one: Difference, after: Program, asked: Set[str]) -> Change:
    section = one.parts[0]
    told = section in MEMBERS or one.pattern in _USES or _FACT_OF_SECTION.get(section) in asked
    seen = told and not BOOKS.intersection(one.pattern)
    return Change(
        "members" if seen else "operators",
        section if len(one.parts) > 1 or one.is_section else "program",
        ".".join(one.parts),
        words(one, after),
        one.before,
        one.after,
    )


def _models(
    before: BaseModel, after: BaseModel, parts: tuple[str, ...], pattern: tuple[str, ...]
) -> Iterator[Difference]:
    old, new = (model.model_dump(mode="json", by_alias=True, warnings=False) for model in (before, after))
    for name, field in type(before).model_fields.items():
        alias = field.alias or name
        if old[alias] == new[alias]:
            continue
        was, is_now = getattr(before, name), getattr(after, name)
        here, place = (*parts, alias), (*pattern, alias)
        if isinstance(was, BaseModel) and isinstance(is_now, BaseModel):
            yield from _models(was, is_now, here, place)
        elif _named(was) and _named(is_now):
            yield from _lists(was, is_now, here, place)
        else:
            section = isinstance(was, BaseModel) or isinstance(is_now, BaseModel)
            yield Difference(here, place, old[alias], new[alias], field.description, section)


def _lists(
    before: Sequence[BaseModel], after: Sequence[BaseModel], parts: tuple[str, ...], pattern: tuple[str, ...]
) -> Iterator[Difference]:
    """Lists of things with names: which are gone, new or different, and whether those that stay change places."""
    old, new = {_name(one): one for one in before}, {_name(one): one for one in after}
    for name in [*old, *(name for name in new if name not in old)]:
        here, place = (*parts, name), (*pattern, "*")
        was, is_now = old.get(name), new.get(name)
        if was is not None and is_now is not None:
            yield from _models(was, is_now, here, place)
        else:
            following = next(iter(list(new)[list(new).index(name) + 1 :]), None) if name in new else None
            stands = following if parts[-1] in _IN_ORDER else None
            yield Difference(here, place, _dump(was), _dump(is_now), None, True, stands)
    stay_before, stay_after = [name for name in old if name in new], [name for name in new if name in old]
    if parts == ("wallets",) and old and new and next(iter(old)) != next(iter(new)):
        yield Difference((*parts, "first"), (*pattern, "first"), next(iter(old)), next(iter(new)), None, False)
    if stay_before != stay_after:
        yield Difference((*parts, "order"), (*pattern, "order"), stay_before, stay_after, None, False)


def _dump(model: BaseModel | None) -> dict[str, Any] | None:
    return None if model is None else model.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)


def _named(value: Any) -> bool:
    """Whether it is a list of things that can be told apart by their names, or empty."""
    if not isinstance(value, tuple) or not all(isinstance(one, BaseModel) for one in value):
        return False
    if any(isinstance(one, Condition) for one in value):
        return False
    return all(times == 1 for times in Counter(map(_name, value)).values())


def _name(model: BaseModel) -> str:
    """What a thing is called: by its name, a fast track by its level, or a rate by its currency and day."""
    name = getattr(model, "name", None) or getattr(model, "level", None)
    return str(name) if name is not None else f"{getattr(model, 'currency', '')} from {getattr(model, 'since', '')}"
