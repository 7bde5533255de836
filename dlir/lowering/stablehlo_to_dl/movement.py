"""Ops that make tensors and move elements, with shapes that are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import BytesAttr, DenseIntOrFPElementsAttr, TensorType, i1
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops.base import element_of, shape_of
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.stablehlo.shapes import ints_of, number_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import (
    Emitter,
    Size,
    is_static,
    known_number,
    unsupported,
)


def constant(e: Emitter, op: Operation) -> SSAValue:
    """Of many equal items one is enough: it broadcasts."""
    value = op.properties["value"]
    if not isinstance(value, DenseIntOrFPElementsAttr):
        unsupported("a constant that is not dense")
    dense = cast(DenseIntOrFPElementsAttr[Any], value)
    type = cast(TensorType[Attribute], dense.get_type())
    shape, data = type.get_shape(), dense.data.data
    count = _count(shape)
    item = data[: len(data) // max(count, 1)]
    if count <= 1 or item * count != data:
        return e.emit(ConstantOp(dense))
    one = DenseIntOrFPElementsAttr(cast(Any, TensorType(type.element_type, ())), BytesAttr(item))
    return e.broadcast(e.emit(ConstantOp(one)), shape)


def _count(shape: Sequence[int]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total


def iota(e: Emitter, op: Operation) -> SSAValue:
    result = op.results[0]
    return e.iota(_written(op), number_of(op, "iota_dimension"), element_of(result))


def _written(op: Operation) -> list[Size]:
    """The shape of the result, which must be known."""
    shape = shape_of(op.results[0])
    if not is_static(shape):
        unsupported(f"a result of type {op.results[0].type}", "sizes of a result must be given")
    return [*shape]


def reshape(e: Emitter, op: Operation) -> SSAValue:
    x, shape = op.operands[0], shape_of(op.results[0])
    if x in e.sizes_of and len(shape) <= 1:
        e.sizes_of.setdefault(made := e.reshape(x, [*shape]), e.sizes_of[x])
        return made
    if shape.count(-1) > 1:
        unsupported(f"a result of type {op.results[0].type}", "sizes of a result must be given")
    return e.reshape(x, [*shape])


def transpose(e: Emitter, op: Operation) -> SSAValue:
    return e.transpose(op.operands[0], ints_of(op, "permutation"))


def reverse(e: Emitter, op: Operation) -> SSAValue:
    return reversed_along(e, op.operands[0], ints_of(op, "dimensions"))


def reversed_along(e: Emitter, x: SSAValue, axes: Sequence[int]) -> SSAValue:
    """x with its elements in the opposite order along some axes."""
    shape = shape_of(x)
    if any(shape[axis] < 0 for axis in axes):
        unsupported("an axis of unknown size to reverse")
    axes = [axis for axis in axes if shape[axis] > 0]
    if not axes:
        return x
    offsets = [shape[axis] - 1 if axis in axes else 0 for axis in range(len(shape))]
    strides = [-1 if axis in axes else 1 for axis in range(len(shape))]
    return e.slice(x, offsets, e.shape(x), strides)


def broadcast_in_dim(e: Emitter, op: Operation) -> SSAValue:
    shape = shape_of(op.results[0])
    dims = ints_of(op, "broadcast_dimensions")
    sizes = [e.size(op.operands[0], dims.index(axis)) if n < 0 and axis in dims else n
             for axis, n in enumerate(shape)]  # fmt: skip
    if any(isinstance(n, int) and n < 0 for n in sizes):
        unsupported(f"a result of type {op.results[0].type}", "sizes of a result must be given")
    return placed(e, op.operands[0], dims, sizes)


def placed(e: Emitter, x: SSAValue, dims: Sequence[int], sizes: Sequence[Size]) -> SSAValue:
    """x repeated so that its dimension i is dimension dims[i] of the result."""
    order = sorted(range(len(dims)), key=lambda i: dims[i])
    x = e.transpose(x, order)
    rising = [dims[i] for i in order]
    first = rising[0] if rising else len(sizes)
    # Leading dimensions need not be there: broadcasting adds them.
    here = dict(zip(rising, e.shape(x), strict=True))
    x = e.reshape(x, [here.get(axis, 1) for axis in range(first, len(sizes))])
    return e.broadcast(x, sizes)


def broadcast(e: Emitter, op: Operation) -> SSAValue:
    sizes = [*ints_of(op, "broadcast_sizes"), *e.shape(op.operands[0])]
    return e.broadcast(op.operands[0], sizes)


def concatenate(e: Emitter, op: Operation) -> SSAValue:
    return e.emit(mv.ConcatOp([*op.operands], number_of(op, "dimension")))


def slice_(e: Emitter, op: Operation) -> SSAValue:
    start = ints_of(op, "start_indices")
    shape: list[Size] = [*shape_of(op.results[0])]
    if not is_static(shape_of(op.results[0])):
        limit = ints_of(op, "limit_indices")
        strides = ints_of(op, "strides")
        shape = [-(-(n - s) // d) for s, n, d in zip(start, limit, strides, strict=True)]
    return e.slice(op.operands[0], start, shape, ints_of(op, "strides"))


def pad(e: Emitter, op: Operation) -> SSAValue:
    x, value = op.operands[0], op.operands[1]
    interior = ints_of(op, "interior_padding")
    low, high = ints_of(op, "edge_padding_low"), ints_of(op, "edge_padding_high")
    known = known_number(value)
    if known is None:
        return _pad_with(e, x, value, low, high, interior)
    return padded(e, x, low, high, interior, known)


def padded(
    e: Emitter,
    x: SSAValue,
    low: Sequence[int],
    high: Sequence[int],
    interior: Sequence[int],
    value: float,
) -> SSAValue:
    """x with a known value around and between its elements; negative paddings cut."""
    for axis, holes in enumerate(interior):
        if holes:
            x = spread(e, x, axis, holes, value)
    if min((*low, *high), default=0) < 0:
        x = cut(e, x, [max(-n, 0) for n in low], [max(-n, 0) for n in high])
    return e.pad(x, [max(n, 0) for n in low], [max(n, 0) for n in high], value)


def spread(e: Emitter, x: SSAValue, axis: int, holes: int, value: float) -> SSAValue:
    """x with `holes` values between its elements along an axis: padding behind each, but for the
    last one."""
    shape = e.shape(x)
    size = shape[axis]
    if not isinstance(size, int):
        unsupported("padding between elements along an axis of unknown size")
    if size <= 1:
        return x
    single = e.reshape(x, [*shape[: axis + 1], 1, *shape[axis + 1 :]])
    high = [holes if i == axis + 1 else 0 for i in range(len(shape) + 1)]
    wide = e.pad(single, [0] * len(high), high, value)
    joined = e.reshape(wide, [*shape[:axis], size * (holes + 1), *shape[axis + 1 :]])
    return cut(e, joined, [0] * len(shape), [holes if i == axis else 0 for i in range(len(shape))])


def cut(e: Emitter, x: SSAValue, low: Sequence[int], high: Sequence[int]) -> SSAValue:
    """x without some elements at its ends."""
    if not any((*low, *high)):
        return x
    sizes = [e.difference(n, a + b) if a + b else n
             for n, a, b in zip(e.shape(x), low, high, strict=True)]  # fmt: skip
    if any(isinstance(n, int) and n < 0 for n in sizes):
        unsupported("negative paddings that cut more than there is")
    return e.slice(x, low, sizes)


def _pad_with(
    e: Emitter,
    x: SSAValue,
    value: SSAValue,
    low: Sequence[int],
    high: Sequence[int],
    interior: Sequence[int],
) -> SSAValue:
    """Padding by a value that is computed: where ones are padded with zeros, x's elements count."""
    ones = e.broadcast(e.constant(True, i1), e.shape(x))
    inside = padded(e, ones, low, high, interior, 0)
    return e.select(inside, padded(e, x, low, high, interior, 0), value)


