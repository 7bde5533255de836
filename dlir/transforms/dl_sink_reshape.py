"""`dl-sink-reshape`: reshapes move down, so that ops stand beside what they are fused with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from dlir.dialects.dl import OPS
from dlir.dialects.dl.attrs import OpClass
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.movement import ReshapeOp, SplitOp
from dlir.dialects.dl.rules import definer
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.rewrite import Lowering, Rewriter, walk_and_replace

Shape = tuple[int, ...]


@dataclass(frozen=True)
class DlSinkReshape(ModulePass):
    """Compute elementwise ops in the shape that their operand had before a reshape.

    A matmul, say, whose rows were joined for it is followed by a reshape that parts them again;
    what comes after can only become its epilogue in its own shape. Other operands are reshaped
    likewise, which moves no element, or broadcast as they are: numbers, and vectors along a last
    dimension that both shapes have. Also, a `dl.split` whose parts are all divided into heads of
    one size divides first: then its parts are views.

    Every op is visited once; reshapes that meet are left to `dl-simplify`. Shapes with several `?`
    stay.

    Before:
    ```mlir
    func.func @f(%x: tensor<6x4xf32>, %y: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
      %0 = dl.reshape %x : tensor<6x4xf32> -> tensor<2x3x4xf32>
      %1 = dl.exp %0 : tensor<2x3x4xf32>
      %2 = dl.add %1, %y : tensor<2x3x4xf32>
      func.return %2 : tensor<2x3x4xf32>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<6x4xf32>, %y: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
      %0 = dl.exp %x : tensor<6x4xf32>
      %1 = dl.reshape %y : tensor<2x3x4xf32> -> tensor<6x4xf32>
      %2 = dl.add %0, %1 : tensor<6x4xf32>
      %3 = dl.reshape %2 : tensor<6x4xf32> -> tensor<2x3x4xf32>
      func.return %3 : tensor<2x3x4xf32>
    }
    ```
    """

    name = "dl-sink-reshape"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        walk_and_replace(op, RULES)


def below_elementwise(op: DlOp, rewriter: Rewriter) -> None:
    """f(reshape x, y) = reshape f(x, reshape y)"""
    outer = shape_of(op.results[0])
    views = [v for x in op.operands if (v := definer(x, ReshapeOp)) is not None and not v.sizes]
    moved = next((v for v in views if shape_of(v.result) == outer), None)
    if moved is None or not _is_certain(outer) or not _is_certain(inner := shape_of(moved.x)):
        return
    seen = [_seen(value, outer, inner) for value in op.operands]
    operands = [value for value in seen if value is not None]
    if len(operands) < len(seen):
        return
    made = [value for value in operands if isinstance(value, ReshapeOp)]
    new = type(op).create(
        operands=[value.result if isinstance(value, ReshapeOp) else value for value in operands],
        properties=op.properties,
        result_types=[TensorType(element_of(op.results[0]), inner)],
    )
    rewriter.replace(op, [*made, new, ReshapeOp(new.results[0], _sizes(outer))])


def _seen(value: SSAValue, outer: Shape, inner: Shape) -> SSAValue | ReshapeOp | None:
    """An operand of the op in its inner shape; None if it broadcasts in another way."""
    shape = shape_of(value)
    if shape == outer:
        source = definer(value, ReshapeOp)
        if source is not None and shape_of(source.x) == inner:
            return source.x
        return ReshapeOp(value, _sizes(inner))
    if not shape:
        return value
    along_last = all(n == 1 for n in shape[:-1]) and outer[-1:] == inner[-1:] != (DYNAMIC,)
    if along_last and shape[-1] in (1, *outer[-1:]):
        return value if len(shape) <= len(inner) else ReshapeOp(value, shape[-1:])
    return None


def _is_certain(shape: Shape) -> bool:
    """Whether a reshape to it needs no sizes: at most one is unknown, and follows."""
    return shape.count(DYNAMIC) <= 1 and 0 not in shape


def _sizes(shape: Shape) -> list[int]:
    return [-1 if n == DYNAMIC else n for n in shape]


def of_split(op: SplitOp, rewriter: Rewriter) -> None:
    """reshape(split x, heads of h) = split(reshape(x, heads of h))"""
    parts = [_only_reshape(part) for part in op.outputs]
    heads = {shape_of(part.result)[-1] for part in parts if part is not None}
    if None in parts or len(heads) != 1 or op.axis.value.data != rank_of(op.x) - 1:
        return
    leading, head = shape_of(op.x)[:-1], heads.pop()
    counts = [size // head for size in op.sizes.get_values()] if head > 0 else []
    wanted = [(*leading, count, head) for count in counts]
    shapes = [shape_of(part.result) for part in parts if part is not None]
    if shapes != wanted or not _is_certain((*leading, head)):
        return
    divided = ReshapeOp(op.x, _sizes((*leading, sum(counts), head)))
    split = SplitOp(divided.result, len(leading), counts)
    rewriter.insert([divided, split])
    for part, new in zip(parts, split.outputs, strict=True):
        assert part is not None
        rewriter.replace(part, [], [new])
    rewriter.erase(op)


def _only_reshape(value: SSAValue) -> Any:
    use = value.get_user_of_unique_use()
    return use if isinstance(use, ReshapeOp) and not use.sizes else None


RULES: Mapping[type[Operation], Lowering] = {
    **dict.fromkeys((op for op in OPS if op.OP_CLASS is OpClass.ELEMENTWISE), below_elementwise),
    SplitOp: of_split,
}
