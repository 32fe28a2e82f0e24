"""Inputs to one customer: wakes at their logical times, then the event itself; and the messages that come of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import headers
from stream_loyalty.contracts.decisions import Decision
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.decide import decide, wake_at
from stream_loyalty.core.evolve import can_count_twice, message_hash, observe
from stream_loyalty.core.moment import Moment, Wake
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.state import Customer
from stream_loyalty.core.thresholds import Thresholds


class Outcome(msgspec.Struct):
    """The decisions on one input to a customer, in order, with the moment they were taken in."""

    moment: Moment
    decisions: list[Decision]
    event: str
    flags: tuple[str, ...] = ()


def is_repeated(state: Customer, event: Event) -> bool:
    """Whether an event's message id is among those remembered."""
    return can_count_twice(event) and message_hash(event.message_id) in state.messages


def run_wakes(state: Customer, customer: str, until: int, programs: Programs, thresholds: Thresholds) -> list[Outcome]:
    """Every wake due up to `until` (ms), each at its own due time; never before the customer's clock."""
    outcomes: list[Outcome] = []
    while (at := next_wake(state, programs)) <= until:
        state.clock = at
        cause = f"wake@{format_instant(at)}"
        moment = Moment(programs.at(at), programs, thresholds.at(at), customer, cause, at, at)
        decisions = decide(Wake(at), state, moment)
        if not decisions:
            raise RuntimeError(f"a wake due at {format_instant(at)} led to no decision; it would be due for ever")
        outcomes.append(Outcome(moment, decisions, "wake"))
    return outcomes


def next_wake(state: Customer, programs: Programs) -> int:
    """When the customer has to be looked at next (ms), by the program that is in force then; not before their clock."""
    at = state.clock
    while True:
        due = max(at, wake_at(state, programs.at(at)))
        following = programs.following(at)
        if following is None or due < following:
            return due
        at = following


def apply_event(state: Customer, event: Event, programs: Programs, thresholds: Thresholds) -> list[Outcome]:
    """The wakes due strictly before the event, then the event."""
    outcomes = run_wakes(state, event.customer, event.at - 1, programs, thresholds)
    program = programs.at(event.at)
    observe(state, event, program)
    moment = Moment(program, programs, thresholds.at(event.at), event.customer, event.message_id, event.at, state.clock)
    outcomes.append(Outcome(moment, decide(event, state, moment), event.name, event.flags))
    return outcomes


def messages(outcome: Outcome, partition: int) -> Iterator[Message]:
    """The receipts on `loyalty.decisions`, and rewards and alerts under the same ids, unless it is only backfilled."""
    moment = outcome.moment
    key, told = moment.customer.encode(), not moment.program.is_backfill(moment.at)
    head, tail = _frame(outcome)
    for decision in outcome.decisions:
        kind = decision.published_as
        attributes = headers(moment.id(kind, decision.rule, decision.subject), kind, moment.customer, moment.at)
        # the decision is serialised by the model that its schema comes from, and framed by what all of them share
        value = head + decision.__pydantic_serializer__.to_json(decision)[1:-1] + tail
        yield Message(topics.DECISIONS, partition, key, value, attributes)
        if told and decision.told_on is not None:
            yield Message(decision.told_on, partition, key, value, attributes)


def _frame(outcome: Outcome) -> tuple[bytes, bytes]:
    """What stands before and behind the fields of each decision in its JSON."""
    moment = outcome.moment
    because = {
        "input": moment.cause,
        "event": outcome.event,
        "program": moment.program.label,
        "flags": outcome.flags,
    }
    customer = msgspec.json.encode({"customer": moment.customer})
    return customer[:-1] + b",", b"," + msgspec.json.encode({"because": because})[1:]
