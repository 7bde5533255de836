"""Semantics of `vector`: a vector is an array that nobody writes to; loads and stores copy.

An n-D vector is loaded from and stored to a hyper-rectangle of the memref's last n dimensions,
whatever its strides.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from xdsl.dialects import vector

from dlir.dialects.upstream.indexing import box, mixed, point, shape_of
from dlir.dialects.upstream.rounding import fma
from dlir.dialects.upstream.semantics_arith import (
    bit_and,
    bit_or,
    bit_xor,
    integer,
    maximum,
    maxnum,
    minimum,
    minnum,
    unsigned,
)
from dlir.dialects.vector_dot import Dot, DotOp
from dlir.interpreter import Interpreter, Semantics
from dlir.numpy_types import BFLOAT16, Array, Value, dtype_of


def _window(ref: Array, indices: tuple[Value, ...], shape: tuple[int, ...]) -> Array:
    """The elements a vector of that shape covers, as a view."""
    sizes = (1,) * (ref.ndim - len(shape)) + shape
    offsets = [int(index) for index in indices]
    return ref[box(ref, offsets, sizes, (1,) * ref.ndim)].reshape(shape)


def load(interp: Interpreter, op: vector.LoadOp, ref: Array, *indices: Value) -> Array:
    """A copy of the covered elements, all of which must exist."""
    return _window(ref, indices, op.result.type.get_shape()).copy()


def store(
    interp: Interpreter, op: vector.StoreOp, value: Array, ref: Array, *indices: Value
) -> None:
    """Overwrite the covered elements, all of which must exist."""
    target = _window(ref, indices, value.shape)
    assert np.may_share_memory(target, ref), "dropping unit dimensions makes no copy"
    target[...] = value


def _lanes(ref: Array, indices: Sequence[Value], mask: Array) -> tuple[Array, ...]:
    """Positions of the lanes that are on, per dimension of the memref; only these must exist."""
    on = np.nonzero(mask)
    outer = [np.zeros(on[0].size, np.int64)] * (ref.ndim - mask.ndim)
    positions = [index + lane for index, lane in zip(indices, [*outer, *on], strict=True)]
    for position in zip(*positions, strict=True):
        point(ref, position)
    return tuple(positions)


def masked_load(
    interp: Interpreter, op: vector.MaskedLoadOp, ref: Array, *operands: Value
) -> Array:
    """Memory where the mask is on, `pass_thru` elsewhere; only lanes that are on are read."""
    *indices, mask, pass_through = operands
    result = pass_through.copy()
    result[mask] = ref[_lanes(ref, indices, mask)]
    return result


def masked_store(
    interp: Interpreter, op: vector.MaskedStoreOp, ref: Array, *operands: Value
) -> None:
    """Write the lanes that are on; the others are not touched."""
    *indices, mask, value = operands
    ref[_lanes(ref, indices, mask)] = value[mask]


def create_mask(interp: Interpreter, op: vector.CreateMaskOp, *sizes: Value) -> Array:
    """True where every index is below its size."""
    mask = np.zeros(shape_of(op.mask_vector.type, ()), np.bool_)
    mask[tuple(slice(max(int(size), 0)) for size in sizes)] = True
    return mask


def broadcast(interp: Interpreter, op: vector.BroadcastOp, value: Value) -> Array:
    """Splat a scalar, add leading dimensions, stretch dimensions of size one."""
    return np.broadcast_to(value, op.vector.type.get_shape()).copy()


def fused_multiply_add(
    interp: Interpreter, op: vector.FMAOp, a: Array, b: Array, c: Array
) -> Array:
    """`a * b + c`, rounded once."""
    return fma(a, b, c)


def extract(interp: Interpreter, op: vector.ExtractOp, value: Array, *dynamic: Value) -> Value:
    """An element, or the vector below a position."""
    position = mixed(op.static_position, iter(dynamic))
    return value[point(_outer(value, position), position)]


def insert(
    interp: Interpreter, op: vector.InsertOp, part: Value, into: Array, *dynamic: Value
) -> Array:
    """A copy of `into` with an element, or the vector below a position, replaced."""
    position = mixed(op.static_position, iter(dynamic))
    result = into.copy()
    result[point(_outer(into, position), position)] = part
    return result


def _outer(value: Array, position: list[int]) -> Array:
    """As many dimensions of the value as the position indexes (for the check of its bounds)."""
    return value[(...,) + (0,) * (value.ndim - len(position))]


def shuffle(interp: Interpreter, op: vector.ShuffleOp, a: Array, b: Array) -> Array:
    """Pick rows of `a` and `b` laid one after the other; a poison row (-1) is refused."""
    mask = op.mask.get_values()
    if -1 in mask:
        raise ValueError("the mask picks poison (-1)")
    return np.concatenate([np.atleast_1d(a), np.atleast_1d(b)])[list(mask)]


def _by(semantics: Semantics) -> Callable[[Value, Value], Value]:
    return lambda a, b: semantics(None, None, a, b)


_KINDS: dict[str, Callable[[Value, Value], Value]] = {
    "mul": operator.mul,
    "minui": _by(integer(np.minimum, unsigned)),
    "minsi": _by(integer(np.minimum)),
    "minnumf": minnum,
    "maxui": _by(integer(np.maximum, unsigned)),
    "maxsi": _by(integer(np.maximum)),
    "maxnumf": maxnum,
    "and": bit_and,
    "or": bit_or,
    "xor": bit_xor,
    "maximumf": maximum,
    "minimumf": minimum,
}


def reduction(interp: Interpreter, op: vector.ReductionOp, value: Array, *acc: Value) -> Value:
    """Combine in order, starting from `acc` when there is one; each step rounds."""
    kind = op.kind.data.value
    if kind == "add":
        combine = bit_xor if value.dtype.kind == "b" else operator.add
    else:
        combine = _KINDS[kind]
    return reduce(combine, [*acc, *value])


def bitcast(interp: Interpreter, op: vector.BitcastOp, value: Array) -> Array:
    """The same bits; the last dimension scales with the element's width."""
    shape = op.result.type.get_shape()
    return np.frombuffer(value.tobytes(), dtype_of(op.result.type), math.prod(shape)).reshape(shape)


