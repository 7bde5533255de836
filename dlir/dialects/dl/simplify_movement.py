"""The rules of simplify.py for ops that move elements: moves that cancel, and moves in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xdsl.dialects.builtin import DYNAMIC_INDEX
from xdsl.ir import SSAValue

from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import DlOp, rank_of, shape_of
from dlir.dialects.dl.ops.source import DimOp
from dlir.dialects.dl.rules import Folded, Rewritten, Rules, definer, replaceable

RULES = Rules()


def sizes_are_those_of(sizes: Sequence[SSAValue], x: SSAValue) -> bool:
    """Whether each size operand is the size of the corresponding `?` of x."""
    axes = [axis for axis, size in enumerate(shape_of(x)) if size == DYNAMIC_INDEX]
    return len(sizes) == len(axes) and all(
        (dim := definer(size, DimOp)) is not None and dim.x is x and dim.axis.value.data == axis
        for size, axis in zip(sizes, axes, strict=True)
    )


def shape_with(op: Any) -> list[int | SSAValue]:
    """The sizes of a sized op's result, as constructors take them."""
    given = iter(op.sizes)
    return [next(given, -1) if n == DYNAMIC_INDEX else n for n in shape_of(op.result)]


# Reshape


@RULES.fold_of(mv.ReshapeOp)
# reshape(x : T -> T) = x, when at most one size is unknown or all are those of x
def same_shape(op: mv.ReshapeOp) -> Folded:
    unknown = shape_of(op.x).count(DYNAMIC_INDEX)
    known = unknown <= 1 and 0 not in shape_of(op.x) and not op.sizes
    return replaceable(op, op.x) if known or sizes_are_those_of(op.sizes, op.x) else None


@RULES.rewriting_of(mv.ReshapeOp)
# reshape(reshape x) = reshape x
def reshape_of_reshape(op: mv.ReshapeOp) -> Rewritten:
    inner = definer(op.x, mv.ReshapeOp)
    return inner and mv.ReshapeOp(inner.x, shape_with(op))


# Transpose


@RULES.fold_of(mv.TransposeOp)
# transpose(x, identity) = x
def identity_permutation(op: mv.TransposeOp) -> Folded:
    return replaceable(op, op.x) if op.perm.get_values() == (*range(rank_of(op.x)),) else None


@RULES.rewriting_of(mv.TransposeOp)
# transpose(transpose(x, p), q) = transpose(x, p[q])
def transpose_of_transpose(op: mv.TransposeOp) -> Rewritten:
    inner = definer(op.x, mv.TransposeOp)
    if inner is None:
        return None
    first = inner.perm.get_values()
    return mv.TransposeOp(inner.x, [first[axis] for axis in op.perm.get_values()])


@RULES.rewriting_of(mv.TransposeOp)
# transpose(x, p) = reshape x, when p keeps the order of all dimensions but those of size 1
def moves_only_ones(op: mv.TransposeOp) -> Rewritten:
    shape, perm = shape_of(op.x), op.perm.get_values()
    long = [axis for axis in perm if shape[axis] != 1]
    if long != sorted(long) or list(perm) == sorted(perm) or shape.count(DYNAMIC_INDEX) > 1:
        return None
    return mv.ReshapeOp(op.x, [-1 if n == DYNAMIC_INDEX else n for n in shape_of(op.result)])


# Broadcast


@RULES.fold_of(mv.BroadcastOp)
# broadcast(x : T -> T) = x: a `?` does not stretch
def stretches_nothing(op: mv.BroadcastOp) -> Folded:
    return replaceable(op, op.x)


@RULES.rewriting_of(mv.BroadcastOp)
# broadcast(broadcast x) = broadcast x
def broadcast_of_broadcast(op: mv.BroadcastOp) -> Rewritten:
    inner = definer(op.x, mv.BroadcastOp)
    return inner and mv.BroadcastOp(inner.x, shape_with(op))


# Slice and pad


