"""Operators of com.microsoft against onnxruntime, on both devices.

onnxruntime fuses the steps of quantised operators in its own way, so that a number near a tie may
be the next one: results in integers may differ by 1, in few places.
"""

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

from onnx import helper, numpy_helper  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(0)


def model_of(op: str, inputs: list[Array | None], attributes: dict[str, Any]) -> Any:
    """(a node whose first input that is no scalar is an argument, the others weights; it)."""
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    first = next(i for i, x in enumerate(inputs) if x is not None and x.ndim)
    infos, weights = [], []
    for i, (name, x) in enumerate(zip(names, inputs, strict=True)):
        if x is None:
            continue
        if i == first:
            kind = helper.np_dtype_to_tensor_dtype(x.dtype)
            infos.append(helper.make_tensor_value_info(name, kind, x.shape))
        else:
            weights.append(numpy_helper.from_array(x, name))
    node = helper.make_node(op, names, ["y"], domain="com.microsoft", **attributes)
    outputs = [helper.make_value_info("y", onnx.TypeProto())]
    graph = helper.make_graph([node], "g", infos, outputs, weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), inputs[first]


def both(op: str, inputs: list[Array | None], **attributes: Any) -> tuple[Array, Array]:
    """(what both devices agree on, what onnxruntime gives).

    The devices sum floats in different orders, and numbers of up to 100 in f32 have steps of 8e-6.
    """
    model, x = model_of(op, inputs, attributes)
    ours = [DlirBackend.prepare(model, device).run([x])[0] for device in ("REF", "CPU")]
    if ours[0].dtype.kind in "iu":
        near(*ours)
    else:
        np.testing.assert_allclose(*ours, rtol=1e-5, atol=1e-4)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (theirs,) = session.run(None, {session.get_inputs()[0].name: x})
    return ours[1], theirs


def near(ours: Array, theirs: Array) -> None:
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    off = np.abs(ours.astype(int) - theirs.astype(int))
    assert off.max() <= 1 and (off > 0).mean() <= 0.02


def numbers(kind: Any, *shape: int) -> Array:
    limits = np.iinfo(kind)
    return RNG.integers(limits.min, limits.max, shape, kind, endpoint=True)


def scale(value: float) -> Array:
    return np.array(value, np.float32)


def point(kind: Any, value: int) -> Array:
    return np.array(value, kind)


BYTES = [np.uint8, np.int8]


@pytest.mark.parametrize("kind", BYTES)
@pytest.mark.parametrize("op", ["QLinearAdd", "QLinearMul"])
def test_sums_and_products_of_elements(op: str, kind: Any) -> None:
    a, b = numbers(kind, 3, 5, 7), numbers(kind, 5, 1)
    result = [scale(0.13 if op == "QLinearAdd" else 0.4), point(kind, 9)]
    inputs = [a, scale(0.05), point(kind, 3), b, scale(0.07), point(kind, 100), *result]
    near(*both(op, inputs))


