"""Complaints are answered in time, by the customer's value."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertRaised
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.events.service import ComplaintOpenedProperties
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.evolve import alert_hash
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.alerts import alert
from stream_loyalty.core.program.sections import choose
from stream_loyalty.core.standing import facts_of
from stream_loyalty.core.state import Customer

RULE = "service.complaint"


def complained(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Tell service at once, and once for each complaint; consent has nothing to do with it."""
    complaint: ComplaintOpenedProperties = event.properties
    if alert_hash(RULE, complaint.complaint_id) in state.messages:
        yield InputIgnored(rule=RULE, ref=complaint.complaint_id, ground=clause("complaint-told"))
        return
    facts = facts_of(state, moment.program)
    action = choose(moment.program.service.actions, facts)
    opened = clause("complaint-opened", complaint_id=complaint.complaint_id)
    if complaint.order_id:
        opened = clause("complaint-opened-about", complaint_id=complaint.complaint_id, order_id=complaint.order_id)
    yield alert(
        AlertRaised,
        action,
        event.at,
        rule=RULE,
        ref=complaint.complaint_id,
        saw={"complaint_id": complaint.complaint_id, "orders": state.orders_kept, **facts},
        alert=moment.id("service", complaint.complaint_id),
        kind="service",
        headline=(opened, clause("answer-within", hours=action.deadline_hours)),
        since=event.at,
        grounds=(opened,),
    )


REACTIONS = {ComplaintOpenedProperties: complained}