def identity(e: Emitter, op: Operation) -> Sequence[SSAValue]:
    return [*op.operands]


def get_tuple_element(e: Emitter, op: Operation) -> SSAValue:
    source = op.operands[0].owner
    if not isinstance(source, Operation) or source.name != "stablehlo.tuple":
        unsupported("a tuple from elsewhere")
    index = number_of(op, "index")
    if not 0 <= index < len(source.operands):
        unsupported(f"element {index} of a tuple of {len(source.operands)}")
    return source.operands[index]


def torch_index_select(e: Emitter, op: Operation) -> SSAValue:
    if number_of(op, "batch_dims"):
        unsupported("batch dimensions")
    x, axis = op.operands[0], number_of(op, "dim")
    last = e.difference(e.size(x, axis), 1)
    return e.emit(mv.GatherOp(x, e.clamp_index(op.operands[1], last), axis))


RULES: dict[str, Rule] = {
    "stablehlo.broadcast": broadcast,
    "stablehlo.broadcast_in_dim": broadcast_in_dim,
    "stablehlo.concatenate": concatenate,
    "stablehlo.constant": constant,
    "stablehlo.get_tuple_element": get_tuple_element,
    "stablehlo.iota": iota,
    "stablehlo.optimization_barrier": identity,
    "stablehlo.pad": pad,
    "stablehlo.reshape": reshape,
    "stablehlo.reverse": reverse,
    "stablehlo.slice": slice_,
    "stablehlo.torch_index_select": torch_index_select,
    "stablehlo.transpose": transpose,
}
