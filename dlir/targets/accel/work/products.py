"""Sums of products: how many products, of which elements, and how often each element is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
            first, after = Runs.of(form, extents).inside(shape_of(operand.value)[position])
            count *= int((after - first).sum())
            left -= set(form.dims)
    return count * prod(extents[d] for d in left)


def elements(operand: Operand, extents: Sequence[int]) -> int:
    """Different elements of an operand that lie in reach."""
    total, shape = 1, shape_of(operand.value)
    for form, size in zip(operand.forms, shape, strict=True):
        runs = Runs.of(form, extents)
        total *= sum(count for count, uses in runs.overlaps(*runs.inside(size)) if uses)
    return total


def uses_of_an_element(operand: Operand, extents: Sequence[int]) -> int:
    """The most points, of the iterators that an operand depends on, that read the same element."""
    most = 1
    for form in operand.forms:
        runs = Runs.of(form, extents)
        first = np.zeros_like(runs.starts)
        most *= max(uses for _, uses in runs.overlaps(first, first + runs.count))
    return most


@dataclass(frozen=True)
class Runs:
    """All values of a form: `start + step * i` for i < count, from each of the starts.

    The longest iterator is the run, so that its length costs neither time nor memory.
    """

    starts: NDArray[np.int64]
    step: int
    count: int

    @classmethod
    def of(cls, form: Linear, extents: Sequence[int]) -> Runs:
        dims = sorted(form.dims, key=lambda d: extents[d])
        starts = np.array([form.constant], np.int64)
        for d in dims[:-1]:
            starts = np.add.outer(starts, form.coefficients[d] * np.arange(extents[d])).ravel()
        if not dims:
            return cls(starts, 1, 1)
        return cls(starts, form.coefficients[dims[-1]], extents[dims[-1]])

    def inside(self, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first i of each run, and the one after the last, with a value in [0, size)."""
        first = np.clip(-(self.starts // self.step), 0, self.count)
        after = np.clip(-((self.starts - size) // self.step), 0, self.count)
        return first, np.maximum(first, after)

    def overlaps(
        self, first: NDArray[np.int64], after: NDArray[np.int64]
    ) -> Iterator[tuple[int, int]]:
        """Stretches of values between ends of runs: how many values, and how often each occurs."""
        residues, quotients = self.starts % self.step, self.starts // self.step
        for residue in np.unique(residues):
            here = residues == residue
            ends = np.concatenate([(quotients + first)[here], (quotients + after)[here]])
            change = np.repeat([1, -1], here.sum())
            order = np.lexsort((change, ends))
            depth, lengths = np.cumsum(change[order])[:-1], np.diff(ends[order])
            yield from zip(lengths[lengths > 0].tolist(), depth[lengths > 0].tolist(), strict=True)


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
        role = ROLES.get(tuple([o.depends_on(d) for o in (*inputs, out)]))
        if role is None:
            return None
        sizes[role] *= n
    reuse = prod(uses_of_an_element(o, extents) for o in (*inputs, out))
    return Shape(sizes["b"], sizes["m"], sizes["n"], sizes["k"], reuse)


ROLES: dict[tuple[bool, ...], str] = {
    (True, True, True): "b", (True, False, True): "m",
    (False, True, True): "n", (True, True, False): "k",
}  # fmt: skip
"""Which of the factors and the sum depend on an iterator -> what it counts."""


def least_reads(op: GenericOp, held: int, sizes: tuple[int, int, int]) -> float:
    """Bytes of the factors and of unfinished sums that enter a memory of `held` bytes.

    `sizes` are the bytes of an element of the factors x and y and of a sum. Cut a program into
    steps that each read T bytes. Of a, b and c elements of the three matrices, `sqrt(a * b * c)`
    products can be formed (Loomis and Whitney); where an element stands for `reuse` elements of the
    matrices, `sqrt(reuse)` times as many. In a step they take at most `held + T` bytes together, so
    there are at most `sqrt(reuse) * ((held + T) / 3) ** 1.5 / sqrt(product of sizes)` products.
    T = 2 * held gives `2 * products * sqrt(product of sizes / (reuse * held)) - 2 * held`. That
    sums begin as 0, and are not read at first, saves at most one read of each.
    """
    shape = shape_of_products(op)
    if shape is None or op.inputs[0] is op.inputs[1]:
        return 0.0
    sums = shape.batch * shape.m * shape.n
    moved = 2 * products(op) * sqrt(prod(sizes) / (shape.reuse * held))
    return moved - 2 * held - sizes[2] * sums
