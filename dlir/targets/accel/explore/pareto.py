"""Which of many points are best: those that no other point beats in everything."""

from __future__ import annotations

from collections.abc import Sequence

Values = Sequence[float]
"""What a point costs; less is better."""


def dominates(a: Values, b: Values) -> bool:
    """Whether `a` is nowhere worse than `b`, and somewhere better."""
    return tuple(a) != tuple(b) and all(x <= y for x, y in zip(a, b, strict=True))


def pareto_front(points: Sequence[Values]) -> list[int]:
    """The indices of the points that no point dominates, by their values, then by index.

    Points of equal values do not dominate each other: all of them are on the front, or none.
    """
    order = sorted(range(len(points)), key=lambda i: (tuple(points[i]), i))
    front: list[int] = []
    # In this order nothing later dominates anything earlier.
    for index in order:
        if not any(dominates(points[other], points[index]) for other in front):
            front.append(index)
    return front
