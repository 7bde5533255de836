"""The roofline as a drawing: rates over intensities, under the roofs of a machine.

Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures", CACM 52(4), 2009: on two logarithmic axes, work done per second over work per byte.
A memory is a line that rises (rate = bandwidth * intensity), an arithmetic unit a level one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from dlir.drawing import (
    LEFT,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    TOP,
    Dot,
    Scale,
    circle,
    key,
    key_width,
    plot,
    plot_scales,
    polyline,
    short,
    text,
)

MEMORY_COLOR, PEAK_COLOR = "#3b7dd8", "#495057"
KEY_RIGHT, KEY_TOP = LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT - 18
"""Where the meaning of the colors ends: inside the plot, under the roofs, where few points are."""
MAX_TITLES = 12
"""Points in one place whose titles are shown together."""


def roofline(
    memories: Mapping[str, float],
    peaks: Mapping[str, float],
    dots: Sequence[Dot],
    x_label: str,
    y_label: str,
    colors: Mapping[str, str] | None = None,
) -> str:
    """The chart: `memories` by their slope, `peaks` by their height, in the unit of `y_label`.

    A rising roof ends at the highest peak, a level one begins where it meets the steepest memory.
    `colors` says what the colors of the points mean.
    """
    peak, slope = max(peaks.values()), max(memories.values())
    ridges = [p / s for p in peaks.values() for s in memories.values()]
    xs = [min(ridges) / 8, max(ridges) * 8, *(dot.x for dot in dots)]
    ys = [peak * 1.6, min(peaks.values()) / 8, *(dot.y for dot in dots)]
    scales = plot_scales(xs, ys)
    body = [_rising(name, s, peak, scales) for name, s in memories.items()]
    body += [_level(name, p, p / slope, scales) for name, p in _together(peaks).items()]
    shown = colors or {}
    body += [*_dots(dots, scales), key(shown, KEY_RIGHT - key_width(shown), KEY_TOP)]
    return plot(scales, body, x_label, y_label)


def _together(peaks: Mapping[str, float]) -> dict[str, float]:
    """One name for all peaks of one height."""
    heights = dict.fromkeys(peaks.values())
    return {", ".join(n for n, p in peaks.items() if p == height): height for height in heights}


def _rising(name: str, slope: float, peak: float, scales: tuple[Scale, Scale]) -> str:
    """A memory's roof, with its name along it, from the lower or left edge to the peak."""
    x, y = scales
    first = max(10**x.low, 10**y.low / slope)
    start, end = (x(first), y(slope * first)), (x(peak / slope), y(peak))
    if start[0] >= end[0]:
        return ""
    angle = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    place = f"translate({start[0] + 14:.1f},{start[1] - 20:.1f}) rotate({angle:.1f})"
    label = f'<text class="small" transform="{place}">{escape(name)}</text>'
    return polyline([start, end], MEMORY_COLOR, 'stroke-width="2"') + label


def _level(name: str, peak: float, ridge: float, scales: tuple[Scale, Scale]) -> str:
    """A unit's roof, with its name above the right end."""
    x, y = scales
    right = LEFT + PLOT_WIDTH
    line = polyline([(x(ridge), y(peak)), (right, y(peak))], PEAK_COLOR, 'stroke-width="2"')
    return line + text(right - 6, y(peak) - 9, f"{name}: {short(peak, 4)}", "end", "small")


def _dots(dots: Sequence[Dot], scales: tuple[Scale, Scale]) -> list[str]:
    """A circle per point; where several lie in one place, each tells of all of them."""
    x, y = scales
    places: dict[tuple[int, int], list[str]] = {}
    for dot in dots:
        places.setdefault((round(x(dot.x)), round(y(dot.y))), []).append(dot.title)
    circles: list[str] = []
    for dot in sorted(dots, key=lambda dot: -dot.radius):
        titles = places[round(x(dot.x)), round(y(dot.y))]
        rest = len(titles) - MAX_TITLES
        shown = "\n".join([*titles[:MAX_TITLES], *([f"and {rest} more"] if rest > 0 else ())])
        circles.append(circle(x(dot.x), y(dot.y), dot.radius, dot.color, shown))
    return circles
