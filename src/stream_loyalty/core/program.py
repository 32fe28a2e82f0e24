"""The loyalty program: a dated TOML file, validated here. All figures of the domain are in it, none in the code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stream_loyalty.contracts.decisions import Severity
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.money import EXPONENTS, to_minor
from stream_loyalty.core.checks import problems
from stream_loyalty.core.conditions import Condition, Facts
from stream_loyalty.core.dated import Dated
from stream_loyalty.errors import StreamLoyaltyError

_LARGEST_MINOR = 10**15  # thousands of such sums still fit 64 bits
Days = Annotated[int, Field(gt=0, le=36_500)]


class ProgramError(StreamLoyaltyError):
    """A program file that cannot be used: which file, where in it, what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Rate(_Section):
    """What one major unit of `currency` is worth in major units of the base currency, from a day on."""

    currency: str
    since: date = Field(alias="from")
    rate: Annotated[Decimal, Field(gt=0, le=1_000_000)]


class Horizon(_Section):
    """How long and how many things are remembered, so that nothing counts twice and states stay small."""

    orders_days: Days = 400
    orders: int = Field(2000, ge=1, le=2000, description="How many orders of a customer count within these days.")
    refunds: int = Field(20, ge=1, le=20, description="How many partial refunds of one order count.")
    redemptions: int = Field(1000, ge=1, le=1000, description="How many redemptions of a customer within these days.")
    messages: int = Field(64, ge=1, le=10_000, description="How many message ids of a customer are remembered.")


class Earning(_Section):
    """Points for orders: on products after discount, without gift cards and what points paid; else on the total."""

    wallet: str = "points"
    points_per_unit: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(1)
    expires_after_days: Days = 365
    gift_card_categories: tuple[str, ...] = ("gift card", "gift-card", "gift_card")


class Level(_Section):
    """A level and the spend, in major units of the base currency, that it takes."""

    name: str
    spend: Annotated[Decimal, Field(ge=0)] = Decimal(0)


class Levels(_Section):
    """Membership levels, lowest first; the spend of the window decides."""

    window_days: Days = 365
    holds_days: Days = 365
    steps: tuple[Level, ...]

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        spends = [step.spend for step in self.steps]
        if not spends or spends[0] != 0 or spends != sorted(set(spends)):
            raise ValueError("steps must begin with spend 0 and rise from one to the next")
        return self


class Band(_Section):
    """An age band: from which day after the first purchase on (day 0 is the purchase itself)."""

    name: str
    from_day: int = Field(ge=0, le=36_500)


class Lifecycle(_Section):
    """Age bands by days since the first purchase, youngest first."""

    bands: tuple[Band, ...]

    @model_validator(mode="after")
    def _rising(self) -> Lifecycle:
        days = [band.from_day for band in self.bands]
        if not days or days[0] != 0 or days != sorted(set(days)):
            raise ValueError("bands must begin at from_day 0 and rise from one to the next")
        return self

    @cached_property
    def following(self) -> dict[str | None, Band | None]:
        """Name of a band -> the band after it; None after the last."""
        return {band.name: after for band, after in zip(self.bands, (*self.bands[1:], None), strict=True)}


class Signal(_Section):
    """Days without any of some events, noticed for customers who have ever sent one."""

    name: str
    days: Days
    events: tuple[str, ...]


class Action(_Section):
    """What to do, who does it and by when, for customers of whom the conditions hold."""

    name: str
    advice: str
    owner: str
    deadline_hours: int = Field(gt=0, le=8_760)
    severity: Severity = "warning"
    when: tuple[Condition, ...] = ()


Actions = Annotated[tuple[Action, ...], Field(min_length=1)]


def choose(actions: Sequence[Action], facts: Facts) -> Action:
    """The first action all of whose conditions hold; validation sees to it that the last has none."""
    return next(action for action in actions if all(condition.holds(facts) for condition in action.when))


class Silence(_Section):
    """Fixed signals of silence: informational ones, and the one of buying that raises an alert."""

    buying_days: Days = 60
    unknown_consent_is_granted: bool = True
    signals: tuple[Signal, ...] = ()
    actions: Actions


class Consent(_Section):
    """The uses of their data that customers are asked about."""

    purposes: tuple[str, ...] = ("marketing",)


class Service(_Section):
    """Who answers a complaint and by when."""

    actions: Actions


class DataQuality(_Section):
    """Who looks at input that does not fit together."""

    actions: Actions


class Program(_Section):
    """One version of the program; in force from `effective_from` until a later version is."""

    name: str
    version: int = Field(ge=1)
    effective_from: date
    epoch: date = Field(date(1990, 1, 1), description="No event happened before it.")
    time_zone: str = "UTC"
    base_currency: str
    effects_from: date | None = Field(None, description="Inputs before it publish no reward and no alert.")
    rates: tuple[Rate, ...] = ()
    horizon: Horizon = Horizon()
    earning: Earning = Earning()
    levels: Levels
    lifecycle: Lifecycle
    consent: Consent = Consent()
    silence: Silence
    service: Service
    data_quality: DataQuality

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

    def is_backfill(self, at: int) -> bool:
        """Whether nobody is told of what happened at `at` (ms), as it is from before `effects_from`."""
        return self._effects_from_ms is not None and at < self._effects_from_ms

    @cached_property
    def _effects_from_ms(self) -> int | None:
        return None if self.effects_from is None else self.midnight(self.effects_from)

    @cached_property
    def orders_horizon_ms(self) -> int:
        """How long orders are remembered."""
        return self.horizon.orders_days * DAY_MS

    @cached_property
    def level_spends(self) -> tuple[tuple[str, int], ...]:
        """Levels, lowest first, with the spend each takes in minor units of the base currency."""
        return tuple((step.name, to_minor(step.spend, self.base_currency)) for step in self.levels.steps)

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
        return round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.time_zone)).timestamp() * 1000)
