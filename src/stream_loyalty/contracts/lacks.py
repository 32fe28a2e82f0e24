"""What would have had to be different for a rule to apply: a code and figures, words where somebody reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from msgspec.structs import force_setattr

from stream_loyalty.contracts.clauses import Figure, fill, templates
from stream_loyalty.contracts.decision import Fact, doc

Value = Figure
ENGLISH = templates("lacks", "en")


class Lack(Fact):
    """One demand that was not met: which, on what, what it wanted and what it saw."""

    code: Annotated[str, doc("Which demand, e.g. `is`, `balance`, `order-since`.")]
    wanted: Value = None
    saw: Value = None
    of: Annotated[Value, doc("What the demand is on: a fact, a reward, the days of a horizon.")] = None

    def words(self, templates: Mapping[str, str]) -> str:
        """The sentence by a table of templates, one for each code. KeyError for a code that has none."""
        return fill(templates[self.code], {"wanted": self.wanted, "saw": self.saw, "of": self.of})

    @property
    def english(self) -> str:
        """The sentence in English."""
        return self.words(ENGLISH)


Lacks = Annotated[tuple[Lack, ...], doc("What would have had to be different.")]
Missing = Annotated[tuple[str, ...], doc("`lacks` in English words.")]


class Lacking:
    """A fact that says what was missing: it has the fields `lacks` and `missing`."""

    __slots__ = ()
    lacks: tuple[Lack, ...]
    missing: tuple[str, ...]

    def __post_init__(self) -> None:
        force_setattr(self, "missing", self.words)  # type: ignore[arg-type]  # mixed into structs

    @property
    def words(self) -> tuple[str, ...]:
        """One sentence for each lack."""
        return tuple([lack.english for lack in self.lacks])


@lru_cache(4096, typed=True)  # most lacks of most orders are the same few
def lack(code: str, wanted: Value = None, saw: Value = None, of: Value = None) -> Lack:
    """A lack by its code and figures."""
    return Lack(code=code, wanted=wanted, saw=saw, of=of)
