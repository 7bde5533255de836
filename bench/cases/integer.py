"""Bytes by bytes with constant weights, as onnxruntime's quantisers write them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

from bench import onnx_models
from bench.cases.conv import CONVS, Conv
from bench.program import Case, Goal, Program, program_case

GOAL = Goal(1 / 0.95, "onnxruntime")
LAST_BIT = 1 / 255
"""Peers requantise by float32, which may round a half, or what is near it, to the other side."""


def _bytes(dtype: type[np.integer], *shape: int) -> np.ndarray:
    info = np.iinfo(dtype)
    generator = np.random.default_rng(len(shape))
    return generator.integers(info.min, info.max, shape, dtype, endpoint=True)


def _program(
    nodes: Sequence[NodeProto],
    inputs: dict[str, np.ndarray],
    weights: dict[str, np.ndarray],
    flop: float,
    tolerance: float = 1e-6,
    result: int = TensorProto.FLOAT,
) -> Program:
    make: Callable[[], ModelProto] = partial(onnx_models.model, nodes, inputs, weights, result)
    return Program(make(), inputs, make, kind="integer", flop=flop, tolerance=tolerance)


def _product(size: int) -> Program:
    """Bytes to sums of 32 bits."""
    product = helper.make_node("MatMulInteger", ["x", "w"], ["sums"])
    inputs = {"x": _bytes(np.uint8, size, size)}
    weights = {"w": _bytes(np.int8, size, size)}
    return _program([product], inputs, weights, 2 * size**3, result=TensorProto.INT32)


def _dynamic(rows: int, inner: int, columns: int) -> Program:
    """Activations are quantised by their own range, and the sums multiplied by the scales."""
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["bytes", "scale", "zero"]),
        helper.make_node("MatMulInteger", ["bytes", "w", "zero"], ["sums"]),
        helper.make_node("Cast", ["sums"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["scale", "w_scale"], ["scales"]),
        helper.make_node("Mul", ["real", "scales"], ["y"]),
    ]
    x = np.random.default_rng(1).standard_normal((rows, inner), np.float32)
    weights = {"w": _bytes(np.int8, inner, columns), "w_scale": np.float32(0.02)}
    return _program(nodes, {"x": x}, weights, 2 * rows * inner * columns, 1e-4)


def _convolution(conv: Conv) -> Program:
    """Bytes to bytes, with a scale for each filter."""
    names = ["x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero"]
    node = helper.make_node(
        "QLinearConv",
        names,
        ["y"],
        strides=[conv.stride] * 2,
        pads=[conv.kernel // 2] * 4,
        group=conv.groups,
    )
    shape = conv.filters, conv.channels // conv.groups, conv.kernel, conv.kernel
    depth = shape[1] * conv.kernel**2
    weights = {
        "x_scale": np.float32(0.02),
        "x_zero": np.uint8(128),
        "w": _bytes(np.int8, *shape),
        "w_scale": np.linspace(0.5, 1, conv.filters).astype(np.float32) / depth**0.5,
        "w_zero": np.zeros(conv.filters, np.int8),
        "y_scale": np.float32(1),
        "y_zero": np.uint8(127),
    }
    inputs = {"x": _bytes(np.uint8, 1, conv.channels, conv.size, conv.size)}
    flop = 2 * conv.filters * (conv.size // conv.stride) ** 2 * depth
    return _program([node], inputs, weights, flop, 1.01 * LAST_BIT, TensorProto.UINT8)


CASES: list[Case] = [
    program_case("integer/matmul-1024", partial(_product, 1024), GOAL),
    program_case("integer/matmul-1024-dynamic", partial(_dynamic, 1024, 1024, 1024), GOAL),
    program_case("integer/matmul-128x384x1536-dynamic", partial(_dynamic, 128, 384, 1536)),
    *(
        program_case(f"integer/conv-{name}", partial(_convolution, CONVS[name]))
        for name in ("3x3-64-56", "1x1-256-64-56", "7x7-stem-224", "3x3-depthwise-32-112")
    ),
]
