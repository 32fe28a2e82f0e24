"""The program's words on activities: what members do beside ordering, and what points it brings them.

What the churn model reads of behaviour is in `core.activity`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field, model_validator

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.events import EVENTS_OF_TOPIC
from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.program.section import Days, Section, among, in_order
from stream_loyalty.core.program.wallets import Points, Wallet

ACTIVITY = "activities.rewarded"  # the rule by which points come, or do not
EVENTS = (*EVENTS_OF_TOPIC[topics.ENGAGEMENT], "Product Reviewed", "NPS Answered", "Profile Updated")


class Activity(Section):
    """Points for something that a member does; once in all, unless the program allows more."""

    name: str = Field(min_length=1, max_length=100, description="What members and receipts know it by.")
    event: str = Field(
        description="An event of engagement, Product Reviewed, NPS Answered, or Profile Updated.",
        json_schema_extra=among(EVENTS),
    )
    points: Points = Field(description="For each time.")
    wallet: str | None = Field(None, description="The first wallet of the program when left out.")
    at_most: int = Field(1, ge=1, le=100, description="How often it brings points.")
    within_days: Days | None = Field(None, description="In so many days in a row, in the program's zone; none: in all.")
    customers_only: bool = Field(True, description="Whether it takes an order that was kept.")
    when: tuple[Condition, ...] = Field((), description="Demands on the member; all have to hold.")
    since: date | None = Field(None, alias="from", description="The first day, in the program's zone.")
    until: date | None = Field(None, description="The last day, included.")

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Activity:
        in_order(self.since, self.until)
        return self


def activity_problems(activities: tuple[Activity, ...], wallets: tuple[Wallet, ...]) -> Iterator[str]:
    """What this section says and cannot mean, each in one sentence."""
    names = [wallet.name for wallet in wallets]
    for activity in activities:
        if activity.event not in EVENTS:
            known = ", ".join(EVENTS)
            yield f"activities, {activity.name}: {activity.event!r} brings no points; the events that can are {known}"
        if activity.wallet is not None and activity.wallet not in names:
            yield f"activities, {activity.name}: there is no wallet {activity.wallet!r}; there are {', '.join(names)}"


def mark(lot: str) -> int:
    """48 bits that stand for the lot of an activity, whose name ends in a hash."""
    return int(lot[-12:], 16)
