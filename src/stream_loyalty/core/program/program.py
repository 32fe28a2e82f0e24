"""The loyalty program: a dated TOML file, validated here. All figures of the domain are in it, none in the code."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cached_property

from pydantic import Field, model_validator

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import EXPONENTS, to_minor
from stream_loyalty.core.calendar import Calendar, day_number
from stream_loyalty.core.dated import Dated
from stream_loyalty.core.program.activities import Activity
from stream_loyalty.core.program.benefits import Benefit, Birthday
from stream_loyalty.core.program.checks import problems
from stream_loyalty.core.program.levels import Levels
from stream_loyalty.core.program.rfmx import Rfmx
from stream_loyalty.core.program.rules import Rules, resolve
from stream_loyalty.core.program.section import CURRENCY, Name, Section
from stream_loyalty.core.program.sections import (
    Churn,
    Consent,
    DataQuality,
    Guests,
    HighValue,
    Horizon,
    Lifecycle,
    Rate,
    Replenishment,
    Service,
    Silence,
    WakeUp,
)
from stream_loyalty.core.program.wallets import Adjustments, Earning, EarnRule, Redemption, Wallet
from stream_loyalty.errors import StreamLoyaltyError

_LARGEST_MINOR = 10**15  # thousands of such sums still fit 64 bits


class ProgramError(StreamLoyaltyError):
    """A program file that cannot be used: which file, where in it, what to do."""


class Program(Section):
    """One version of the program; in force from `effective_from` until a later version is."""

    name: Name = Field(description="What members know it by; receipts give it with the version.")
    version: int = Field(ge=1, description="Another one for each change that takes effect; published ones stay.")
    effective_from: date = Field(description="The version in force at an event's time decides on it.")
    epoch: date = Field(date(1990, 1, 1), description="No event happened before it.")
    time_zone: str = Field("UTC", description="IANA name; days, hours and year ends are its own.")
    base_currency: str = Field(
        description="ISO 4217 code; amounts of the program are in its major units.", json_schema_extra=CURRENCY
    )
    effects_from: date | None = Field(None, description="Inputs before it publish no reward and no alert.")
    rates: tuple[Rate, ...] = Field((), description="Orders in a currency without a rate earn nothing.")
    horizon: Horizon = Horizon()
    wallets: tuple[Wallet, ...] = Field((Wallet(),), min_length=1, description="The first is the one meant by default.")
    earning: Earning = Earning()
    redemption: Redemption = Redemption()
    adjustments: Adjustments = Adjustments()
    levels: Levels
    lifecycle: Lifecycle
    benefits: tuple[Benefit, ...] = Field((), max_length=100, description="What can be used beside points.")
    birthday: Birthday | None = Field(None, description="Points for birthdays; none: no gift.")
    activities: tuple[Activity, ...] = Field((), max_length=100, description="What brings points beside orders.")
    rfmx: Rfmx | None = Field(None, description="Scores of recency, frequency, value and behaviour; none: off.")
    high_value: HighValue | None = None
    consent: Consent = Consent()
    silence: Silence
    churn: Churn | None = None
    wakeup: WakeUp = WakeUp()
    replenishment: Replenishment | None = None
    service: Service
    data_quality: DataQuality
    guests: Guests | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Program:
        for problem in problems(self):
            raise ValueError(problem)
        return self

    @cached_property
    def label(self) -> str:
        """Name and version, as receipts give it."""
        return f"{self.name}/{self.version}"

    @cached_property
    def epoch_ms(self) -> int:
        """The epoch as an instant."""
        return self.midnight(self.epoch)

    @cached_property
    def effective_ms(self) -> int:
        """When the version comes into force, as an instant."""
        return self.midnight(self.effective_from)

    def is_backfill(self, at: int) -> bool:
        """Whether nobody is told of what happened at `at` (ms), as it is from before `effects_from`."""
        return self._effects_from_ms is not None and at < self._effects_from_ms

    @cached_property
    def _effects_from_ms(self) -> int | None:
        return None if self.effects_from is None else self.midnight(self.effects_from)

    @cached_property
    def calendar(self) -> Calendar:
        """The days of the program's zone and its quiet hours."""
        quiet = self.wakeup.quiet
        return Calendar(self.time_zone, None if quiet is None else (quiet.since, quiet.until))

    @cached_property
    def day_zero(self) -> int:
        """Checkpoints fall on every so many days from this one (counted from 1970)."""
        zero = self.churn.day_zero if self.churn else None
        return day_number(self.epoch if zero is None else zero)

    @cached_property
    def price_words(self) -> re.Pattern[str] | None:
        """Finds any of the words about the price, however it is written."""
        words = "|".join(re.escape(word) for word in self.wakeup.price_words)
        return re.compile(words, re.IGNORECASE) if words else None

    @cached_property
    def guests_horizon_ms(self) -> int:
        """How long after it was claimed a guest is remembered: until nothing about its orders counts any more.

        So long after the claim orders are passed on, and so long after an order what becomes of it.
        """
        days = self.guests.claim_within_days if self.guests is not None else 0
        return days * DAY_MS + self.orders_horizon_ms

    @cached_property
    def orders_horizon_ms(self) -> int:
        """How long orders are remembered."""
        return self.horizon.orders_days * DAY_MS

    @cached_property
    def level_needs(self) -> tuple[tuple[str, int], ...]:
        """Levels, lowest first, with what each takes: minor units of the base currency, points or orders."""
        by_spend = self.levels.by == "spend"
        return tuple(
            (step.name, to_minor(Decimal(need), self.base_currency) if by_spend else int(need))
            for step, need in zip(self.levels.steps, self.levels.needs, strict=True)
        )

    @cached_property
    def level_ranks(self) -> dict[str | None, int]:
        """Place of each level, lowest first."""
        return {step.name: place for place, step in enumerate(self.levels.steps)}

    @cached_property
    def wallet_of(self) -> dict[str, Wallet]:
        """The wallets by name."""
        return {wallet.name: wallet for wallet in self.wallets}

    @cached_property
    def inactive_days(self) -> dict[str, int]:
        """The wallets whose points expire when the customer has not been active for so many days."""
        return {one.name: one.expires_inactive_days for one in self.wallets if one.expires_inactive_days is not None}

    @cached_property
    def main_wallet(self) -> Wallet:
        """The wallet that is meant where none is named."""
        return self.wallets[0]

    def wallet_named(self, name: str | None) -> Wallet:
        """The wallet of that name, the main one where none is named. KeyError where there is none."""
        return self.wallet_of[name] if name else self.main_wallet

    @cached_property
    def rules_of_wallet(self) -> dict[str, tuple[EarnRule, ...]]:
        """The earning rules of each wallet that has any, in the program's order."""
        found: dict[str, list[EarnRule]] = {}
        for rule in self.earning.rules:
            found.setdefault(self.wallet_named(rule.wallet).name, []).append(rule)
        return {name: tuple(rules) for name, rules in found.items()}

    @cached_property
    def earning_of_wallet(self) -> dict[str, Rules]:
        """The same as the arithmetic goes by them."""
        exponent, best = EXPONENTS[self.base_currency], self.earning.multipliers == "best"
        return {
            name: resolve(self.wallet_of[name], rules, exponent, best, self.calendar.start)
            for name, rules in self.rules_of_wallet.items()
        }

    @cached_property
    def benefit_of(self) -> dict[str, Benefit]:
        """The benefits by name."""
        return {benefit.name: benefit for benefit in self.benefits}

    @cached_property
    def scenes_of_event(self) -> dict[str, tuple[Benefit, ...]]:
        """Event name -> benefits that it can bring."""
        names = {benefit.event for benefit in self.benefits if benefit.event is not None}
        return {name: tuple(one for one in self.benefits if one.event == name) for name in names}

    @cached_property
    def activity_of(self) -> dict[str, Activity]:
        """The activities by name."""
        return {activity.name: activity for activity in self.activities}

    @cached_property
    def activities_of_event(self) -> dict[str, tuple[Activity, ...]]:
        """Event name -> activities that it is one of, in the program's order."""
        names = {activity.event for activity in self.activities}
        return {name: tuple(one for one in self.activities if one.event == name) for name in names}

    @cached_property
    def wallet_of_activity(self) -> dict[str, str]:
        """Name of an activity -> the wallet that it fills."""
        return {activity.name: self.wallet_named(activity.wallet).name for activity in self.activities}

    @cached_property
    def budgets(self) -> dict[str, int]:
        """What there is in all of each budget and each stock, by name."""
        campaigns = {f"campaign/{rule.name}": rule.budget.points for rule in self.earning.rules if rule.budget}
        return campaigns | {f"stock/{one.name}": one.stock for one in self.redemption.catalog if one.stock}

    @cached_property
    def signals_of_event(self) -> dict[str, tuple[str, ...]]:
        """Event name -> names of the silence signals that it ends."""
        names = {event for signal in self.silence.signals for event in signal.events}
        return {name: tuple(s.name for s in self.silence.signals if name in s.events) for name in names}

    @cached_property
    def _rates(self) -> dict[str, Dated[Decimal]]:
        return {
            code: Dated((self.midnight(rate.since), rate.rate) for rate in self.rates if rate.currency == code)
            for code in {rate.currency for rate in self.rates}
        }

    def to_base(self, minor: int, currency: str, at: int) -> int | None:
        """Minor units of `currency` in minor units of the base currency at the rate of `at` (ms); None: no rate."""
        if currency == self.base_currency:
            return minor
        rate = self._rates[currency].at(at) if currency in self._rates else None
        if rate is None:
            return None
        shift = EXPONENTS[self.base_currency] - EXPONENTS[currency]
        value = int((Decimal(minor) * rate).scaleb(shift).to_integral_value())
        return value if value <= _LARGEST_MINOR else None

    def midnight(self, day: date) -> int:
        """The instant (ms) at which `day` begins in the program's zone."""
        return self.calendar.start(day_number(day))
