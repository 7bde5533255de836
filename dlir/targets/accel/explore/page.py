"""pareto.html: plots of what the points cost, and the table; no scripts, nothing from the net."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from dlir.drawing import Dot, circle, plot, plot_scales, polyline
from dlir.page import page as whole_page
from dlir.page import table
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

PLOTS = (("time_us", "energy_uj"), ("time_us", "area_mm2"), ("energy_uj", "area_mm2"))
"""What is drawn over what: to the right, upwards."""

FRONT, OTHER, OVER = "#c92a2a", "#3b7dd8", "#ced4da"


def scatter(dots: Sequence[Dot], x_label: str, y_label: str) -> str:
    """A plot with logarithmic axes; the line goes along what is best in these two alone."""
    xs, ys = scales = plot_scales([dot.x for dot in dots], [dot.y for dot in dots])
    chosen = [dot for dot in dots if dot.color != OVER]
    best = [chosen[i] for i in pareto_front([(dot.x, dot.y) for dot in chosen])]
    # What is best at some x stays so up to the next: a staircase.
    corners = [(b.x, a.y) for a, b in pairwise(best)]
    line = sorted([*((dot.x, dot.y) for dot in best), *corners], key=lambda p: (p[0], -p[1]))
    body = [polyline([(xs(x), ys(y)) for x, y in line], FRONT, 'stroke-dasharray="4"')]
    # The front is drawn last, on top.
    for dot in sorted(dots, key=lambda dot: dot.color == FRONT):
        body.append(circle(xs(dot.x), ys(dot.y), dot.radius, dot.color, dot.title))
    return plot(scales, body, x_label, y_label)


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
    body = (
        f'<p class="lead">{escape(lead(found))}</p>'
        f"<p>Minimised: {escape(minimized)}. {colors}</p>{plots}"
        f"<h2>Points</h2>{table(head_of(found), rows_of(found, order))}"
        f"<h2>Layers</h2>{_layers(found)}"
    )
    return whole_page(title, body)


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
    return table(("layer", "times", "hash"), rows)
