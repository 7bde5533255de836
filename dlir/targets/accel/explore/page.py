"""pareto.html: plots of what the points cost, and the table; no scripts, nothing from the net."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from dlir.targets.accel.explore.exploration import Exploration
from dlir.targets.accel.explore.pareto import pareto_front
from dlir.targets.accel.explore.summary import (
    COLUMNS,
    head_of,
    lead,
    number,
    order_of,
    rows_of,
    varied_keys,
)
from dlir.targets.accel.simulator import drawing
from dlir.targets.accel.simulator.page import STYLE
from dlir.targets.accel.simulator.page import table as html_table

PLOTS = (("time_us", "energy_uj"), ("time_us", "area_mm2"), ("energy_uj", "area_mm2"))
"""What is drawn over what: to the right, upwards."""

FRONT, OTHER, OVER = "#c92a2a", "#3b7dd8", "#ced4da"
STEPS: tuple[tuple[float, ...], ...] = (
    (1,), (1, 2, 5), tuple(range(1, 10)),
    tuple(n / 2 for n in range(2, 20)), tuple(n / 10 for n in range(10, 100)),
)  # fmt: skip
"""Round numbers between one and ten, coarse to fine."""

LEFT, TOP, WIDTH, HEIGHT = 80.0, 14.0, drawing.WIDTH - 100.0, 320.0


@dataclass(frozen=True)
class Dot:
    """A point in a plot."""

    x: float
    y: float
    title: str
    color: str


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


def scatter(dots: Sequence[Dot], x_label: str, y_label: str) -> str:
    """A plot with logarithmic axes; the line goes along what is best in these two alone."""
    xs = scale_of([dot.x for dot in dots], LEFT, WIDTH)
    ys = scale_of([dot.y for dot in dots], TOP + HEIGHT, -HEIGHT)
    parts = [drawing.rect(LEFT, TOP, WIDTH, HEIGHT, "#f8f9fa"), *_grid(xs, ys)]
    chosen = [dot for dot in dots if dot.color != OVER]
    best = [chosen[i] for i in pareto_front([(dot.x, dot.y) for dot in chosen])]
    # What is best at some x stays so up to the next: a staircase.
    corners = [(b.x, a.y) for a, b in pairwise(best)]
    line = sorted([*((dot.x, dot.y) for dot in best), *corners], key=lambda p: (p[0], -p[1]))
    steps = " ".join(f"{xs(x):.1f},{ys(y):.1f}" for x, y in line)
    parts.append(f'<polyline points="{steps}" fill="none" stroke="{FRONT}" stroke-dasharray="4"/>')
    # The front is drawn last, on top.
    for dot in sorted(dots, key=lambda dot: dot.color == FRONT):
        parts.append(
            f'<circle cx="{xs(dot.x):.1f}" cy="{ys(dot.y):.1f}" r="5" fill="{dot.color}" '
            f'fill-opacity="0.85"><title>{escape(dot.title)}</title></circle>'
        )
    middle = LEFT + WIDTH / 2
    parts.append(drawing.text(middle, TOP + HEIGHT + 36, x_label, "middle", "name"))
    parts.append(drawing.text(LEFT, TOP - 3, y_label, "start", "name"))
    return drawing.svg(TOP + HEIGHT + 44, "".join(parts), f"{y_label} over {x_label}")


def _grid(xs: Scale, ys: Scale) -> list[str]:
    bottom = TOP + HEIGHT
    parts: list[str] = []
    for value in xs.ticks():
        parts.append(drawing.line(xs(value), TOP, xs(value), bottom, "#dee2e6"))
        parts.append(drawing.text(xs(value), bottom + 16, f"{value:,.6g}", "middle", "small"))
    for value in ys.ticks():
        parts.append(drawing.line(LEFT, ys(value), LEFT + WIDTH, ys(value), "#dee2e6"))
        parts.append(drawing.text(LEFT - 8, ys(value) + 4, f"{value:,.6g}", "end", "small"))
    return parts


def page(found: Exploration, model: str) -> str:
    """The page."""
    title = f"Machines for {model}"
    plots = "".join(
        f"<h2>{escape(f'{COLUMNS[y]} over {COLUMNS[x]}')}</h2>{_plot(found, x, y)}"
        for x, y in PLOTS
    )
    order = order_of(found)
    colors = "".join(
        f'<span style="color:{color}">&#9679;</span> {escape(text)} '
        for color, text in (
            (FRONT, "on the front"), (OTHER, "dominated"), (OVER, "over a limit"),
        )
    )  # fmt: skip
    minimized = ", ".join(COLUMNS[name] for name in found.space.minimize)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<style>{STYLE}</style><h1>{escape(title)}</h1><p class="lead">{escape(lead(found))}</p>'
        f"<p>Minimised: {escape(minimized)}. {colors}</p>{plots}"
        f"<h2>Points</h2>{html_table(head_of(found), rows_of(found, order))}"
        f"<h2>Layers</h2>{_layers(found)}</html>\n"
    )


def _plot(found: Exploration, x: str, y: str) -> str:
    dots: list[Dot] = []
    for index, point in enumerate(found.points):
        values = point.values()
        if min(values.get(x, 0), values.get(y, 0)) > 0:
            settings = ", ".join(f"{key} = {point.settings[key]}" for key in varied_keys(found))
            costs = ", ".join(f"{COLUMNS[name]} {number(values[name])}" for name in (x, y))
            color = FRONT if index in found.front else OTHER if point.status == "ok" else OVER
            dots.append(Dot(values[x], values[y], f"{settings}: {costs}", color))
    return scatter(dots, COLUMNS[x], COLUMNS[y]) if dots else "<p>Nothing was measured.</p>"


def _layers(found: Exploration) -> str:
    rows = [(layer.name, layer.count, layer.hash[:12]) for layer in found.layers]
    return html_table(("layer", "times", "hash"), rows)