_NUMBERS = {
    Dot.U8S8: (np.dtype(np.uint8), np.dtype(np.int8)),
    Dot.S16S16: (np.dtype(np.int16), np.dtype(np.int16)),
    Dot.BF16: (BFLOAT16, BFLOAT16),
}


def dot(interp: Interpreter, op: DotOp, a: Array, b: Array, acc: Array) -> Array:
    """One product after the other, in the type of the sums."""
    left, right = _NUMBERS[op.kind.data]
    x = _groups(a, left).astype(acc.dtype)
    y = _groups(b, right).astype(acc.dtype)
    result = acc.copy()
    for place in range(x.shape[-1]):
        result = result + x[..., place] * y[..., place]
    return result


def _groups(lanes: Array, number: np.dtype[Any]) -> Array:
    """The numbers in each lane, along one more dimension."""
    return np.ascontiguousarray(lanes).view(number).reshape(*lanes.shape, -1)


SEMANTICS: dict[type[Any], Any] = {
    vector.LoadOp: load,
    vector.StoreOp: store,
    vector.MaskedLoadOp: masked_load,
    vector.MaskedStoreOp: masked_store,
    vector.CreateMaskOp: create_mask,
    vector.BroadcastOp: broadcast,
    vector.FMAOp: fused_multiply_add,
    DotOp: dot,
    vector.ExtractOp: extract,
    vector.InsertOp: insert,
    vector.ShuffleOp: shuffle,
    vector.ReductionOp: reduction,
    vector.BitcastOp: bitcast,
}
