"""The sections that need no module of their own: what each may say, and its defaults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from stream_loyalty.contracts.decisions.alerts import Severity
from stream_loyalty.contracts.events import MODEL_OF_EVENT
from stream_loyalty.core.history import LOOK_BACK_DAYS
from stream_loyalty.core.program.conditions import Condition, Facts
from stream_loyalty.core.program.section import CURRENCY, POSITIVE, Clock, Days, Name, Section, among, exact

CauseName = Literal["complaint", "slow-service", "late-delivery", "price", "competitor", "inquiries"]


class Rate(Section):
    """What one major unit of `currency` is worth in major units of the base currency, from a day on."""

    currency: str = Field(description="ISO 4217 code.", json_schema_extra=CURRENCY)
    since: date = Field(alias="from", description="The first day on which it holds.")
    rate: Annotated[Decimal, exact(POSITIVE, exclusiveMinimum=0, maximum=1_000_000)] = Field(
        gt=0, le=1_000_000, description="Major units of the base currency for one of this one."
    )


class Horizon(Section):
    """How long and how many things are remembered, so that nothing counts twice and states stay small."""

    orders_days: Days = Field(400, description="How long orders, refunds and redemptions are remembered.")
    orders: int = Field(2000, ge=1, le=2000, description="How many orders of a customer count within these days.")
    refunds: int = Field(20, ge=1, le=20, description="How many partial refunds of one order count.")
    redemptions: int = Field(1000, ge=1, le=1000, description="How many redemptions of a customer within these days.")
    messages: int = Field(64, ge=1, le=10_000, description="How many message ids of a customer are remembered.")


class Band(Section):
    """An age band: from which day after the first purchase on (day 0 is the purchase itself)."""

    name: Name = Field(description="What conditions on `band` call it.")
    from_day: int = Field(ge=0, le=36_500, description="Days after the first purchase.")
    strategy: str | None = Field(None, max_length=1000, description="What is meant to be done for its customers.")


class Lifecycle(Section):
    """Age bands by days since the first purchase, youngest first."""

    bands: tuple[Band, ...] = Field(
        description="Youngest first, beginning with from_day 0.", json_schema_extra={"minItems": 1}
    )

    @model_validator(mode="after")
    def _rising(self) -> Lifecycle:
        if not self.bands or self.bands[0].from_day != 0:
            raise ValueError("the first of the bands has to begin at from_day 0, with the first purchase")
        for before, band in pairwise(self.bands):
            if band.from_day <= before.from_day:
                raise ValueError(
                    f"bands, {band.name}: it begins at day {band.from_day} and {before.name} before it at day "
                    f"{before.from_day}; put them in the order of their days"
                )
        return self

    @cached_property
    def strategies(self) -> dict[str | None, str | None]:
        """Name of a band -> what is meant to be done for its customers."""
        return {band.name: band.strategy for band in self.bands}

    @cached_property
    def following(self) -> dict[str | None, Band | None]:
        """Name of a band -> the band after it; None after the last."""
        return {band.name: after for band, after in zip(self.bands, (*self.bands[1:], None), strict=True)}


class HighValue(Section):
    """Who is of high value, where no file of thresholds says so."""

    top_percent: float = Field(20, gt=0, lt=100, description="By lifetime value, of the customers who have any.")


class Signal(Section):
    """Days without any of some events, noticed for customers who have ever sent one."""

    name: Name = Field(description="What receipts call it.")
    days: Days = Field(description="Without any of the events.")
    events: tuple[str, ...] = Field(
        description="Names of events, each of which ends the silence.",
        json_schema_extra={"items": {"type": "string"} | among(sorted(MODEL_OF_EVENT)), "minItems": 1},
    )


class Action(Section):
    """What to do, who does it and by when, for customers of whom the conditions hold."""

    name: Name = Field(description="What alerts and reports call it.")
    advice: str = Field(description="What to do, in the words of whoever does it.")
    owner: str = Field(description="Who does it.")
    deadline_hours: int = Field(gt=0, le=8_760, description="From the alert on.")
    severity: Severity = Field("warning", description="How much it matters.")
    when: tuple[Condition, ...] = Field((), description="All have to hold; the first action that fits is chosen.")


Actions = Annotated[tuple[Action, ...], Field(min_length=1)]


def choose(actions: Sequence[Action], facts: Facts) -> Action:
    """The first action all of whose conditions hold; validation sees to it that the last has none."""
    return next(action for action in actions if all(condition.holds(facts) for condition in action.when))


class Silence(Section):
    """Fixed signals of silence: informational ones, and the one of buying that raises an alert."""

    buying_days: Days = Field(60, description="So long without a purchase raises an alert.")
    unknown_consent_is_granted: bool = Field(True, description="Whether who has said nothing may be written to.")
    signals: tuple[Signal, ...] = Field((), description="For information only; they raise no alert.")
    actions: Actions = Field(description="Who answers a silence; the last without conditions.")


class Churn(Section):
    """How the churn model looks at customers: who is asked about, when, and when its word raises an alert."""

    horizon_days: int = Field(60, ge=1, le=68, description="Churned is who does not buy within these days.")
    every_days: int = Field(7, ge=1, le=68, description="Days from one checkpoint of a customer to the next.")
    day_zero: date | None = Field(None, description="Checkpoints fall on every so many days from here; else the epoch.")
    silent_horizons: int = Field(3, ge=1, le=600, description="After so many horizons without a purchase nobody asks.")
    precision: float = Field(0.7, gt=0, lt=1, description="The share of early alerts that is meant to be right.")
    alerts_per_day: int | None = Field(None, ge=1, description="What the team can act on; none: no limit.")
    least_auc: float = Field(0.6, ge=0.5, lt=1, description="Below it the model is not used until it is better again.")
    least_silence_days: int = Field(7, ge=0, le=68, description="No alert before: an order has to arrive first.")

    @model_validator(mode="after")
    def _looked_back_on(self) -> Churn:
        if self.horizon_days + self.every_days > LOOK_BACK_DAYS:
            raise ValueError(f"horizon_days and every_days must not be more than {LOOK_BACK_DAYS} together")
        return self


class Cause(Section):
    """A cause of churn that is looked for, and how long ago it may lie."""

    name: CauseName = Field(description="What is looked for.")
    within_days: Days = Field(60, description="How long ago it may lie.")
    at_least: int = Field(1, ge=1, le=8, description="How many inquiries without an order make a cause.")
    hours: int = Field(24, ge=1, le=8_760, description="How long an answer may take before service is slow.")


class Quiet(Section):
    """Hours, in the program's zone, in which nobody is told of churn; over midnight if `until` is earlier."""

    since: Clock = Field(alias="from", description="On the clock of the program's zone.")
    until: Clock = Field(description="From then on people are told again.")


