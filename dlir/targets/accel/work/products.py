"""Sums of products: how many products, of which elements, and how often each element is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects import arith

from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import GenericOp, shape_of
from dlir.dialects.structured.roles import Operand, operands_of


def is_sum_of_products(op: GenericOp) -> bool:
    """acc + x * y of two tensors."""
    last = op.body.block.last_op
    total = last.operands[0].owner if last is not None else None
    if len(op.inputs) != 2 or not op.reduction_dims:
        return False
    if not isinstance(total, arith.AddfOp | arith.AddiOp):
        return False
    return any(isinstance(o.owner, arith.MulfOp | arith.MuliOp) for o in total.operands)


def products(op: GenericOp) -> int:
    """Points of the iteration space at which no operand is read outside of itself."""
    inputs, _, _ = operands_of(op)
    extents = op.static_extents()
    count, left = 1, set(range(len(extents)))
    for operand in inputs:
        for position in operand.escapes(extents):
            form = operand.forms[position]
            values = _values(form, extents)
            count *= int(_inside(values, shape_of(operand.value)[position]).sum())
            left -= set(form.dims)
    return count * prod(extents[d] for d in left)


def elements(operand: Operand, extents: Sequence[int]) -> int:
    """Different elements of an operand that lie in reach."""
    total, shape = 1, shape_of(operand.value)
    for form, size in zip(operand.forms, shape, strict=True):
        values = _values(form, extents)
        total *= len(np.unique(values[_inside(values, size)]))
    return total


def uses_of_an_element(operand: Operand, extents: Sequence[int]) -> int:
    """The most points, of the iterators that an operand depends on, that read the same element."""
    most = 1
    for form in operand.forms:
        _, counts = np.unique(_values(form, extents), return_counts=True)
        most *= int(counts.max())
    return most


def _values(form: Linear, extents: Sequence[int]) -> NDArray[np.int64]:
    """All values of a form, one for each point of the iterators that it depends on."""
    total = np.array([form.constant], np.int64)
    for d in form.dims:
        total = np.add.outer(total, form.coefficients[d] * np.arange(extents[d])).ravel()
    return total


def _inside(values: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    return (values >= 0) & (values < size)


@dataclass(frozen=True)
class Shape:
    """A sum of products as `m x n x k` of matrices, `batch` times."""

    batch: int
    m: int
    n: int
    k: int
    reuse: int
    """The most elements of such a matrix that are one element of the tensor."""


def shape_of_products(op: GenericOp) -> Shape | None:
    """The sizes of the matrices; None where an iterator has no such role."""
    inputs, out, _ = operands_of(op)
    extents = op.static_extents()
    sizes = dict.fromkeys("bmnk", 1)
    for d, n in enumerate(extents):
        role = ROLES.get(tuple(o.depends_on(d) for o in (*inputs, out)))
        if role is None:
            return None
        sizes[role] *= n
    reuse = prod(uses_of_an_element(o, extents) for o in (*inputs, out))
    return Shape(sizes["b"], sizes["m"], sizes["n"], sizes["k"], reuse)


ROLES = {
    (True, True, True): "b", (True, False, True): "m",
    (False, True, True): "n", (True, True, False): "k",
}  # fmt: skip
"""Which of the factors and the sum depend on an iterator -> what it counts."""


def least_reads(op: GenericOp, held: int) -> float:
    """Elements of the factors and of unfinished sums that enter a memory of `held` elements.

    In steps of T reads each, at most `held + T` elements of each of the three matrices' shares can
    take part, so at most `sqrt(reuse) * ((held + T) / 3) ** 1.5` products can be formed (Loomis and
    Whitney; a factor of which one element stands for `reuse` elements counts that often). T = 2 *
    held gives `2 * products / sqrt(reuse * held) - 2 * held` for sums that begin in memory; that
    they begin as 0 saves at most one read of each.
    """
    shape = shape_of_products(op)
    if shape is None or op.inputs[0] is op.inputs[1]:
        return 0.0
    sums = shape.batch * shape.m * shape.n
    return 2 * products(op) / sqrt(shape.reuse * held) - 2 * held - sums
