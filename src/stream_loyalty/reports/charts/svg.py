"""The parts of a drawing as SVG text. Lengths are in units of the drawing, which is WIDTH of them wide."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 440.0
RIGHT = 14.0  # margin
TOP = 16.0  # margin above what is drawn
LETTER = 6.6  # about the width of a letter
_SERIES = 5  # as many colours are there


def segment(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    """A line from (x1, y1) to (x2, y2)."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(words: str, x: float, y: float, anchor: str, kind: str, more: str = "") -> str:
    """Words at (x, y), which is their start, middle or end as `anchor` says."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def colour(number: int) -> str:
    """The class of a series' colour."""
    return f"s{number % _SERIES}"


def picture(title: str, height: float, parts: Sequence[str]) -> str:
    """The whole drawing; `title` is what screen readers say of it."""
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
