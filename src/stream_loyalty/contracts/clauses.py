"""What a decision has to say, as codes with figures; the words are made of them where somebody reads.

The English words stand beside them in published messages. `words.toml` has them in every language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Annotated

from msgspec import field
from msgspec.structs import force_setattr

from stream_loyalty.contracts.decision import Fact, Saw, doc

Figure = str | int | bool | None
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")  # as decisions write it; its day is told


@cache
def table() -> dict[str, dict[str, dict[str, str]]]:
    """Section -> code -> language -> template."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text("utf-8"))


def templates(section: str, language: str) -> dict[str, str]:
    """The templates of a section in one language, by code."""
    return {code: words[language] for code, words in table()[section].items()}


class _Count(int):
    """A number that can say what it counts: `{days:day}` is 1 day, or 2 days."""

    def __format__(self, spec: str) -> str:
        return f"{int(self)} {spec}{'' if self == 1 else 's'}" if spec else str(int(self))


def fill(template: str, figures: Mapping[str, Figure]) -> str:
    """The sentence of a template. KeyError for a figure that it asks for and that is not there."""
    return template.format_map({name: _shown(figure) for name, figure in figures.items()})


def _shown(figure: Figure) -> str | int:
    if isinstance(figure, bool):
        return "yes" if figure else "no"
    if isinstance(figure, int):
        return _Count(figure)
    return "none" if figure is None else figure[:10] if INSTANT.fullmatch(figure) else figure


class Clause(Fact):
    """Something that a decision says: what, by its code, and the figures of it."""

    code: Annotated[str, doc("What is said, e.g. `order-known`.")]
    figures: Annotated[Saw, doc("The numbers and names in it.")] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """In English. KeyError for a code that has no words."""
        return fill(_ENGLISH[self.code], self.figures)


Ground = Annotated[Clause, doc("Why, as a code with its figures.")]
Reason = Annotated[str, doc("`ground` in English words.")]


class Reasoned:
    """A decision that says why in one clause: it has the fields `ground` and `reason`."""

    __slots__ = ()
    ground: Clause
    reason: str

    def __post_init__(self) -> None:
        force_setattr(self, "reason", self.ground.words)  # type: ignore[arg-type]  # mixed into structs


def clause(code: str, **figures: Figure) -> Clause:
    """A clause by its code and figures."""
    return Clause(code=code, figures=figures)


def sentence_of(clauses: Iterable[Clause]) -> str:
    """Clauses as one English sentence."""
    said = "; ".join(one.words for one in clauses)
    return f"{said[:1].upper()}{said[1:]}."


_ENGLISH = templates("clauses", "en")
