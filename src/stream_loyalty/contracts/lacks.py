"""What would have had to be different for a rule to apply: a code and figures, words where somebody reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache

from pydantic import Field, computed_field

from stream_loyalty.contracts.clauses import Figure, fill, templates
from stream_loyalty.contracts.decision import Fact

Value = Figure
ENGLISH = templates("lacks", "en")


class Lack(Fact):
    """One demand that was not met: which, on what, what it wanted and what it saw."""

    code: str = Field(description="Which demand, e.g. `is`, `balance`, `order-since`.")
    wanted: Value = None
    saw: Value = None
    of: Value = Field(None, description="What the demand is on: a fact, a reward, the days of a horizon.")

    def words(self, templates: Mapping[str, str]) -> str:
        """The sentence by a table of templates, one for each code. KeyError for a code that has none."""
        return fill(templates[self.code], {"wanted": self.wanted, "saw": self.saw, "of": self.of})

    @cached_property
    def english(self) -> str:
        """The sentence in English."""
        return self.words(ENGLISH)

    def __hash__(self) -> int:
        return hash(self.english)  # receipts are remembered by what they lack: cheaper than to hash all fields


class Lacking(Fact):
    """A decision, or part of one, that says what was missing."""

    lacks: tuple[Lack, ...] = Field((), description="What would have had to be different.")

    @computed_field(description="`lacks` in English words.")  # type: ignore[prop-decorator]
    @cached_property
    def missing(self) -> tuple[str, ...]:
        """`lacks` in English words."""
        return self.words

    @property
    def words(self) -> tuple[str, ...]:
        """One sentence for each lack."""
        return tuple([lack.english for lack in self.lacks])


@lru_cache(4096, typed=True)  # most lacks of most orders are the same few
def lack(code: str, wanted: Value = None, saw: Value = None, of: Value = None) -> Lack:
    """A lack by its code and figures."""
    return Lack(code=code, wanted=wanted, saw=saw, of=of)
