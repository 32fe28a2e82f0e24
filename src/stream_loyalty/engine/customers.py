"""Inputs to one customer: wakes at their logical times, then the event itself; and the messages that come of it."""

from __future__ import annotations

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
from stream_loyalty.core.program import Programs
from stream_loyalty.core.state import Customer
from stream_loyalty.core.thresholds import Thresholds


class Issued(msgspec.Struct):
    """A decision with the moment it was taken in and the input it rests on."""

    decision: Decision
    moment: Moment
    event: str
    flags: tuple[str, ...] = ()


def is_repeated(state: Customer, event: Event) -> bool:
    """Whether an event's message id is among those remembered."""
    return can_count_twice(event) and message_hash(event.message_id) in state.messages


def run_wakes(state: Customer, customer: str, until: int, programs: Programs, thresholds: Thresholds) -> list[Issued]:
    """Every wake due up to `until` (ms), each at its own due time; never before the customer's clock."""
    issued: list[Issued] = []
    while True:
        due = wake_at(state, programs.at(state.clock))
        if due > until:
            return issued
        at = max(due, state.clock)
        state.clock = at
        moment = Moment(programs.at(at), thresholds.at(at), customer, f"wake@{format_instant(at)}", at, at)
        decisions = decide(Wake(at), state, moment)
        if not decisions:
            raise RuntimeError(f"a wake due at {format_instant(due)} led to no decision; it would be due for ever")
        issued += [Issued(decision, moment, "wake") for decision in decisions]


def apply_event(state: Customer, event: Event, programs: Programs, thresholds: Thresholds) -> list[Issued]:
    """The wakes due strictly before the event, then the event."""
    issued = run_wakes(state, event.customer, event.at - 1, programs, thresholds)
    program = programs.at(event.at)
    observe(state, event, program)
    moment = Moment(program, thresholds.at(event.at), event.customer, event.message_id, event.at, state.clock)
    decisions = decide(event, state, moment)
    issued += [Issued(decision, moment, event.name, event.flags) for decision in decisions]
    return issued


def messages(issued: Issued, partition: int) -> list[Message]:
    """The receipt on `loyalty.decisions`, and the reward or alert under the same id, unless it is only backfilled."""
    decision, moment = issued.decision, issued.moment
    kind = decision.published_as
    attributes = headers(moment.id(kind, decision.rule, decision.subject), kind, moment.customer, moment.at)
    key, value = moment.customer.encode(), _body(issued)
    out = [Message(topics.DECISIONS, partition, key, value, attributes)]
    if decision.topic is not None and not is_backfill(moment):
        out.append(Message(decision.topic, partition, key, value, attributes))
    return out


def is_backfill(moment: Moment) -> bool:
    """Whether the input is from before the program lets anybody be told."""
    start = moment.program.effects_from_ms
    return start is not None and moment.at < start


def _body(issued: Issued) -> bytes:
    moment = issued.moment
    because = {
        "input": moment.cause,
        "event": issued.event,
        "program": moment.program.label,
        "flags": issued.flags,
    }
    head = msgspec.json.encode({"customer": moment.customer})
    tail = msgspec.json.encode({"because": because})
    # three JSON objects joined into one: the decision is serialised by the model that its schema comes from
    return head[:-1] + b"," + issued.decision.__pydantic_serializer__.to_json(issued.decision)[1:-1] + b"," + tail[1:]
