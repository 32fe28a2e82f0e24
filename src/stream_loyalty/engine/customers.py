"""Inputs to one customer: wakes at their logical times, then the event itself; and the messages that come of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.cloudevents import headers
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.alerts import AlertWithdrawn
from stream_loyalty.contracts.events.guests import ORDER_PROPERTIES, GuestClaimedProperties, IdentifiedProperties
from stream_loyalty.contracts.events.privacy import ErasureRequestedProperties
from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.parse import Event, Passed
from stream_loyalty.contracts.wire import Message
from stream_loyalty.core.decide import decide, dues
from stream_loyalty.core.evolve import message_hash
from stream_loyalty.core.model import Model
from stream_loyalty.core.moment import Moment, Wake, uuid5
from stream_loyalty.core.observe import can_count_twice, observe
from stream_loyalty.core.policies.erasure import erases, is_unnamed
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.state import Customer
from stream_loyalty.core.thresholds import Thresholds

_PARTITION = {topics.TRAINING: 0}  # it has only this one


class Outcome(msgspec.Struct):
    """The decisions on one input to a customer, in order, with the moment they were taken in."""

    moment: Moment
    decisions: list[Decision]
    event: str
    flags: tuple[str, ...] = ()


def seen_as(event: Event, programs: Programs) -> Event | Passed:
    """What an event is by the program of its time, if it has an anonymous id.

    Of guests only orders are looked at, and who asks to be forgotten; without guests they are customers of their own.
    The anonymous id of a user's event counts only where logins claim, and the event does not tell one itself.
    """
    if not event.guest and not event.anonymous_id:
        return event
    guests, properties = programs.at(event.at).guests, event.properties
    if event.guest:
        if guests is None or erases(event):
            return replace(event, guest=False)
        return event if isinstance(properties, ORDER_PROPERTIES) else Passed(event.at, event.flags)
    claims = guests is not None and guests.claim_on_login
    if claims and not isinstance(properties, (GuestClaimedProperties, ErasureRequestedProperties)):
        return event
    is_call = isinstance(properties, IdentifiedProperties)
    return Passed(event.at, event.flags) if is_call else replace(event, anonymous_id="")


def is_repeated(state: Customer, event: Event) -> bool:
    """Whether an event's message id is among those remembered."""
    return can_count_twice(event) and message_hash(event.message_id) in state.messages


def run_wakes(
    state: Customer,
    customer: str,
    until: int,
    programs: Programs,
    thresholds: Thresholds,
    model: Model | None = None,
    budgets: dict[str, int] | None = None,
    *,
    due: int | None = None,
) -> list[Outcome]:
    """Every wake due up to `until` (ms), each at its own due time; never before the customer's clock.

    `due`: the next wake of `state`, where that is known.
    """
    outcomes: list[Outcome] = []
    if due is not None and due > until:
        return outcomes
    at, wanted = _upcoming(state, programs)
    while at <= until:
        cause = _cause(at, state)
        state.clock = at
        moment = Moment(programs.at(at), programs, thresholds.at(at), customer, cause, at, at, model, budgets)
        decisions = decide(Wake(at), state, moment, wanted)
        if not decisions:
            raise RuntimeError(f"a wake due at {format_instant(at)} led to no decision; it would be due for ever")
        outcomes.append(Outcome(moment, decisions, "wake"))
        at, wanted = _upcoming(state, programs)
    return outcomes


def _cause(at: int, state: Customer) -> str:
    """A wake's time. The clock may have been woken at it before, and an event come late since: then that event, too."""
    newest = f"/{state.messages[-1]:x}" if at == state.clock and state.messages else ""
    return f"wake@{format_instant(at)}{newest}"


def next_wake(state: Customer, programs: Programs) -> int:
    """When the customer has to be looked at next (ms), by the program that is in force then; not before their clock."""
    return _upcoming(state, programs)[0]


def _upcoming(state: Customer, programs: Programs) -> tuple[int, list[int]]:
    """The same, and when each policy wants to be woken."""
    at = state.clock
    while True:
        wanted = dues(state, programs.at(at))
        due = max(at, min(wanted))
        following = programs.following(at)
        if following is None or due < following:
            return due, wanted
        at = following


def apply_event(
    state: Customer,
    event: Event,
    programs: Programs,
    thresholds: Thresholds,
    model: Model | None = None,
    budgets: dict[str, int] | None = None,
    *,
    due: int | None = None,
) -> list[Outcome]:
    """The wakes due strictly before the event, then the event, if it led to decisions. `due` as for `run_wakes`."""
    outcomes = run_wakes(state, event.customer, event.at - 1, programs, thresholds, model, budgets, due=due)
    program = programs.at(event.at)
    observe(state, event, program, programs)
    threshold, cause = thresholds.at(event.at), event.message_id
    moment = Moment(program, programs, threshold, event.customer, cause, event.at, state.clock, model, budgets)
    if decisions := decide(event, state, moment):
        if is_unnamed(event):  # who was to be called is named, or nobody would know whom not to call
            withdrawn: list[Decision] = [one for one in decisions if isinstance(one, AlertWithdrawn)]
            outcomes += [Outcome(moment, withdrawn, event.name, event.flags)] if withdrawn else []
            moment, decisions = unnamed(moment), [one for one in decisions if one not in withdrawn]
        outcomes.append(Outcome(moment, decisions, event.name, event.flags))
    return outcomes


def unnamed(moment: Moment) -> Moment:
    """The same moment under a hash of the request's message id, which says nothing of whose it is."""
    name = uuid5(f"erased\x1f{moment.cause}")
    return replace(moment, customer=name, cause=name)


def messages(outcome: Outcome, partition: int) -> Iterator[Message]:
    """The receipts on `loyalty.decisions`, and rewards and alerts under the same ids, unless it is only backfilled."""
    published = [one for one in outcome.decisions if one.receipt or one.told_on is not None]
    if not published:  # most wakes score and say nothing
        return
    moment = outcome.moment
    key, told = moment.customer.encode(), not moment.program.is_backfill(moment.at)
    head, tail = _frame(outcome)
    for decision in published:
        kind = decision.published_as
        attributes = headers(moment.id(kind, decision.rule, decision.subject), kind, moment.customer, moment.at)
        value = head + decision.body[1:-1] + tail
        if decision.receipt:
            yield Message(topics.DECISIONS, partition, key, value, attributes)
        if decision.told_on is not None and (told or not decision.receipt):
            yield Message(decision.told_on, _PARTITION.get(decision.told_on, partition), key, value, attributes)


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
