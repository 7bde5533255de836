"""What all HTML reports are made of: one page with its style, tables, the most important numbers.

A page has no scripts and takes nothing from the net.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1em}
body{color:#212529}
h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.1em;margin:2em 0 .5em}
.lead{color:#495057;margin-top:0}
.facts{display:flex;flex-wrap:wrap;gap:.8em;margin:1em 0}
.facts div{background:#f1f3f5;border-radius:6px;padding:.5em .9em;min-width:7.5em}
.facts b{display:block;font-size:1.25em}.facts span{color:#495057;font-size:.85em}
table{border-collapse:collapse;width:100%;font-size:.9em}
th,td{padding:.25em .6em;text-align:right;border-bottom:1px solid #e9ecef}
th:first-child,td:first-child{text-align:left}thead th{border-bottom:2px solid #adb5bd}
svg{width:100%;height:auto;display:block}svg text{font:12px system-ui,sans-serif;fill:#212529}
.wide{overflow-x:auto}.wide td{white-space:nowrap}.wide td,.wide th{padding:.25em .4em}
.note{color:#495057;font-size:.85em;margin:.3em 0}
td i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.5em}
summary{cursor:pointer;color:#495057}
svg .small{font-size:11px;fill:#495057}svg .name{font-weight:600}svg .on{fill:#fff;font-size:11px}
"""
MAX_ROWS = 200


def page(title: str, body: str) -> str:
    """A whole page under a heading."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{body}</html>\n"
    )


def facts(shown: Iterable[tuple[str, str]]) -> str:
    """The most important numbers, large, each above what it is."""
    cells = "".join(f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for v, k in shown)
    return f'<div class="facts">{cells}</div>'


def table(
    head: Sequence[str], rows: Sequence[Sequence[Any]], swatches: Sequence[str] | None = None
) -> str:
    """An HTML table; what is beyond MAX_ROWS is only counted.

    `swatches` has a color per row, which is shown in front of its first cell.
    """
    marks = [f'<i style="background:{color}"></i>' for color in swatches or ()]
    lines = [
        f"<tr>{_cells('td', row, mark)}</tr>"
        for row, mark in zip(rows[:MAX_ROWS], marks or [""] * len(rows), strict=False)
    ]
    rest = f"<p>and {len(rows) - MAX_ROWS} more</p>" if len(rows) > MAX_ROWS else ""
    return f"<table><thead><tr>{_cells('th', head)}</tr></thead>{''.join(lines)}</table>{rest}"


def _cells(tag: str, values: Iterable[Any], mark: str = "") -> str:
    cells = [escape(str(value)) for value in values]
    return "".join(f"<{tag}>{mark if n == 0 else ''}{c}</{tag}>" for n, c in enumerate(cells))
