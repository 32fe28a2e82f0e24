"""Activities that can never bring anything, or so much that points become the purpose."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.activities import Activity
from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.spans import spans

_ORDERED = Condition(fact="orders", at_least=1)


def review_activities(program: Program) -> Iterator[Finding]:
    """Each activity; whether its points expire is said of its wallet."""
    for activity in program.activities:
        yield from _never(activity, program)
        yield from _too_often(activity)


def _never(activity: Activity, program: Program) -> Iterator[Finding]:
    where = f"activities, {activity.name}"
    if activity.until and activity.until < program.effective_from:
        begins = program.effective_from
        yield error("activity-over", where, f"it ends on {activity.until}, before the program begins on {begins}")
    most = program.wallet_named(activity.wallet).most_per_day
    if most is not None and activity.points > most:
        yield error("activity-never", where, f"it brings {activity.points} points, and most_per_day leaves {most}")
    if activity.event == "Profile Updated" and program.birthday is None:
        yield warning("activity-in-vain", where, "it pays for birthdays, which are not kept without a [birthday] gift")
    orders = spans(program, activity.when).get("orders")
    if activity.customers_only and orders is not None and orders.possible and not orders.narrowed(_ORDERED).possible:
        yield error("activity-never", where, "it asks for members without orders; add customers_only = false")


def _too_often(activity: Activity) -> Iterator[Finding]:
    where, within = f"activities, {activity.name}", activity.within_days
    if within is None:
        return
    if activity.at_most > within:
        often = f"{activity.at_most} times within {within} days is more than once a day"
        yield warning("activity-too-often", where, f"{often}: points become the purpose")
    if not activity.customers_only:
        yield warning("activity-for-anyone", where, "accounts that never order earn again and again")
