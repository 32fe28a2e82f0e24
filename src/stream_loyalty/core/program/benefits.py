"""The program's words on a customer's standing: benefits in three layers, and the birthday gift."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.decisions.benefits import Layer
from stream_loyalty.contracts.events import EVENTS_OF_TOPIC
from stream_loyalty.core.program.section import Days, Section, among
from stream_loyalty.core.program.wallets import Points, Wallet

_PLACES: dict[str, frozenset[str]] = {
    "basic": frozenset(),
    "level": frozenset({"levels"}),
    "scene": frozenset({"event", "at_least", "within_days"}),
}  # what a benefit of a layer has to say beside what all of them say
_BY_LAYER: dict[str, Any] = {
    "allOf": [
        {"if": {"properties": {"layer": {"const": layer}}}, "then": {"required": sorted(fields)}}
        for layer, fields in _PLACES.items()
    ]
}  # the same for editors


class Benefit(Section):
    """Something other than points that a customer may use so many times in each period.

    Layer basic: for all who have ordered; level: for some levels; scene: for who did something often enough.
    """

    model_config = ConfigDict(json_schema_extra=_BY_LAYER)

    name: str = Field(min_length=1, max_length=100, description="What `Benefit Used` calls it.")
    layer: Layer = Field(description="Who gets it: all who ordered, some levels, or who did something often enough.")
    levels: tuple[str, ...] = Field((), description="For layer level: the levels that have it.")
    quantity: int = Field(1, ge=1, le=1000, description="How often it can be used, in each period.")
    renews: Literal["year", "month", "never"] = Field("never", description="By the calendar of the program's zone.")
    event: str | None = Field(
        None,
        description="For scenes: the event of the engagement topic that counts.",
        json_schema_extra=among(EVENTS_OF_TOPIC[topics.ENGAGEMENT]),
    )
    at_least: int | None = Field(None, ge=1, le=50, description="For scenes: how often it has to happen.")
    within_days: Days | None = Field(None, description="For scenes: within how many days.")

    @model_validator(mode="after")
    def _of_its_layer(self) -> Benefit:
        given = {name for name in ("levels", "event", "at_least", "within_days") if getattr(self, name)}
        wanted = _PLACES[self.layer]
        if given != wanted:
            says = ", ".join(sorted(wanted)) or "nothing of levels, event, at_least, within_days"
            raise ValueError(f"layer {self.layer} takes {says}")
        return self


class Birthday(Section):
    """Points for each birthday of customers who have ordered."""

    points: Points = Field(description="For each birthday.")
    wallet: str | None = Field(None, description="The first wallet of the program when left out.")


def standing_problems(
    benefits: tuple[Benefit, ...], birthday: Birthday | None, levels: Iterable[str], wallets: tuple[Wallet, ...]
) -> Iterator[str]:
    """What these sections say and cannot mean, each in one sentence."""
    known, names = list(levels), [wallet.name for wallet in wallets]
    for benefit in benefits:
        for level in benefit.levels:
            if level not in known:
                yield f"benefits, {benefit.name}: there is no level {level!r}; there are {', '.join(known)}"
        if benefit.event is not None and benefit.event not in EVENTS_OF_TOPIC[topics.ENGAGEMENT]:
            events = ", ".join(EVENTS_OF_TOPIC[topics.ENGAGEMENT])
            yield f"benefits, {benefit.name}: {benefit.event!r} is no event of engagement; there are {events}"
    if birthday is not None and birthday.wallet is not None and birthday.wallet not in names:
        yield f"birthday: there is no wallet {birthday.wallet!r}; there are {', '.join(names)}"