@RULES.fold_of(mv.SliceOp)
# slice(x, all of it) = x
def whole(op: mv.SliceOp) -> Folded:
    if any(op.offsets.get_values()) or {*op.strides.get_values()} - {1}:
        return None
    return replaceable(op, op.x) if sizes_are_those_of(op.sizes, op.x) else None


@RULES.rewriting_of(mv.SliceOp)
# slice(slice(x, o, s), p, t) = slice(x, o + p * s, s * t)
def slice_of_slice(op: mv.SliceOp) -> Rewritten:
    inner = definer(op.x, mv.SliceOp)
    if inner is None or inner.sizes:
        return None
    start, step = inner.offsets.get_values(), inner.strides.get_values()
    offsets = [o + p * s for o, p, s in zip(start, op.offsets.get_values(), step, strict=True)]
    strides = [s * t for s, t in zip(step, op.strides.get_values(), strict=True)]
    if 0 in shape_of(op.result):
        return None
    return mv.SliceOp(inner.x, offsets, shape_with(op), strides)


@RULES.fold_of(mv.PadOp)
# pad(x, 0, 0) = x
def no_padding(op: mv.PadOp) -> Folded:
    grows = any(op.low.get_values()) or any(op.high.get_values())
    return None if grows else replaceable(op, op.x)


@RULES.rewriting_of(mv.PadOp)
# pad(pad(x, l, h, v), m, i, v) = pad(x, l + m, h + i, v)
def pad_of_pad(op: mv.PadOp) -> Rewritten:
    inner = definer(op.x, mv.PadOp)
    if inner is None or inner.value != op.value:
        return None
    low = _sums(inner.low.get_values(), op.low.get_values())
    high = _sums(inner.high.get_values(), op.high.get_values())
    return mv.PadOp(inner.x, low, high, op.value.value.data)


def _sums(a: Sequence[int], b: Sequence[int]) -> list[int]:
    return [x + y for x, y in zip(a, b, strict=True)]


# Concat and split


@RULES.fold_of(mv.ConcatOp)
# concat(x) = x
def only_one(op: mv.ConcatOp) -> Folded:
    return replaceable(op, op.inputs[0]) if len(op.inputs) == 1 else None


@RULES.fold_of(mv.ConcatOp)
# concat(split(x, a), a) = x
def split_and_joined(op: mv.ConcatOp) -> Folded:
    source = definer(op.inputs[0], mv.SplitOp)
    if source is None or source.axis != op.axis or [*op.inputs] != [*source.outputs]:
        return None
    return replaceable(op, source.x)


@RULES.rewriting_of(mv.ConcatOp)
# concat(x, [], y) = concat(x, y)
def nothing_to_join(op: mv.ConcatOp) -> Rewritten:
    axis = op.axis.value.data
    kept = [value for value in op.inputs if shape_of(value)[axis] != 0]
    if len(kept) in (0, len(op.inputs)):
        return None
    return _if_typed(op, mv.ConcatOp(kept, axis))


@RULES.rewriting_of(mv.ConcatOp)
# concat(concat(x, y, a), z, a) = concat(x, y, z, a)
def concat_of_concat(op: mv.ConcatOp) -> Rewritten:
    inner = [definer(value, mv.ConcatOp) for value in op.inputs]
    # one that others use as well stays: to repeat its operands again and again has no end
    nested = [
        join is not None and join.axis == op.axis and join.result.has_one_use() for join in inner
    ]
    if not any(nested):
        return None
    flat: list[SSAValue] = []
    for value, join, is_nested in zip(op.inputs, inner, nested, strict=True):
        flat.extend(join.inputs if is_nested else [value])
    return _if_typed(op, mv.ConcatOp(flat, op.axis.value.data))


def _if_typed(old: DlOp, new: DlOp) -> Rewritten:
    """The new op, if its results have the types of the old one's."""
    return new if new.result_types == old.result_types else None


@RULES.fold_of(mv.SplitOp)
# split(x, one size) = x
def one_piece(op: mv.SplitOp) -> Folded:
    return replaceable(op, op.x) if len(op.outputs) == 1 else None
