"""The sections of the members' terms on how members stand: stages and high value, levels, benefits, birthdays."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.benefits import Benefit
from stream_loyalty.core.program.levels import Level, Levels
from stream_loyalty.core.review.changes import asked_of_members
from stream_loyalty.core.terms.speech import Speech, cell


def stages(program: Program, speech: Speech) -> Iterator[str]:
    """What members have to know where rules, rewards or activities ask for their stage, or for high value."""
    asked = asked_of_members(program)
    if "band" in asked:
        for band in program.lifecycle.bands:
            what = speech("stages.from" if band.from_day else "stages.first", day=f"{band.from_day:,}")
            yield f"- {speech('named', name=band.name, what=what)}"
    if {"band", "high_value"} <= asked:
        yield ""
    if "high_value" in asked:
        top = program.high_value
        phrase = "stages.high-value" if top is None else "stages.top"
        yield speech(phrase, percent=speech.number(Decimal(str(top.top_percent if top else 0))))


def levels(program: Program, speech: Speech) -> Iterator[str]:
    """The levels, what they take, how long they hold, and what eases the way."""
    says = program.levels
    window = speech.count("days", says.window_days)
    yield speech("levels.head")
    for step in says.steps:
        yield speech("levels.row", name=cell(step.name), what=_takes(program, step, speech, window))
    yield ""
    yield speech(f"levels.up-{says.by}", days=window)
    if says.by == "points":
        yield speech("levels.held" if _given(program) else "levels.spent")
    for track in says.fast_track:
        within = speech.count("days", track.within_days)
        yield speech("levels.fast-track", level=track.level, orders=f"{track.orders:,}", days=within)
    yield from _gifts(program, speech)
    yield speech(f"levels.holds-{says.by}", days=speech.count("days", says.holds_days))
    if says.grace_days:
        yield speech("levels.grace", days=speech.count("days", says.grace_days))
    if says.downgrade == "one-step":
        yield speech("levels.one-step")
    yield speech("levels.freeze", days=speech.count("days", says.longest_freeze_days))


def _takes(program: Program, step: Level, speech: Speech, window: str) -> str:
    says: Levels = program.levels
    need = says.need(step)
    if not need:
        return speech("levels.all")
    if says.by == "spend":
        return speech("levels.spend", money=speech.money(Decimal(need)), days=window)
    if says.by == "orders":
        return speech("levels.orders", count=f"{need:,}", days=window)
    points = _of(says.wallet, int(need), program, speech)
    return speech("levels.points", points=points, days=window)


def _of(wallet: str | None, points: int, program: Program, speech: Speech) -> str:
    """So many points, of a wallet by its name where there are several."""
    counted = speech.count("points", points)
    if len(program.wallets) == 1:
        return counted
    return speech("points-of", points=counted, wallet=program.wallet_named(wallet).name)


def _given(program: Program) -> bool:
    """Whether anything but orders fills the wallet that levels go by."""
    others = {*program.wallet_of_activity.values()}
    if program.birthday is not None:
        others.add(program.wallet_named(program.birthday.wallet).name)
    if any(step.gift for step in program.levels.steps):
        others.add(program.wallet_named(program.levels.gift_wallet).name)
    return program.wallet_named(program.levels.wallet).name in others


def _gifts(program: Program, speech: Speech) -> Iterator[str]:
    gifts = [(step.name, step.gift) for step in program.levels.steps[1:] if step.gift is not None]
    for level, points in gifts:
        yield speech("levels.gift", level=level, points=_of(program.levels.gift_wallet, points, program, speech))
    if gifts:
        yield speech("levels.gifts")


def benefits(program: Program, speech: Speech) -> Iterator[str]:
    """What members may use beside points, how often, and the birthday gift."""
    for benefit in program.benefits:
        who = _whose(benefit, speech)
        often = speech(f"benefits.{benefit.renews}", times=speech.count("times", benefit.quantity))
        yield f"- {speech('named', name=benefit.name, what=speech('semicolon').join((who, often)) + speech('stop'))}"
    birthday = program.birthday
    if birthday is not None:
        if program.benefits:
            yield ""
        yield speech("benefits.birthday", points=_of(birthday.wallet, birthday.points, program, speech))


def _whose(benefit: Benefit, speech: Speech) -> str:
    if benefit.layer == "level":
        return speech("benefits.level", levels=speech.listed(benefit.levels, "or"))
    if benefit.event is None:
        return speech("benefits.basic")
    times, days = speech.count("times", benefit.at_least or 0), speech.count("days", benefit.within_days or 0)
    return speech("benefits.scene", what=speech(f"did.{benefit.event}"), times=times, days=days)
