"""What ops do with operands in another order; each rule says whether the op was rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple, cast

from xdsl.ir import Operation

from dlir.dialects.dl import OPS
from dlir.dialects.dl.attrs import OpClass, integer, ints
from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import movement as m
from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.base import DlOp, shape_of
from dlir.dialects.dl.ops.reduction import ReduceOp
from dlir.dialects.dl.shapes import DYNAMIC
from dlir.transforms.orders.orders import Orders, Rule, inverse, to_tensor


def elementwise(orders: Orders, op: DlOp) -> bool:
    """All operands in the order of the first held one of full rank."""
    rank = len(shape_of(op.results[0]))
    full = [value for value in op.operands if len(shape_of(value)) == rank]
    if not any(map(orders.is_held, full)):
        return False
    perm = orders.order(*full)
    operands = [orders.companion(value, perm) for value in op.operands]
    present = [value for value in operands if value is not None]
    return len(present) == len(operands) and orders.remake(op, present, perm)


def along_axis(orders: Orders, op: Any) -> bool:
    """Ops along one axis of their first operand; the other operands are vectors."""
    if not orders.is_held(op.x):
        return False
    perm = orders.order(op.x)
    operands = [orders.read(op.x, perm), *op.operands[1:]]
    return orders.remake(op, operands, perm, axis=integer(perm[cast(int, op.axis.value.data)]))


def affine(orders: Orders, op: q.AffineOp) -> bool:
    """Conversions by scales per tensor, or along an axis."""
    return (elementwise if op.axis is None else along_axis)(orders, op)


def concat(orders: Orders, op: m.ConcatOp) -> bool:
    perm = orders.order(*op.operands)
    operands = [orders.read(value, perm) for value in op.operands]
    return orders.remake(op, operands, perm, axis=integer(perm[op.axis.value.data]))


def pad(orders: Orders, op: m.PadOp) -> bool:
    perm = orders.order(op.x)
    sizes = {
        name: ints(to_tensor(perm, values.get_values()))
        for name, values in (("low", op.low), ("high", op.high))
    }
    return orders.remake(op, [orders.read(op.x, perm)], perm, **sizes)


def slice_(orders: Orders, op: m.SliceOp) -> bool:
    """The sizes of `?` dimensions are operands, in the order of the dimensions."""
    perm = orders.order(op.x)
    given = iter(op.sizes)
    sizes = [next(given) if n == DYNAMIC else None for n in shape_of(op.result)]
    moved = [size for size in to_tensor(perm, sizes) if size is not None]
    properties = {
        name: ints(to_tensor(perm, values.get_values()))
        for name, values in (("offsets", op.offsets), ("strides", op.strides))
    }
    return orders.remake(op, [orders.read(op.x, perm), *moved], perm, **properties)


def reduce(orders: Orders, op: ReduceOp) -> bool:
    """Without keepdims the order of the remaining dimensions stays."""
    perm, axes = orders.order(op.x), op.axes.get_values()
    left = perm
    if op.keepdims is None:
        kept = [perm[axis] for axis in range(len(perm)) if axis not in axes]
        left = tuple(sorted(kept).index(axis) for axis in kept)
    moved = ints(sorted(perm[axis] for axis in axes))
    return orders.remake(op, [orders.read(op.x, perm)], left, axes=moved)


def transpose(orders: Orders, op: m.TransposeOp) -> bool:
    """No tensor changes: only how the result is held."""
    held = orders.of(op.x)
    orders.hold(op.result, held.tensor, tuple(held.perm[axis] for axis in op.perm.get_values()))
    return True


def reshape(orders: Orders, op: m.ReshapeOp) -> bool:
    """Splits and joins of dimensions, each where its dimensions are held."""
    groups = regroup(shape_of(op.x), shape_of(op.result))
    if groups is None:
        return False
    held, shape = orders.of(op.x), shape_of(op.x)

    def place(group: Group) -> int:
        wide = [axis for axis in group.old if shape[axis] != 1] or list(group.old)
        return min((held.perm[axis] for axis in wide), default=-1)

    groups.sort(key=place)
    before = [axis for group in groups for axis in group.old]
    after = [axis for group in groups for axis in group.new]
    # Dimensions of size 1 do not change the order of elements, wherever they stand.
    in_order = [a for a in before if shape[a] != 1] == [
        a for a in inverse(held.perm) if shape[a] != 1
    ]
    x = held.tensor if in_order else orders.read(op.x, inverse(tuple(before)))
    return orders.remake(op, [x], inverse(tuple(after)))


class Group(NamedTuple):
    """Dimensions of a reshape's operand and result that hold the same elements."""

    old: range
    new: range


_UNKNOWN = (1 << 61) - 1
"""A prime that stands for the one `?`, which is the same size on both sides."""


def regroup(old: Sequence[int], new: Sequence[int]) -> list[Group] | None:
    """The smallest groups of a reshape; None if sizes are 0 or several, or one side's, `?`."""
    a = [_UNKNOWN if n == DYNAMIC else n for n in old]
    b = [_UNKNOWN if n == DYNAMIC else n for n in new]
    if prod(a) != prod(b) or prod(a) == 0 or a.count(_UNKNOWN) > 1:
        return None
    groups: list[Group] = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, first = i, j
        i, j = i + 1, j + 1
        while prod(a[start:i]) != prod(b[first:j]):
            if prod(a[start:i]) < prod(b[first:j]):
                i += 1
            else:
                j += 1
            if i > len(a) or j > len(b):
                return None
        groups.append(Group(range(start, i), range(first, j)))
    if not groups:
        return None
    last = groups.pop()
    return [*groups, Group(range(last.old.start, len(a)), range(last.new.start, len(b)))]


RULES: dict[type[Operation], Rule] = {
    **dict.fromkeys((op for op in OPS if op.OP_CLASS is OpClass.ELEMENTWISE), elementwise),
    **dict.fromkeys((op for op in OPS if issubclass(op, ReduceOp)), reduce),
    **dict.fromkeys((c.BatchNormOp, c.SoftmaxOp, c.LogSoftmaxOp, c.LrnOp, m.SplitOp), along_axis),
    **dict.fromkeys((op for op in OPS if issubclass(op, q.AffineOp)), affine),
    m.ConcatOp: concat,
    m.PadOp: pad,
    m.SliceOp: slice_,
    m.TransposeOp: transpose,
    m.ReshapeOp: reshape,
}
