"""What is wrong with a program file, for who wrote it: where, by names, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

Given = Any  # what tomllib makes of a file
Details = Mapping[str, Any]  # one of `ValidationError.errors()`

_SHOWN = 40  # characters of a value that are repeated
_LISTED = 12  # names of fields; more are not read to the end
_NAMES = ("name", "currency", "fact", "level")  # what tables of a list are told apart by
_TYPES = {  # what is meant, by the start of pydantic's word for the mistake
    "int": "a whole number",
    "float": "a number",
    "decimal": 'a number, like "1.5"',
    "finite": "a number",
    "bool": "true or false",
    "string_type": "text in quotes",
    "date": "a day without quotes and time, like 2027-12-31",
    "time": 'a time of the day from "00:00" to "23:59"',
    "tuple": "a list in square brackets; of tables each begins with its name in double brackets, like [[wallets]]",
    "model": "a table of its own, like [levels], or fields in curly brackets",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "too_long": ("max_length", "at most"),
    "too_short": ("min_length", "at least"),
    "string_too_long": ("max_length", "at most"),
    "string_too_short": ("min_length", "at least"),
}
_EXAMPLES = {"expires_on": "write month and day, like 12-31"}  # of fields with a pattern
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TWICE = re.compile(r"Cannot (?:overwrite a value|declare \((.*)\) twice|.*mutate)")
_DAY = re.compile(r"=\s*[\d-]*\d-\d+-\d+")


def not_toml(text: str, error: ValueError) -> str:
    """A mistake in the writing of a TOML file: the line, what it says, and what to look for."""
    message = str(error)
    place = _PLACE.search(message)
    if place is None or place[1] is None:
        return (
            f"is not TOML: it ends in the middle of something ({_PLACE.sub('', message)}); close what was opened last"
        )
    number = int(place[1])
    line = text.splitlines()[number - 1].strip() if number <= len(text.splitlines()) else ""
    what, advice = _PLACE.sub("", message), "look for a missing quote, comma, bracket or = in it, or before it"
    if (twice := _TWICE.match(what)) is not None:
        names = ".".join(re.findall(r"'([^']*)'", twice[1] or ""))
        what = f"[{names}] stands there twice" if names else "this stands there twice"
        advice = "keep one of them and put everything into it"
    elif _DAY.search(line) and ("after a statement" in what or "Invalid date" in what):
        what, advice = "there is no such day", "days are written year-month-day, like 2027-12-31"
    elif number == 1 and line.startswith(("{", "---")):
        advice = 'a program is no JSON or YAML but TOML: fields like name = "club", sections like [levels]'
    return f"line {number}, {_shown(line)}: {what[0].lower()}{what[1:]}; {advice}"


def told(error: ValidationError, given: Given, model: type[BaseModel]) -> str:
    """The first mistake as `where: what is wrong, what to do`, and how many others there are."""
    found = error.errors(include_url=False)
    first = min(found, key=_told_first)
    more = len(found) - 1
    also = f" (and {more} more mistake{'s' if more > 1 else ''})" if more else ""
    return f"{_told(first, given, model)}{also}"


def _told_first(one: Details) -> int:
    """What is misspelt is missing, too, or meant for another place: its name tells most."""
    return {"extra_forbidden": 0, "missing": 2}.get(str(one["type"]), 1)


def _told(one: Details, given: Given, model: type[BaseModel]) -> str:
    loc, kind = list(one["loc"]), str(one["type"])
    if kind in ("extra_forbidden", "missing"):
        where, name = _where(loc[:-1], given), str(loc[-1])
        says = _unknown if kind == "extra_forbidden" else _missing
        return f"{where}{says(name, _model_at(loc[:-1], model), not loc[:-1])}"
    message = str(one["msg"]).removeprefix("Value error, ")
    if kind == "value_error":
        return f"{_where(loc, given)}{message}"
    return f"{_where(loc, given)}{_value(kind, one, message)}"


def _value(kind: str, one: Details, message: str) -> str:
    shown, context = _shown(one["input"]), one.get("ctx", {})
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        if "long" in kind or "short" in kind:
            what = f"{shown} is a text: it" if kind.startswith("string") else f"a list of {len(one['input'])}: it"
            return f"{what} has to have {words} {context[name]}{' characters' if kind.startswith('string') else ''}"
        return f"{shown} has to be {words} {context[name]}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        return f"{shown} is not possible here; {_choice(str(one['input']), known)}"
    if kind == "string_pattern_mismatch":
        advice = _EXAMPLES.get(str(one["loc"][-1]), "leave control characters out")
        return f"{shown} is not written as it has to be; {advice}"
    meant = next((words for start, words in _TYPES.items() if kind.startswith(start)), None)
    return f"{shown}: {message}" if meant is None else f"wants {meant}, not {shown}"


def _unknown(name: str, at: type[BaseModel] | None, at_top: bool) -> str:
    what = f"there is no section or field {name!r}" if at_top else f"there is no field {name!r}"
    return f"{what} here; {_choice(name, list(_fields(at))) if at else 'take it out'}"


def _missing(name: str, at: type[BaseModel] | None, at_top: bool) -> str:
    field = _fields(at).get(name) if at else None
    if at_top and field is not None and next(_models(field.annotation), None) is not None:
        return f"the section [{name}] is missing; the default program has one to copy"
    meant = f": {field.description[0].lower()}{field.description[1:]}" if field and field.description else ""
    return f"{name} is missing{meant.removesuffix('.')}"


def _choice(given: str, known: Sequence[str]) -> str:
    close = get_close_matches(given, known, 1, 0.7) or get_close_matches(given.lower(), known, 1, 0.7)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are {', '.join(known)}" if len(known) <= _LISTED else "`program schema` lists what there is"


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models in an annotation, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _model_at(loc: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """The model whose fields stand at a place."""
    found: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, int) or found is None:
            continue
        field = _fields(found).get(part)
        found = next(_models(field.annotation), None) if field is not None else None
    return found


def _where(loc: Sequence[str | int], given: Given) -> str:
    """A place as `earning.rules, tea, budget: `; what has no name is counted from 1."""
    text, separator = "", ""
    for part in loc:
        if isinstance(part, str):
            given = given.get(part) if isinstance(given, dict) else None
            text += f"{separator}{part}"
            separator = "."
            continue
        given = given[part] if isinstance(given, list) and part < len(given) else None
        text += f", {_name(given) or f'number {part + 1}'}"
        separator = ", "
    return f"{text}: " if text else ""


def _name(table: Given) -> str | None:
    names = [table[key] for key in _NAMES if isinstance(table.get(key), str)] if isinstance(table, dict) else []
    return "".join(c if c.isprintable() else "?" for c in names[0][:_SHOWN]) if names else None


def _shown(value: object) -> str:
    text = str(value)
    text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
    return repr(text) if isinstance(value, str) else text.lower() if isinstance(value, bool) else text
