"""Differences between versions in words: sentences of their own for what matters most, a plain one for all else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from stream_loyalty.contracts.money import EXPONENTS
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Condition


class Difference(Struct, frozen=True):
    """Where two versions differ. `pattern` is `parts` with `*` for names; values as in JSON."""

    parts: tuple[str, ...]
    pattern: tuple[str, ...]
    before: Any
    after: Any
    description: str | None
    is_section: bool  # a whole section or a named thing that one of them does not have
    stands_before: str | None = None  # what follows a new thing in a list whose order matters

    @property
    def subject(self) -> str:
        """The thing whose figure it is; with the name of what it is part of."""
        if len(self.parts) > 2 and self.pattern[-3] == "*":
            return ", ".join(self.parts[-3:-1])
        return self.parts[-2] if len(self.parts) > 1 else "program"


Words = Callable[[Difference, Program], str]


def words(one: Difference, after: Program) -> str:
    """The difference in a sentence; `after` is the version that it leads to."""
    sentence = _words(one, after)
    return sentence if one.stands_before is None else f"{sentence}; it stands before {one.stands_before}"


def _words(one: Difference, after: Program) -> str:
    pattern = ".".join(one.pattern)
    if pattern in _OF_EITHER:
        return _OF_EITHER[pattern](one, after)
    known = _SENTENCES.get(pattern)
    if known is not None and (one.is_section or (one.before is not None and one.after is not None)):
        return known(one, after)
    if one.is_section:
        path = ", ".join(part for part in (".".join(one.parts[:-1]), one.parts[-1]) if part)
        return f"{path} is gone" if one.after is None else f"{path} is new: {_shown(one.after)[1:-1]}".rstrip(" :")
    if one.pattern[-1] == "order":
        return f"{'.'.join(one.parts[:-1])} stand in another order: {_shown(one.after)} instead of {_shown(one.before)}"
    if one.pattern[-1] == "when":
        return f"{one.subject} is for {_conditions(one.after)} instead of {_conditions(one.before)}"
    name = one.parts[-1].replace("_", " ")
    what = f"{one.subject}, {name}" if len(one.parts) > 1 else name
    sentence = f"{what}: {_shown(one.after)} instead of {_shown(one.before)}"
    return f"{sentence} ({one.description.removesuffix('.')})" if one.description else sentence


def money(amount: Any, program: Program) -> str:
    """An amount in major units, as people write it: `150.00 USD`."""
    return f"{Decimal(str(amount)):,.{EXPONENTS.get(program.base_currency, 2)}f} {program.base_currency}"


def _shown(value: Any) -> str:
    if value is None or value in ([], ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(part)}" for name, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(part) for part in value)
    return str(value) or "nothing"


def _conditions(value: Any) -> str:
    wants = [Condition.model_validate(one).wants() for one in value or ()]
    return f"who or what has: {' and '.join(wants)}," if wants else "everyone"


def _need(one: Difference, program: Program) -> str:
    measure = one.parts[-1]
    before, after = (_measured(value, measure, program) for value in (one.before, one.after))
    sentence = f"{one.subject} takes {after} instead of {before}"
    if program.levels.on_new_version == "review":
        return f"{sentence}: members are reviewed when the version takes effect"
    if Decimal(one.after) > Decimal(one.before):
        return f"{sentence}: members keep it until their review"
    return f"{sentence}: members who have enough rise with their next order"


def _measured(value: Any, measure: str, program: Program) -> str:
    return money(value, program) if measure == "spend" else f"{value} {measure}"


def _level(one: Difference, program: Program) -> str:
    if one.before is None:
        measure = program.levels.by
        need = one.after.get(measure) or 0
        return f"{one.parts[-1]} is a new level and takes {_measured(need, measure, program)}"
    gone = f"the level {one.parts[-1]} is gone"
    return f"{gone}: its members count as of the lowest one until their next order or review"


def _rule(one: Difference, program: Program) -> str:
    if one.after is None:
        return f"the rule {one.parts[-1]} is gone: orders from {program.effective_from} on earn nothing by it"
    figures = one.after
    brings = (
        f"{figures['points']} points for an order"
        if figures.get("points")
        else f"{figures['points_per_unit']} points for each {program.base_currency}"
        if figures.get("points_per_unit")
        else f"{figures.get('multiplier')} times the points of the rules before it"
    )
    return f"{one.parts[-1]} is a new rule: {brings}, for {_conditions(figures.get('when'))} {_about(figures)}".rstrip(
        " ,"
    )


def _about(figures: dict[str, Any]) -> str:
    """What else a new rule or reward says, so that nothing of it is left out."""
    told = {"name", "points", "points_per_unit", "multiplier", "when"}
    shown = [f"{name.replace('_', ' ')} {_shown(value)}" for name, value in figures.items() if name not in told]
    return ", ".join(shown)


def _reward(one: Difference, program: Program) -> str:
    if one.after is None:
        return f"{one.parts[-1]} is no longer in the catalog; what is held for it can still be confirmed"
    about = _about(one.after)
    for_whom = _conditions(one.after.get("when"))
    return f"{one.parts[-1]} is new in the catalog: {one.after['points']} points, for {for_whom} {about}".rstrip(" ,")


def _activity(one: Difference, program: Program) -> str:
    if one.after is None:
        return f"the activity {one.parts[-1]} is gone: it brings nothing from {program.effective_from} on"
    about = _about(one.after)
    for_whom = _conditions(one.after.get("when"))
    return f"{one.parts[-1]} is a new activity: {one.after['points']} points, for {for_whom} {about}".rstrip(" ,")


def _wallet(one: Difference, program: Program) -> str:
    if one.after is None:
        return f"the wallet {one.parts[-1]} is gone, with what members hold in it"
    return f"{one.parts[-1]} is a new wallet: {_about(one.after)}".rstrip(" :")


def _effective(one: Difference, program: Program) -> str:
    sentence = f"takes effect on {one.after}; the version compared with, on {one.before}"
    if program.levels.on_new_version == "keep":
        return sentence
    return f"{sentence}. All levels are reviewed on that day: members who have too little fall, who have enough rise"


def _guests(one: Difference, program: Program) -> str:
    if one.after is None:
        return "what guests order earns at once, for a customer of its own; nobody can claim it any more"
    days = one.after["claim_within_days"]
    return f"what guests order earns nothing until they claim it, within {days} days, instead of at once"


def _track(one: Difference, program: Program) -> str:
    if one.after is None:
        return f"the fast track to {one.parts[-1]} is gone"
    figures = one.after
    return f"a fast track to {one.parts[-1]} is new: {figures['orders']} orders within {figures['within_days']} days"


def _use(what: str) -> Words:
    return lambda one, program: f"{what} {'no longer' if one.after is None else 'from now on'}"


def _budget(one: Difference, program: Program) -> str:
    return f"{one.parts[-3]} may give away {one.after} points in all instead of {one.before}"


def _confirmed(one: Difference, program: Program) -> str:
    if one.before is None:
        return f"points are held until a redemption is confirmed, {one.after} hours at the most, not spent at once"
    if one.after is None:
        return f"points are spent at once, not held until a redemption is confirmed, {one.before} hours at the most"
    return f"a redemption that nobody confirms is released after {one.after} hours instead of {one.before}"


def _lives(ends: str) -> Words:
    """How long each lot lives: a lot keeps the day that it came with."""

    def sentence(one: Difference, program: Program) -> str:
        what = f"{one.subject} expire {ends.format(one.after)}"
        if one.after is None:
            what = f"{one.subject} no longer expire {ends.format(one.before)}"
        elif one.before is not None:
            what = f"{what} instead of {one.before}"
        return f"{what} (those that members have keep their day), for orders from {program.effective_from} on"

    return sentence


def _idle(one: Difference, program: Program) -> str:
    """This holds for all points at once, whenever they came."""
    if one.after is None:
        return f"{one.subject} no longer expire after {one.before} days without order or redemption"
    instead = "" if one.before is None else f" instead of {one.before}"
    return (
        f"{one.subject} expire after {one.after} days without order or redemption{instead}: all that members have, on "
        f"{program.effective_from} already where they were not active for so long"
    )


def _orders_from(text: str) -> Words:
    def sentence(one: Difference, program: Program) -> str:
        filled = text.format(name=one.subject, before=one.before, after=one.after, currency=program.base_currency)
        return f"{filled}, for orders from {program.effective_from} on"

    return sentence


def _plain(text: str) -> Words:
    return lambda one, program: text.format(name=one.subject, before=_shown(one.before), after=_shown(one.after))


def _priced(text: str) -> Words:
    return lambda one, program: text.format(
        name=one.subject, before=money(one.before, program), after=money(one.after, program)
    )


_OF_EITHER: dict[str, Words] = {
    "effective_from": _effective,
    "wallets.first": _plain(
        "what names no wallet (rules, activities, rewards, gifts, redemptions) goes by {after} instead of {before}"
    ),
    "wallets.*.expires_after_days": _lives("after {} days"),
    "wallets.*.expires_on": _lives("at the end of {}"),
    "wallets.*.expires_inactive_days": _idle,
    "redemption.confirm_within_hours": _confirmed,
}  # also where one of the two says nothing
_SENTENCES: dict[str, Words] = {
    "guests": _guests,
    "churn": _use("it is estimated of each customer whether they are about to stop buying,"),
    "rfmx": _use("customers are scored by recency, frequency, value and behaviour"),
    "version": _plain("version {after} follows version {before}"),
    "levels.steps.*": _level,
    "levels.steps.*.spend": _need,
    "levels.steps.*.points": _need,
    "levels.steps.*.orders": _need,
    "levels.fast_track.*": _track,
    "levels.fast_track.*.orders": _plain("the fast track to {name} takes {after} orders instead of {before}"),
    "levels.fast_track.*.within_days": _plain("the fast track to {name} counts {after} days instead of {before}"),
    "levels.window_days": _plain("the last {after} days decide on levels instead of the last {before}"),
    "levels.holds_days": _plain(
        "a level that is reached or renewed holds {after} days instead of {before}; reviews that are set stay"
    ),
    "wallets.*": _wallet,
    "wallets.*.activates_after_days": _orders_from("{name} can be spent after {after} days instead of {before}"),
    "earning.rules.*": _rule,
    "earning.rules.*.points_per_unit": _orders_from(
        "{name} brings {after} points for each {currency} instead of {before}"
    ),
    "earning.rules.*.points": _orders_from("{name} brings {after} points instead of {before}"),
    "earning.rules.*.multiplier": _orders_from("{name} multiplies points by {after} instead of {before}"),
    "earning.rules.*.until": _plain("{name} ends with {after} instead of {before}"),
    "earning.rules.*.from": _plain("{name} begins on {after} instead of {before}"),
    "earning.rules.*.budget.points": _budget,
    "activities.*": _activity,
    "activities.*.points": _plain("{name} brings {after} points instead of {before}"),
    "activities.*.at_most": _plain("{name} brings points {after} times at the most instead of {before}"),
    "activities.*.within_days": _plain("{name} is counted over {after} days instead of {before}"),
    "redemption.catalog.*": _reward,
    "redemption.catalog.*.points": _plain("{name} takes {after} points instead of {before}"),
    "redemption.catalog.*.value": _priced("{name} is worth {after} instead of {before}"),
    "redemption.catalog.*.stock": _plain("there are {after} of {name} in all instead of {before}"),
    "redemption.grace_days": _plain(
        "points that come back with a refunded order hold at least {after} days instead of {before}"
    ),
    "lifecycle.bands.*.from_day": _plain("{name} begins on day {after} after the first purchase instead of {before}"),
    "silence.buying_days": _plain("an alert is raised after {after} days without a purchase instead of {before}"),
    "consent.purposes": _plain("customers are asked for consent to {after} instead of {before}"),
    "base_currency": _plain("all amounts of the program are in {after} instead of {before}"),
    "time_zone": _plain("days begin and end by {after} instead of {before}"),
}  # fmt: skip
