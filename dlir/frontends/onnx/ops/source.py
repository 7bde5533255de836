"""Operators whose results are known at import: constants, and the shapes of other tensors."""

from __future__ import annotations

from math import prod

import numpy as np

from dlir.frontends.builder import dims as d
from dlir.frontends.builder.context import MAX_WEIGHT_BYTES, Context
from dlir.frontends.builder.values import Constant, Ints, Unsupported, Value, settled

from ..node import Node
from ..operator import Build
from ..shapes import dims_of
from ..weights import read_weight


def _constant(_: Context, node: Node) -> Constant:
    """The attribute that is present says which kind of constant it is."""
    name = node.output_names[0]
    if "value" in node.attributes:
        return Constant(read_weight(node.attributes["value"].t), name)
    if "value_int" in node.attributes:
        return Constant(np.array(node.int("value_int", 0), np.int64), name)
    if "value_ints" in node.attributes:
        return Constant(np.array(node.ints("value_ints", ()), np.int64), name)
    if "value_float" in node.attributes:
        return Constant(np.array(node.float("value_float", 0.0), np.float32), name)
    if "value_floats" in node.attributes:
        floats = list(node.attributes["value_floats"].floats)
        return Constant(np.array(floats, np.float32), name)
    raise Unsupported("a string or sparse value")


def _shape(_: Context, node: Node) -> Value:
    dims = node.input(0).dims[_shape_range(node)]
    items = np.empty(len(dims), dtype=object)
    items[:] = dims
    return settled(Ints(items, np.dtype(np.int64)), node.output_names[0])


def _shape_range(node: Node) -> slice:
    """`start` and `end` (opset 15) are clamped as Python's slices are."""
    stop = node.int("end", 0) if "end" in node.attributes else None
    return slice(node.int("start", 0), stop)


def _size(_: Context, node: Node) -> Value:
    items = np.empty((), dtype=object)
    items[()] = d.product(node.input(0).dims)
    return settled(Ints(items, np.dtype(np.int64)), node.output_names[0])


def _constant_of_shape(context: Context, node: Node) -> Value:
    value = node.array("value")
    fill = np.zeros(1, np.float32) if value is None else value.reshape(-1)
    shape = dims_of(node.input(0), "a shape")
    numbers = [n for n in shape if isinstance(n, int)]
    if fill.size != 1 or any(n < 0 for n in numbers):
        raise Unsupported(f"shape {shape}")
    if len(numbers) < len(shape):
        scalar = context.tensor(Constant(fill.reshape(()), node.output_names[0]))
        return context.broadcast(scalar, shape)
    return _filled(fill, numbers, node.output_names[0])


def _filled(fill: np.ndarray[tuple[int, ...], np.dtype[np.generic]], shape: list[int], name: str):
    """A view of the one element; nothing of that size is allocated before someone reads it."""
    if prod(shape) * fill.itemsize > MAX_WEIGHT_BYTES or len(shape) > 32:
        raise Unsupported(f"a constant of shape {shape}")
    return Constant(np.broadcast_to(fill[0], shape), name)


OPERATORS: dict[str, Build] = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Shape": _shape,
    "Size": _size,
}
