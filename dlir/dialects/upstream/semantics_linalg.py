"""Semantics of `linalg`: bodies on whole arrays over the parallel iterators, the others in loops.

A body that holds regions (an `scf.if`) is run point by point.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from itertools import product
from typing import Any, cast

import numpy as np
from xdsl.dialects.linalg.attrs import IteratorType
from xdsl.ir.affine import AffineDimExpr, AffineMap

from dlir.dialects.linalg import Linalg
from dlir.dialects.linalg.ops import IndexOp, Structured
from dlir.interpreter import Interpreter
from dlir.numpy_types import Array, Value

_coordinates: ContextVar[Sequence[Array]] = ContextVar("coordinates of the running body")


def structured(interp: Interpreter, op: Structured, *operands: Value) -> tuple[Value, ...]:
    """Every op that has maps, iterators and a body."""
    maps = [attribute.data for attribute in op.get_indexing_maps()]
    inputs = len(op.inputs)
    arrays = [np.asarray(v) for v in operands[:inputs]]
    outputs = [v if not op.res else np.array(v) for v in operands[inputs:]]
    sizes = _extents(maps, [*arrays, *outputs])
    whole = _whole_dimensions(op)
    at: list[Array] = [np.array(0)] * len(sizes)
    for axis, d in enumerate(whole):
        at[d] = np.arange(sizes[d]).reshape([-1 if a == axis else 1 for a in range(len(whole))])
    shape = tuple(sizes[d] for d in whole)
    loops = [d for d in range(len(sizes)) if d not in whole]
    for point in product(*(range(sizes[d]) for d in loops)):
        for d, position in zip(loops, point, strict=True):
            at[d] = np.array(position)
        places = [_places(m, at) for m in maps]
        read = zip([*arrays, *outputs], places, strict=True)
        made = _run(interp, op, at, [_read(x, place) for x, place in read])
        for out, place, value in zip(outputs, places[inputs:], made, strict=True):
            _write(out, place, value, shape)
    return tuple(outputs) if op.res else ()


def _extents(maps: Sequence[AffineMap], arrays: Sequence[Array]) -> list[int]:
    """The size of the dimension where an iterator stands plainly; all of them must agree."""
    found: dict[int, int] = {}
    for m, array in zip(maps, arrays, strict=True):
        for expr, size in zip(m.results, array.shape, strict=True):
            if isinstance(expr, AffineDimExpr) and found.setdefault(expr.position, size) != size:
                known = found[expr.position]
                raise ValueError(f"iterator d{expr.position} runs to {known} and to {size}")
    return [found[d] for d in range(maps[0].num_dims)]


def _whole_dimensions(op: Structured) -> list[int]:
    """The iterators that are run as arrays: the parallel ones, unless the body has regions."""
    if any(inner.regions for inner in op.body.block.ops):
        return []
    kinds = [attribute.data for attribute in op.get_iterator_types()]
    return [d for d, kind in enumerate(kinds) if kind is IteratorType.PARALLEL]


def _places(m: AffineMap, at: Sequence[Array]) -> tuple[Array, ...]:
    return tuple(np.asarray(expr.eval(cast(Any, at), [])) for expr in m.results)


def _read(x: Array, place: tuple[Array, ...]) -> Value:
    for axis, (index, size) in enumerate(zip(place, x.shape, strict=True)):
        if index.size and not ((index >= 0) & (index < size)).all():
            raise IndexError(f"reads outside of dimension {axis} of size {size}")
    return x[place] if place else x[()]


def _write(out: Array, place: tuple[Array, ...], value: Value, shape: tuple[int, ...]) -> None:
    """Store the values of all points; where several go to one element, the last one stays."""
    if not place:
        out[()] = np.broadcast_to(value, shape).reshape(-1)[-1] if 0 not in shape else out
        return
    where = tuple(np.broadcast_to(index, shape) for index in place)
    out[where] = np.broadcast_to(value, shape)


def _run(
    interp: Interpreter, op: Structured, at: Sequence[Array], scalars: Sequence[Value]
) -> tuple[Value, ...]:
    token = _coordinates.set(at)
    try:
        return interp.run_region(op.body, *scalars)
    finally:
        _coordinates.reset(token)


def index(interp: Interpreter, op: IndexOp) -> Value:
    """The iterator's value at the point that the body is computing."""
    return np.asarray(_coordinates.get()[op.dim.value.data], np.int64)


SEMANTICS: dict[type[Any], Any] = {
    **{op: structured for op in Linalg.operations if issubclass(op, Structured)},
    IndexOp: index,
}
