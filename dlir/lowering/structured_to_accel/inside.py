"""Which rows of a tile meet which taps of a window inside of the activations.

A tap on a border of zeros adds nothing to an integer sum, so its rows need not pass the array. Of
floats the same would not be exact: a weight that is infinite makes NaN of such a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, product

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import element_type_of, shape_of
from dlir.lowering.structured_to_accel.plan import ContractionPlan
from dlir.lowering.structured_to_accel.tiles import Range
from dlir.types import is_integer

Part = list[Range]


def parts_inside(plan: ContractionPlan, box: Sequence[Range]) -> list[Part]:
    """The box in parts that each meet all of their taps; the first one has all rows of the box.

    The innermost rows are not cut: accumulators of what is left would not be one run. Without a
    part that has all rows, the box is not cut.
    """
    whole = list(box)
    if plan.a.filler != 0 or plan.diagonal or not is_integer(element_type_of(plan.a.value)):
        return [whole]
    cuts: list[tuple[int, int, list[tuple[Range, Range]]]] = []
    for form, size in zip(plan.a.forms, shape_of(plan.a.value), strict=True):
        walk = _walk(plan, form)
        if walk is not None:
            row, tap = walk
            cuts.append((row, tap, list(_ranges(form, size, box, row, tap))))
    parts: list[Part] = []
    for chosen in product(*(ranges for _, _, ranges in cuts)):
        part = list(box)
        for (row, tap, _), (rows, taps) in zip(cuts, chosen, strict=True):
            part[row], part[tap] = rows, taps
        parts.append(part)
    first = next((p for p in parts if all(p[d] == box[d] for d in plan.rows)), None)
    if first is None:
        return [whole]
    return [first, *(p for p in parts if p is not first and all(p[d][1] for d in plan.rows))]


def _walk(plan: ContractionPlan, form: Linear) -> tuple[int, int] | None:
    """The row iterator and the tap that walk along a dimension together, and no others."""
    rows = [d for d in form.dims if d in plan.rows[:-1]]
    taps = [d for d in form.dims if d in plan.taps]
    return (rows[0], taps[0]) if len(rows) == len(taps) == 1 and len(form.dims) == 2 else None


def _ranges(
    form: Linear, size: int, box: Sequence[Range], row: int, tap: int
) -> Iterator[tuple[Range, Range]]:
    """Rows that lie inside, with the taps in a run that they lie inside for."""
    (first, count), (start, taps) = box[row], box[tap]
    step = form.coefficients[row]

    def inside(t: int) -> Range:
        at = form.constant + form.coefficients[tap] * t
        low = max(first, -(at // step))
        high = min(first + count, -((at - size) // step))
        return (low, high - low) if high > low else (first, 0)

    for rows, run in groupby(range(start, start + taps), key=inside):
        numbers = list(run)
        yield rows, (numbers[0], len(numbers))
