"""Levels, actions, signals and alerts: names that are confused, actions that are never chosen, nobody who answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.levels import FastTrack
from stream_loyalty.core.program.sections import Action
from stream_loyalty.core.program.wallets import Wallet
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.reach import most_within
from stream_loyalty.core.review.spans import cover, names_of

_FIGURES_OF_CAUSES = {"hours": "slow-service", "at_least": "inquiries"}
_WIDE = 20  # a level that takes so many times the one before is hardly ever reached from there


def review_people(program: Program) -> Iterator[Finding]:
    """What members and staff meet."""
    yield from _levels(program)
    yield from _names(program)
    for where, actions in _actions(program, ""):
        yield from _never_chosen(where, actions, program)
        for action in actions:
            if not action.owner.strip():
                yield error("action-without-owner", f"{where}, {action.name}", "nobody does it; name an owner")
            if not action.advice.strip():
                yield error("action-without-advice", f"{where}, {action.name}", "it does not say what to do")
    yield from _signals(program)
    yield from _rates(program)
    yield from _days(program)


def _levels(program: Program) -> Iterator[Finding]:
    steps, needs = program.levels.steps, program.levels.needs
    for (before, less), (step, more) in pairwise(zip(steps, needs, strict=True)):
        if less and more > less * _WIDE:
            yield warning(
                "level-gap",
                f"levels.steps, {step.name}",
                f"it takes {more}, more than {_WIDE} times the {less} of {before.name}: too wide",
            )
    yield from _measure(program)
    asked = set(_words(program.model_dump(exclude={"levels"})))
    for step in steps[1:]:
        if step.name not in asked and not step.gift:
            yield warning(
                "level-brings-nothing", f"levels.steps, {step.name}", "no rule, reward or action asks for this level"
            )
    if steps[0].gift is not None:
        what = "all have the lowest level and nobody rises to it, so its gift is never given; take it out"
        yield error("gift-never", f"levels.steps, {steps[0].name}", what)
    if program.levels.gift_wallet is not None and not any(step.gift for step in steps):
        yield warning("levels-unused", "levels.gift_wallet", "no level has a gift, so the wallet is not used")
    if program.levels.wallet is not None and program.levels.by != "points":
        what = f"levels go by {program.levels.by}, so the wallet is not used"
        yield warning("levels-unused", "levels.wallet", what)
    yield from _fast_tracks(program)


def _fast_tracks(program: Program) -> Iterator[Finding]:
    levels, ranks, kept = program.levels, program.level_ranks, program.horizon.orders
    for number, track in enumerate(levels.fast_track):
        need, why = levels.needs[ranks[track.level]], ""
        easier = next((one for one in levels.fast_track[:number] if _leads(one, track, ranks)), None)
        easier = easier or next((one for one in levels.fast_track[number:] if _leads(one, track, ranks, True)), None)
        if not ranks[track.level]:
            why = f"{track.level} is the lowest level: all have it"
        elif track.orders > kept:
            why = f"it takes {track.orders} orders, and horizon.orders keeps {kept} of a member"
        elif levels.by == "orders" and need <= track.orders and levels.window_days >= track.within_days:
            why = f"{need} orders within {levels.window_days} days lead there anyway; let it take fewer"
        elif easier is not None:
            why = f"{easier.orders} orders within {easier.within_days} days lead to {easier.level} already; take it out"
        if why:
            yield error("fast-track-useless", f"levels.fast_track, {track.level}", why)


def _leads(one: FastTrack, track: FastTrack, ranks: Mapping[str | None, int], higher: bool = False) -> bool:
    """Whether who has `track` has `one` as well, and with it as high a level; `higher`: and they are not the same."""
    easier = one.orders <= track.orders and one.within_days >= track.within_days
    return easier and ranks[one.level] >= ranks[track.level] and not (higher and one == track)


def _measure(program: Program) -> Iterator[Finding]:
    """Whether what levels are measured in can be had at all, and is still there when they are looked at again."""
    levels = program.levels
    if levels.window_days < levels.holds_days:
        yield warning(
            "review-forgets",
            "levels.window_days",
            f"a level holds {levels.holds_days} days and the last {levels.window_days} decide at its review: who "
            "bought early falls; take window_days not below holds_days",
        )
    if levels.by == "points":
        yield from _measured_in_points(program, program.wallet_named(levels.wallet))
    elif levels.by == "orders":
        yield from _out_of_reach(program, program.horizon.orders, f"horizon.orders keeps {program.horizon.orders}")


def _out_of_reach(program: Program, most: int, why: str) -> Iterator[Finding]:
    """The lowest of the levels that take more than anybody can have; those above it are out of reach with it."""
    levels = program.levels
    for step, need in zip(levels.steps, levels.needs, strict=True):
        if need > most:
            what = f"it takes {need} {levels.by}, and {why} of a member at the most"
            yield error("level-out-of-reach", f"levels.steps, {step.name}", what)
            return


def _measured_in_points(program: Program, wallet: Wallet) -> Iterator[Finding]:
    """What orders brought counts for the window, also spent or expired; of what came otherwise, what is left."""
    levels, kept = program.levels, wallet.expires_after_days
    done = wallet.name in program.wallet_of_activity.values()
    born = program.birthday is not None and program.wallet_named(program.birthday.wallet) is wallet
    given = any(step.gift for step in levels.steps[1:]) and program.wallet_named(levels.gift_wallet) is wallet
    if len(levels.steps) > 1 and wallet.name not in program.rules_of_wallet and not done and not born:
        what = f"nothing fills wallet {wallet.name}, so nobody rises; add a rule or an activity"
        yield error("level-out-of-reach", "levels", what)
    elif (most := most_within(wallet, program, levels.window_days)) is not None:
        yield from _out_of_reach(program, most[0], f"{most[1]} leave {most[0]}")
    if not (done or born or given):
        return
    if wallet.redeemable:
        what = "what activities, birthdays and levels gave counts only until it is spent: members fall at review for it"
        yield warning(
            "level-spent", "levels", f"levels go by {wallet.name}, and {what}; take a wallet of status points"
        )
    if kept is not None and kept < levels.holds_days:
        what = (
            f"a level holds {levels.holds_days} days, and what activities, birthdays and levels gave in {wallet.name}"
        )
        yield warning("review-forgets", "levels.holds_days", f"{what} counts only until it expires, after {kept}")


def _words(value: Any) -> Iterator[str]:
    """Every text in a dumped program, wherever it stands: levels may be named in conditions or in lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _words(tuple(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _words(item)


def _names(program: Program) -> Iterator[Finding]:
    lists: dict[str, tuple[str, ...]] = {
        "the program": (program.name,),
        "levels.steps": names_of(program, "level"),
        "lifecycle.bands": names_of(program, "band"),
        "wallets": tuple(wallet.name for wallet in program.wallets),
        "earning.rules": tuple(rule.name for rule in program.earning.rules),
        "redemption.catalog": tuple(reward.name for reward in program.redemption.catalog),
        "activities": tuple(activity.name for activity in program.activities),
        "benefits": tuple(benefit.name for benefit in program.benefits),
        "silence.signals": tuple(signal.name for signal in program.silence.signals),
        "wakeup.causes": tuple(cause.name for cause in program.wakeup.causes),
    } | {where: tuple(action.name for action in actions) for where, actions in _actions(program, "")}
    for where, names in lists.items():
        for name in names:
            if not name.strip():
                yield error("name-empty", where, "a name is empty; give it one")
        for name, times in Counter(names).items():
            if times > 1:
                yield error("name-twice", where, f"the name {name!r} stands there twice; what is said of it is of both")
        plain = Counter("".join(c for c in name.casefold() if c.isalnum()) for name in set(names))
        for name in sorted(set(names)):
            if plain["".join(c for c in name.casefold() if c.isalnum())] > 1:
                yield warning("name-alike", where, f"the name {name!r} differs from another in case or spaces only")


def _actions(model: BaseModel, path: str) -> Iterator[tuple[str, tuple[Action, ...]]]:
    for name in type(model).model_fields:
        value: Any = getattr(model, name)
        below = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            yield from _actions(value, below)
        elif isinstance(value, tuple) and value and all(isinstance(item, Action) for item in value):
            yield below, value


def _never_chosen(where: str, actions: Sequence[Action], program: Program) -> Iterator[Finding]:
    for number, action in enumerate(actions):
        earlier = next((one for one in actions[:number] if cover(program, one.when, action.when)), None)
        if earlier is not None:
            why = "has no conditions" if not earlier.when else "holds wherever this one does"
            yield error(
                "action-never-chosen",
                f"{where}, {action.name}",
                f"the first that fits is chosen, and {earlier.name} before it {why}",
            )


def _signals(program: Program) -> Iterator[Finding]:
    for signal in program.silence.signals:
        if not signal.events:
            yield error("signal-without-events", f"silence.signals, {signal.name}", "it waits for no event; name some")
    for cause in program.wakeup.causes:
        for figure, of in _FIGURES_OF_CAUSES.items():
            if figure in cause.model_fields_set and cause.name != of:
                what = f"{figure} counts for {of} only, and is not used here"
                yield warning("cause-figure-unused", f"wakeup.causes, {cause.name}", what)
    causes = {cause.name for cause in program.wakeup.causes}
    if "price" in causes and not program.wakeup.price_words:
        yield error(
            "cause-never-found", "wakeup.causes, price", "price_words is empty, so nothing is ever about the price"
        )
    if program.wakeup.price_words and "price" not in causes:
        yield warning("words-unused", "wakeup.price_words", "causes does not name price, so the words are not used")
    quiet = program.wakeup.quiet
    if quiet is not None and quiet.since == quiet.until:
        yield warning("quiet-empty", "wakeup.quiet", f"from {quiet.since:%H:%M} until {quiet.until:%H:%M} is no time")
    if "marketing" not in program.consent.purposes:
        yield warning(
            "consent-never-asked", "consent.purposes", "alerts ask for consent to marketing, which nobody can give"
        )
    churn = program.churn
    if churn is not None and churn.least_silence_days >= program.silence.buying_days:
        yield warning(
            "churn-never-early",
            "churn.least_silence_days",
            f"silence.buying_days {program.silence.buying_days} raises the alert before the model may",
        )


def _days(program: Program) -> Iterator[Finding]:
    begins = program.effective_from
    if program.epoch > begins:
        yield warning(
            "days-contradict", "epoch", f"it is after effective_from {begins}: events in between are dead letters"
        )
    if program.effects_from is not None and program.effects_from <= program.epoch:
        yield warning(
            "days-contradict", "effects_from", f"nothing happens before the epoch {program.epoch}; leave it out"
        )


def _rates(program: Program) -> Iterator[Finding]:
    begins: dict[str, date] = {}
    for rate in program.rates:
        begins[rate.currency] = min(rate.since, begins.get(rate.currency, rate.since))
    for currency, since in begins.items():
        if since > program.effective_from and currency != program.base_currency:
            yield warning(
                "rate-late",
                "rates",
                f"{currency} has no rate before {since}, and the program begins on {program.effective_from}: till then "
                "its orders earn nothing",
            )
    for rate in program.rates:
        if rate.currency == program.base_currency and rate.rate != Decimal(1):
            yield error("rate-of-base", "rates", f"{rate.currency} is the base currency: its rate is not used")
