"""Which layers have to stay high so that the loss stays within a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Loss = Callable[[frozenset[int]], float]
"""The loss of the model when these layers stay high and all others are quantised."""


@dataclass(frozen=True)
class Found:
    """The answer of a search."""

    kept: frozenset[int]
    loss: float
    start: float
    """The loss when no layer is kept."""
    sensitivity: dict[int, float] = field(default_factory=dict[int, float])
    """The loss when a layer alone is quantised."""
    trials: int = 0


def search(costs: Sequence[float], loss: Loss, bound: float) -> Found:
    """The cheapest set of layers to keep for which the loss is at most `bound`, as far as a greedy
    search finds it.

    `costs` has what it costs to keep each layer, such as its bytes. Layers are ordered by their
    sensitivity, the loss when they alone are quantised, per cost. The shortest head of this order
    that is enough is found by bisection; then layers of it are released again, the dearest first,
    where the others are enough. When even keeping all is not enough, all are kept.
    """
    everything = frozenset(range(len(costs)))
    known: dict[frozenset[int], float] = {}

    def measured(kept: frozenset[int]) -> float:
        if kept not in known:
            known[kept] = loss(kept)
        return known[kept]

    start = measured(frozenset())
    if start <= bound:
        return Found(frozenset(), start, start, trials=len(known))
    sensitivity = {one: measured(everything - {one}) for one in everything}
    order = sorted(everything, key=lambda one: -sensitivity[one] / max(costs[one], 1.0))
    low, high = 0, len(order)  # `low` is not enough
    while high - low > 1:
        middle = (low + high) // 2
        enough = measured(frozenset(order[:middle])) <= bound
        low, high = (low, middle) if enough else (middle, high)
    kept = frozenset(order[:high])
    for one in sorted(kept, key=lambda one: -costs[one]):
        if measured(kept - {one}) <= bound:
            kept -= {one}
    return Found(kept, measured(kept), start, sensitivity, len(known))
