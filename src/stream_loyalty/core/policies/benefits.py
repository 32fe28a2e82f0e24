"""Benefits in three layers: for all who ordered, for levels, and for who did something often enough."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision, Saw
from stream_loyalty.contracts.decisions.benefits import BenefitGranted, BenefitRefused, BenefitUsed
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.levels import LevelChanged
from stream_loyalty.contracts.decisions.orders import OrderCounted
from stream_loyalty.contracts.events.benefits import BenefitUsedProperties
from stream_loyalty.contracts.events.engagement import EngagementProperties
from stream_loyalty.contracts.instants import DAY_MS, Instant
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.calendar import day_number
from stream_loyalty.core.evolve import message_hash
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.benefits import Benefit
from stream_loyalty.core.standing import level_of
from stream_loyalty.core.state import NEVER, Customer, Entitlement


def due(state: Customer, program: Program) -> int:
    """When a period begins; at once where a customer lacks what a new version of the program gives."""
    if not program.benefits:
        return NEVER
    wanted = [_over_at(benefit, state) for benefit in program.benefits if _is_entitled(benefit, state, program)]
    return min(wanted, default=NEVER)


def stood(trigger: OrderCounted | LevelChanged | Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Grant what the customer is entitled to and does not have, or not for this period."""
    for benefit in moment.program.benefits:
        if _is_entitled(benefit, state, moment.program) and _over_at(benefit, state) <= moment.now:
            saw: Saw = {"level": level_of(state, moment.program), "orders": state.orders_kept}
            yield _granted(benefit, saw, moment)


def engaged(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Grant the scenes whose behaviour is complete, each once in a period."""
    for benefit in moment.program.scenes_of_event.get(event.name, ()):
        times = _times(benefit, state, moment.now)
        if times >= (benefit.at_least or 0) and _over_at(benefit, state) <= moment.now:
            yield _granted(benefit, {"times": times, "within_days": benefit.within_days}, moment)


def used(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Use a benefit once, by the period of the customer's clock, or say what is missing; each use id once."""
    use: BenefitUsedProperties = event.properties
    if message_hash(use.use_id) in state.stands.uses:
        yield InputIgnored(rule="benefits.known", ref=use.use_id, ground=clause("use-known"))
        return
    yield from stood(Wake(moment.now), state, moment)  # a period that begins with this very event
    benefit = moment.program.benefit_of.get(use.benefit)
    missing = tuple(_missing(use.benefit, benefit, state, moment))
    entitlement = state.stands.benefits.get(use.benefit)
    left = 0 if entitlement is None else entitlement.left
    limit = {} if benefit is None or benefit.within_days is None else {"within_days": benefit.within_days}
    saw: Saw = {"left": left, **limit}
    if missing or benefit is None:
        yield BenefitRefused(
            rule="benefits.entitled",
            saw=saw,
            benefit=use.benefit,
            use_id=use.use_id,
            lacks=missing,
        )
    else:
        yield BenefitUsed(
            rule="benefits.entitled",
            saw=saw,
            benefit=benefit.name,
            layer=benefit.layer,
            use_id=use.use_id,
            left=left - 1,
        )


def usable(state: Customer, program: Program) -> Iterator[tuple[str, Entitlement]]:
    """What the customer has by now of each benefit that they are entitled to, by name, in the program's order."""
    held = state.stands.benefits
    for benefit in program.benefits:
        if _over_at(benefit, state) <= state.clock:
            continue
        if benefit.layer == "scene" or _is_entitled(benefit, state, program):
            yield benefit.name, held[benefit.name]


def _missing(name: str, benefit: Benefit | None, state: Customer, moment: Moment) -> Iterator[Lack]:
    program = moment.program
    if benefit is None:
        known = ", ".join(program.benefit_of)
        yield lack("benefit", known, name) if known else lack("some-benefit", saw=name)
        return
    if benefit.layer == "basic" and not state.orders_kept:
        yield lack("kept-order")
    if benefit.layer == "level" and level_of(state, program) not in benefit.levels:
        yield lack("one-of", ", ".join(benefit.levels), level_of(state, program), "level")
    entitlement = state.stands.benefits.get(name)
    if benefit.layer == "scene" and _over_at(benefit, state) <= moment.now:
        yield lack("behaviour", benefit.at_least, _times(benefit, state, moment.now), benefit.event)
    elif entitlement is not None and not entitlement.left:
        yield lack("benefit-left", benefit.quantity, of=benefit.renews)


def _is_entitled(benefit: Benefit, state: Customer, program: Program) -> bool:
    """By standing; scenes are granted by behaviour alone."""
    if benefit.layer == "basic":
        return state.orders_kept > 0
    if benefit.layer == "scene" or (state.level is None and not state.orders_kept):
        return False
    return level_of(state, program) in benefit.levels


def _over_at(benefit: Benefit, state: Customer) -> int:
    """When what the customer has of a benefit is over (ms); 0: they have nothing."""
    entitlement = state.stands.benefits.get(benefit.name)
    return 0 if entitlement is None else entitlement.until


def _times(benefit: Benefit, state: Customer, now: int) -> int:
    since = now - (benefit.within_days or 0) * DAY_MS
    return sum(at > since for at in state.stands.scenes.get(benefit.name, ()))


def _granted(benefit: Benefit, saw: Saw, moment: Moment) -> BenefitGranted:
    return BenefitGranted(
        rule=f"benefits.{benefit.layer}",
        saw=saw,
        benefit=benefit.name,
        layer=benefit.layer,
        quantity=benefit.quantity,
        until=_until(benefit, moment),
    )


def _until(benefit: Benefit, moment: Moment) -> Instant | None:
    """When the period is over that the customer's clock is in."""
    if benefit.renews == "never":
        return None
    calendar = moment.program.calendar
    today = calendar.date_of(moment.now)
    if benefit.renews == "year" or today.month == 12:
        following = date(today.year + 1, 1, 1)
    else:
        following = date(today.year, today.month + 1, 1)
    return Instant(calendar.start(day_number(following)))


REACTIONS = {
    OrderCounted: stood,
    LevelChanged: stood,
    Wake: stood,
    EngagementProperties: engaged,
    BenefitUsedProperties: used,
}
