"""Drawings as inline SVG, for pages that need nothing from elsewhere: shapes and axes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

GRAY = "#8a8f98"
PAPER, RULE = "#f8f9fa", "#dee2e6"
"""Behind a plot, and the lines of its grid."""
WIDTH = 860
LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT = 80.0, 20.0, WIDTH - 100.0, 320.0
"""Where the plots with logarithmic axes lie in their drawings."""
STEPS: tuple[tuple[float, ...], ...] = (
    (1,), (1, 2, 5), tuple(range(1, 10)),
    tuple(n / 2 for n in range(2, 20)), tuple(n / 10 for n in range(10, 100)),
)  # fmt: skip
"""Round numbers between one and ten, coarse to fine."""


# --- shapes ---------------------------------------------------------------------------------------


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


def polyline(points: Sequence[tuple[float, float]], color: str, style: str = "") -> str:
    """A line through points; `style` holds more attributes."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" {style}/>'


def circle(x: float, y: float, radius: float, color: str, title: str) -> str:
    """A dot; `title` shows when the pointer rests on it."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{color}" fill-opacity="0.85">'
        f"<title>{escape(title)}</title></circle>"
    )


def key(colors: Mapping[str, str], x: float, y: float) -> str:
    """What the colors mean, in a row from (x, y) on."""
    parts: list[str] = []
    for name, color in colors.items():
        parts += [rect(x, y, 10, 10, color), text(x + 14, y + 9, name, cls="small")]
        x += key_width([name])
    return "".join(parts)


def key_width(names: Iterable[str]) -> float:
    """How wide the key of some names is."""
    return sum(30 + 7 * len(name) for name in names)


# --- logarithmic axes -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Dot:
    """A point in a plot."""

    x: float
    y: float
    title: str
    color: str
    radius: float = 5


@dataclass(frozen=True)
class Scale:
    """From values, of an axis that goes in powers of ten, to places on the page."""

    low: float
    high: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * self.length

    def ticks(self) -> list[float]:
        """Round values between the ends: powers of ten, or as much finer as it takes for four."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        ticks: list[float] = []
        for steps in STEPS:
            values = [step * 10.0**power for power in powers for step in steps]
            ticks = [v for v in values if self.low <= math.log10(v) <= self.high]
            if len(ticks) >= 4:
                break
        return ticks


def scale_of(values: Sequence[float], start: float, length: float) -> Scale:
    """A scale with room around all (positive) values."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.06 * (high - low), 0.05)
    return Scale(low - room, high + room, start, length)


def plot_scales(xs: Sequence[float], ys: Sequence[float]) -> tuple[Scale, Scale]:
    """The axes of a plot with room around all (positive) values: to the right, and upwards."""
    return scale_of(xs, LEFT, PLOT_WIDTH), scale_of(ys, TOP + PLOT_HEIGHT, -PLOT_HEIGHT)


def plot(scales: tuple[Scale, Scale], body: Sequence[str], x_label: str, y_label: str) -> str:
    """A drawing of two logarithmic axes with their grid and names, and `body` on it."""
    middle = LEFT + PLOT_WIDTH / 2
    parts = [rect(LEFT, TOP, PLOT_WIDTH, PLOT_HEIGHT, PAPER), *_grid(*scales), *body]
    parts.append(text(middle, TOP + PLOT_HEIGHT + 36, x_label, "middle", "name"))
    parts.append(text(LEFT, TOP - 7, y_label, "start", "name"))
    return svg(TOP + PLOT_HEIGHT + 44, "".join(parts), f"{y_label} over {x_label}")


def _grid(xs: Scale, ys: Scale) -> list[str]:
    bottom = TOP + PLOT_HEIGHT
    parts: list[str] = []
    for value in xs.ticks():
        parts.append(line(xs(value), TOP, xs(value), bottom, RULE))
        parts.append(text(xs(value), bottom + 16, short(value), "middle", "small"))
    for value in ys.ticks():
        parts.append(line(LEFT, ys(value), LEFT + PLOT_WIDTH, ys(value), RULE))
        parts.append(text(LEFT - 8, ys(value) + 4, short(value), "end", "small"))
    return parts


PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def short(value: float, digits: int = 6, unit: str = "") -> str:
    """`1 G`, `2.5 kB`, `320`, `0.05`: a number with the prefix of a power of thousand."""
    for size, prefix in PREFIXES:
        if abs(value) >= size * 0.9999:  # 999.99 k, rounded, is 1 M
            return f"{value / size:.{digits}g} {prefix}{unit}"
    return f"{value:.{digits}g} {unit}".rstrip()
