"""Points for what members do beside ordering, as often as the program allows by the days on which they did it."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decision import Decision, Saw
from stream_loyalty.contracts.decisions.points import PointsNotGranted
from stream_loyalty.contracts.events.engagement import EngagementProperties
from stream_loyalty.contracts.events.profile import ProfileUpdatedProperties
from stream_loyalty.contracts.events.service import NpsAnsweredProperties, ProductReviewedProperties
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.policies.earning import room_of_day
from stream_loyalty.core.policies.gifts import gift
from stream_loyalty.core.program.activities import ACTIVITY, Activity, mark
from stream_loyalty.core.program.conditions import Facts
from stream_loyalty.core.standing import band_at, level_at
from stream_loyalty.core.state import Customer, Done


def done(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """A lot of its own for each activity that the event is one of, or why it brings nothing; each message once."""
    for activity in moment.program.activities_of_event.get(event.name, ()):
        past = state.stands.done.get(activity.name) or Done()
        lot = f"activity:{moment.id('activity', activity.name)}"
        if mark(lot) in [known for _, known, _ in past.times]:  # published again when its message id was forgotten
            continue
        times = _times(activity, past, moment.program.calendar.day(event.at))
        saw: Saw = {"times": times, "orders": state.orders_kept}
        lacks = (*_limited(activity, past, times, moment), *_missing(activity, event, state, moment))
        if lacks:
            yield PointsNotGranted(rule=ACTIVITY, saw=saw, activity=activity.name, lacks=lacks)
        else:
            yield gift(state, moment, activity.wallet, activity.points, lot, activity.name, ACTIVITY, saw)


def _times(activity: Activity, past: Done, day: int) -> int:
    """How often it brought points already, in those days in a row around `day` in which that was most often."""
    within, days = activity.within_days, [at for at, _, _ in past.times]
    if within is None:
        return len(days)
    ends = [day, *[at for at in days if day < at < day + within]]  # what comes late lies before what is known
    return max(sum(end - within < at <= end for at in days) for end in ends)


def _limited(activity: Activity, past: Done, times: int, moment: Moment) -> Iterator[Lack]:
    """Of days of which not all is remembered it is not known whether the limit was reached, so it counts as if."""
    calendar, within = moment.program.calendar, activity.within_days
    if past.forgotten is not None and calendar.day(moment.at) < (first := past.forgotten + (within or 1)):
        yield lack("activity-in-time", _date(calendar.start(first), moment), _date(moment.at, moment))
    elif times >= activity.at_most:
        most = activity.at_most
        yield lack("times-in-all", most, times) if within is None else lack("times-within", most, times, within)


def _missing(activity: Activity, event: Event, state: Customer, moment: Moment) -> Iterator[Lack]:
    program, at = moment.program, event.at
    if activity.customers_only and not state.orders_kept:
        yield lack("kept-order")
    if isinstance(event.properties, ProfileUpdatedProperties) and event.properties.birthday is None:
        yield lack("birthday")
    facts: Facts = {
        "level": level_at(state, program, at),
        "band": band_at(state, program, at),
        "high_value": state.high_value,
        "orders": state.orders_kept,
    }
    for condition in activity.when:
        if (unmet := condition.missing(facts)) is not None:
            yield unmet
    if activity.since and at < program.midnight(activity.since):
        yield lack("done-since", str(activity.since), _date(at, moment))
    if activity.until and at > program.calendar.end_of(activity.until):
        yield lack("done-until", str(activity.until), _date(at, moment))
    wallet = program.wallet_named(activity.wallet)
    room = room_of_day(wallet, at, state, program)
    if room is not None and room < activity.points:
        yield lack("room-for-all", activity.points, room, wallet.most_per_day)


def _date(at: int, moment: Moment) -> str:
    return str(moment.program.calendar.date_of(at))


REACTIONS = {
    EngagementProperties: done,
    ProductReviewedProperties: done,
    NpsAnsweredProperties: done,
    ProfileUpdatedProperties: done,
}
