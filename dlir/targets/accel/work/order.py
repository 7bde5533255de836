"""What comes after what: weights meet results of earlier layers, so they are needed late.

Every product of an activation and a weight waits for the activation, and that for all products
that it is made of: its *cone*. Take the last layers of a function, A. A weight of theirs has a
product left to do until the last activation that it meets is there. Let t be when the first of
these weights has all that it meets. From t on all of A's weights are used at least once more, so
all are loaded behind t, but for those of the two planes in the array, however often they were
loaded before. Let C be the cone of what the first weight meets, less the products of A.

- Before t the array made C. It takes the cycles of `passes` for that: a sum of K terms takes
  ceil(K / rows) passes of a row, for one column each, as an accumulator belongs to one sum.
- Behind t it takes `sum over A of max(products, rows of weights)`, as `count.array_cycles` shows,
  less two planes, and less products of A that were made before t, which took as long then.
- The products that are neither of A nor of C come before or behind, and are counted as such.

So it takes what `array_cycles` says of A, the products of all other layers, and what the passes of
C take longer than its products (`least_spare`), less two planes.

Which weight is the first is not known, so the least over the layers of A counts, and of one layer
what each of its weights meets. A part of a tensor is a mask per dimension; where what is needed is
not of this form, less is taken for needed: the bound stays one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import inf, prod

import numpy as np
from numpy.typing import NDArray
from xdsl.ir import Operation, SSAValue

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, ReshapeOp, shape_of
from dlir.dialects.structured.roles import Operand, operands_of, overwrites_outs
from dlir.targets.accel.work.products import is_sum_of_products

Mask = NDArray[np.bool_] | None
"""Which indices of a dimension are needed; None for one, and no matter which."""
Part = tuple[Mask, ...]


@dataclass(frozen=True)
class Passes:
    """What the array does for some sums: rows that pass its columns, and products."""

    rows: float
    products: float


def passes(op: GenericOp, rows: int, part: Part | None = None) -> Passes:
    """Those for a part of the result; rows count once per column, with at most `rows` terms each.

    A sum of products that share no rows, as in a depthwise convolution, may be made by the vector
    unit as well: it takes no more rows than its products.
    """
    sets = _iterators(op, part) if part is not None else [*map(_all, op.static_extents())]
    if sets is None:
        return Passes(0, 0)
    found = _terms(op, sets)
    made = float(sum(count * terms for terms, count in found.items()))
    if not shares_rows(op):
        return Passes(made / rows, made)
    return Passes(float(sum(count * -(-terms // rows) for terms, count in found.items())), made)


def shares_rows(op: GenericOp) -> bool:
    """Whether a row of one factor is multiplied with several columns of the other."""
    inputs, _, _ = operands_of(op)
    return all(
        any(not one.depends_on(d) for d in op.parallel_dims if other.depends_on(d))
        for one, other in (inputs, inputs[::-1])
    )


def _terms(op: GenericOp, sets: Sequence[Mask]) -> dict[int, int]:
    """How many sums have how many terms; a term outside of an operand is none."""
    inputs, _, _ = operands_of(op)
    extents, left = op.static_extents(), set(range(len(sets)))
    found = {1: 1}
    for operand in inputs:
        for position in operand.escapes(extents):
            form, size = operand.forms[position], shape_of(operand.value)[position]
            if any(sets[d] is None for d in form.dims):
                return {}
            dims = sorted(form.dims, key=lambda d: d in op.reduction_dims)
            values = _sums(form, dims, sets)
            inside = (values >= 0) & (values < size)
            axes = tuple(i for i, d in enumerate(dims) if d in op.reduction_dims)
            numbers = np.unique(inside.sum(axes), return_counts=True)
            found = _times(found, dict(zip(*(n.tolist() for n in numbers), strict=True)))
            left -= set(dims)
    terms = prod(extents[d] for d in left if d in op.reduction_dims)
    count = prod(_size(sets[d]) for d in left if d not in op.reduction_dims)
    return _times(found, {terms: count})


def _times(x: Mapping[int, int], y: Mapping[int, int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for a, m in x.items():
        for b, n in y.items():
            found[a * b] = found.get(a * b, 0) + m * n
    return found


# --- parts ----------------------------------------------------------------------------------------


def _all(size: int) -> NDArray[np.bool_]:
    return np.ones(size, np.bool_)


def _size(mask: Mask) -> int:
    return 1 if mask is None else int(mask.sum())


def _count(part: Part) -> int:
    return prod(map(_size, part))


def _sums(form: Linear, dims: Sequence[int], sets: Sequence[Mask]) -> NDArray[np.int64]:
    """The values of a form, with an axis per iterator."""
    ranges = [np.flatnonzero(mask) for d in dims if (mask := sets[d]) is not None]
    scaled = [form.coefficients[d] * r for d, r in zip(dims, ranges, strict=True)]
    return reduce(np.add.outer, scaled, np.array(form.constant, np.int64))


def _iterators(op: GenericOp, part: Part) -> list[Mask] | None:
    """The iterators for a part of the result; None where they are not each for themselves."""
    sets: list[Mask] = [*map(_all, op.static_extents())]
    _, out, _ = operands_of(op)
    for form, mask in zip(out.forms, part, strict=True):
        if form.plain_dim is not None and (mask is None or len(mask) == len(_of(sets, form))):
            sets[form.plain_dim] = mask
        elif mask is None or not mask.all():
            return None
    return sets


def _of(sets: Sequence[Mask], form: Linear) -> NDArray[np.bool_]:
    assert form.plain_dim is not None
    mask = sets[form.plain_dim]
    return _all(1) if mask is None else mask


def _read(operand: Operand, sets: Sequence[Mask]) -> Part | None:
    """What of an operand is read; None where that is not a mask per dimension."""
    dims = [d for form in operand.forms for d in form.dims]
    if len(dims) > len(set(dims)):
        return None
    found: list[Mask] = []
    for form, size in zip(operand.forms, shape_of(operand.value), strict=True):
        if any(sets[d] is None for d in form.dims):
            if form.plain_dim is None:
                return None
            found.append(None)
            continue
        values = _sums(form, form.dims, sets).ravel()
        mask = np.zeros(size, np.bool_)
        mask[values[(values >= 0) & (values < size)]] = True
        found.append(mask)
    return tuple(found)


def _met(op: GenericOp, weights: Operand, activations: Operand) -> Part | None:
    """What every single weight is multiplied with."""
    fixed = {d for form in weights.forms for d in form.dims}
    dims = [d for form in activations.forms for d in form.dims]
    if len(dims) > len(set(dims)):
        return None
    sets = [*map(_all, op.static_extents())]
    found: list[Mask] = []
    for form, size in zip(activations.forms, shape_of(activations.value), strict=True):
        own, free = (
            [d for d in form.dims if (d in fixed) == is_fixed] for is_fixed in (True, False)
        )
        if own and not free:
            found.append(None)
            continue
        values = _sums(form, [*own, *free], sets)
        values = values.reshape(prod(len(sets[d]) for d in own), -1)
        masks = np.zeros((len(values), size), np.bool_)
        inside = (values >= 0) & (values < size)
        masks[np.nonzero(inside)[0], values[inside]] = True
        found.append(np.asarray(masks.all(0)))
    return tuple(found)


# --- cones ----------------------------------------------------------------------------------------


def cone(ops: Sequence[Operation], value: SSAValue, part: Part) -> dict[GenericOp, Part]:
    """The ops, in order, that a part of a value is made by, and what of each result."""
    needed: dict[SSAValue, Part] = {value: part}
    found: dict[GenericOp, Part] = {}
    for op in reversed(ops):
        wanted = needed.get(op.results[0]) if op.results else None
        if wanted is None or not _count(wanted):
            continue
        if isinstance(op, ReshapeOp):
            if all(mask is not None and mask.all() for mask in wanted):
                _add(needed, op.operands[0], tuple(map(_all, shape_of(op.operands[0]))))
        elif isinstance(op, GenericOp) and overwrites_outs(op):
            sets = _iterators(op, wanted)
            if sets is None:
                continue
            found[op] = wanted
            inputs, _, extra = operands_of(op)
            for operand in (*inputs, *extra):
                read = _read(operand, sets)
                if read is not None:
                    _add(needed, operand.value, read)
    return found


def _add(needed: dict[SSAValue, Part], value: SSAValue, part: Part) -> None:
    """Of two parts the larger: their union is no part."""
    known = needed.get(value)
    if known is None or _count(known) < _count(part):
        needed[value] = part


@dataclass(frozen=True)
class Sum:
    """A sum of products with constant weights."""

    op: GenericOp
    weights: Operand
    activations: Operand


def sums_with_weights(ops: Sequence[Operation], constant: set[SSAValue]) -> list[Sum]:
    """Those of a function, in order."""
    found: list[Sum] = []
    for op in ops:
        if isinstance(op, GenericOp) and is_sum_of_products(op):
            x, y = operands_of(op)[0]
            if (x.value in constant) != (y.value in constant):
                found.append(Sum(op, y, x) if y.value in constant else Sum(op, x, y))
    return found


def least_spare(
    ops: Sequence[Operation], late: Sequence[Sum], rates: Mapping[GenericOp, float], rows: int
) -> float:
    """The least over some layers, times the rates of their ops, of the rows of a cone that its
    products would not need."""
    mine, numbers = {one.op for one in late}, {op: i for i, op in enumerate(ops)}
    known: dict[GenericOp, Passes] = {}
    least = inf
    for one in late:
        met = _met(one.op, one.weights, one.activations)
        if met is None:
            return 0.0
        spare = 0.0
        for op, part in cone(ops[: numbers[one.op]], one.activations.value, met).items():
            if op in mine or op not in rates:
                continue
            whole = all(mask is not None and mask.all() for mask in part)
            made = known.get(op) if whole else None
            if made is None:
                made = passes(op, rows, None if whole else part)
                if whole:
                    known[op] = made
            spare += rates[op] * (made.rows - made.products / rows)
        least = min(least, spare)
    return 0.0 if least == inf else least
