"""What an event changes before anything is decided: the clock, recency, signals, what is remembered or forgotten."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any

from stream_loyalty.contracts.events.browsing import BrowsingProperties, CompetitorViewedProperties
from stream_loyalty.contracts.events.engagement import EngagementProperties
from stream_loyalty.contracts.events.guests import (
    GuestForgottenProperties,
    GuestLetGoProperties,
    GuestOrdersAskedProperties,
    IdentifiedProperties,
)
from stream_loyalty.contracts.events.logistics import (
    ShipmentDelayedProperties,
    ShipmentDeliveredProperties,
    ShipmentDispatchedProperties,
)
from stream_loyalty.contracts.events.profile import ProfileUpdatedProperties
from stream_loyalty.contracts.events.service import (
    ComplaintOpenedProperties,
    ComplaintResolvedProperties,
    ComplaintUpdatedProperties,
    InquiryOpenedProperties,
    NpsAnsweredProperties,
    ProductReviewedProperties,
)
from stream_loyalty.contracts.instants import HOUR_MS
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import scores
from stream_loyalty.core.activity import KIND_OF_EVENT, Activities, note
from stream_loyalty.core.evolve import message_hash
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import Programs
from stream_loyalty.core.state import Customer, Delivery, Guest, begun

_REMEMBERED = 16  # open complaints and inquiries of a customer; who has more has cause enough
_BAD = 2  # a rating up to here, of 5, is a bad one
_PASSING = (BrowsingProperties, CompetitorViewedProperties, IdentifiedProperties)


def can_count_twice(event: Event) -> bool:
    """Whether a repetition would matter; browsing hardly moves anything, so it is not worth remembering."""
    return not isinstance(event.properties, _PASSING)


def observe(state: Customer, event: Event, program: Program, programs: Programs) -> None:
    """Take note of an event; `program` is the version of its time."""
    state.clock = max(state.clock, event.at)
    if event.guest:
        state.guest = state.guest or Guest()
    else:
        _notice(state, event, program)
    if can_count_twice(event):
        state.messages.append(message_hash(event.message_id))
        del state.messages[: -program.horizon.messages]
        forget(state, programs.forgotten(state.clock))


def _notice(state: Customer, event: Event, program: Program) -> None:
    for signal in program.signals_of_event.get(event.name, ()):
        state.seen[signal] = max(state.seen.get(signal, 0), event.at)
    if program.rfmx is not None:
        scores.noted(state, event, program)
    observation = _OBSERVATIONS.get(type(event.properties))
    if observation is not None:
        observation(state, event, program)


def forget(state: Customer, horizon: int) -> None:
    """Drop orders and redemptions from `horizon` (ms) or before; later input about them is refused, never guessed."""
    gone = dict(takewhile(lambda entry: entry[1].placed_at <= horizon, state.orders.items()))  # oldest first
    if gone:
        for lot in state.lots:  # the lot outlives its order
            if lot.id in gone:
                state.begun.setdefault(lot.key, gone[lot.id].placed_at)
        for key in gone:
            del state.orders[key]
    if any(one.at <= horizon for one in state.redemptions.values()):
        state.redemptions = {key: one for key, one in state.redemptions.items() if one.at > horizon or one.deadline}
    if any(one.at <= horizon for one in state.adjustments.values()):
        state.adjustments = {key: one for key, one in state.adjustments.items() if one.at > horizon}


def _browsed(state: Customer, event: Event, program: Program) -> None:
    if program.churn is not None:
        note(_activities(state), KIND_OF_EVENT[event.name], program.calendar.day(event.at))
    _words(state, event.properties.query, event.at, program)


def _competitor(state: Customer, event: Event, program: Program) -> None:
    _trouble(state, "competitor", event.at)


def _complained(state: Customer, event: Event, program: Program) -> None:
    complaint: ComplaintOpenedProperties = event.properties
    if complaint.complaint_id not in state.complaints and len(state.complaints) < _REMEMBERED:
        state.complaints[complaint.complaint_id] = (event.at, False)
    _words(state, complaint.text, event.at, program)


def _answered(state: Customer, event: Event, program: Program) -> None:
    opened, answered = state.complaints.get(event.properties.complaint_id, (event.at, True))
    limits = [cause.hours * HOUR_MS for cause in program.wakeup.causes if cause.name == "slow-service"]
    if not answered and limits and event.at - opened > limits[0]:
        _trouble(state, "slow-service", event.at)
    if event.properties.complaint_id in state.complaints:
        state.complaints[event.properties.complaint_id] = (opened, True)


def _resolved(state: Customer, event: Event, program: Program) -> None:
    _answered(state, event, program)
    resolution: ComplaintResolvedProperties = event.properties
    state.complaints.pop(resolution.complaint_id, None)
    if resolution.satisfaction is not None:
        _activities(state).satisfaction = (resolution.satisfaction - 3) / 2
        if resolution.satisfaction <= _BAD:
            _trouble(state, "complaint", event.at)


def _inquired(state: Customer, event: Event, program: Program) -> None:
    state.inquiries = sorted([*state.inquiries, event.at])[-_REMEMBERED:]
    _words(state, event.properties.text, event.at, program)


def _reviewed(state: Customer, event: Event, program: Program) -> None:
    review: ProductReviewedProperties = event.properties
    if review.rating is not None:
        _activities(state).satisfaction = (review.rating - 3) / 2
    _words(state, review.review_body, event.at, program)


def _recommended(state: Customer, event: Event, program: Program) -> None:
    answer: NpsAnsweredProperties = event.properties
    _activities(state).satisfaction = (answer.score - 5) / 5
    _words(state, answer.text, event.at, program)


def _delayed(state: Customer, event: Event, program: Program) -> None:
    note(_activities(state), "delays", program.calendar.day(event.at))
    _trouble(state, "late-delivery", event.at)


def _dispatched(state: Customer, event: Event, program: Program) -> None:
    delivery = _delivery(state, event.properties.order_id)
    if delivery is None or len(delivery.shipments) >= _REMEMBERED:
        return
    if not delivery.shipments.setdefault(event.properties.shipment_id, False):
        delivery.complete_at = None  # one more is on its way


def _arrived(state: Customer, event: Event, program: Program) -> None:
    """The order is delivered when all that was sent has arrived; a delivery without a shipment is of all."""
    arrival: ShipmentDeliveredProperties = event.properties
    delivery = _delivery(state, arrival.order_id)
    if delivery is None:
        return
    if arrival.shipment_id is None:
        delivery.shipments = dict.fromkeys(delivery.shipments, True)
    elif len(delivery.shipments) < _REMEMBERED or arrival.shipment_id in delivery.shipments:
        delivery.shipments[arrival.shipment_id] = True
    if all(delivery.shipments.values()) and delivery.complete_at is None:
        delivery.complete_at = event.at


def _delivery(state: Customer, order_id: str) -> Delivery | None:
    order = state.orders.get(order_id)
    if order is None:
        return None
    order.delivery = order.delivery or Delivery()
    return order.delivery


def _engaged(state: Customer, event: Event, program: Program) -> None:
    for benefit in program.scenes_of_event.get(event.name, ()):
        scenes = begun(state).scenes
        times = scenes.get(benefit.name, [])
        scenes[benefit.name] = sorted([*times, event.at])[-(benefit.at_least or 1) :]


def _introduced(state: Customer, event: Event, program: Program) -> None:
    """The newest word on the birthday, where the program has a use for it."""
    birthday = event.properties.birthday
    if program.birthday is None or birthday is None:
        return
    standing = begun(state)
    if standing.birthday is None or event.at >= standing.birthday[1]:
        standing.birthday = (birthday, event.at)


def _as_a_guest(state: Customer, event: Event, program: Program) -> None:
    state.guest = state.guest or Guest()


def _guest_forgotten(state: Customer, event: Event, program: Program) -> None:
    if state.claims is not None and state.claims[event.from_guest].asked == event.properties.asked:
        del state.claims[event.from_guest]


def _words(state: Customer, text: str | None, at: int, program: Program) -> None:
    """Words about the price; the text itself is not kept."""
    if text and program.price_words is not None and program.price_words.search(text):
        _trouble(state, "price", at)


def _trouble(state: Customer, cause: str, at: int) -> None:
    state.troubles[cause] = max(at, state.troubles.get(cause, at))


def _activities(state: Customer) -> Activities:
    if state.activities is None:
        state.activities = Activities()
    return state.activities


_OBSERVATIONS: dict[type, Callable[[Customer, Any, Program], None]] = {
    BrowsingProperties: _browsed,
    CompetitorViewedProperties: _competitor,
    ComplaintOpenedProperties: _complained,
    ComplaintUpdatedProperties: _answered,
    ComplaintResolvedProperties: _resolved,
    InquiryOpenedProperties: _inquired,
    ProductReviewedProperties: _reviewed,
    NpsAnsweredProperties: _recommended,
    ShipmentDelayedProperties: _delayed,
    ShipmentDispatchedProperties: _dispatched,
    ShipmentDeliveredProperties: _arrived,
    EngagementProperties: _engaged,
    ProfileUpdatedProperties: _introduced,
    GuestOrdersAskedProperties: _as_a_guest,
    GuestLetGoProperties: _as_a_guest,
    GuestForgottenProperties: _guest_forgotten,
}
