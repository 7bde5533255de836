"""An exploration as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dlir.targets.accel.explore.exploration import Exploration, Point

COLUMNS = {
    "time_us": "time µs", "energy_uj": "energy µJ", "area_mm2": "area mm²",
    "energy_delay": "µJ·µs",
}  # fmt: skip


def order_of(found: Exploration) -> list[int]:
    """All points: the front, the others that count by their costs, then the rest, in order."""
    front, minimize = list(found.front), found.space.minimize

    def cost(index: int) -> tuple[Any, ...]:
        point = found.points[index]
        values = point.values()
        ranks = ("ok", "over", "refused", "failed")
        known = tuple(values.get(name, float("inf")) for name in minimize)
        return ranks.index(point.status), known, index

    return front + sorted(set(range(len(found.points))) - set(front), key=cost)


def varied_keys(found: Exploration) -> list[str]:
    """The keys that the points differ in."""
    return [key for axis in found.space.axes for key in axis.keys]


def verdict(found: Exploration, index: int) -> str:
    """`front`, or why a point is not on it."""
    point = found.points[index]
    if index in found.front:
        return "front"
    return "dominated" if point.status == "ok" else f"{point.status}: {point.reason}"


def number(value: float) -> str:
    """A quantity with four digits, or all digits before the point."""
    return f"{value:,.0f}" if 1000 <= value < 1e15 else f"{value:.4g}"


def rows_of(found: Exploration, indices: Sequence[int]) -> list[list[str]]:
    """The cells of a table with the columns `head_of`."""
    return [_row(found, found.points[index], verdict(found, index)) for index in indices]


def _row(found: Exploration, point: Point, why: str) -> list[str]:
    values = point.values()
    numbers = [number(values[name]) if name in values else "-" for name in _measures(found)]
    return [*(point.settings[key] for key in varied_keys(found)), *numbers, why]


def _measures(found: Exploration) -> list[str]:
    """The objectives and, always, time, energy and area."""
    return [n for n in COLUMNS if n != "energy_delay" or n in found.space.minimize]


def head_of(found: Exploration) -> list[str]:
    """The names of the columns."""
    return [*varied_keys(found), *(COLUMNS[name] for name in _measures(found)), ""]


def lead(found: Exploration) -> str:
    """One line on what was done."""
    states = [point.status for point in found.points]
    counts = [f"{len(found.front)} on the front"]
    counts += [f"{states.count(s)} {s}" for s in ("over", "refused", "failed") if s in states]
    runs = sum(layer.count for layer in found.layers)
    return (
        f"{len(found.points)} points, {', '.join(counts)}; {len(found.layers)} distinct layers "
        f"of {runs}; {found.evaluations} evaluations this time"
        + (f"; left to the host and not timed: {', '.join(found.untimed)}" if found.untimed else "")
    )


def table(found: Exploration) -> str:
    """The points with the front first, in columns."""
    rows = [head_of(found), *rows_of(found, order_of(found))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = [
        "  ".join([*(c.rjust(w) for c, w in zip(row[:-1], widths, strict=True)), row[-1]]).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, lead(found)])


def to_json(found: Exploration) -> str:
    """One JSON object: what was asked, the layers, all points, and the front's indices."""
    points = [
        {
            "settings": dict(point.settings),
            "machine": None if point.machine is None else point.machine.hash,
            "status": point.status,
            "reason": point.reason,
            "cycles": None if point.measures is None else point.measures.cycles,
            "macs": None if point.measures is None else point.measures.macs,
            **{name: point.values().get(name) for name in COLUMNS},
        }
        for point in found.points
    ]
    layers = [{"name": x.name, "count": x.count, "hash": x.hash} for x in found.layers]
    space = found.space
    result = {
        "base": space.base, "minimize": space.minimize, "limits": dict(space.limits),
        "layers": layers, "points": points, "front": list(found.front),
    }  # fmt: skip
    return json.dumps(result, indent=2) + "\n"
