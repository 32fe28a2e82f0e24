"""The members' terms of a program in plain language, English and Chinese, from phrases written by hand.

A capability that members should read of adds a function to `SECTIONS` in `core.terms.sections`, and its phrases to
`core.terms.en` and `core.terms.zh`.
"""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.terms.sections import SECTIONS
from stream_loyalty.core.terms.speech import LANGUAGES, Speech

__all__ = ["LANGUAGES", "Speech", "terms"]


def terms(program: Program, language: str) -> str:
    """The terms as Markdown; `language` is one of LANGUAGES."""
    return "\n".join(_lines(program, Speech(language, program))) + "\n"


def _lines(program: Program, speech: Speech) -> Iterator[str]:
    yield f"# {speech('title', name=program.name)}"
    yield ""
    yield speech(
        "scope",
        version=program.version,
        date=speech.date(program.effective_from),
        zone=speech.zone(program.time_zone),
        currency=speech.currency(program.base_currency),
    )
    for heading, section in SECTIONS:
        lines = list(section(program, speech))
        if lines:
            yield ""
            yield f"## {speech(heading)}"
            yield ""
            yield from lines
