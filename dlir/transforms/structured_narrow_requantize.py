"""`structured-narrow-requantize`: requantisation in lanes of 32 bits, where shifts are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerAttr, ModuleOp, i32
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.ops import GenericOp
from dlir.dialects.structured.quantization import (
    NARROW_SHIFT,
    Requantize,
    match_requantize,
    requantize_in_32_bits,
)
from dlir.types import is_unsigned, limits_of

MOST = 1 << 16
"""How far from 0 a zero point may be: the sum with a quotient of 31 bits stays in 32."""


@dataclass(frozen=True)
class StructuredNarrowRequantize(ModulePass):
    """Rewrite requantisations by constant shifts of at least 2 as ops on 32 bits.

    The canonical sequence multiplies and rounds in 64 bits, which are half as many lanes. For
    these shifts, which are those of scales below 1/4, the high half of each product tells the
    result: see `requantize_in_32_bits`. The bits are the same.

    Before:
    ```mlir
    ^bb0(%v: i32, %m: i32, %s: i32):
      %x64 = arith.extsi %v : i32 to i64
      %m64 = arith.extsi %m : i32 to i64
      %product = arith.muli %x64, %m64 : i64
      ...
    ```
    After:
    ```mlir
    ^bb0(%v: i32, %m: i32, %s: i32):
      %size = math.absi %v : i32
      %x64 = arith.extui %size : i32 to i64
      ...
      %product = arith.muli %x64, %m64 : i64
      %upper = arith.shrui %product, %c32 : i64
      %high = arith.trunci %upper : i64 to i32
      ...
    ```
    """

    name = "structured-narrow-requantize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp):
                _narrow(inner.body.block, inner.inputs)
                if inner.epilogue is not None:
                    # The first argument is the sum; the others stand for the inputs.
                    _narrow(inner.epilogue.block, [inner.outs, *inner.epilogue_inputs])


def _narrow(block: Block, values: Sequence[SSAValue]) -> None:
    """Rewrite the sequences of a block whose arguments are elements of these values."""
    last = [op for op in block.ops if isinstance(op, arith.TruncIOp)]
    for op in last:
        found = match_requantize(op.result)
        if found is not None and _is_narrow(found, values):
            least = _least(found.multiplier, values)
            _rewrite(op, found, positive=least is not None and least >= 0)
    for op in reversed(list(block.ops)):
        if op.results and all(result.first_use is None for result in op.results):
            Rewriter.erase_op(op)


def _is_narrow(found: Requantize, values: Sequence[SSAValue]) -> bool:
    least = _least(found.shift, values)
    if least is None or least < NARROW_SHIFT:
        return False
    return isinstance(found.zero_point, SSAValue) or abs(found.zero_point) <= MOST


def _least(scalar: SSAValue, values: Sequence[SSAValue]) -> int | None:
    """The least of the numbers that a scalar of a body may be, if they are constants."""
    if isinstance(scalar, BlockArgument):
        if scalar.index >= len(values):
            return None
        scalar = values[scalar.index]
    if not isinstance(scalar.owner, arith.ConstantOp):
        return None
    value = scalar.owner.value
    if isinstance(value, DenseIntOrFPElementsAttr):
        numbers = cast("DenseIntOrFPElementsAttr[Any]", value).get_values()
        return min(map(int, numbers), default=NARROW_SHIFT)
    return int(value.value.data) if isinstance(value, IntegerAttr) else None


def _rewrite(op: arith.TruncIOp, found: Requantize, *, positive: bool) -> None:
    """The same by 32 bits, in front of the last op of the sequence, whose place it takes."""

    def add(new: Operation) -> SSAValue:
        new.location = op.location
        Rewriter.insert_op(new, InsertPoint.before(op))
        return new.results[0]

    zero_point = found.zero_point
    if isinstance(zero_point, SSAValue):
        extend = arith.ExtUIOp if is_unsigned(found.element) else arith.ExtSIOp
        zero_point = add(extend(zero_point, i32))
    parts = found.x, found.multiplier, found.shift, zero_point, limits_of(found.element)
    result = requantize_in_32_bits(add, *parts, positive=positive)
    op.result.replace_all_uses_with(result)
    Rewriter.erase_op(op)
