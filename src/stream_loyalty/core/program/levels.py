"""The program's words on membership levels: what they take, how long they hold, how one falls, what one is given."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from stream_loyalty.core.program.section import NOT_NEGATIVE, Days, Name, Section, exact, not_two_of

By = Literal["spend", "points", "orders"]


class Level(Section):
    """A level and what it takes, in the program's measure; the lowest takes nothing."""

    model_config = ConfigDict(json_schema_extra=not_two_of(get_args(By)))

    name: Name = Field(description="What members know it by.")
    spend: Annotated[Decimal, Field(ge=0), exact(NOT_NEGATIVE, minimum=0)] | None = Field(
        None, description="In major units of the base currency."
    )
    points: int | None = Field(None, ge=0, description="Earned within the window, in the wallet that counts.")
    orders: int | None = Field(None, ge=0, description="Within the window.")
    gift: int | None = Field(None, gt=0, le=10**9, description="Points for reaching it, once.")


class FastTrack(Section):
    """A shorter way to a level: so many orders within so many days."""

    level: str = Field(description="Where it leads.")
    orders: int = Field(ge=1, le=1000, description="How many it takes.")
    within_days: Days = Field(description="Within so many days.")


class Levels(Section):
    """Membership levels, lowest first; what was spent, earned or ordered in the window decides."""

    by: By = Field("spend", description="What levels are measured in.")
    wallet: str | None = Field(None, description="Whose points count, by points; else the program's first.")
    window_days: Days = Field(365, description="What was spent, earned or ordered in so many days counts.")
    holds_days: Days = Field(365, description="From the day a level was reached or renewed to its review.")
    grace_days: int = Field(0, ge=0, le=3_650, description="A review that finds too little comes again so much later.")
    downgrade: Literal["to-deserved", "one-step"] = Field("to-deserved", description="How far a review lets one fall.")
    on_new_version: Literal["keep", "review"] = Field(
        "keep", description="What a program version that takes effect does to members: nothing until their review."
    )
    follow_refunds: bool = Field(True, description="A level that an order brought goes with the order.")
    fast_track: tuple[FastTrack, ...] = Field((), description="Shorter ways up.")
    gift_wallet: str | None = Field(None, description="Where gifts of levels go; else the program's first wallet.")
    longest_freeze_days: Days = Field(366, description="For how long a level can be frozen.")
    steps: tuple[Level, ...] = Field(
        description="Lowest first; the lowest takes nothing.", json_schema_extra={"minItems": 1}
    )

    @model_validator(mode="after")
    def _rising(self) -> Levels:
        if not self.steps:
            raise ValueError("steps is empty; name one level at least, which all members have")
        for step in self.steps:
            given = {name for name in ("spend", "points", "orders") if getattr(step, name) is not None}
            if given - {self.by}:
                raise ValueError(f"steps, {step.name}: levels go by {self.by}; take {', '.join(given - {self.by})} out")
        lowest = self.steps[0]
        if self.need(lowest) != 0:
            raise ValueError(
                f"steps, {lowest.name}: the lowest level takes nothing; put one without {self.by} before it"
            )
        for before, step in pairwise(self.steps):
            if self.need(step) <= self.need(before):
                raise ValueError(
                    f"steps, {step.name}: it takes {self.need(step)} and {before.name} before it {self.need(before)}; "
                    "each level has to take more than the one before"
                )
        names = [step.name for step in self.steps]
        for track in self.fast_track:
            if track.level not in names:
                raise ValueError(f"fast_track: there is no level {track.level!r}; there are {', '.join(names)}")
        return self

    def need(self, step: Level) -> Decimal | int:
        """What a level takes, in major units of the measure."""
        need: Decimal | int | None = getattr(step, self.by)
        return need or 0

    @property
    def needs(self) -> tuple[Decimal | int, ...]:
        """What each level takes, lowest first, in major units of the measure."""
        return tuple(self.need(step) for step in self.steps)
