"""`dl-sink-cast`: casts that cancel around an op, and casts moved to where tensors are small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from dlir.dialects.dl.attrs import BOOLS, FLOATS, WIDTHS
from dlir.dialects.dl.constants import dense
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import DlOp, element_of, shape_of
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.dl.rules import definer, splat
from dlir.dialects.dl.simplify_compute import widens
from dlir.rewrite import no_match, rewrite

CHOICES = (m.NegOp, m.AbsOp, m.SignOp, a.ReluOp, b.MaxOp, b.MinOp, b.SelectOp)
"""Ops that give one of their operands, or its negative, or -1, 0, 1."""
WHOLE = (m.FloorOp, m.CeilOp, m.RoundOp)
"""The whole number beside a number of a float type is one of that type."""
ROUNDED = (b.AddOp, b.SubOp, b.MulOp, b.DivOp, m.SqrtOp, m.ReciprocalOp)
"""Ops of floats whose result is the exact one, rounded once."""
WRAPPING = (b.AddOp, b.SubOp, b.MulOp, b.AndOp, b.OrOp, b.XorOp, m.NotOp)
"""Ops whose low bits follow from the low bits of integers."""


@dataclass(frozen=True)
class DlSinkCast(ModulePass):
    """Compute in the narrow type where a wide one changes nothing, and move casts past moves.

    `cast(f(cast x : T -> wide)) : wide -> T` is `f(x)`, to the last bit, when every operand is such
    a cast (or a constant that T holds), every value of T is one of the wide type, and f is

    - a choice (neg, abs, sign, relu, max, min, select), or of floats floor, ceil, round;
    - of integers add, sub, mul, and, or, xor, not: they wrap around alike;
    - of floats add, sub, mul, div, sqrt and reciprocal: the wide type has more than twice the
      digits, so that rounding twice is rounding once, near the least numbers of bf16 as well.

    A cast to i1 asks whether a number is 0, and cancels nothing. A comparison of widened values is
    that of the values. Past reshape and transpose a widening cast moves down and a narrowing one
    up, and a narrowing one up past broadcast, so that the narrow type is what is moved; no value is
    concerned.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xf16> {
      %0 = dl.cast %x : tensor<4xf16> -> tensor<4xf32>
      %1 = dl.cast %y : tensor<4xf16> -> tensor<4xf32>
      %2 = dl.mul %0, %1 : tensor<4xf32>
      %3 = dl.cast %2 : tensor<4xf32> -> tensor<4xf16>
      func.return %3 : tensor<4xf16>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xf16> {
      %0 = dl.mul %x, %y : tensor<4xf16>
      func.return %0 : tensor<4xf16>
    }
    ```
    """

    name = "dl-sink-cast"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        rewrite(op, [AroundOp(), BelowCompare(), WideningDown(), NarrowingUp()])


def is_exact(op: Operation, narrow: Attribute) -> bool:
    """Whether the op, computed in a wider type and rounded, is the op in the narrow one."""
    return isinstance(op, (*CHOICES, *((*WHOLE, *ROUNDED) if narrow in FLOATS else WRAPPING)))


class AroundOp(RewritePattern):
    """cast(f(cast x)) = f(x)"""

    root_types: ClassVar[tuple[type[Operation], ...]] = (b.CastOp,)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        assert isinstance(op, b.CastOp)
        inner, narrow, wide = op.x.owner, element_of(op.result), element_of(op.x)
        if not op.is_plain:
            return no_match(op, "it does not round to nearest alone")
        if not isinstance(inner, DlOp) or not op.x.has_one_use():
            return no_match(op, "what is cast is no result of a dl op, or is used elsewhere")
        if narrow in BOOLS or not widens(narrow, wide) or not is_exact(inner, narrow):
            return no_match(op, f"'{inner.name}' in {wide} may differ from that in {narrow}")
        kept = 1 if isinstance(inner, b.SelectOp) else 0  # the condition
        operands = _narrowed(inner.operands[kept:], narrow, rewriter)
        if operands is None:
            return no_match(op, f"not all operands of '{inner.name}' are of type {narrow}")
        new = type(inner).create(
            operands=[*inner.operands[:kept], *operands],
            result_types=[op.result.type],
            properties=inner.properties,
            attributes=inner.attributes,
        )
        rewriter.replace(op, new)


class BelowCompare(RewritePattern):
    """compare(cast x, cast y) = compare(x, y)"""

    root_types: ClassVar[tuple[type[Operation], ...]] = (b.CompareOp,)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        assert isinstance(op, b.CompareOp)
        sources = [definer(value, b.CastOp) for value in op.operands]
        narrow = next((element_of(one.x) for one in sources if one is not None), None)
        wide = element_of(op.lhs)
        if narrow is None or narrow == wide or not widens(narrow, wide):
            return no_match(op, "it compares no widened values")
        operands = _narrowed(op.operands, narrow, rewriter)
        if operands is not None:
            rewriter.replace(op, b.CompareOp(op.predicate.data, *operands))


def _narrowed(
    values: Sequence[SSAValue], narrow: Attribute, rewriter: PatternRewriter
) -> list[SSAValue] | None:
    """The values before they were widened; None if one of them is not of that type."""
    found: list[SSAValue | ConstantOp] = []
    for value in values:
        before = definer(value, b.CastOp)
        if before is not None and element_of(before.x) == narrow:
            found.append(before.x)
        elif (constant := _narrow_constant(value, narrow)) is not None:
            found.append(constant)
        else:
            return None
    if all(isinstance(one, ConstantOp) for one in found):
        return None  # constant folding is another matter
    rewriter.insert([one for one in found if isinstance(one, ConstantOp)])
    return [SSAValue.get(one) for one in found]


def _narrow_constant(value: SSAValue, narrow: Attribute) -> ConstantOp | None:
    """A constant filled with one number, in a type that holds this number exactly."""
    from dlir.numpy_types import dtype_of

    if (number := splat(value)) is None:
        return None
    import numpy as np

    type = TensorType(narrow, shape_of(value))
    with np.errstate(all="ignore"):
        same = np.asarray(number).astype(dtype_of(type))
    if same.astype(number.dtype) != number:
        return None
    return ConstantOp(dense(np.full(shape_of(value), same), type))


class WideningDown(RewritePattern):
    """move(cast x : T -> wide) = cast(move x)"""

    root_types: ClassVar[tuple[type[Operation], ...]] = (mv.ReshapeOp, mv.TransposeOp)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        before = definer(op.operands[0], b.CastOp)
        if before is None or not op.operands[0].has_one_use():
            return no_match(op, "it moves no cast of its own")
        narrow, wide = element_of(before.x), element_of(before.result)
        if WIDTHS[narrow] >= WIDTHS[wide]:
            return no_match(op, "the cast before it does not widen")
        moved = _moved(op, before.x)
        rewriter.replace(op, [moved, b.CastOp(moved, wide)])


class NarrowingUp(RewritePattern):
    """cast(move x) : wide -> T = move(cast x)"""

    root_types: ClassVar[tuple[type[Operation], ...]] = (b.CastOp,)

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter) -> None:
        assert isinstance(op, b.CastOp)
        before = definer(op.x, mv.ReshapeOp, mv.TransposeOp, mv.BroadcastOp)
        narrow = element_of(op.result)
        if before is None or not op.x.has_one_use() or WIDTHS[narrow] >= WIDTHS[element_of(op.x)]:
            return no_match(op, "it does not narrow what was moved for it alone")
        small = b.CastOp.create(
            operands=[before.x],
            result_types=[TensorType(narrow, shape_of(before.x))],
            properties=op.properties,
        )
        rewriter.replace(op, [small, _moved(before, small.result)])


def _moved(op: Operation, x: SSAValue) -> Operation:
    """The same move of another value."""
    element, shape = element_of(x), shape_of(cast(SSAValue, op.results[0]))
    return type(op).create(
        operands=[x, *op.operands[1:]],
        result_types=[TensorType(element, shape)],
        properties=op.properties,
        attributes=op.attributes,
    )
