"""What an alert says to who acts on it: clauses, and beside them the English words of them."""

from __future__ import annotations

from pydantic import Field, computed_field

from stream_loyalty.contracts.clauses import Clause, sentence_of
from stream_loyalty.contracts.decision import Fact


class Headed(Fact):
    """An alert that begins with what it is about."""

    headline: tuple[Clause, ...] = Field(description="What it is about.")

    @computed_field(description="`headline` in English words.")  # type: ignore[prop-decorator]
    @property
    def summary(self) -> str:
        """`headline` in English words."""
        return sentence_of(self.headline)


class Grounded(Headed):
    """An alert that says what it rests on and what to do."""

    advice: str = Field(description="The action in words, from the program.")
    grounds: tuple[Clause, ...] = Field(description="Why now.")
    clues: tuple[Clause, ...] = Field((), description="What the cause rests on.")
    otherwise: Clause | None = Field(None, description="What would have had to be different for no alert.")

    @computed_field(description="For the person who acts: `headline` in English words, and the advice.")  # type: ignore[prop-decorator]
    @property
    def summary(self) -> str:
        """For the person who acts: `headline` in English words, and the advice."""
        return f"{sentence_of(self.headline)} {self.advice}"

    @computed_field(description="`grounds` in English words.")  # type: ignore[prop-decorator]
    @property
    def reasons(self) -> tuple[str, ...]:
        """`grounds` in English words."""
        return tuple([one.words for one in self.grounds])

    @computed_field(description="`clues` in English words.")  # type: ignore[prop-decorator]
    @property
    def evidence(self) -> tuple[str, ...]:
        """`clues` in English words."""
        return tuple([one.words for one in self.clues])

    @computed_field(description="`otherwise` in English words.")  # type: ignore[prop-decorator]
    @property
    def counterfactual(self) -> str | None:
        """`otherwise` in English words."""
        return None if self.otherwise is None else self.otherwise.words
