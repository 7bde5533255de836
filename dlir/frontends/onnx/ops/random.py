"""Random numbers and dropout.

A node's numbers follow from its `seed`, 0 without one, and from its name among the model's: every
run of a model gives the same, and no two nodes do. ONNX leaves open which numbers they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from zlib import crc32

import numpy as np
from xdsl.dialects.builtin import bf16, f16, f32, i1, i64
from xdsl.ir import Attribute

from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.dims import Dim
from dlir.frontends.builder.elements import is_float
from dlir.frontends.builder.values import Tensor, Unsupported, Value

from ..node import Node
from ..operator import Build, element_type, tensor
from ..shapes import static_floats, static_ints


def _stream(node: Node, number: int = 0) -> int:
    """Different nodes, and different numbers of one, draw from different streams."""
    return crc32(next(name for name in node.output_names if name).encode()) * 2 + number


def _seed(context: Context, node: Node) -> Tensor:
    """The bits of the attribute, a float of most operators."""
    attribute = node.attributes.get("seed")
    if attribute is None:
        return context.constant(0, i64)
    bits = int(np.float32(attribute.f).view(np.int32)) if attribute.f else int(attribute.i)
    return context.constant(bits, i64)


def _draw(
    context: Context, node: Node, dims: Sequence[Dim], element: Attribute, number: int = 0
) -> Tensor:
    """Numbers in [0, 1)."""
    if not is_float(element):
        raise Unsupported(f"random numbers of type {element}")
    seed, stream = _seed(context, node), _stream(node, number)
    return context.emit(dl.RandomUniformOp(seed.ssa, context.shape(dims), element, stream), dims)


def _affine(context: Context, x: Tensor, scale: float, offset: float) -> Tensor:
    scaled = context.itemwise(dl.MulOp, x, context.constant(scale, x.element))
    return context.itemwise(dl.AddOp, scaled, context.constant(offset, x.element))


def _uniform(context: Context, node: Node, dims: Sequence[Dim], element: Attribute) -> Tensor:
    low, high = node.float("low", 0.0), node.float("high", 1.0)
    return _affine(context, _draw(context, node, dims, element), high - low, low)


def _normal(context: Context, node: Node, dims: Sequence[Dim], element: Attribute) -> Tensor:
    """sqrt(-2 ln(1 - u)) cos(2 pi v) of two uniform numbers (Box and Muller), in f32 at least."""
    wide = f32 if element in (f16, bf16) else element
    u, v = (_draw(context, node, dims, wide, number) for number in (0, 1))
    log = context.itemwise(dl.LogOp, _affine(context, u, -1.0, 1.0))
    radius = context.itemwise(dl.SqrtOp, _affine(context, log, -2.0, 0.0))
    angle = context.itemwise(dl.CosOp, _affine(context, v, 2 * pi, 0.0))
    normal = context.itemwise(dl.MulOp, radius, angle)
    scaled = _affine(context, normal, node.float("scale", 1.0), node.float("mean", 0.0))
    return context.cast(scaled, element)


def _random_uniform(context: Context, node: Node) -> Tensor:
    return _uniform(context, node, node.ints("shape", ()), element_type(node, f32))


def _random_uniform_like(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    return _uniform(context, node, x.dims, element_type(node, x.element))


def _random_normal(context: Context, node: Node) -> Tensor:
    return _normal(context, node, node.ints("shape", ()), element_type(node, f32))


def _random_normal_like(context: Context, node: Node) -> Tensor:
    x = tensor(context, node, 0)
    return _normal(context, node, x.dims, element_type(node, x.element))


def _bernoulli(context: Context, node: Node) -> Tensor:
    """1 with the probability that the input says."""
    x = tensor(context, node, 0)
    hit = context.compare("lt", _draw(context, node, x.dims, x.element), x)
    return context.cast(hit, element_type(node, x.element))


def _dropout(context: Context, node: Node) -> Sequence[Value]:
    """The identity and a mask of ones, but in training mode (opset 12)."""
    data = node.input(0)
    if node.has(2) and any(static_ints(node.input(2), "training_mode")):
        ratio = static_floats(node.input(1), "a ratio")[0] if node.has(1) else 0.5
        x = context.tensor(data)
        op = dl.DropoutOp(x.ssa, _seed(context, node).ssa, ratio, _stream(node))
        return context.emit_all(op, [x.dims, x.dims])
    if not any(node.output_names[1:]):
        return (data,)
    mask = context.broadcast(context.constant(True, i1), data.dims)
    return (data, mask)


OPERATORS: dict[str, Build] = {
    "Bernoulli": _bernoulli,
    "Dropout": _dropout,
    "RandomNormal": _random_normal,
    "RandomNormalLike": _random_normal_like,
    "RandomUniform": _random_uniform,
    "RandomUniformLike": _random_uniform_like,
}
