"""Conditions that can never hold, or always do, wherever in a program they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.conditions import Condition, Value
from stream_loyalty.core.program.section import Section
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.spans import COUNTS, FLAGS, WEEKDAYS, WORDS, clash, domain, names_of, spans, values_of


def review_conditions(program: Program) -> Iterator[Finding]:
    """What is wrong with the conditions of any section, also of one that is not known here."""
    for where, conditions in places(program):
        single = [finding for one in conditions for finding in _one(where, one, program)]
        yield from single
        if not any(finding.severity == "error" for finding in single):
            yield from _together(where, conditions, program)


def places(program: Section) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    """Every list of conditions of a program, with where it stands: `earning.rules, lunch`."""
    yield from _walk(program, "")


def _walk(model: BaseModel, path: str) -> Iterator[tuple[str, tuple[Condition, ...]]]:
    for name in type(model).model_fields:
        value: Any = getattr(model, name)
        below = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            yield from _walk(value, below)
        elif isinstance(value, tuple) and value:
            if all(isinstance(item, Condition) for item in value):
                yield (path if name == "when" else below), value
                continue
            for number, item in enumerate(value, 1):
                if isinstance(item, BaseModel):
                    yield from _walk(item, f"{below}, {getattr(item, 'name', number)}")


def _one(where: str, condition: Condition, program: Program) -> Iterator[Finding]:
    fact, values = condition.fact, values_of(condition)
    bounds = condition.at_least is not None or condition.below is not None
    if condition.one_of is not None and not condition.one_of:
        yield error("condition-impossible", where, f"{fact} is to be one of nothing, so it never is; name values")
    if bounds and fact in WORDS:
        yield error("condition-kind", where, f"{fact} is a word: compare it with is or one_of, not with a number")
    if bounds and fact in FLAGS:
        yield error("condition-kind", where, f"{fact} is true or false: write is = true or is = false")
    for value in values:
        yield from _value(where, fact, value, program)
    if fact in COUNTS and condition.at_least is not None and condition.at_least <= 0:
        yield warning("condition-always", where, f"{condition.wants()} always holds; leave it out")


def _value(where: str, fact: str, value: Value, program: Program) -> Iterator[Finding]:
    if (
        (fact in FLAGS and not isinstance(value, bool))
        or (fact in COUNTS and (isinstance(value, bool) or not isinstance(value, int)))
        or (fact in WORDS and not isinstance(value, str))
    ):
        kind = "true or false" if fact in FLAGS else "a whole number" if fact in COUNTS else "a word"
        yield error("condition-kind", where, f"{fact} is {kind} and never {value!r}")
    elif isinstance(value, str) and not value.strip():
        yield error("condition-impossible", where, f"{fact} is to be an empty word, which it never is; name one")
    elif fact in ("level", "band", "weekday"):
        known: tuple[str, ...] = WEEKDAYS if fact == "weekday" else names_of(program, fact)
        if value not in known:
            yield error(f"unknown-{fact}", where, f"there is no {fact} {value!r}; {_hint(str(value), known)}")
    elif fact == "cause":
        looked_for = tuple(cause.name for cause in program.wakeup.causes)
        if value not in looked_for:
            causes = ", ".join(looked_for) or "none"
            yield error("unknown-cause", where, f"the cause {value!r} is not looked for; wakeup.causes names {causes}")
    elif fact == "currency":
        known_rates = {program.base_currency, *(rate.currency for rate in program.rates)}
        if value not in known_rates:
            yield error("unknown-currency", where, f"orders in {value} earn nothing without a rate; add it to rates")


def _hint(value: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(value.lower(), known, 1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"


def _together(where: str, conditions: tuple[Condition, ...], program: Program) -> Iterator[Finding]:
    left = spans(program, conditions)
    for fact, span in left.items():
        asked = [one for one in conditions if one.fact == fact]
        wants = " and ".join(one.wants() for one in asked)
        if not span.possible:
            yield error("condition-impossible", where, f"{wants} never holds")
        elif fact in ("level", "weekday") and span.covers(domain(program, fact)):
            yield warning("condition-always", where, f"{wants} always holds; leave it out")
        elif len(asked) > 1 and any(span == spans(program, _without(asked, one))[fact] for one in asked):
            yield warning("condition-twice", where, f"{wants}: one of these says what the others say already")
    why = clash(program, left, of_order=where.startswith("earning.rules"))
    if why is not None and all(span.possible for span in left.values()):
        wants = " and ".join(one.wants() for one in conditions)
        yield error("condition-impossible", where, f"{wants} never holds: {why}")


def _without(conditions: Iterable[Condition], left_out: Condition) -> list[Condition]:
    return [one for one in conditions if one is not left_out]
