"""What a program file may say in every single place and still not mean: each problem in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from stream_loyalty.contracts.events import MODEL_OF_EVENT
from stream_loyalty.contracts.money import EXPONENTS, to_minor
from stream_loyalty.core.program.activities import activity_problems
from stream_loyalty.core.program.benefits import standing_problems
from stream_loyalty.core.program.conditions import FACTS, ORDER_FACTS, REWARD_FACTS, Condition
from stream_loyalty.core.program.wallets import point_problems

if TYPE_CHECKING:
    from stream_loyalty.core.program import Program

T = TypeVar("T")


def problems(program: Program) -> Iterator[str]:
    """Everything that would only come to light later, in a worker."""
    yield from _money(program)
    yield from _times(program)
    yield from _names(program)
    yield from _level_wallets(program)
    yield from _actions(program)
    levels = [step.name for step in program.levels.steps]
    yield from standing_problems(program.benefits, program.birthday, levels, program.wallets)
    yield from activity_problems(program.activities, program.wallets)


def _money(program: Program) -> Iterator[str]:
    base = program.base_currency
    if base not in EXPONENTS:
        yield f"base_currency: {base!r} is not a currency of ISO 4217; write its three capital letters, like USD"
        return
    amounts = [(f"levels.steps, {step.name}", step.spend) for step in program.levels.steps]
    amounts += [(f"redemption.catalog, {reward.name}", reward.value) for reward in program.redemption.catalog]
    for where, amount in amounts:
        try:
            to_minor(amount or Decimal(0), base)
        except ValueError as error:
            yield f"{where}: {error}"
    for rate in program.rates:
        if rate.currency not in EXPONENTS:
            yield f"rates: {rate.currency!r} is not a currency of ISO 4217; write its three capital letters, like EUR"
    for currency, since in _repeated((rate.currency, rate.since) for rate in program.rates):
        yield f"rates: {currency} has two rates from {since} on"


def _level_wallets(program: Program) -> Iterator[str]:
    for where, name in (("wallet", program.levels.wallet), ("gift_wallet", program.levels.gift_wallet)):
        if name is not None and name not in program.wallet_of:
            yield f"levels.{where}: there is no wallet {name!r}; there are {', '.join(program.wallet_of)}"


def _times(program: Program) -> Iterator[str]:
    try:
        ZoneInfo(program.time_zone)
    except (KeyError, ValueError, OSError):
        yield f"time_zone: {program.time_zone!r} is not in the IANA database; write one like Asia/Shanghai or UTC"
    days = program.horizon.orders_days
    if days <= program.levels.window_days:
        yield "horizon.orders_days must be more than levels.window_days: levels are counted from the orders remembered"
    if any(days <= track.within_days for track in program.levels.fast_track):
        yield (
            "horizon.orders_days must be more than within_days of levels.fast_track: orders are counted from those "
            "remembered"
        )
    if program.guests is not None and days < program.guests.claim_within_days:
        yield (
            "horizon.orders_days must not be less than guests.claim_within_days: an order that is forgotten cannot be "
            "credited any more"
        )
    yield from point_problems(program.wallets, program.earning, program.redemption, days)
    if program.wakeup.rest_days > program.wakeup.window_days:
        yield "wakeup.rest_days must not be more than wakeup.window_days: alerts are remembered while they are measured"
    if days <= program.wakeup.window_days:
        yield "horizon.orders_days must be more than wakeup.window_days: what alerts bring is read from the orders kept"


def _names(program: Program) -> Iterator[str]:
    lists = {
        "levels.steps": [step.name for step in program.levels.steps],
        "wallets": [wallet.name for wallet in program.wallets],
        "earning.rules": [rule.name for rule in program.earning.rules],
        "redemption.catalog": [reward.name for reward in program.redemption.catalog],
        "benefits": [benefit.name for benefit in program.benefits],
        "activities": [activity.name for activity in program.activities],
        "lifecycle.bands": [band.name for band in program.lifecycle.bands],
        "silence.signals": [signal.name for signal in program.silence.signals],
    }
    for where, names in lists.items():
        for name in _repeated(names):
            yield f"{where}: the name {name!r} stands there twice; give one of them another name"
    for signal in program.silence.signals:
        for event in signal.events:
            if event not in MODEL_OF_EVENT:
                close = get_close_matches(event, MODEL_OF_EVENT, 1)
                hint = f"did you mean {close[0]!r}?" if close else "see schemas/events"
                yield f"silence.signals, {signal.name}: no event that the engine looks at is called {event!r}; {hint}"


def _actions(program: Program) -> Iterator[str]:
    lists = {
        "silence": program.silence.actions,
        "service": program.service.actions,
        "data_quality": program.data_quality.actions,
    }
    if program.replenishment is not None:
        lists["replenishment"] = program.replenishment.actions
    for where, actions in lists.items():
        if actions[-1].when:
            yield f"{where}.actions: the last one must have no conditions, so that there always is one"
        for action in actions:
            known = FACTS if where == "silence" else FACTS - {"cause"}  # a cause is looked for in a silence only
            yield from _known_facts(f"{where}.actions, {action.name}", action.when, known)

    for rule in program.earning.rules:
        yield from _known_facts(f"earning.rules, {rule.name}", rule.when, ORDER_FACTS)
    for reward in program.redemption.catalog:
        yield from _known_facts(f"redemption.catalog, {reward.name}", reward.when, REWARD_FACTS)
    for activity in program.activities:
        yield from _known_facts(f"activities, {activity.name}", activity.when, REWARD_FACTS)


def _known_facts(where: str, conditions: Iterable[Condition], known: frozenset[str]) -> Iterator[str]:
    for condition in conditions:
        if condition.fact not in known:
            yield f"{where}: there is no fact {condition.fact!r} here; there are {', '.join(sorted(known))}"


def _repeated(values: Iterable[T]) -> list[T]:
    return [value for value, times in Counter(values).items() if times > 1]
