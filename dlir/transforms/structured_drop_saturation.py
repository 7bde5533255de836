"""`structured-drop-saturation`: floats that are clipped become integers without further checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import BoolAttr, FloatAttr, IntegerAttr, ModuleOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from dlir.dialects.structured.ops import GenericOp

OGE, OLT = map(arith.CMPF_COMPARISON_OPERATIONS.index, ("oge", "olt"))


@dataclass(frozen=True)
class StructuredDropSaturation(ModulePass):
    """Decide comparisons of clipped floats with bounds that lie outside.

    A cast from floats to integers saturates, and makes NaN 0: it compares with the bounds of the
    type. What has been clipped to a narrower range is only asked whether it is NaN.

    Before:
    ```mlir
    %low = arith.maximumf %x, %c-1048576 : f64
    %v = arith.minimumf %low, %c1048576 : f64
    %a = arith.cmpf oge, %v, %c-2147483648 : f64
    %b = arith.cmpf olt, %v, %c2147483648 : f64
    %inside = arith.andi %a, %b : i1
    %number = arith.select %inside, %v, %c0 : f64
    %i = arith.fptosi %number : f64 to i32
    %above = arith.cmpf oge, %v, %c2147483648 : f64
    %y = arith.select %above, %c2147483647_i32, %i : i32
    ```
    After:
    ```mlir
    %low = arith.maximumf %x, %c-1048576 : f64
    %v = arith.minimumf %low, %c1048576 : f64
    %inside = arith.cmpf ord, %v, %v : f64
    %number = arith.select %inside, %v, %c0 : f64
    %y = arith.fptosi %number : f64 to i32
    ```
    """

    name = "structured-drop-saturation"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, GenericOp):
                for region in inner.regions:
                    for block in region.blocks:
                        _simplify(block)


class _Bounds(NamedTuple):
    low: float
    high: float


def _simplify(block: Block) -> None:
    """One walk, as each op follows those it reads; then what nobody reads any more goes."""
    changed = False
    for op in list(block.ops):
        new = _simpler(op)
        if new is not None:
            op.results[0].replace_all_uses_with(new)
            changed = True
    if changed:
        for op in reversed(list(block.ops)):
            if op.results and all(result.first_use is None for result in op.results):
                Rewriter.erase_op(op)


def _simpler(op: Operation) -> SSAValue | None:
    """A value that stands for the op's result."""
    if isinstance(op, arith.CmpfOp):
        return _decided(op)
    if isinstance(op, arith.AndIOp) and _is_same_question(op.lhs.owner, op.rhs.owner):
        return op.lhs
    if isinstance(op, arith.SelectOp) and _is_false(op.cond):
        return op.rhs
    return None


def _decided(op: arith.CmpfOp) -> SSAValue | None:
    """Whether a clipped number is a number, or false, in the place of a comparison."""
    bounds, other = _bounds(op.lhs), _number(op.rhs)
    predicate = op.predicate.value.data
    if bounds is None or other is None or predicate not in (OGE, OLT):
        return None
    if bounds.low < other <= bounds.high:
        return None
    new: Operation
    if (bounds.low >= other) == (predicate == OGE):
        new = arith.CmpfOp(op.lhs, op.lhs, "ord")
    else:
        new = arith.ConstantOp(BoolAttr.from_bool(False))
    new.location = op.location
    Rewriter.insert_op(new, InsertPoint.before(op))
    return new.results[0]


def _bounds(value: SSAValue) -> _Bounds | None:
    """The range of a number that has just been clipped, if it is no NaN."""
    last = value.owner
    if not isinstance(last, arith.MaximumfOp | arith.MinimumfOp):
        return None
    first = last.lhs.owner
    if not isinstance(first, arith.MaximumfOp | arith.MinimumfOp) or type(first) is type(last):
        return None
    limits = [_number(op.rhs) for op in (first, last)]
    low, high = limits if isinstance(first, arith.MaximumfOp) else reversed(limits)
    return _Bounds(low, high) if low is not None and high is not None and low <= high else None


def _number(value: SSAValue) -> float | None:
    """The number of a constant that is no NaN."""
    if not isinstance(value.owner, arith.ConstantOp):
        return None
    attribute = value.owner.value
    if not isinstance(attribute, FloatAttr):
        return None
    number = float(attribute.value.data)
    return None if number != number else number


def _is_same_question(a: Operation | Block, b: Operation | Block) -> bool:
    """Whether both ask if the same number is no NaN."""
    if not isinstance(a, arith.CmpfOp) or not isinstance(b, arith.CmpfOp):
        return False
    return a.predicate == b.predicate and a.lhs is b.lhs and a.rhs is b.rhs


def _is_false(value: SSAValue) -> bool:
    owner = value.owner
    if not isinstance(owner, arith.ConstantOp) or not isinstance(owner.value, IntegerAttr):
        return False
    return not owner.value.value.data
