"""The rules of simplify.py for ops that compute, and for sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects.builtin import DYNAMIC_INDEX, IndexType, IntegerAttr, i1
from xdsl.ir import Attribute, SSAValue

from dlir.dialects.dl.attrs import FLOATS, NARROW, UNSIGNED, WIDTHS
from dlir.dialects.dl.ops import activation as act
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import DlOp, element_of, rank_of, shape_of
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.elementwise import UnaryOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, MaxPool2dOp, PoolOp
from dlir.dialects.dl.ops.reduction import ReduceOp
from dlir.dialects.dl.ops.source import ConstantOp, DimOp, IotaOp, ParamOp
from dlir.dialects.dl.rules import (
    Folded,
    Rewritten,
    Rules,
    definer,
    negative_zero,
    replaceable,
    splat,
)

RULES = Rules()

# Sizes


@RULES.fold_of(DimOp)
# dim(x, a) = n, where x : [.., n, ..]
def static_size(op: DimOp) -> Folded:
    size = shape_of(op.x)[op.axis.value.data]
    return None if size == DYNAMIC_INDEX else IntegerAttr(size, IndexType())


@RULES.fold_of(DimOp)
# dim(reshape x [.., n, ..], a) = n
def given_size(op: DimOp) -> Folded:
    source = definer(op.x, mv.ReshapeOp, mv.BroadcastOp, mv.SliceOp, IotaOp)
    if source is None or not source.sizes:
        return None
    before = shape_of(op.x)[: op.axis.value.data]
    return source.sizes[before.count(DYNAMIC_INDEX)]


@RULES.rewriting_of(DimOp)
# dim(f(x), a) = dim(x, a), where f works element by element
def size_of_elementwise(op: DimOp) -> Rewritten:
    source = definer(op.x, UnaryOp, b.CastOp)
    return None if source is None else DimOp(source.x, op.axis.value.data)


@RULES.rewriting_of(DimOp)
# dim(transpose(x, p), a) = dim(x, p[a])
def size_of_transpose(op: DimOp) -> Rewritten:
    source = definer(op.x, mv.TransposeOp)
    return source and DimOp(source.x, source.perm.get_values()[op.axis.value.data])


# Elementwise


@RULES.fold_of(m.NegOp, m.NotOp)
# f(f(x)) = x
def involution(op: UnaryOp) -> Folded:
    inner = definer(op.x, type(op))
    return inner and replaceable(op, inner.x)


@RULES.fold_of(m.AbsOp, m.SignOp, m.FloorOp, m.CeilOp, m.RoundOp, act.ReluOp)
# f(f(x)) = f(x)
def idempotence(op: UnaryOp) -> Folded:
    return replaceable(op, op.x) if definer(op.x, type(op)) is not None else None


@RULES.fold_of(m.FloorOp, m.CeilOp, m.RoundOp)
# round(floor x) = floor x
def already_whole(op: UnaryOp) -> Folded:
    inner = definer(op.x, m.FloorOp, m.CeilOp, m.RoundOp)
    return inner and replaceable(op, op.x)


@RULES.fold_of(act.ClipOp)
# clip(x, no bounds) = x
def no_bounds(op: act.ClipOp) -> Folded:
    return replaceable(op, op.x) if op.min is None and op.max is None else None


_NEUTRAL: dict[type[DlOp], Callable[[Any], bool]] = {
    b.AddOp: lambda c: c == 0 if c.dtype.kind in "iu" else negative_zero(c),
    b.SubOp: lambda c: c == 0 and not negative_zero(c),
    b.MulOp: lambda c: c == 1,
    b.DivOp: lambda c: c == 1,
    b.PowOp: lambda c: c == 1,
    b.OrOp: lambda c: c == 0,
    b.XorOp: lambda c: c == 0,
    b.AndOp: lambda c: ~c == 0,
}


@RULES.fold_of(*_NEUTRAL)
# x + -0.0 = x - 0.0 = x * 1 = x / 1 = x ^ 1 = x; of bits x | 0 = x xor 0 = x & ~0 = x
def neutral_element(op: b.BinaryOp) -> Folded:
    if replaceable(op, op.lhs) is None or (number := splat(op.rhs)) is None:
        return None
    return op.lhs if _NEUTRAL[type(op)](number) else None


@RULES.fold_of(b.MaxOp, b.MinOp, b.AndOp, b.OrOp)
# max(x, x) = min(x, x) = x & x = x | x = x
def same_operands(op: b.BinaryOp) -> Folded:
    return replaceable(op, op.lhs) if op.lhs is op.rhs else None


@RULES.rewriting_of(b.AddOp, b.MulOp, b.MaxOp, b.MinOp, b.AndOp, b.OrOp, b.XorOp)
# c + x = x + c: constants stand right
def constant_right(op: Any) -> Rewritten:
    left, right = definer(op.lhs, ConstantOp, ParamOp), definer(op.rhs, ConstantOp, ParamOp)
    return type(op)(op.rhs, op.lhs) if left is not None and right is None else None


@RULES.fold_of(b.SelectOp)
# select(c, x, x) = x; select(true, x, y) = x; select(false, x, y) = y
def decided(op: b.SelectOp) -> Folded:
    if op.on_true is op.on_false:
        return replaceable(op, op.on_true)
    if (condition := splat(op.condition)) is None:
        return None
    return replaceable(op, op.on_true if condition else op.on_false)


# Casts


def widens(source: Attribute, target: Attribute) -> bool:
    """Whether every value of the source type is one of the target type."""
    if source == target:
        return True
    both_floats = source in FLOATS and target in FLOATS
    neither = source not in FLOATS and target not in FLOATS
    if source in NARROW or target in NARROW:
        return False
    negative = source not in UNSIGNED and source != i1
    if negative and target in UNSIGNED:
        return False
    return (both_floats or neither) and WIDTHS[source] < WIDTHS[target]


@RULES.fold_of(b.CastOp)
# cast(x : T -> T) = x
def same_element(op: b.CastOp) -> Folded:
    return replaceable(op, op.x) if op.is_plain else None


@RULES.fold_of(b.CastOp)
# cast(cast(x : T -> wider) -> T) = x
def there_and_back(op: b.CastOp) -> Folded:
    inner = definer(op.x, b.CastOp)
    if inner is None or not op.is_plain or not widens(element_of(inner.x), element_of(op.x)):
        return None
    return replaceable(op, inner.x)


@RULES.rewriting_of(b.CastOp)
# cast(cast(x : T -> wider) -> U) = cast(x : T -> U)
def by_a_wider_type(op: b.CastOp) -> Rewritten:
    inner = definer(op.x, b.CastOp)
    if inner is None or not op.is_plain or not widens(element_of(inner.x), element_of(op.x)):
        return None
    return b.CastOp(inner.x, element_of(op.result))


# Reductions, poolings and products


@RULES.fold_of(ReduceOp)
# sum over no axes of x = x
def no_axes(op: ReduceOp) -> Folded:
    return None if op.axes.get_values() else replaceable(op, op.x)


@RULES.fold_of(MaxPool2dOp, AvgPool2dOp)
# pool(x) = x for windows of one place
def one_place(op: PoolOp) -> Folded:
    window = {*op.kernel.get_values(), *op.strides.get_values()}
    return replaceable(op, op.x) if window == {1} and not any(op.padding.get_values()) else None


@RULES.rewriting_of(MatmulOp)
# matmul(transpose(x), y) = matmul(x, y) {transpose_lhs}, and so on
def transposed_operand(op: MatmulOp) -> Rewritten:
    lhs, rhs = _matrix_transpose(op.lhs), _matrix_transpose(op.rhs)
    if lhs is None and rhs is None:
        return None
    return MatmulOp(
        lhs or op.lhs,
        rhs or op.rhs,
        acc=op.acc,
        element_type=element_of(op.result),
        transpose_lhs=(op.transpose_lhs is not None) != (lhs is not None),
        transpose_rhs=(op.transpose_rhs is not None) != (rhs is not None),
    )


def _matrix_transpose(value: SSAValue) -> SSAValue | None:
    """x, if the value is x with its last two dimensions exchanged."""
    if (op := definer(value, mv.TransposeOp)) is None or (rank := rank_of(op.x)) < 2:
        return None
    exchanged = (*range(rank - 2), rank - 1, rank - 2)
    return op.x if op.perm.get_values() == exchanged else None