@pytest.mark.parametrize("kind", BYTES)
@pytest.mark.parametrize(
    ("op", "attributes"),
    [
        ("QLinearSigmoid", {}),
        ("QLinearLeakyRelu", {"alpha": 0.1}),
        ("QLinearGlobalAveragePool", {}),
        ("QLinearAveragePool", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    ],
)
def test_real_operators(op: str, attributes: dict[str, Any], kind: Any) -> None:
    out = scale(1 / 256 if op == "QLinearSigmoid" else 0.06)
    zero = point(kind, 0 if kind is np.uint8 else -128) if op == "QLinearSigmoid" else None
    given = [scale(0.05), point(kind, 40), out, point(kind, 50) if zero is None else zero]
    near(*both(op, [numbers(kind, 2, 3, 9, 8), *given], **attributes))


@pytest.mark.parametrize(("axis", "opset"), [(-1, 13), (1, 12), (2, 13)])
def test_softmax(axis: int, opset: int) -> None:
    given = [scale(0.1), point(np.uint8, 128), scale(1 / 256), point(np.uint8, 0)]
    x = numbers(np.uint8, 2, 5, 7)
    near(*both("QLinearSoftmax", [x, *given], axis=axis, opset=opset))


def test_concat() -> None:
    parts = [numbers(np.uint8, 2, n, 4) for n in (3, 1, 5)]
    given = [(x, scale(0.1 * (i + 1)), point(np.uint8, 50 * i)) for i, x in enumerate(parts)]
    inputs = [scale(0.3), point(np.uint8, 77), *[p for entry in given for p in entry]]
    near(*both("QLinearConcat", inputs, axis=1))


@pytest.mark.parametrize("kind", BYTES)
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("with_points", [False, True])
def test_products_in_real_numbers(kind: Any, columns: bool, with_points: bool) -> None:
    a, b = numbers(np.uint8, 5, 33), numbers(kind, 33, 17)
    size = (17,) if columns else ()
    b_scale = RNG.uniform(0.01, 0.1, size).astype(np.float32)
    bias = RNG.normal(size=17).astype(np.float32)
    points = [point(np.uint8, 128), numbers(kind, *size)] if with_points else [None, None]
    inputs = [a, b, scale(0.03), b_scale, *points, bias]
    np.testing.assert_allclose(*both("MatMulIntegerToFloat", inputs), rtol=1e-5, atol=1e-4)
    x = RNG.normal(size=(5, 33)).astype(np.float32)
    inputs = [x, b, b_scale, points[1], bias]
    np.testing.assert_allclose(*both("DynamicQuantizeMatMul", inputs), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("flags", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("real", [False, True])
def test_gemm(flags: tuple[int, int], real: bool) -> None:
    a, b = numbers(np.uint8, 6, 20), numbers(np.uint8, 20, 9)
    a, b = (x.T.copy() if flag else x for x, flag in zip((a, b), flags, strict=True))
    c = RNG.integers(-1000, 1000, 9).astype(np.int32)
    scales = RNG.uniform(0.01, 0.02, 9).astype(np.float32)
    factors = [a, scale(0.02), point(np.uint8, 99), b, scales, numbers(np.uint8, 9), c]
    inputs = factors if real else [*factors, scale(0.9), point(np.uint8, 120)]
    ours, theirs = both("QGemm", inputs, transA=flags[0], transB=flags[1], alpha=1.5)
    if real:
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-4)
    else:
        near(ours, theirs)


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("columns", [64, 48, 17])
@pytest.mark.parametrize("with_points", [False, True])
def test_packed_weights(bits: int, columns: int, with_points: bool) -> None:
    """Blocks of 16, the last of which may be cut."""
    rows, block = 10, 16
    blocks = -(-columns // block)
    packed = numbers(np.uint8, rows, blocks, block * bits // 8)
    scales = RNG.uniform(0.01, 0.1, (rows, blocks)).astype(np.float32)
    points = numbers(np.uint8, rows, -(-blocks * bits // 8)) if with_points else None
    x = RNG.normal(size=(2, 3, columns)).astype(np.float32)
    attributes = {"K": columns, "N": rows, "bits": bits, "block_size": block}
    inputs = [x, packed, scales, *([points] if with_points else [])]
    ours, theirs = both("MatMulNBits", inputs, **attributes)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-3)


def test_quantizers_of_the_other_domain() -> None:
    x = RNG.normal(size=(4, 6)).astype(np.float32)
    scales, points = RNG.uniform(0.01, 0.05, 4).astype(np.float32), numbers(np.uint8, 4)
    near(*both("QuantizeLinear", [x, scales, points], axis=0))
    ours, theirs = both("DequantizeLinear", [numbers(np.uint8, 4, 6), scales, points], axis=0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "match"),
    [
        ("FusedConv", [np.ones((1, 2), "f4")], {}, "is not supported"),
        (
            "QLinearSigmoid",
            [np.ones((2, 2), np.uint8), np.ones(2, "f4"), None, np.ones(2, "f4"), None],
            {},
            "more than one scale",
        ),
        (
            "MatMulNBits",
            [np.ones((2, 16), "f4"), np.ones((4, 1, 7), np.uint8), np.ones((4, 1), "f4")],
            {"K": 16, "N": 4, "bits": 4, "block_size": 16},
            "bytes for",
        ),
        (
            "MatMulNBits",
            [np.ones((2, 16), "f4"), np.ones((4, 1, 8), np.uint8), np.zeros((4, 1), "f4")],
            {"K": 16, "N": 4, "bits": 4, "block_size": 16},
            "finite and > 0, got 0",
        ),
    ],
)
def test_refused(op: str, inputs: list[Any], attributes: dict[str, Any], match: str) -> None:
    model, x = model_of(op, inputs, attributes)
    with pytest.raises(CompileError, match=match):
        DlirBackend.prepare(model, "REF").run([x])
