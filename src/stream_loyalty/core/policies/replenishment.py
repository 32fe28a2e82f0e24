"""Care on time (P5): something is about to run out, by the customer's own cycle in a product category."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertHeldBack, AlertRaised
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.core.consents import may_market
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.policies.alerts import alert
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.sections import Replenishment, choose
from stream_loyalty.core.standing import level_of
from stream_loyalty.core.state import NEVER, Customer, Cycle


def due(state: Customer, program: Program) -> int:
    """When the first category with a steady cycle is about to run out; nobody is told of one that already has."""
    section = program.replenishment
    if section is None or state.churn_since is not None:
        return NEVER
    dues = [_runs_low(cycle, section) for cycle in state.cycles.values() if _is_steady(cycle, section, state.clock)]
    return program.calendar.open_from(min(dues)) if dues else NEVER


def wake(wake: Wake, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Tell of every category that is about to run out."""
    section = moment.program.replenishment
    if section is None or state.churn_since is not None:
        return
    for category, cycle in list(state.cycles.items()):
        if (
            _is_steady(cycle, section, wake.at)
            and moment.program.calendar.open_from(_runs_low(cycle, section)) <= wake.at
        ):
            yield _tell(category, cycle, section, state, moment)


def _is_steady(cycle: Cycle, section: Replenishment, now: int) -> bool:
    """Whether the category has a cycle that can be relied on, and that is not long over."""
    return (
        not cycle.told
        and now < cycle.last_at + 1.5 * cycle.mean * DAY_MS
        and cycle.gaps >= section.least_gaps
        and cycle.mean > section.lead_days
        and cycle.deviation <= section.steadiness * cycle.mean
    )


def _runs_low(cycle: Cycle, section: Replenishment) -> int:
    return cycle.last_at + int((cycle.mean - section.lead_days) * DAY_MS)


def _tell(category: str, cycle: Cycle, section: Replenishment, state: Customer, moment: Moment) -> Decision:
    rule, name = "replenishment.cycle", moment.id("care", category, cycle.last_at)
    if not may_market(state, moment):
        return AlertHeldBack(
            rule=rule,
            alert=name,
            kind="care",
            since=Instant(cycle.last_at),
            ref=category,
            why="no-consent",
            ground=clause("no-consent"),
        )
    facts = {"band": state.band, "high_value": state.high_value, "level": level_of(state, moment.program)}
    action = choose(section.actions, facts)
    every, last = round(cycle.mean), format_instant(cycle.last_at)
    return alert(
        AlertRaised,
        action,
        moment.at,
        rule=rule,
        ref=category,
        saw={"category": category, "gaps": cycle.gaps, "every_days": every, **facts},
        alert=name,
        kind="care",
        since=cycle.last_at,
        headline=(clause("runs-out", category=category), clause("cycle", days=every, last_on=last)),
        grounds=(
            clause("buys-every", category=category, days=every, times=cycle.gaps),
            clause("bought-on", last_on=last),
        ),
    )


REACTIONS = {Wake: wake}
