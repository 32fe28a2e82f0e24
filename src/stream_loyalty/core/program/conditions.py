"""Conditions that explain themselves: what they want and what they saw. No expression strings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, model_validator

from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.core.program.section import among, one_of

FACTS = frozenset({"band", "high_value", "level", "cause"})  # what conditions of actions can ask for
ORDER_FACTS = frozenset(  # what conditions of earning rules can ask for
    {"level", "band", "high_value", "channel", "coupon", "currency", "basket", "items"}
    | {"first_purchase", "orders", "weekday"}
)
REWARD_FACTS = frozenset({"level", "band", "high_value", "orders"})  # what those of rewards and activities can
Value = str | int | bool
Facts = Mapping[str, Value | None]


class Condition(BaseModel):
    """One demand on one fact; exactly one of the comparisons is given."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        json_schema_extra=one_of(("is", "one_of", "at_least", "below")),
    )

    fact: str = Field(
        description="level, band, high_value; in silence.actions also cause; for orders also channel, coupon, "
        "currency, basket (whole major units of the base currency), items, first_purchase, orders (so far), weekday "
        "(monday to sunday).",
        json_schema_extra=among(sorted(FACTS | ORDER_FACTS | REWARD_FACTS)),
    )
    equals: Value | None = Field(None, alias="is", description="Exactly this: a word, a number, true or false.")
    one_of: tuple[Value, ...] | None = Field(None, description="Any of these.", json_schema_extra={"minItems": 1})
    at_least: int | None = Field(None, description="This number or more.")
    below: int | None = Field(None, description="Less than this number.")

    @model_validator(mode="after")
    def _one_comparison(self) -> Condition:
        given = [name for name in ("equals", "one_of", "at_least", "below") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of is, one_of, at_least, below; two bounds are two conditions")
        return self

    def holds(self, facts: Facts) -> bool:
        """Whether the facts are as wanted; an unknown fact never is."""
        saw = facts.get(self.fact)
        if saw is None:
            return False
        if self.equals is not None:
            return saw == self.equals
        if self.one_of is not None:
            return saw in self.one_of
        if not isinstance(saw, int):
            return False
        return saw >= self.at_least if self.at_least is not None else saw < (self.below or 0)

    def wants(self) -> str:
        """The demand in words: `band is new`."""
        if self.equals is not None:
            return f"{self.fact} is {self.equals}"
        if self.one_of is not None:
            return f"{self.fact} is one of {', '.join(str(value) for value in self.one_of)}"
        return (
            f"{self.fact} is at least {self.at_least}"
            if self.at_least is not None
            else f"{self.fact} is below {self.below}"
        )

    def missing(self, facts: Facts) -> Lack | None:
        """What is missing, or None where nothing is; in words `wanted band is new; saw mature`."""
        if self.holds(facts):
            return None
        code, wanted = self._demand
        return lack(code, wanted, facts.get(self.fact), self.fact)

    @cached_property
    def _demand(self) -> tuple[str, Value]:
        if self.equals is not None:
            return "is", self.equals
        if self.one_of is not None:
            return "one-of", ", ".join(str(value) for value in self.one_of)
        return ("at-least", self.at_least) if self.at_least is not None else ("below", self.below or 0)