class WakeUp(Section):
    """Who is told of a silence, when, and which of them are held out to measure what it brings."""

    hold_out_percent: float = Field(10, ge=0, le=90, description="Of those who would be told, not told: to compare.")
    hold_out_salt: str = Field("", description="Another one draws another hold-out.")
    window_days: Days = Field(60, description="Bought again within these days is a success.")
    rest_days: int = Field(30, ge=0, le=3_650, description="From one alert about a customer to the next.")
    quiet: Quiet | None = Field(None, description="Hours in which nobody is told.")
    causes: tuple[Cause, ...] = Field((), description="The first that the customer's record bears out is the cause.")
    price_words: tuple[str, ...] = Field((), description="In a complaint or inquiry they make the price the cause.")


class Consent(Section):
    """The uses of their data that customers are asked about."""

    purposes: tuple[str, ...] = Field(("marketing",), description="Alerts ask for consent to `marketing`.")


class Replenishment(Section):
    """Who is told that something is about to run out, by the customer's own cycle in each product category."""

    lead_days: int = Field(3, ge=0, le=60, description="So long before the cycle is over.")
    least_gaps: int = Field(2, ge=1, le=20, description="How many gaps between purchases make a cycle.")
    steadiness: float = Field(0.35, gt=0, le=2, description="Mean deviation of gaps from their mean, as a share of it.")
    actions: Actions = Field(description="Who reminds them.")


class Service(Section):
    """Who answers a complaint and by when."""

    actions: Actions = Field(description="Who answers; the last without conditions.")


class Guests(Section):
    """Orders by an anonymous id earn nothing; a known customer can claim them. Without it guests are customers."""

    claim_within_days: Days = Field(30, description="So long after it was placed an order can be claimed.")
    grace_days: int = Field(7, ge=0, le=365, description="Kept so much longer for claims that are still on their way.")
    kept_bytes: int = Field(131_072, ge=1_024, le=524_288, description="How much of one guest's orders is kept.")
    claim_on_login: bool = Field(
        False, description="An event that carries userId and anonymousId claims that guest, as Guest Claimed does."
    )


class DataQuality(Section):
    """Who looks at input that does not fit together."""

    actions: Actions = Field(description="Who looks at it; the last without conditions.")
