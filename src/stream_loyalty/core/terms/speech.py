"""One of the languages of the terms: phrases filled in; dates, amounts and conditions as its readers expect them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from stream_loyalty.contracts.money import EXPONENTS
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Condition, Value
from stream_loyalty.core.terms import en, zh

LANGUAGES = MappingProxyType({"en": en.PHRASES, "zh": zh.PHRASES})


def cell(text: str) -> str:
    """A name as it stands in a table of Markdown."""
    return text.replace("|", "\\|")


class Speech:
    """Called with the name of a phrase and what fills it, it says it in its language."""

    def __init__(self, language: str, program: Program) -> None:
        self._phrases = LANGUAGES[language]
        self._program = program

    def __call__(self, phrase: str, **filled: object) -> str:
        """A phrase with its places filled in; KeyError for one that the language does not have."""
        return self._phrases[phrase].format(**filled)

    def count(self, phrase: str, number: int) -> str:
        """A number of things: `count("days", 1)` is `1 day`, and `count("days", 1000)` is `1,000 days`."""
        return self(f"{phrase}.one" if number == 1 else f"{phrase}.other", number=f"{number:,}")

    def date(self, day: date) -> str:
        """A date in words."""
        return self("date", day=day.day, month=self(f"month.{day.month}"), year=day.year)

    def money(self, amount: Decimal | int) -> str:
        """An amount in major units of the base currency, without decimals where there are none."""
        code = self._program.base_currency
        places = 0 if amount == int(amount) else EXPONENTS[code]
        return self("money", amount=f"{Decimal(amount):,.{places}f}", currency=self._named("currency", code))

    def currency(self, code: str) -> str:
        """What a currency is called, beside amounts in it."""
        return self._phrases.get(f"currency-name.{code}") or self._named("currency", code)

    def zone(self, name: str) -> str:
        """A time zone."""
        return self._phrases.get(f"zone.{name}") or self("zone", name=name)

    def number(self, number: Decimal | int) -> str:
        """A number as it is written, without zeros that say nothing."""
        return f"{Decimal(number).normalize():,f}"

    def listed(self, items: Iterable[object], last: str = "and") -> str:
        """`a, b and c`; with `last="or"`, `a, b or c`."""
        words = [str(item) for item in items]
        if len(words) < 2:
            return "".join(words)
        return self("comma").join(words[:-1]) + self(last) + words[-1]

    def condition(self, condition: Condition) -> str:
        """What a condition wants, in words; one on a fact without phrases of its own says its name."""
        fact = condition.fact
        if condition.at_least is not None:
            return self._wants(fact, "at_least", self._amount(fact, condition.at_least))
        if condition.below is not None:
            return self._wants(fact, "below", self._amount(fact, condition.below))
        if isinstance(condition.equals, bool):
            return self._wants(fact, "yes" if condition.equals else "no", self(f"truth.{condition.equals}"))
        values = condition.one_of if condition.one_of is not None else (condition.equals,)
        return self._wants(fact, "is", self.listed((self._value(fact, value) for value in values), "or"))

    def conditions(self, conditions: Iterable[Condition]) -> str:
        """All of them together."""
        return self("also").join(self.condition(one) for one in conditions)

    def purpose(self, purpose: str) -> str:
        """A use of data that customers are asked about."""
        return self._named("purpose", purpose)

    def _wants(self, fact: str, comparison: str, value: str) -> str:
        phrase = f"if.{fact}.{comparison}"
        if phrase in self._phrases:
            return self(phrase, value=value)
        return self(f"if.other.{'is' if comparison in ('yes', 'no') else comparison}", fact=fact, value=value)

    def _value(self, fact: str, value: Value | None) -> str:
        if fact == "weekday":
            return self._named("weekday", str(value))
        if fact == "currency":
            return self.currency(str(value))
        return self._amount(fact, value) if isinstance(value, int) else str(value)

    def _amount(self, fact: str, value: int) -> str:
        return self.money(value) if fact == "basket" else f"{value:,}"

    def _named(self, kind: str, name: str) -> str:
        return self._phrases.get(f"{kind}.{name}", name)
