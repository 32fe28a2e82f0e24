"""What every decision is: a fact that happened, by which rule, and the numbers the rule saw.

What others send is checked by pydantic; what this engine says of itself is msgspec structs, which mypy has checked: an
order leads to a dozen of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, dataclass_transform

import msgspec
from msgspec import Meta, field

from stream_loyalty.contracts.instants import Instant, format_instant
from stream_loyalty.contracts.transfer import Transfer


def doc(text: str) -> Meta:
    """What a field is, for the published schema."""
    return Meta(description=text)


Saw = Mapping[str, str | int | bool | None]  # the numbers a rule looked at, by their names


class _FactMeta(msgspec.StructMeta):
    """A fact is built by the names of its fields; msgspec has each class say that anew."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(mcls, name, bases, namespace, **(config | {"kw_only": True}))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))  # what mypy is to know
class Fact(msgspec.Struct, metaclass=_FactMeta, frozen=True, forbid_unknown_fields=True):
    """Part of a message: it never changes, and has no fields but its own."""


class Because(Fact):
    """Why a decision was taken: the input, the program's version, and what was odd about the input."""

    input: Annotated[str, doc("Message id of the event, or kind and due time of the wake.")]
    event: Annotated[str, doc("Name of the event, or `wake`.")]
    program: Annotated[str, Meta(description="Name and version of the program in force.", examples=["default/1"])]
    flags: Annotated[tuple[str, ...], doc("What was odd, e.g. time-clamped.")] = ()


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
    hidden: ClassVar[tuple[str, ...]] = ()  # fields that no message has: what the engine needs to carry it out

    rule: str
    saw: Saw = field(default_factory=dict)

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

    @property
    def body(self) -> bytes:
        """Its fields as they are published, as a JSON object."""
        if not self.hidden:
            return _encode(self)
        shown = msgspec.to_builtins(self, enc_hook=written)
        return msgspec.json.encode({name: shown[name] for name in shown if name not in self.hidden})


def written(value: object) -> str:
    """What JSON has no form for: a time, in ISO 8601. TypeError for anything else."""
    if isinstance(value, Instant):
        return format_instant(value)
    raise TypeError(f"{type(value).__name__} has no form in a message")


def schema_of(fact: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a fact as it is published: every field is always there."""
    (schema,), parts = msgspec.json.schema_components([fact], schema_hook=_schema_of_instant)
    for part in parts.values():
        part["required"] = list(part["properties"])
        for field_schema in part["properties"].values():
            field_schema.pop("default", None)
    whole: dict[str, Any] = parts.pop(schema["$ref"].rpartition("/")[2])
    return {**whole, "$defs": parts} if parts else whole


def _schema_of_instant(kind: type) -> dict[str, Any]:
    if kind is Instant:
        return {"type": "string", "format": "date-time"}
    raise NotImplementedError(kind)


_encode = msgspec.json.Encoder(enc_hook=written).encode
