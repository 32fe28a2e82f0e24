"""What every decision is: a fact that happened, by which rule, and the numbers the rule saw."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.transfer import Transfer

Instant = Annotated[
    int, PlainSerializer(format_instant, str), WithJsonSchema({"type": "string", "format": "date-time"})
]
Saw = dict[str, str | int | bool | None]  # the numbers a rule looked at, by their names


class Fact(BaseModel):
    """Part of a message: it never changes, and has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Because(Fact):
    """Why a decision was taken: the input, the program's version, and what was odd about the input."""

    input: str = Field(description="Message id of the event, or kind and due time of the wake.")
    event: str = Field(description="Name of the event, or `wake`.")
    program: str = Field(description="Name and version of the program in force.", examples=["default/1"])
    flags: tuple[str, ...] = Field((), description="What was odd, e.g. time-clamped.")


class Posting(Fact):
    """Points put on a lot or taken off it. Without a lot: a debt, for what no lot could give back, or its repayment."""

    lot: str | None
    points: int


class Decision(Fact):
    """A fact that happened, by which rule, and the numbers the rule saw."""

    type: ClassVar[str]
    topic: ClassVar[str | None] = None  # where it goes beside loyalty.decisions
    about: ClassVar[tuple[str, ...]] = ()  # the fields that say what it is about
    receipt: ClassVar[bool] = True  # whether loyalty.decisions has it
    tallied: ClassVar[bool] = False  # whether there is more to count than how often it was taken
    drawing: ClassVar[bool] = False  # whether it may draw on a budget
    sending: ClassVar[bool] = False  # whether it has something for another customer

    rule: str
    saw: Saw = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """What it is about, as far as the id has to tell it from others of the same cause and rule."""
        return "/".join([str(getattr(self, field)) for field in self.about])

    @property
    def told_on(self) -> str | None:
        """The topic that the world reads it on, beside its receipt."""
        return self.topic

    @property
    def tallies(self) -> tuple[tuple[tuple[str, ...], int], ...]:
        """What metrics count of it: family and labels, and how much."""
        return ()

    @property
    def draws(self) -> tuple[tuple[str, int], ...]:
        """Units that it takes out of budgets by their names; below 0: gives back; 0: more was wanted than was left."""
        return ()

    @property
    def sent(self) -> tuple[Transfer, ...]:
        """What it sends to other customers, in order."""
        return ()

    @property
    def published_as(self) -> str:
        """The CloudEvents type."""
        return self.type
