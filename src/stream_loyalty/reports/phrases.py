"""Decisions and states as sentences, in English or Chinese: templates of `phrases.toml` over structured fields."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from stream_loyalty.contracts.clauses import INSTANT, fill, templates
from stream_loyalty.contracts.decisions import DECISIONS, NAME_OF_TYPE
from stream_loyalty.contracts.money import format_minor

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_TYPE_OF_NAME = {decision.__name__: decision.type for decision in DECISIONS}
_MONEY = ("total", "change", "value", "base", "revenue", "lifetime_value")  # fields that may be minor units
_OF_BASE = ("value", "base", "revenue", "lifetime_value")  # those of them in the base currency
_LISTED = ("band", "weekday", "cause")  # facts whose values are words of fixed lists
_GIFTS = {
    "levels.gift": "gift-of-level",
    "levels.order-given-back": "gift-of-level",
    "levels.adjustment-taken-back": "gift-of-level",
    "birthday.gift": "gift-of-birthday",
}  # rule -> clause over what it saw
_ENGLISH_OF = {"reason_words": "reason", "headline_words": "summary"}  # what releases without clauses have to say


@cache
def table() -> dict[str, Any]:
    """All phrases by section."""
    return tomllib.loads(resources.files(__package__).joinpath("phrases.toml").read_text("utf-8"))


def fields_of(template: str) -> set[str]:
    """The fields that a template asks for."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


