"""Elements at computed places: their places in row-major order, then a gather or a scatter.

A place whose numbers are not all inside becomes one that no tensor has, for the gather or the
scatter to find.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from xdsl.dialects.builtin import IndexType, i64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.attrs import Reduction
from dlir.dialects.dl.ops import scatter as s
from dlir.dialects.structured.ops import GatherOp, ScatterOp, element_type_of
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    dimensions,
    typed,
)
from dlir.lowering.dl_to_structured.movement import clamped
from dlir.lowering.dl_to_structured.scalar import (
    Scalar,
    compare,
    computing_type,
    from_index,
    lowest,
    maximum,
    minimum,
    resize,
    where,
)
from dlir.lowering.dl_to_structured.scalar_forms import convert
from dlir.lowering.dl_to_structured.sizes import Size, tensor_type

Coordinate: TypeAlias = "str | Access"
"""A number of a place: that of an iterator, or one that is read."""

NOWHERE = lowest(i64)


def linear_index(
    emitter: Emitter, space: Space, place: Sequence[Coordinate], sizes: Sequence[Size],
    shape: Sequence[Size],
) -> SSAValue:  # fmt: skip
    """Places in a tensor of these sizes as numbers in row-major order; i64, of the given shape.

    `place` has one coordinate per size; what is read may be negative, and is checked.
    """
    letters = [c for c in place if isinstance(c, str)]
    read = [c for c in place if isinstance(c, Access)]
    measured = [Access(n) for n in sizes if isinstance(n, SSAValue)]

    def make(*scalars: Scalar) -> Scalar:
        given = [*map(_as_i64, scalars)]
        first, second = len(letters), len(letters) + len(read)
        at, values, extents = (
            iter(part) for part in (given[:first], given[first:second], given[second:])
        )
        total, inside = None, None
        for coordinate, size in zip(place, sizes, strict=True):
            n = size if isinstance(size, int) else next(extents)
            if isinstance(coordinate, str):
                value = next(at)
            else:
                value, fits = _wrapped(next(values), n)
                inside = fits if inside is None else inside & fits
            total = value if total is None else total * n + value
        assert total is not None
        return total if inside is None else where(inside, total, NOWHERE)

    out = Destination(emitter.scratch(i64, shape), space.forms(space.letters))
    inputs = [*read, *measured]
    return emitter.generic(space, inputs, out, make, positions="".join(letters))


def _as_i64(x: Scalar) -> Scalar:
    return from_index(x, i64) if isinstance(x.type, IndexType) else resize(clamped(x), i64)


def _wrapped(value: Scalar, size: Scalar | int) -> tuple[Scalar, Scalar]:
    """An index counted from the front, and whether it is one."""
    counted = where(compare("lt", value, 0), value + size, value)
    return counted, compare("ge", counted, 0) & compare("lt", counted, size)


def element_places(emitter: Emitter, x: SSAValue, indices: SSAValue, axis: int) -> SSAValue:
    """The places that `indices` name in x, each in its own row along the axis."""
    sizes, own = emitter.sizes.of(x), emitter.sizes.of(indices)
    for dim, (size, limit) in enumerate(zip(own, sizes, strict=True)):
        if dim != axis:
            emitter.require("sle", size, limit, f"the indices are larger in dimension {dim}")
    letters = dimensions(len(sizes))
    space = Space(letters)
    place: list[Coordinate] = [*letters]
    place[axis] = Access(indices, space.forms(letters))
    return linear_index(emitter, space, place, sizes, own)


def point_places(
    emitter: Emitter, x: SSAValue, indices: SSAValue, count: int, batch: int = 0
) -> SSAValue:
    """The places of slices of x: behind the batch, `count` numbers of the last dimension."""
    own = emitter.sizes.of(indices)
    letters = dimensions(len(own) - 1)
    space = Space(letters)
    numbers = [Access(indices, (*space.forms(letters), space.form({}, n))) for n in range(count)]
    sizes = emitter.sizes.of(x)[: batch + count]
    return linear_index(emitter, space, [*letters[:batch], *numbers], sizes, own[:-1])


def flattened(emitter: Emitter, x: SSAValue, count: int) -> SSAValue:
    """x with its first `count` dimensions as one."""
    sizes = emitter.sizes.of(x)
    shape = [emitter.sizes.product(sizes[:count]), *sizes[count:]]
    return emitter.reshape(x, typed(element_type_of(x), shape), shape)


def take(emitter: Emitter, x: SSAValue, places: SSAValue, named: int, like: SSAValue) -> SSAValue:
    """The slices of x at places among its first dimensions, `named` of them; typed as `like`."""
    shape = [*emitter.sizes.of(places), *emitter.sizes.of(x)[named:]]
    out = emitter.empty(tensor_type(like), shape)
    result = emitter.insert(GatherOp(flattened(emitter, x, named), places, out, 0)).results[0]
    emitter.sizes.tell(result, shape)
    return result


def gather_elements(emitter: Emitter, op: s.GatherElementsOp) -> SSAValue:
    """One element per place."""
    places = element_places(emitter, op.x, op.indices, op.axis.value.data)
    return take(emitter, op.x, places, len(emitter.sizes.of(op.x)), op.result)


def gather_nd(emitter: Emitter, op: s.GatherNdOp) -> SSAValue:
    """One slice per place."""
    batch, own = op.batch_dims.value.data, emitter.sizes.of(op.indices)
    pairs = zip(own[:batch], emitter.sizes.of(op.x), strict=False)
    for dim, (size, other) in enumerate(pairs):
        emitter.require("eq", size, other, f"batch dimension {dim} differs")
    count = tensor_type(op.indices).get_shape()[-1]
    places = point_places(emitter, op.x, op.indices, count, batch)
    return take(emitter, op.x, places, batch + count, op.result)


_FOLDS: dict[Reduction, Callable[[Scalar, Scalar], Scalar]] = {
    Reduction.NONE: lambda old, new: new,
    Reduction.ADD: lambda old, new: old + new,
    Reduction.MUL: lambda old, new: old * new,
    Reduction.MAX: maximum,
    Reduction.MIN: minimum,
}


def put(emitter: Emitter, op: s.ScatterFamilyOp, places: SSAValue, named: int) -> SSAValue:
    """x with the updates at places among its first dimensions, `named` of them."""
    element, fold = element_type_of(op.x), _FOLDS[op.reduction.data]
    wide = computing_type(element)

    def join(old: Scalar, new: Scalar) -> Scalar:
        return resize(fold(resize(old, wide), resize(new, wide)), element)

    flat = flattened(emitter, op.x, named)
    body = emitter.body([element, element], join)
    result = emitter.insert(ScatterOp(places, op.updates, flat, body)).results[0]
    emitter.sizes.tell(result, emitter.sizes.of(flat))
    return emitter.reshape(result, tensor_type(op.result), emitter.sizes.of(op.x))


def _require_shape(emitter: Emitter, updates: SSAValue, shape: Sequence[Size]) -> None:
    for dim, (size, other) in enumerate(zip(emitter.sizes.of(updates), shape, strict=True)):
        emitter.require("eq", size, other, f"size {dim} of the updates does not fit")


def scatter_elements(emitter: Emitter, op: s.ScatterElementsOp) -> SSAValue:
    """One element per place."""
    _require_shape(emitter, op.updates, emitter.sizes.of(op.indices))
    places = element_places(emitter, op.x, op.indices, op.axis.value.data)
    return put(emitter, op, places, len(emitter.sizes.of(op.x)))


def scatter_nd(emitter: Emitter, op: s.ScatterNdOp) -> SSAValue:
    """One slice per place."""
    count = tensor_type(op.indices).get_shape()[-1]
    own, sizes = emitter.sizes.of(op.indices), emitter.sizes.of(op.x)
    _require_shape(emitter, op.updates, [*own[:-1], *sizes[count:]])
    return put(emitter, op, point_places(emitter, op.x, op.indices, count), count)


def one_hot(emitter: Emitter, op: s.OneHotOp) -> SSAValue:
    """index = j"""
    axis, own = op.axis.value.data, emitter.sizes.of(op.indices)
    written = tensor_type(op.result).get_shape()[axis]
    depth = emitter.sizes.number(op.sizes[0]) if op.sizes else written
    element = element_type_of(op.result)
    letters = dimensions(len(own) + 1)
    space = Space(letters)
    index = Access(op.indices, space.forms(letters[:axis] + letters[axis + 1 :]))
    measured = [Access(n) for n in [depth] if isinstance(n, SSAValue)]

    def make(*scalars: Scalar) -> Scalar:
        at, value, *extents = map(_as_i64, scalars)
        counted, _ = _wrapped(value, depth if isinstance(depth, int) else extents[0])
        return convert(compare("eq", counted, at), element)

    out = emitter.empty(tensor_type(op.result), [*own[:axis], depth, *own[axis:]])
    destination = Destination(out, space.forms(letters))
    return emitter.generic(space, [index, *measured], destination, make, positions=letters[axis])


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue | Sequence[SSAValue]]] = {
    s.GatherElementsOp: gather_elements,
    s.GatherNdOp: gather_nd,
    s.ScatterElementsOp: scatter_elements,
    s.ScatterNdOp: scatter_nd,
    s.OneHotOp: one_hot,
}
