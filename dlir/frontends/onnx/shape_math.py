"""Shape arithmetic: ONNX operators on `Ints`, evaluated at import.

Every function takes the node and its inputs as `Ints` (None where an optional input is absent) and
returns the result's items. Item-wise operators broadcast as numpy does; the others move items
around. An operator that is not in `SHAPE_MATH`, or whose inputs are not all shape values, is
imported as tensor operations instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.dims import Dim, DimError
from dlir.frontends.builder.values import SMALL, Array, Ints, Unsupported

from .node import Node, normalize_axis

Inputs: TypeAlias = Sequence[Ints | None]
Rule: TypeAlias = Callable[[Node, Inputs], Array]


def _given(inputs: Inputs) -> list[Ints]:
    return [value for value in inputs if value is not None]


def _numbers(value: Ints | None, what: str) -> list[int]:
    """The items of an index operand, which must not depend on run-time sizes."""
    items = [] if value is None else list(value.items.flat)
    if not all(isinstance(item, int) for item in items):
        raise Unsupported(f"{what} that depend on run-time sizes")
    return cast(list[int], items)


def _objects(items: Any) -> Array:
    """`items` as an object array (numpy turns a lone item into a bare object)."""
    if isinstance(items, np.ndarray) and cast(Array, items).dtype == object:
        return cast(Array, items)
    result = np.empty((), dtype=object)
    result[()] = items
    return result


def _itemwise(function: Callable[..., Dim]) -> Rule:
    ufunc = np.frompyfunc(function, function.__code__.co_argcount, 1)

    def rule(_: Node, inputs: Inputs) -> Array:
        arrays = [value.items for value in _given(inputs)]
        _check_size(np.broadcast_shapes(*(array.shape for array in arrays)))
        return _objects(ufunc(*arrays))

    return rule


def _folding(function: Callable[[Dim, Dim], Dim]) -> Rule:
    """An n-ary operator (`Sum`, `Max`, `Min`) from a binary function."""
    binary = _itemwise(function)

    def rule(node: Node, inputs: Inputs) -> Array:
        first, *rest = _given(inputs)
        result = first.items
        for value in rest:
            result = binary(node, (Ints(result, first.dtype), value))
        return result

    return rule


def _check_size(shape: Sequence[int]) -> None:
    if int(np.prod(shape, dtype=object)) > SMALL:
        raise Unsupported(f"shape arithmetic on more than {SMALL} items")


def _identity(_: Node, inputs: Inputs) -> Array:
    return _given(inputs)[0].items


def _cast(node: Node, inputs: Inputs) -> Array:
    items = _given(inputs)[0].items
    return _NONZERO(node, inputs) if node.element_type("to").kind == "b" else items


def _gather(node: Node, inputs: Inputs) -> Array:
    data, indices = _given(inputs)
    axis = normalize_axis(node.int("axis", 0), data.rank)
    index = np.array(_numbers(indices, "indices"), dtype=np.int64).reshape(indices.items.shape)
    extent = data.items.shape[axis]
    if index.size and not (-extent <= index.min() and index.max() < extent):
        raise Unsupported(f"indices outside an axis of size {extent}")
    _check_size([*index.shape, max(data.items.size, 1)])
    return _objects(np.take(data.items, index, axis=axis))


def _concat(node: Node, inputs: Inputs) -> Array:
    values = _given(inputs)
    axis = normalize_axis(node.int("axis", 0), values[0].rank)
    return np.concatenate([value.items for value in values], axis=axis)


def _slice(node: Node, inputs: Inputs) -> Array:
    items = cast(Ints, inputs[0]).items
    for start, stop, step, axis in slice_ranges(node, inputs, items.ndim):
        items = items[(slice(None),) * axis + (python_slice(start, stop, step),)]
    return items


def slice_ranges(node: Node, inputs: Inputs, rank: int) -> list[tuple[int, int, int, int]]:
    """(start, stop, step, axis) of a `Slice` by numbers; attributes before opset 10."""
    if node.opset < 10:
        starts, stops = node.ints("starts", ()), node.ints("ends", ())
        axes, steps = node.ints("axes", range(len(starts))), [1] * len(starts)
    else:
        starts, stops = (_numbers(inputs[i], "bounds") for i in (1, 2))
        axes = _numbers(_input(inputs, 3), "axes") or list(range(len(starts)))
        steps = _numbers(_input(inputs, 4), "steps") or [1] * len(starts)
    return [
        (start, stop, step, normalize_axis(axis, rank))
        for start, stop, step, axis in zip(starts, stops, steps, axes, strict=True)
    ]


def python_slice(start: int, stop: int, step: int) -> slice:
    """Bounds are clamped as in Python, except that a stop below -n means "before 0"."""
    if step == 0:
        raise Unsupported("a step of 0")
    return slice(start, None if step < 0 and stop < -d.INT64_MAX // 2 else stop, step)


def _input(inputs: Inputs, index: int) -> Ints | None:
    return inputs[index] if index < len(inputs) else None


def _axes(node: Node, inputs: Inputs) -> list[int]:
    return list(node.ints("axes", ())) or _numbers(_input(inputs, 1), "axes")


def _unsqueeze(node: Node, inputs: Inputs) -> Array:
    items = cast(Ints, inputs[0]).items
    axes = _axes(node, inputs)
    rank = items.ndim + len(axes)
    return np.expand_dims(items, tuple(normalize_axis(axis, rank) for axis in axes))


def _squeeze(node: Node, inputs: Inputs) -> Array:
    items = cast(Ints, inputs[0]).items
    axes = tuple(normalize_axis(axis, items.ndim) for axis in _axes(node, inputs))
    if any(items.shape[axis] != 1 for axis in axes):
        raise Unsupported("an axis whose size is not 1")
    return _objects(np.squeeze(items, axis=axes or None))


def _reshape(node: Node, inputs: Inputs) -> Array:
    items = cast(Ints, inputs[0]).items
    shape = _numbers(inputs[1], "shapes")
    if not node.int("allowzero", 0):
        shape = [items.shape[i] if n == 0 and i < items.ndim else n for i, n in enumerate(shape)]
    try:
        return items.reshape(shape)
    except ValueError as error:
        raise Unsupported(str(error)) from None


def _constant_of_shape(node: Node, inputs: Inputs) -> Array:
    shape = _numbers(inputs[0], "shapes")
    value = node.array("value")
    if value is None or value.dtype.kind not in "ib":
        raise Unsupported("a value that is no integer")
    _check_size(shape)
    return np.full(shape, int(value.reshape(-1)[0]), dtype=object)


def _expand(_: Node, inputs: Inputs) -> Array:
    items = cast(Ints, inputs[0]).items
    shape = np.broadcast_shapes(items.shape, tuple(_numbers(inputs[1], "shapes")))
    _check_size(shape)
    return np.broadcast_to(items, shape)


def _range(_: Node, inputs: Inputs) -> Array:
    start, stop, step = (_numbers(value, "bounds")[0] for value in _given(inputs))
    if step == 0:
        raise Unsupported("a step of 0")
    count = len(range(start, stop, step))
    _check_size([count])
    return np.array([start + i * step for i in range(count)], dtype=object)


def _reduce_prod(node: Node, inputs: Inputs) -> Array:
    value = cast(Ints, inputs[0])
    axes = _axes(node, inputs)
    if value.rank > 1 or (not axes and node.int("noop_with_empty_axes", 0)):
        raise Unsupported("a reduction of a matrix of sizes")
    total = _objects(d.product(value.items.flat))
    return total.reshape(1) if node.int("keepdims", 1) and value.rank else total


def _modulo(node: Node, inputs: Inputs) -> Array:
    if node.int("fmod", 0):
        raise Unsupported("fmod on sizes")
    return _MOD(node, inputs)


def _negate(a: Dim) -> Dim:
    return d.mul(a, -1)


def _absolute(a: Dim) -> Dim:
    return d.maximum(a, d.mul(a, -1))


def _not_above(a: Dim, b: Dim) -> Dim:
    return d.sub(1, d.less_number(b, a))


def _above(a: Dim, b: Dim) -> Dim:
    return d.less_number(b, a)


def _not_below(a: Dim, b: Dim) -> Dim:
    return d.sub(1, d.less_number(a, b))


def _invert(a: Dim) -> Dim:
    return d.sub(1, a)


def _nonzero(a: Dim) -> Dim:
    return d.sub(1, d.equal_number(a, 0))


_NONZERO = _itemwise(_nonzero)
_MOD = _itemwise(d.mod)

SHAPE_MATH: dict[str, Rule] = {
    "Abs": _itemwise(_absolute),
    "Add": _itemwise(d.add),
    "And": _itemwise(d.mul),
    "Cast": _cast,
    "Concat": _concat,
    "ConstantOfShape": _constant_of_shape,
    "Div": _itemwise(d.div),
    "Equal": _itemwise(d.equal_number),
    "Expand": _expand,
    "Gather": _gather,
    "Greater": _itemwise(_above),
    "GreaterOrEqual": _itemwise(_not_below),
    "Identity": _identity,
    "Less": _itemwise(d.less_number),
    "LessOrEqual": _itemwise(_not_above),
    "Max": _folding(d.maximum),
    "Min": _folding(d.minimum),
    "Mod": _modulo,
    "Mul": _itemwise(d.mul),
    "Neg": _itemwise(_negate),
    "Not": _itemwise(_invert),
    "Range": _range,
    "ReduceProd": _reduce_prod,
    "Reshape": _reshape,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Sub": _itemwise(d.sub),
    "Unsqueeze": _unsqueeze,
    "Where": _itemwise(d.choose),
}

BOOLEAN = frozenset({"And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not"})
"""Operators whose result is boolean whatever their inputs are."""


def evaluate(node: Node, inputs: Inputs) -> Ints:
    """The result of `node` on shape values; raises `Unsupported` when it has none."""
    try:
        items = SHAPE_MATH[node.op_type](node, inputs)
        dtype = _result_dtype(node, inputs)
    except (DimError, ValueError, IndexError) as error:
        raise Unsupported(str(error)) from None
    limits = np.iinfo(dtype) if dtype.kind == "i" else None
    if limits and any(isinstance(n, int) and not limits.min <= n <= limits.max for n in items.flat):
        raise Unsupported(f"shape arithmetic that overflows {dtype}")
    return Ints(items, dtype)


def _result_dtype(node: Node, inputs: Inputs) -> np.dtype[Any]:
    """The element type of `node`'s result: mostly that of its first data operand."""
    if node.op_type in BOOLEAN:
        return np.dtype(bool)
    if node.op_type == "Cast":
        dtype = node.element_type("to")
    elif node.op_type == "ConstantOfShape":
        value = node.array("value")
        dtype = np.dtype(np.float32) if value is None else value.dtype
    else:
        dtype = cast(Ints, inputs[1 if node.op_type == "Where" else 0]).dtype
    if dtype.kind not in "ib":
        raise Unsupported(f"shape arithmetic in {dtype}")
    return dtype