class Words:
    """Sentences in one language; amounts in the base currency where their own does not stand beside them."""

    def __init__(self, language: Language, currency: str, zone: str = "UTC") -> None:
        """`zone`: of the times in the sentences, by its IANA name."""
        self.language, self.zone, self._currency, self._clock = language, zone, currency, ZoneInfo(zone)
        self._clauses, self._lacks = templates("clauses", language), templates("lacks", language)

    def frame(self, name: str, **fields: Any) -> str:
        """A sentence of the frame around decisions."""
        return self._fill(table()["frame"][name][self.language], fields)

    def decision(self, kind: str, data: Mapping[str, Any]) -> str:
        """What was decided; `kind` is the CloudEvents type."""
        phrase = table()["decisions"].get(_TYPE_OF_NAME.get(NAME_OF_TYPE.get(kind, ""), kind))
        return self.frame("decided", type=kind) if phrase is None else self._fill(phrase[self.language], data)

    def why(self, data: Mapping[str, Any]) -> str:
        """By which rule of which program, because of what, and what the rule saw."""
        because = data["because"]
        frame = "because_wake" if because["event"] == "wake" else "because"
        said = [self.frame(frame, rule=data["rule"], program=because["program"], event=because["event"])]
        if saw := self.saw(data.get("saw") or {}):
            said.append(self.frame("saw", saw=saw))
        known = table()["flags"]
        flags = [known[flag][self.language] if flag in known else flag for flag in because.get("flags", ())]
        said += [self.frame("flags", flags=self._join("semicolon", flags))] if flags else []
        return self._join("semicolon", said)

    def saw(self, saw: Mapping[str, Any]) -> str:
        """The numbers that a rule looked at."""
        known = [(name, self._seen(name, value)) for name, value in saw.items() if value is not None]
        return self._join("comma", [f"{self.name(name)} {value}" for name, value in known])

    def missing(self, data: Mapping[str, Any]) -> str:
        """What rules lacked, each with its name where there are several."""
        rules = data.get("missed") or ()
        if len(rules) > 1:
            return self._join("stop", [self._join("colon", (one["rule"], self._missing(one))) for one in rules])
        return self._missing(data)

    def policy(self, name: str) -> str:
        """Why a policy wants to look at a customer."""
        phrase = table()["policies"].get(name)
        return name if phrase is None else str(phrase[self.language])

    def name(self, of: str) -> str:
        """What a figure or a fact is called."""
        known = table()["names"].get(of, {})
        return str(known.get(self.language, of.replace("_", " ") if self.language == "en" else of))

    def time(self, instant: str) -> str:
        """A time as decisions write it, on the clock of the zone, to the minute."""
        return f"{datetime.fromisoformat(instant).astimezone(self._clock):%Y-%m-%d %H:%M}"

    def listed(self, values: Iterable[str]) -> str:
        """Names one after the other."""
        return self._join("and", values)

    def _missing(self, data: Mapping[str, Any]) -> str:
        """In English words where nothing else is known."""
        return self._join("also", [self._lack(one) for one in data.get("lacks") or ()] or data.get("missing", ()))

    def _join(self, by: str, parts: Iterable[str]) -> str:
        return str(table()["frame"][by][self.language]).join(map(str, parts))

    def _lack(self, lack: Mapping[str, Any]) -> str:
        of = lack.get("of")
        template = self._lacks.get(lack["code"])
        if template is None:
            return str(lack["code"])
        figures = {"of": of, "of_word": self._word(of)}
        for name in ("wanted", "saw"):
            value = lack.get(name)
            figures[name] = self._word(value) if of in _LISTED else self._plain(value)
            if isinstance(value, str) and ", " in value and of not in _LISTED:
                figures[name] = self.listed(value.split(", "))
        if lack["code"] in ("is", "one-of", "at-least", "below"):
            figures["of"] = self.name(str(of))
        return fill(template, figures)

    def _clause(self, clause: Mapping[str, Any]) -> str:
        template = self._clauses.get(clause["code"])
        if template is None:
            return str(clause["code"])
        figures = {name: self._plain(value) for name, value in clause["figures"].items()}
        words = {f"{name}_word": self._word(value) for name, value in clause["figures"].items()}
        return fill(template, figures | words)

    def _fill(self, template: str, data: Mapping[str, Any]) -> str:
        said = []
        for place, clause in enumerate(template.split("|")):
            fields = {name: self._field(name, data) for name in fields_of(clause)}
            if place == 0 or all(self._stands(name, value, data) for name, value in fields.items()):
                said.append(clause.format_map({name: self._shown(name, value) for name, value in fields.items()}))
        return "".join(said)

    @staticmethod
    def _stands(name: str, value: Any, data: Mapping[str, Any]) -> bool:
        """Whether a clause after the first has something to say."""
        return bool(data.get(name.removesuffix("_money")) if name.endswith("_money") else value)

    def _field(self, name: str, data: Mapping[str, Any]) -> Any:
        stem, _, form = name.rpartition("_")
        if name in data:
            return data[name]
        if form == "money" and stem in _MONEY:
            return self._money(stem, data)
        if form == "percent":
            return None if data.get(stem) is None else f"{data[stem] * 100:.0f} %"
        if form == "word":
            return None if data.get(stem) is None else self._word(data[stem])
        if form == "signed":
            return f"{data[stem]:+}"
        if form == "mark":  # a clause that stands where something is so, and does not show it
            return data.get(stem)
        if form == "unset":
            return not data.get(stem)
        return self._said(name, data) if form == "words" else None

    def _said(self, name: str, data: Mapping[str, Any]) -> str | None:
        """What is made of codes."""
        if name == "missing_words":
            return self.missing(data)
        if name == "refused_words":
            return self._join("semicolon", [self._refusal(one) for one in data.get("refusals") or ()])
        if name == "gift_words":
            code = _GIFTS.get(data["rule"])
            return data.get("reason") if code is None else self._clause({"code": code, "figures": data["saw"]})
        stem = name.removesuffix("_words")
        found = data.get({"reason": "ground"}.get(stem, stem)) or ()
        clauses = [found] if isinstance(found, Mapping) else found
        if stem == "grounds":  # the headline has said the rest
            clauses = [one for one in clauses if one not in data.get("headline", ())]
        said = self._join("semicolon", [self._clause(one) for one in clauses])
        return said or data.get(_ENGLISH_OF.get(name, ""))

    def _refusal(self, refusal: Mapping[str, Any]) -> str:
        return self._join("colon", (f"{self.name(refusal['what'])} {refusal['ref']}", self._lack(refusal["lack"])))

    def _money(self, name: str, data: Mapping[str, Any]) -> str | None:
        currency = self._currency if name in _OF_BASE else data.get("currency", self._currency)
        return None if data.get(name) is None else format_minor(data[name], currency)

    def _shown(self, name: str, value: Any) -> Any:
        return "" if name.endswith(("_mark", "_unset")) else "-" if value is None else self._plain(value)

    def _seen(self, name: str, value: Any) -> Any:
        return self._word(value) if name in _LISTED else self._plain(value)

    def _word(self, value: Any) -> Any:
        """A word of a fixed list, in the language; a name of the program's own stays as it is."""
        if self.language == "en" or not isinstance(value, str):
            return self._plain(value)
        known: dict[str, str] = table()["values"] | table()["events"]
        return self.listed(known.get(one, one) for one in value.split(", "))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, bool):
            return table()["frame"]["yes" if value else "no"][self.language]
        if value is None:
            return table()["frame"]["unknown"][self.language]
        if isinstance(value, str) and INSTANT.fullmatch(value):
            return self.time(value)
        if isinstance(value, str) or not isinstance(value, Iterable):
            return value
        return self.listed(map(str, value))
