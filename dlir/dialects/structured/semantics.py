"""What `structured` means, in numpy: the fold over reduction points, each on whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from xdsl.dialects.builtin import FloatAttr, IntegerAttr
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.structured import semantics_sequential, semantics_sparse
from dlir.dialects.structured.maps import Linear
from dlir.dialects.structured.ops import (
    FillOp,
    GatherOp,
    GenericOp,
    IndexOp,
    ReshapeOp,
    shape_of,
)
from dlir.types import is_number

Array = NDArray[Any]
Coordinates = Sequence[Array]

_ZERO = IntegerAttr(0, 64)  # stands in where a point outside of `outs` would read; never stored

_coordinates: ContextVar[Coordinates] = ContextVar("coordinates of the running body")


def _index(form: Linear, coordinates: Coordinates) -> Array:
    total = np.array(form.constant)
    for d in form.dims:
        total = total + form.coefficients[d] * coordinates[d]
    return total


def _read(
    x: Array, forms: Sequence[Linear], at: Coordinates, padding: Attribute | None = None
) -> Array:
    """`x[forms(at)]`, or the padding scalar where that lies outside of x."""
    if not forms:
        return x
    index = [_index(form, at) for form in forms]
    inside = np.array(True)
    for i, n in zip(index, x.shape, strict=True):
        inside = inside & (i >= 0) & (i < n)
    if padding is None:
        if not inside.all():
            raise IndexError("structured.generic reads outside of its operand")
        return x[tuple(index)]
    assert isinstance(padding, FloatAttr | IntegerAttr)
    if 0 in x.shape:
        return np.full(inside.shape, padding.value.data, x.dtype)
    clamped = tuple(i.clip(0, n - 1) for i, n in zip(index, x.shape, strict=True))
    return np.where(inside, x[clamped], np.array(padding.value.data, x.dtype))


def extents(op: GenericOp, values: Sequence[Any]) -> list[int]:
    """The extent of every iterator, asked from the operands' run-time shapes."""
    shapes = dict(zip(op.operands, (np.shape(v) for v in values), strict=True))
    result: list[int] = []
    for dim in range(len(op.kinds)):
        source = op.extent_source(dim)
        result.append(source if isinstance(source, int) else _ask(shapes, *source))
    _check_extents(op, shapes, result)
    return result


def _ask(shapes: dict[SSAValue, tuple[int, ...]], value: SSAValue, position: int) -> int:
    return shapes[value][position]


def _check_extents(
    op: GenericOp, shapes: dict[SSAValue, tuple[int, ...]], found: Sequence[int]
) -> None:
    for value, forms in zip([*op.inputs, op.outs], [*op.input_forms, op.out_forms], strict=True):
        for form, size in zip(forms, shapes[value], strict=True):
            dim = form.plain_dim
            if dim is not None and op.fixed_domain[dim] < 0 and size < found[dim]:
                raise ValueError(f"iterator d{dim} runs to {found[dim]}, an operand has {size}")


def generic(interp: Any, op: GenericOp, *values: Any) -> Array | None:
    """acc[p] = fold over r of body(inputs at (p, r), acc[p]); out[m(p)] = epilogue(acc[p])."""
    count = len(op.inputs)
    inputs, outs, extra = values[:count], values[count], values[count + 1 :]
    sizes = extents(op, values)
    shape = tuple(sizes[d] for d in op.parallel_dims)
    at: list[Array] = [np.array(0)] * len(sizes)
    for axis, d in enumerate(op.parallel_dims):
        at[d] = np.arange(sizes[d]).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    result = outs.copy() if op.result is not None else outs
    target = tuple(np.broadcast_to(_index(f, at), shape) for f in op.out_forms)
    inside = np.full(shape, True)
    for i, n in zip(target, result.shape, strict=True):
        inside &= (i >= 0) & (i < n)
    if op.init is None:
        acc = _read(result, op.out_forms, at, _ZERO)
    else:
        acc = np.full(shape, _scalar(op.init))
    for point in product(*(range(sizes[d]) for d in op.reduction_dims)):
        for d, position in zip(op.reduction_dims, point, strict=True):
            at[d] = np.array(position)
        scalars = [
            _read(x, forms, at, padding)
            for x, forms, padding in zip(inputs, op.input_forms, op.paddings, strict=True)
        ]
        acc = _run(interp, op.body.block, at, scalars + ([acc] if op.reduction_dims else []))
    if op.epilogue is not None:
        parallel = [at[d] for d in op.parallel_dims]
        scalars = [
            _read(x, f, parallel, None if inside.all() else _ZERO)
            for x, f in zip(extra, op.epilogue_forms, strict=True)
        ]
        acc = _run(interp, op.epilogue.block, at, [acc, *scalars])
    if target:
        result[tuple(i[inside] for i in target)] = np.broadcast_to(acc, shape)[inside]
    else:  # one element, and nothing to select it by
        result[()] = acc
    return result if op.result is not None else None


def _scalar(attr: Attribute) -> Any:
    from dlir.numpy_types import dtype_of

    assert is_number(attr)
    return np.array(attr.value.data, dtype_of(attr.type))[()]


def _run(interp: Any, block: Any, at: Coordinates, scalars: Sequence[Any]) -> Any:
    token = _coordinates.set(at)
    try:
        return interp.run_block(block, *scalars)[0]
    finally:
        _coordinates.reset(token)


def index(interp: Any, op: IndexOp) -> Array:
    """The iterator's value at the point that the body is computing."""
    return np.asarray(_coordinates.get()[op.dim.value.data], np.int64)


def fill(interp: Any, op: FillOp, value: Any, outs: Array) -> Array | None:
    """out[...] = value"""
    result = outs.copy() if op.result is not None else outs
    result[...] = value
    return result if op.result is not None else None


def gather(interp: Any, op: GatherOp, x: Array, indices: Array, outs: Array) -> Array | None:
    """out[a, i, b] = x[a, indices[i], b]"""
    size = x.shape[op.axis_number]
    if indices.size and not ((indices >= -size) & (indices < size)).all():
        raise IndexError(f"gather index out of range for axis {op.axis_number} of size {size}")
    taken = np.take(x, np.where(indices < 0, indices + size, indices), axis=op.axis_number)
    if op.result is not None:
        return taken
    outs[...] = taken
    return None


def reshape(interp: Any, op: ReshapeOp, x: Array, *sizes: int) -> Array:
    """out.flat = x.flat"""
    dynamic = iter(sizes)
    shape = [n if n >= 0 else int(next(dynamic)) for n in shape_of(op.result)]
    return x.reshape(shape)


SEMANTICS: dict[type[Operation], Callable[..., Any]] = {
    GenericOp: generic,
    IndexOp: index,
    FillOp: fill,
    GatherOp: gather,
    ReshapeOp: reshape,
    **semantics_sequential.SEMANTICS,
    **semantics_sparse.SEMANTICS,
}
