"""Values of affine forms are counted without walking them: the same numbers as by walking."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dlir.dialects.structured.maps import Linear
from dlir.targets.accel.work.products import Runs

ITERATORS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6)), max_size=3)
"""The coefficient and the extent of each."""


@settings(max_examples=200, deadline=None, derandomize=True)
@given(ITERATORS, st.integers(-6, 6), st.integers(1, 30))
def test_runs_count_what_a_walk_counts(
    iterators: list[tuple[int, int]], constant: int, size: int
) -> None:
    form = Linear(tuple(c for c, _ in iterators), constant)
    extents = [n for _, n in iterators]
    walked = np.array([constant])
    for d in form.dims:
        walked = np.add.outer(walked, form.coefficients[d] * np.arange(extents[d])).ravel()
    inside = walked[(walked >= 0) & (walked < size)]

    runs = Runs.of(form, extents)
    first, after = runs.inside(size)
    assert int((after - first).sum()) == len(inside)
    assert sum(n for n, uses in runs.overlaps(first, after) if uses) == len(np.unique(inside))
    whole = np.zeros_like(runs.starts)
    uses = max(uses for _, uses in runs.overlaps(whole, whole + runs.count))
    assert uses == np.unique(walked, return_counts=True)[1].max()


def test_a_long_iterator_costs_nothing() -> None:
    runs = Runs.of(Linear((1, 2), -1), [3, 10**12])
    first, after = runs.inside(10**12)
    assert int((after - first).sum()) == 3 * 10**12 // 2
