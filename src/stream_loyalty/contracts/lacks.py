"""What would have had to be different for a rule to apply: structured; the words are made of it where somebody reads.

`sentence` gives a str, so that whoever only wants words needs to know nothing more; `lacks_of` finds the structure
again that a decision publishes beside the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        """The sentence by a table of templates, one for each code."""
        return fill(templates[self.code], {"wanted": self.wanted, "saw": self.saw, "of": self.of})


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
        return tuple([lack.words(ENGLISH) for lack in self.lacks])


class Sentence(str):
    """The words of a lack, which know what they were made of."""

    lack: Lack


@lru_cache(4096, typed=True)  # most lacks of most orders are the same few
def sentence(code: str, wanted: Value = None, saw: Value = None, of: Value = None) -> Sentence:
    """The English words of a lack. KeyError for a code that has none."""
    lack = Lack(code=code, wanted=wanted, saw=saw, of=of)
    made = Sentence(lack.words(ENGLISH))
    made.lack = lack
    return made


def lacks_of(missing: Iterable[str]) -> tuple[Lack, ...]:
    """The structure behind sentences, as far as they have any."""
    return tuple([words.lack for words in missing if isinstance(words, Sentence)])
