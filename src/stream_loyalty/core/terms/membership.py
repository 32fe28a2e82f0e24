"""The terms on membership: levels and benefits, what refunds take, what becomes of data, and how terms change."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from stream_loyalty.core.benefits import Benefit
from stream_loyalty.core.levels import Level, Levels
from stream_loyalty.core.program import Program
from stream_loyalty.core.terms.speech import Speech, cell


def levels(program: Program, speech: Speech) -> Iterator[str]:
    """The levels, what they take, how long they hold, and what eases the way."""
    says = program.levels
    window = speech.count("days", says.window_days)
    yield speech("levels.head")
    for step in says.steps:
        yield speech("levels.row", name=cell(step.name), what=_takes(says, step, speech, window))
    yield ""
    yield speech("levels.up-points" if says.by == "points" else "levels.up", days=window)
    for track in says.fast_track:
        within = speech.count("days", track.within_days)
        yield speech("levels.fast-track", level=track.level, orders=f"{track.orders:,}", days=within)
    for step in says.steps:
        if step.gift is not None:
            yield speech("levels.gift", level=step.name, points=f"{step.gift:,}")
    yield speech("levels.holds", days=speech.count("days", says.holds_days))
    if says.grace_days:
        yield speech("levels.grace", days=speech.count("days", says.grace_days))
    if says.downgrade == "one-step":
        yield speech("levels.one-step")
    yield speech("levels.freeze", days=speech.count("days", says.longest_freeze_days))


def _takes(says: Levels, step: Level, speech: Speech, window: str) -> str:
    need = says.need(step)
    if not need:
        return speech("levels.all")
    if says.by == "spend":
        return speech("levels.spend", money=speech.money(Decimal(need)), days=window)
    return speech(f"levels.{says.by}", count=f"{need:,}", days=window)


def benefits(program: Program, speech: Speech) -> Iterator[str]:
    """What members may use beside points, how often, and the birthday gift."""
    for benefit in program.benefits:
        who = _whose(benefit, speech)
        often = speech(f"benefits.{benefit.renews}", times=speech.count("times", benefit.quantity))
        yield f"- {speech('named', name=benefit.name, what=speech('semicolon').join((who, often)) + speech('stop'))}"
    if program.birthday is not None:
        if program.benefits:
            yield ""
        yield speech("benefits.birthday", points=speech.count("points", program.birthday.points))


def _whose(benefit: Benefit, speech: Speech) -> str:
    if benefit.layer == "level":
        return speech("benefits.level", levels=speech.listed(benefit.levels, "or"))
    if benefit.event is None:
        return speech("benefits.basic")
    times, days = speech.count("times", benefit.at_least or 0), speech.count("days", benefit.within_days or 0)
    return speech("benefits.scene", what=speech(f"did.{benefit.event}"), times=times, days=days)


def refunds(program: Program, speech: Speech) -> Iterator[str]:
    """What becomes of points when an order is given back."""
    yield speech("refunds.taken")
    yield speech("refunds.debt")
    grace = program.redemption.grace_days
    yield speech("refunds.grace", days=speech.count("days", grace)) if grace else speech("refunds.spent")
    yield speech("refunds.level" if program.levels.follow_refunds else "refunds.level-kept")
    if program.levels.follow_refunds and any(step.gift for step in program.levels.steps):
        yield speech("refunds.gift")


def privacy(program: Program, speech: Speech) -> Iterator[str]:
    """What is done with a member's data, and what the member can ask for."""
    if program.consent.purposes:
        yield speech("privacy.purposes", purposes=speech.listed(map(speech.purpose, program.consent.purposes)))
    yield speech("privacy.granted" if program.silence.unknown_consent_is_granted else "privacy.asked")
    yield speech("privacy.withdraw")
    if program.churn is not None:
        yield speech("privacy.profile")
    yield speech("privacy.rights")
    yield speech("privacy.why")


def changes(program: Program, speech: Speech) -> Iterator[str]:
    """How terms change."""
    yield speech("changes.ahead")
    yield speech(f"changes.{program.levels.on_new_version}")
