"""The work of `dl` ops: operations, multiply-adds, and the elements that they read and write.

An operation is one addition, product, comparison or function value (exp, tanh, ...); a multiply-add
is two. Counted is what the op means, with the usual conventions of the field, whatever a compiler
makes of it:

| op | operations |
|---|---|
| sums of products | 2 per product; of a convolution also those with padding |
| elementwise | per element of the result those of `OPERATIONS`, else 1 |
| norms of windows | `|x|^p` once per element of x, and what their sums and roots are |
| reductions | one per element that is reduced, less the results (of a mean, not less) |
| movements | none |
| running sums and products | one per element |
| sort, top-k | `n log2 k` per row of n elements of which k are wanted |
| scatters with a reduction | one per update |
| composite (softmax, gelu, lstm, ...) | those of the ops that `dl-decompose` writes it in |

Each tensor that is read or written moves once: `ops / (inputs + weights + outputs)` is the ideal
operational intensity (A. Rodriguez, "Deep Learning Systems", 2020, chapter 7). A view (`dl.reshape`)
moves nothing, a slice or a gather reads what it takes. The chapter's formulas for matmul and conv
have the result twice, as in C += A * B, where it is read and written: `accumulated` is that result.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil, log2, prod
from typing import Any

from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import Reduction
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits, scan, scatter
from dlir.dialects.dl.ops import contraction as c
from dlir.dialects.dl.ops import convolution as cv
from dlir.dialects.dl.ops import fake_quantization as fq
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops import ordering as o
from dlir.dialects.dl.ops import pooling as p
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops import random as ran
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops import source as s
from dlir.dialects.dl.ops.base import DlOp, element_of, shape_of
from dlir.dialects.dl.ops.casting import StochasticCastOp
from dlir.dialects.dl.ops.elementwise import BinaryOp, UnaryOp
from dlir.dialects.dl.ops.microscaling import MxScaleOp
from dlir.dialects.dl.ops.packing import PackOp, UnpackOp
from dlir.transforms.dl_decompose import DECOMPOSITIONS, decomposed
from dlir.types import is_tensor


@dataclass(frozen=True)
class Work:
    """What an op asks for."""

    ops: Mapping[str, int]
    """Operations by the element type that they are done in."""
    macs: int = 0
    """Multiply-adds, which are among the operations, twice."""
    moved: Mapping[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """Tensor -> elements of it that are read or written."""
    accumulated: SSAValue | None = None
    """The result, if it is a sum that grows in memory."""

    @property
    def flops(self) -> int:
        """Operations of all types."""
        return sum(self.ops.values())


def work_of(op: DlOp) -> Work | None:
    """The work of an op whose sizes are all known; None when it is not known what the op does.

    Raises CompileError for a recurrent layer that has no steps.
    """
    kinds = type(op).__mro__
    if type(op) in DECOMPOSITIONS:
        return _composite(op)
    count = next((COUNTS[kind] for kind in kinds if kind in COUNTS), None)
    if count is None:
        return None
    moved = next((MOVED[kind] for kind in kinds if kind in MOVED), whole_tensors)(op)
    operations, macs = count(op)
    ops = {str(element_of(tensors(op)[0])): operations} if operations else {}
    return Work(ops, macs, moved, op.results[0] if macs else None)


def tensors(op: Operation) -> list[SSAValue]:
    """The different tensors that an op takes and gives, in order."""
    return list(dict.fromkeys(v for v in (*op.operands, *op.results) if is_tensor(v.type)))


def elements(value: SSAValue) -> int:
    """The number of elements of a tensor of known size."""
    return prod(shape_of(value))


# --- operations -----------------------------------------------------------------------------------

OPERATIONS: dict[type[Operation], int] = {
    a.ClipOp: 2,  # max, min
    b.PreluOp: 2,  # x > 0, slope * x
    ran.RandomBitsOp: 25,  # 10 rounds of 10 operations for a block of four
    fq.FakeQuantizeOp: 7,  # x / scale, round, + zero point, max, min, - zero point, * scale
    fq.FakeQuantizeGradOp: 5,  # x / scale, round, + zero point, two comparisons
    q.QuantizeOp: 5,  # x / scale, round, + zero point, max, min
    q.DequantizeOp: 2,  # x - zero point, * scale
    q.RequantizeOp: 5,  # x * multiplier, / 2^n, + zero point, max, min
}
"""Elementwise op -> its operations per element of the result, where they are more than one."""


def _per_element(op: DlOp) -> tuple[int, int]:
    return OPERATIONS.get(type(op), 1) * elements(op.results[0]), 0


def _matmul(op: c.MatmulOp) -> tuple[int, int]:
    inner = shape_of(op.lhs)[-1 if op.transpose_lhs is None else -2]
    return _products(op, inner)


def _convolution(op: c.Conv2dOp | cv.Conv3dOp) -> tuple[int, int]:
    return _products(op, prod(shape_of(op.weight)[1:]))


def _conv_transpose(op: cv.ConvTransposeOp) -> tuple[int, int]:
    """Each element of x meets the weights of its channel."""
    macs = elements(op.x) * prod(shape_of(op.weight)[1:])
    return 2 * macs, macs


def _products(op: DlOp, terms: int) -> tuple[int, int]:
    macs = elements(op.results[0]) * terms
    return 2 * macs, macs


def _reduce(op: r.ReduceOp) -> tuple[int, int]:
    results = 0 if isinstance(op, r.ReduceMeanOp) else elements(op.result)
    return max(0, elements(op.x) - results), 0


def _pool(op: p.PoolOp) -> tuple[int, int]:
    window = prod(op.kernel.get_values())
    divided = 1 if isinstance(op, p.AvgPool2dOp) else 0
    return elements(op.result) * (window - 1 + divided), 0


def _lp_pool(op: p.LpPool2dOp) -> tuple[int, int]:
    """|x|^p of every element, their sums, and a root of each."""
    exponent, window = op.p.value.data, prod(op.kernel.get_values())
    powers = 1 if exponent in (1, 2) else 2  # abs, or x * x; abs and pow
    root = 0 if exponent == 1 else 1
    return elements(op.x) * powers + elements(op.result) * (window - 1 + root), 0


def _extreme(op: o.ExtremeOp) -> tuple[int, int]:
    return elements(op.x) - elements(op.result), 0


def _order(op: o.OrderOp) -> tuple[int, int]:
    wanted = shape_of(op.values)[op.axis.value.data]
    return elements(op.x) * ceil(log2(max(wanted, 2))), 0


def _scatter(op: scatter.ScatterFamilyOp) -> tuple[int, int]:
    return 0 if op.reduction.data is Reduction.NONE else elements(op.updates), 0


def _none(op: DlOp) -> tuple[int, int]:
    return 0, 0


COUNTS: dict[type[Operation], Callable[[Any], tuple[int, int]]] = {
    c.MatmulOp: _matmul,
    c.Conv2dOp: _convolution,
    cv.Conv3dOp: _convolution,
    cv.ConvTransposeOp: _conv_transpose,
    UnaryOp: _per_element,
    BinaryOp: _per_element,
    b.SelectOp: _per_element,
    b.CastOp: _per_element,
    StochasticCastOp: _per_element,
    PackOp: _none,
    UnpackOp: _none,
    q.AffineOp: _per_element,
    MxScaleOp: _per_element,
    r.ReduceOp: _reduce,
    p.LpPool2dOp: _lp_pool,
    p.PoolOp: _pool,
    scan.ScanOp: _per_element,
    o.ExtremeOp: _extreme,
    o.OrderOp: _order,
    scatter.ScatterFamilyOp: _scatter,
    scatter.OneHotOp: _per_element,
    ran.RandomBitsOp: _per_element,
    s.SourceOp: _none,
    s.DimOp: _none,
    m.MoveOp: _none,
    m.ConcatOp: _none,
    m.SplitOp: _none,
    bits.BitcastOp: _none,
    scatter.IndexedOp: _none,
}
"""Op class, or a family of them -> (operations, multiply-adds)."""


def _composite(op: DlOp) -> Work:
    """The operations of the simpler ops; but only the op's own tensors move."""
    parts: list[Operation] = []
    counted: list[Work | None] = []
    try:
        decomposed(op, parts.append)
        counted = [work_of(part) for part in parts if isinstance(part, DlOp)]
    finally:
        for part in reversed(parts):
            part.erase()
    ops: dict[str, int] = {}
    macs = 0
    for work in counted:
        assert work is not None, "ops with a formula are written in ops that are counted"
        macs += work.macs
        for element, count in work.ops.items():
            ops[element] = ops.get(element, 0) + count
    return Work(ops, macs, whole_tensors(op))


# --- movement -------------------------------------------------------------------------------------


def whole_tensors(op: Operation) -> dict[SSAValue, int]:
    """Every element of every tensor."""
    return {value: elements(value) for value in tensors(op)}


def _nothing(op: Operation) -> dict[SSAValue, int]:
    return {}


def _taken(op: m.SliceOp) -> dict[SSAValue, int]:
    return {op.x: elements(op.result), op.result: elements(op.result)}


def _gathered(
    op: m.GatherOp | scatter.GatherElementsOp | scatter.GatherNdOp,
) -> dict[SSAValue, int]:
    read = min(elements(op.result), elements(op.x))
    return {op.x: read, op.indices: elements(op.indices), op.result: elements(op.result)}


MOVED: dict[type[Operation], Callable[[Any], dict[SSAValue, int]]] = {
    m.ReshapeOp: _nothing,
    m.SliceOp: _taken,
    m.GatherOp: _gathered,
    scatter.GatherElementsOp: _gathered,
    scatter.GatherNdOp: _gathered,
    s.ParamOp: _nothing,
    s.ConstantOp: _nothing,
    s.DimOp: _nothing,
}
"""Op class -> what it moves, where that is not the whole of its tensors."""
