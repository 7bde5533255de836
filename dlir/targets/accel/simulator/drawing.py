"""Small drawings as inline SVG, for pages that need nothing from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TypeAlias

COLORS = {
    "ld": "#3b7dd8", "mx": "#d9822b", "vx": "#2f9e77", "st": "#8e5bb5",
    "spm": "#3b7dd8", "acc": "#d9822b", "wbuf": "#2f9e77",
}  # fmt: skip
GRAY = "#8a8f98"
WIDTH = 860

Placing: TypeAlias = Callable[[float, float], tuple[float, float]]
"""From the values of a plot to the place on the page."""


def svg(height: float, body: str, title: str) -> str:
    """A drawing as wide as the page; `title` is read out in its place."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"{body}</svg>"
    )


def text(x: float, y: float, content: str, anchor: str = "start", cls: str = "") -> str:
    """Text at a baseline."""
    css = f' class="{cls}"' if cls else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{css}>{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, color: str, dash: str = "") -> str:
    """A straight line."""
    extra = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{extra}/>'
    )


def rect(x: float, y: float, w: float, h: float, color: str, title: str = "") -> str:
    """A filled rectangle; `title` shows when the pointer rests on it."""
    tip = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(w, 0):.2f}" height="{max(h, 0):.2f}" '
        f'fill="{color}">{tip}</rect>'
    )


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
    parts = [rect(left, top, width, height, "#f1f3f5")]
    x = left
    for name, color in legend.items():
        parts += [rect(x, 4, 10, 10, color), text(x + 14, 13, name, cls="small")]
        x += 30 + 7 * len(name)
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


def roofline(
    roofs: Mapping[str, tuple[float, float]],
    point: tuple[float, float, str],
    unit: str,
    dots: Sequence[tuple[float, float, str]] = (),
) -> str:
    """Log-log roofline: `roofs` maps a name to (slope, cap) in `unit` over MAC/byte; slope 0: flat.

    `point` is (MAC per byte, what was reached, label); `dots` are more of them, small.
    """
    left, top, width, height = 70.0, 12.0, WIDTH - 90.0, 260.0
    peak = max(cap for _, cap in roofs.values())
    slopes = [slope for slope, _ in roofs.values() if slope]
    ridge = peak / min(slopes) if slopes else 1.0
    xs = [ridge, max(point[0], 1e-3), *(max(x, 1e-3) for x, _, _ in dots)]
    x0, x1 = math.log10(min(xs) / 4), math.log10(max(xs) * 4)
    y1 = math.log10(peak * 2)
    least = min(y for _, y, _ in (point, *dots))
    y0 = min(math.log10(max(least, peak * 1e-4)) - 0.5, y1 - 2)

    def at(intensity: float, rate: float) -> tuple[float, float]:
        x = left + width * (math.log10(intensity) - x0) / (x1 - x0)
        return x, top + height * (y1 - max(y0, math.log10(rate))) / (y1 - y0)

    parts = [rect(left, top, width, height, "#f8f9fa"), *_grid(at, (x0, x1), (y0, y1))]
    for i, (name, (slope, cap)) in enumerate(roofs.items()):
        color = list(COLORS.values())[i % 4]
        left_rate = max(10**y0, slope * 10**x0) if slope else cap
        start = at(left_rate / slope, left_rate) if slope else at(10**x0, cap)
        knee = at(max(cap / slope, 10**x0), cap) if slope else start
        end = at(10**x1, cap)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (start, knee, end))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts.append(text(left + width - 8, top + height - 12 - 16 * i, name, "end", "small"))
        parts.append(rect(left + width - 4, top + height - 21 - 16 * i, 10, 10, color))
    for intensity, rate, tip in dots:
        x, y = at(max(intensity, 1e-3), max(rate, 10**y0))
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{GRAY}"><title>{escape(tip)}</title>'
            "</circle>"
        )
    x, y = at(max(point[0], 1e-3), max(point[1], 10**y0))
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="#c92a2a"/>')
    parts.append(text(x - 10, y + 22, point[2], "middle", "name"))
    parts.append(
        text(left + width / 2, top + height + 34, "MAC per byte of DRAM", "middle", "small")
    )
    parts.append(text(left, top - 2, unit, "start", "small"))
    return svg(top + height + 42, "".join(parts), "roofline")


def _grid(at: Placing, xs: tuple[float, float], ys: tuple[float, float]) -> list[str]:
    parts: list[str] = []
    for e in range(math.ceil(xs[0]), math.floor(xs[1]) + 1):
        x, bottom = at(10**e, 10 ** ys[0])
        parts += [line(x, at(1, 10 ** ys[1])[1], x, bottom, "#dee2e6")]
        parts += [text(x, bottom + 16, f"{10.0**e:g}", "middle", "small")]
    for e in range(math.ceil(ys[0]), math.floor(ys[1]) + 1):
        x, y = at(10 ** xs[0], 10**e)
        parts += [line(x, y, at(10 ** xs[1], 1)[0], y, "#dee2e6")]
        parts += [text(x - 8, y + 4, f"{10.0**e:g}", "end", "small")]
    return parts
