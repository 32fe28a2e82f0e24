"""The sections of the members' terms, in their order: names of their headings, and who writes them.

Each is given the program and the language, and yields lines of Markdown; one that yields nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.terms.membership import benefits, changes, levels, privacy, refunds
from stream_loyalty.core.terms.points import activities, catalog, earning, expiry, spending
from stream_loyalty.core.terms.speech import Speech

Section = Callable[[Program, Speech], Iterator[str]]

SECTIONS: tuple[tuple[str, Section], ...] = (
    ("earning", earning),
    ("activities", activities),
    ("spending", spending),
    ("expiry", expiry),
    ("catalog", catalog),
    ("levels", levels),
    ("benefits", benefits),
    ("refunds", refunds),
    ("privacy", privacy),
    ("changes", changes),
)
