"""One self-contained HTML page: no script, nothing fetched, light and dark, on a desk and on a phone.

Parts are HTML text made by the functions here; `page` puts them into the frame. All words given are escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple


class Tile(NamedTuple):
    """A figure to be seen first: what it is, its value in a few letters, and what to know about it."""

    label: str
    value: str
    note: str = ""


def page(title: str, headline: str, lead: str, parts: Sequence[str], foot: str = "") -> str:
    """The whole page. `title` is what it is about, `headline` what came out, `lead` a sentence or two on that."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<header><p class="kicker">{escape(title)}</p>\n<h1>{escape(headline)}</h1>\n'
        f'<p class="lead">{escape(lead)}</p></header>\n'
        + "\n".join(parts)
        + f"\n<footer>{paragraph(foot) if foot else ''}</footer>\n</main>\n</body>\n</html>\n"
    )


def tiles(found: Sequence[Tile]) -> str:
    """Key figures in a row, or below each other where there is no room."""
    cells = [
        f"<div><dt>{escape(tile.label)}</dt><dd>{escape(tile.value)}</dd><p>{escape(tile.note)}</p></div>"
        for tile in found
    ]
    return f'<dl class="tiles">{"".join(cells)}</dl>'


def section(title: str, *parts: str) -> str:
    """Parts under a heading."""
    return f"<section><h2>{escape(title)}</h2>\n{''.join(parts)}</section>"


def columns(*parts: str) -> str:
    """Parts side by side where there is room."""
    return f'<div class="columns">{"".join(parts)}</div>'


def paragraph(words: str) -> str:
    """A paragraph of plain words."""
    return f"<p>{escape(words)}</p>"


def figure(title: str, chart: str, note: str = "", legend: Sequence[str] = ()) -> str:
    """A chart of `charts` with its title and a note below; `legend` names the series in their order."""
    keys = "".join(f'<span><i class="s{i}"></i>{escape(name)}</span>' for i, name in enumerate(legend))
    return (
        f"<figure><h3>{escape(title)}</h3>"
        + (f'<p class="legend">{keys}</p>' if keys else "")
        + f"{chart}<figcaption>{escape(note)}</figcaption></figure>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], names: int = 1) -> str:
    """A table whose first `names` columns are words, the others figures; it scrolls sideways on a phone.

    A row of one cell is a heading over the rows below it.
    """
    cells = "".join(_cell("th", words, i >= names, ' scope="col"') for i, words in enumerate(head))
    body = "".join(_row(row, len(head), names) for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(row: Sequence[str], width: int, names: int) -> str:
    if len(row) == 1:
        return f'<tr class="over"><th colspan="{width}">{escape(row[0])}</th></tr>'
    return f"<tr>{''.join(_cell('td', words, i >= names) for i, words in enumerate(row))}</tr>"


def _cell(tag: str, words: str, is_figure: bool, more: str = "") -> str:
    kind = ' class="figure"' if is_figure else ""
    return f"<{tag}{kind}{more}>{escape(words)}</{tag}>"


_STYLE = """
:root { --page: #f6f6f4; --card: #ffffff; --ink: #1d1d1b; --soft: #5f5e5a; --edge: #e2e1dc; --grid: #ebeae6;
  --s0: #2468c9; --s1: #c9651b; --s2: #1a8a62; --s3: #8a4fb5; --s4: #b8434e; }
@media (prefers-color-scheme: dark) {
  :root { --page: #171716; --card: #21211f; --ink: #ecebe7; --soft: #a8a7a1; --edge: #363531; --grid: #31302d;
    --s0: #6aa5f4; --s1: #ea9350; --s2: #4fbf93; --s3: #bd8ee3; --s4: #e8808a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); -webkit-text-size-adjust: 100%;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 56px; }
h1 { font-size: clamp(1.45rem, 1rem + 2vw, 2.1rem); line-height: 1.25; margin: 0 0 12px; max-width: 30em;
  letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 1.2rem; margin: 44px 0 8px; }
h3 { font-size: 1rem; margin: 0 0 6px; }
p { margin: 0 0 12px; max-width: 46em; }
.kicker { color: var(--soft); font-size: 0.85rem; margin-bottom: 8px; }
.lead { font-size: 1.06rem; color: var(--soft); }
section > p, figcaption, footer { color: var(--soft); font-size: 0.92rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px; margin: 28px 0 0; }
.tiles div, figure, .scroll { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; }
.tiles div { padding: 14px 16px; }
.tiles dt { color: var(--soft); font-size: 0.88rem; }
.tiles dd { margin: 2px 0 4px; font-size: 1.75rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.2; }
.tiles p { margin: 0; color: var(--soft); font-size: 0.84rem; line-height: 1.4; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px;
  margin-top: 16px; align-items: start; }
figure { margin: 16px 0 0; padding: 16px 18px; min-width: 0; }
.columns figure { margin: 0; height: 100%; }
figcaption:empty { display: none; }
figcaption { margin-top: 8px; }
svg { display: block; width: 100%; max-width: 620px; height: auto; margin: 0 auto; overflow: visible; }
svg text { font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; fill: var(--ink); }
svg .small { fill: var(--soft); font-size: 12px; }
svg .halo, svg .row { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.grid { stroke: var(--grid); stroke-width: 1; }
.rule { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 5 4; }
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); } .s4 { --c: var(--s4); }
.ink { --c: var(--ink); }
.line { fill: none; stroke: var(--c); stroke-width: 2.2; stroke-linejoin: round; }
.band { fill: var(--c); opacity: 0.16; }
.bar { fill: var(--c); }
.dot { fill: var(--c); stroke: var(--card); stroke-width: 1.5; }
.whisker { stroke: var(--c); stroke-width: 1.6; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 6px; font-size: 0.88rem; color: var(--soft); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px;
  background: var(--c); }
.scroll { overflow-x: auto; margin-top: 16px; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 14px; text-align: left; border-top: 1px solid var(--edge); white-space: nowrap; }
thead th { color: var(--soft); font-weight: 500; border-top: 0; vertical-align: bottom; white-space: normal; }
.over th { padding-top: 16px; font-weight: 650; }
.figure { text-align: right; }
footer { margin-top: 44px; border-top: 1px solid var(--edge); padding-top: 16px; font-size: 0.86rem; }
@media (max-width: 560px) {
  main { padding: 24px 14px 40px; } figure { padding: 14px 10px; } th, td { padding: 7px 10px; } }
@media print { body { background: none; } figure, tr { break-inside: avoid; } }
"""
