"""Decisions and states as sentences, in English or Chinese: templates of `phrases.toml` over structured fields."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal, get_args

from stream_loyalty.contracts.decisions import DECISIONS, NAME_OF_TYPE
from stream_loyalty.contracts.lacks import ENGLISH, Lack
from stream_loyalty.contracts.money import format_minor

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_TYPE_OF_NAME = {decision.__name__: decision.type for decision in DECISIONS}
_MONEY = ("total", "change", "value", "base", "revenue", "missing")  # fields that may be minor units
_OF_BASE = ("value", "base", "revenue", "missing")  # those of them in the base currency


@cache
def table() -> dict[str, Any]:
    """All phrases by section."""
    return tomllib.loads(resources.files(__package__).joinpath("phrases.toml").read_text("utf-8"))


def fields_of(template: str) -> set[str]:
    """The fields that a template asks for."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


class Words:
    """Sentences in one language; amounts in the base currency where their own does not stand beside them."""

    def __init__(self, language: Language, currency: str) -> None:
        self.language, self._currency = language, currency

    def frame(self, name: str, **fields: Any) -> str:
        """A sentence of the frame around decisions."""
        return self._fill(table()["frame"][name][self.language], fields)

    def decision(self, kind: str, data: Mapping[str, Any]) -> str:
        """What was decided; `kind` is the CloudEvents type."""
        phrase = table()["decisions"].get(_TYPE_OF_NAME.get(NAME_OF_TYPE.get(kind, ""), kind))
        return self.frame("decided", type=kind) if phrase is None else self._fill(phrase[self.language], data)

    def why(self, kind: str, data: Mapping[str, Any]) -> str:
        """By which rule of which program, because of what, and what the rule saw."""
        because = data["because"]
        said = self.frame("because", rule=data["rule"], program=because["program"], event=because["event"])
        if data.get("saw"):
            said += "; " + self.frame("saw", saw=self.saw(data["saw"]))
        return said

    def saw(self, saw: Mapping[str, Any]) -> str:
        """The numbers that a rule looked at."""
        return ", ".join(f"{name} {self._shown(name, value)}" for name, value in saw.items())

    def missing(self, data: Mapping[str, Any]) -> str:
        """What a rule lacked; in English words where nothing else is known."""
        lacks = [Lack.model_validate(one) for one in data.get("lacks") or ()]
        return "; ".join([self._lack(one) for one in lacks] or data.get("missing") or ())

    def policy(self, name: str) -> str:
        """Why a policy wants to look at a customer."""
        phrase = table()["policies"].get(name)
        return name if phrase is None else str(phrase[self.language])

    def _lack(self, lack: Lack) -> str:
        if self.language == "en":
            return lack.words(ENGLISH)
        names = table()["facts"]
        return lack.model_copy(update={"of": names.get(lack.of, lack.of)}).words(table()["lacks"])

    def _fill(self, template: str, data: Mapping[str, Any]) -> str:
        said = []
        for place, clause in enumerate(template.split("|")):
            fields = {name: self._field(name, data) for name in fields_of(clause)}
            if place == 0 or all(fields.values()):  # the first always stands
                said.append(clause.format_map({name: self._shown(name, value) for name, value in fields.items()}))
        return "".join(said)

    def _field(self, name: str, data: Mapping[str, Any]) -> Any:
        stem, _, form = name.rpartition("_")
        if name in data:
            return data[name]
        if form == "money" and stem in _MONEY:
            return self._money(stem, data)
        if form == "percent":
            return None if data.get(stem) is None else f"{data[stem] * 100:.0f} %"
        if form == "word":
            return self._plain(bool(data.get(stem)))
        if form == "mark":  # a clause that stands where something is so, and does not show it
            return data.get(stem)
        if name == "missing_words":
            return self.missing(data)
        if name == "refused_words":
            refusals = data.get("refusals") or ()
            said = [f"{one['what']} {one['ref']}: {self._lack(Lack.model_validate(one['lack']))}" for one in refusals]
            return "; ".join(said) or None
        if name == "rule_words":
            return table()["rules"].get(data["rule"], data["rule"])
        return None

    def _money(self, name: str, data: Mapping[str, Any]) -> str | None:
        currency = self._currency if name in _OF_BASE else data.get("currency", self._currency)
        return None if data.get(name) is None else format_minor(data[name], currency)

    def _shown(self, name: str, value: Any) -> Any:
        return "" if name.endswith("_mark") else "-" if value is None else self._plain(value)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, bool):
            return table()["frame"]["yes" if value else "no"][self.language]
        if isinstance(value, str) and len(value) >= 20 and value[4:5] == "-" and value[10:11] == "T":
            return f"{value[:10]} {value[11:16]}"  # an instant as decisions write it, in UTC
        if isinstance(value, str) or not isinstance(value, Iterable):
            return value
        return ", ".join(map(str, value))
