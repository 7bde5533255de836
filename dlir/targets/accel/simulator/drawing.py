"""The drawings of the accelerator's reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from dlir.drawing import GRAY, WIDTH, key, rect, svg, text

COLORS = {
    "ld": "#3b7dd8", "mx": "#d9822b", "vx": "#2f9e77", "st": "#8e5bb5",
    "spm": "#3b7dd8", "acc": "#d9822b", "wbuf": "#2f9e77",
}  # fmt: skip


def area(values: Sequence[float], most: float, x: float, y: float, w: float, h: float) -> str:
    """The points of a filled step curve over [0, most] in the box (x, y, w, h)."""
    step = w / max(1, len(values))
    points = [f"{x:.1f},{y + h:.1f}"]
    for i, value in enumerate(values):
        top = y + h - h * min(1.0, value / most if most else 0)
        points += [f"{x + i * step:.1f},{top:.1f}", f"{x + (i + 1) * step:.1f},{top:.1f}"]
    points.append(f"{x + w:.1f},{y + h:.1f}")
    return " ".join(points)


def curves(
    series: Mapping[str, Sequence[float]], most: Mapping[str, float], labels: Mapping[str, str],
    end: str, title: str, row: int = 46,
) -> str:  # fmt: skip
    """One filled curve per row over a shared time axis that ends at `end`."""
    left, width, gap = 120, WIDTH - 130, 10
    parts: list[str] = []
    for i, (name, values) in enumerate(series.items()):
        y = 4 + i * (row + gap)
        color = COLORS.get(name, GRAY)
        parts.append(rect(left, y, width, row, "#f1f3f5"))
        points = area(values, most[name], left, y, width, row)
        parts.append(f'<polygon points="{points}" fill="{color}"/>')
        parts.append(text(left - 10, y + row / 2 - 2, name, "end", "name"))
        parts.append(text(left - 10, y + row / 2 + 13, labels.get(name, ""), "end", "small"))
    bottom = 4 + len(series) * (row + gap)
    parts.append(text(left, bottom + 10, "0", "start", "small"))
    parts.append(text(left + width, bottom + 10, end, "end", "small"))
    return svg(bottom + 16, "".join(parts), title)


def bars(rows: Mapping[str, Sequence[tuple[str, float, str]]], title: str) -> str:
    """Stacked bars: row -> (label, share of 1, color)."""
    left, width, height, gap = 120, WIDTH - 130, 24, 8
    parts: list[str] = []
    for i, (name, pieces) in enumerate(rows.items()):
        x, y = float(left), 4 + i * (height + gap)
        parts.append(text(left - 10, y + 16, name, "end", "name"))
        for label, share, color in pieces:
            w = width * share
            parts.append(rect(x, y, w, height, color, f"{label}: {100 * share:.2f} %"))
            caption = f"{label} {100 * share:.1f}%"
            if w > 7 * len(caption):
                parts.append(text(x + w / 2, y + 16, caption, "middle", "on"))
            x += w
    return svg(8 + len(rows) * (height + gap), "".join(parts), title)


Box: TypeAlias = tuple[float, float, float, str, str]
"""Start, end, height of 1, color, title."""


def strip(
    boxes: Sequence[Box], span: float, end: str, legend: Mapping[str, str], title: str
) -> str:
    """Boxes over a time axis of length `span` that ends at `end`, with the names of the colors."""
    left, top, width, height = 120.0, 20.0, WIDTH - 130.0, 120.0
    parts = [rect(left, top, width, height, "#f1f3f5"), key(legend, left, 4)]
    for start, stop, share, color, tip in boxes:
        h = height * min(1.0, share)
        x, w = left + width * start / max(1, span), width * (stop - start) / max(1, span)
        box = rect(x, top + height - h, max(w, 0.5), h, color, tip)
        parts.append(box.replace("<rect", '<rect fill-opacity="0.55"', 1))
    for share in (0, 50, 100):
        y = top + height * (1 - share / 100)
        parts.append(text(left - 10, y + 4, f"{share} %", "end", "small"))
    parts.append(text(left, top + height + 14, "0", "start", "small"))
    parts.append(text(left + width, top + height + 14, end, "end", "small"))
    return svg(top + height + 20, "".join(parts), title)
