"""`dl-sink-reshape`: reshapes move down, out of the way of what can join a contraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.elementwise import BinaryOp, UnaryOp
from dlir.dialects.dl.ops.movement import ReshapeOp, SplitOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.rewrite import current_statistics
from dlir.verifier import walk

Elementwise = UnaryOp | BinaryOp | b.SelectOp | b.CastOp


@dataclass(frozen=True)
class DlSinkReshape(ModulePass):
    """Compute elementwise ops in the shape of the contraction before them, and split heads at once.

    A reshape is a view, but an elementwise op after it cannot join the contraction before it. The
    op moves above the reshape; its other operands of full size are reshaped as well, rows along an
    unchanged last dimension stay. A `dl.split` whose parts are all reshaped into heads of one size
    moves below that reshape, so that its parts are views of heads. One walk: reshapes only move
    down.

    Before:
    ```mlir
    func.func @f(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>) -> tensor<2x3x8xf32> {
      %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
      %1 = dl.reshape %0 : tensor<6x8xf32> -> tensor<2x3x8xf32>
      %2 = dl.relu %1 : tensor<2x3x8xf32>
      func.return %2 : tensor<2x3x8xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<6x4xf32>, %w: tensor<4x8xf32>) -> tensor<2x3x8xf32> {
      %0 = dl.matmul %x, %w acc f32 : (tensor<6x4xf32>, tensor<4x8xf32>) -> tensor<6x8xf32>
      %1 = dl.relu %0 : tensor<6x8xf32>
      %2 = dl.reshape %1 : tensor<6x8xf32> -> tensor<2x3x8xf32>
      func.return %2 : tensor<2x3x8xf32>
    }
    ```
    """

    name = "dl-sink-reshape"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        sinking = _Sinking()
        for inner in list(walk(op)):
            if isinstance(inner, Elementwise):
                sinking.below(inner)
            elif isinstance(inner, SplitOp):
                split_heads(inner)


class _Sinking:
    """What is known about values: whether they end a contraction that others may join."""

    def __init__(self) -> None:
        self._joins: dict[SSAValue, bool] = {}

    def joins(self, value: SSAValue) -> bool:
        """Whether the value is read once and comes from a contraction by elementwise ops."""
        if value not in self._joins:
            op = value.op if isinstance(value, OpResult) else None
            source = isinstance(op, DlOp) and op.op_class is OpClass.CONTRACTION
            passed = isinstance(op, Elementwise) and any(map(self.joins, op.operands))
            self._joins[value] = (source or passed) and value.has_one_use()
        return self._joins[value]

    def below(self, op: Elementwise) -> None:
        """Move a reshape before the op behind it, if the op can then join a contraction."""
        for value in op.operands:
            reshape = definer(value, ReshapeOp)
            if reshape is None or not value.has_one_use() or not self.joins(reshape.x):
                continue
            operands = [_in_shape_of(other, reshape) for other in op.operands]
            present = [operand for operand in operands if operand is not None]
            if shape_of(op.result) == shape_of(value) and len(present) == len(operands):
                _exchange(op, reshape, present)
                current_statistics()["reshapes moved"] += 1
                return


def _in_shape_of(value: SSAValue, reshape: ReshapeOp) -> SSAValue | ReshapeOp | None:
    """The value as an operand in the shape before the reshape; None if it has none there."""
    if value is reshape.result:
        return reshape.x
    before, after, shape = shape_of(reshape.x), shape_of(reshape.result), shape_of(value)
    known = before.count(DYNAMIC) <= 1 and after.count(DYNAMIC) <= 1 and 0 not in before
    if shape == after and known:
        return ReshapeOp(value, [-1 if n == DYNAMIC else n for n in before])
    last = shape[-1:]
    is_row = {*shape[:-1]} <= {1} and len(shape) <= len(before)
    kept = last in ((), (1,)) or (last == before[-1:] == after[-1:] and last != (DYNAMIC,))
    return value if is_row and kept else None


def _exchange(
    op: Elementwise, reshape: ReshapeOp, operands: Sequence[SSAValue | ReshapeOp]
) -> None:
    """The op on these operands, then the reshape."""
    made: list[Operation] = [operand for operand in operands if isinstance(operand, ReshapeOp)]
    moved = type(op).create(
        operands=[SSAValue.get(operand) for operand in operands],
        properties=op.properties,
        attributes=op.attributes,
        result_types=[TensorType(element_of(op.result), shape_of(reshape.x))],
    )
    after = ReshapeOp.create(operands=[moved.results[0], *reshape.sizes],
                             result_types=op.result_types)  # fmt: skip
    _replace(op, [*made, moved, after], [op.result], after.results)
    if reshape.result.first_use is None:
        _erase(reshape)


def split_heads(op: SplitOp) -> None:
    """split(x), then reshapes into heads = reshape(x) into heads, then split"""
    axis, rank = op.axis.value.data, rank_of(op.x)
    uses = [part.get_unique_use() for part in op.outputs]
    heads = [use.operation for use in uses if use is not None]
    reshapes = [one for one in heads if isinstance(one, ReshapeOp) and one.parent is op.parent]
    if axis != rank - 1 or not len(reshapes) == len(op.outputs) > 1:
        return
    first, leading = reshapes[0], shape_of(op.x)[:-1]
    shapes = [shape_of(one.result) for one in reshapes]
    size, sizes = shapes[0][-1:], [*first.sizes]
    apart = all(s[:-2] == leading and len(s) == rank + 1 and s[-1:] == size for s in shapes)
    same = all([*one.sizes] == sizes for one in reshapes)
    counts = [s[-2] for s in shapes if len(s) > 1]
    if not apart or not same or DYNAMIC in (*size, *counts) or size == (0,):
        return
    given = iter(sizes)
    shape = [next(given, -1) if n == DYNAMIC else n for n in leading]
    joined = ReshapeOp(op.x, [*shape, sum(counts), *size])
    split = SplitOp(joined, axis, counts)
    earliest = first
    for one in reshapes[1:]:
        earliest = one if one.is_before_in_block(earliest) else earliest
    results = [one.result for one in reshapes]
    _replace(earliest, [joined, split], results, split.outputs)
    for one in reshapes:
        if one is not earliest:
            _erase(one)
    _erase(op)
    current_statistics()["splits moved"] += 1


def _replace(
    op: Operation, made: Sequence[Operation], old: Sequence[SSAValue], new: Sequence[SSAValue]
) -> None:
    """Put ops in the place of one, and values in the place of others."""
    assert op.parent is not None
    for one in made:
        one.location = op.location
    op.parent.insert_ops_before(made, op)
    for value, other in zip(old, new, strict=True):
        other.name_hint = value.name_hint
        value.replace_all_uses_with(other)
    _erase(op)


def _erase(op: Operation) -> None:
    op.detach()
    op.erase()
