"""Quantised ONNX operators, shifts and casts, against numpy, on both devices.

Every model is run twice: with all inputs as arguments, and with all but the first as weights, for
known scales and zero points become other ops.
"""

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import dlir  # noqa: E402
from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

Array = np.ndarray[Any, Any]
BYTES = [np.int8, np.uint8]
TARGETS = [np.int8, np.uint8, np.int16, np.uint16]


def run(op: str, inputs: list[Array | None], results: int = 1, **attributes: Any) -> list[Array]:
    """What all four ways of running a node agree on."""
    given = [
        run_with(op, inputs, results, weights, device, attributes)
        for weights in (False, True)
        for device in ("REF", "CPU")
    ]
    for other in given[1:]:
        for a, b in zip(given[0], other, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    return given[0]


def run_with(
    op: str, inputs: list[Array | None], results: int, weights: bool, device: str, attributes: Any
) -> list[Array]:
    names = [f"x{i}" if x is not None else "" for i, x in enumerate(inputs)]
    outputs = [f"y{i}" for i in range(results)]
    infos, arguments, initialisers = [], [], []
    for i, (name, x) in enumerate(zip(names, inputs, strict=True)):
        if x is None:
            continue
        if weights and i:
            initialisers.append(numpy_helper.from_array(x, name))
        else:
            arguments.append(x)
            type = helper.np_dtype_to_tensor_dtype(x.dtype)
            sizes = [
                f"{name}_{axis}" if axis == 0 and i == 0 else n for axis, n in enumerate(x.shape)
            ]
            infos.append(helper.make_tensor_value_info(name, type, sizes))
    values = [helper.make_value_info(y, onnx.TypeProto()) for y in outputs]
    node = helper.make_node(op, names, outputs, **attributes)
    graph = helper.make_graph([node], "g", infos, values, initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 26)])
    return [*DlirBackend.prepare(model, device).run(arguments)]


def quantised(x: Array, scale: Array, zero_point: Array) -> Array:
    """In integers without bounds, after a division in the scale's type."""
    with np.errstate(all="ignore"):
        real = np.rint(x.astype(scale.dtype) / scale).astype(np.float64)
    number = np.nan_to_num(np.clip(real, -1e6, 1e6)).astype(np.int64) + zero_point.astype(np.int64)
    limits = np.iinfo(zero_point.dtype)
    return np.clip(number, limits.min, limits.max).astype(zero_point.dtype)


REALS = [0.0, -0.0, 0.24, 0.25, 0.75, -0.25, -0.75, 1.25, 63.4, -64.3, 130.0, -130.0, 1e4, -1e4,
         3e9, -3e9, 1e38, np.inf, -np.inf, np.nan]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("real", [np.float32, np.float16])
@pytest.mark.parametrize("place", ["low", "middle", "high"])
def test_quantize(target: Any, real: Any, place: str) -> None:
    limits = np.iinfo(target)
    middle = (int(limits.min) + int(limits.max) + 1) // 2
    number = {"low": limits.min, "middle": middle, "high": limits.max}[place]
    x, point = np.array(REALS, real), np.array(number, target)
    for scale in (np.array(0.5, real), np.array(0.01, real), np.array([3.0], real)):
        wide = point.reshape(scale.shape)
        (y,) = run("QuantizeLinear", [x, scale, wide])
        np.testing.assert_array_equal(y, quantised(x, scale, wide), strict=True)


def test_quantize_to_the_default_type_or_a_stated_one() -> None:
    x, scale = np.array([-1.0, 1.0, 1e6], np.float32), np.array(0.5, np.float32)
    (y,) = run("QuantizeLinear", [x, scale])
    np.testing.assert_array_equal(y, np.array([0, 2, 255], np.uint8), strict=True)
    (y,) = run("QuantizeLinear", [x, scale], output_dtype=TensorProto.INT16)
    np.testing.assert_array_equal(y, np.array([-2, 2, 32767], np.int16), strict=True)


def test_quantize_in_the_type_of_the_scale_or_a_stated_one() -> None:
    x, scale = np.array([4097.0, 10.0], np.float32), np.array(1.0, np.float16)
    point = np.array(0, np.int16)
    (y,) = run("QuantizeLinear", [x, scale, point])
    assert y.tolist() == [4096, 10]
    (y,) = run("QuantizeLinear", [x, scale, point], precision=TensorProto.FLOAT)
    assert y.tolist() == [4097, 10]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_per_axis(target: Any, axis: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 50, (3, 4, 5)).astype(np.float32)
    count = x.shape[axis]
    scale = rng.uniform(0.1, 2, count).astype(np.float32)
    points = rng.integers(0, 100, count).astype(target)
    shape = [count if i == axis % 3 else 1 for i in range(3)]
    (y,) = run("QuantizeLinear", [x, scale, points], axis=axis)
    np.testing.assert_array_equal(y, quantised(x, scale.reshape(shape), points.reshape(shape)))
    (back,) = run("DequantizeLinear", [y, scale, points], axis=axis)
    number = y.astype(np.float32) - points.reshape(shape).astype(np.float32)
    np.testing.assert_array_equal(back, number * scale.reshape(shape), strict=True)


@pytest.mark.parametrize(("axis", "block"), [(1, 3), (1, 2), (-1, 5), (1, 9)])
def test_blocked(axis: int, block: int) -> None:
    """The last block may be cut."""
    rng = np.random.default_rng(1)
    x = rng.normal(0, 50, (2, 7, 5)).astype(np.float32)
    shape = list(x.shape)
    shape[axis] = -(-shape[axis] // block)
    scale = rng.uniform(0.1, 2, shape).astype(np.float32)
    points = rng.integers(0, 255, shape).astype(np.uint8)
    each, point = (
        np.take(np.repeat(p, block, axis), range(x.shape[axis]), axis) for p in (scale, points)
    )
    (y,) = run("QuantizeLinear", [x, scale, points], axis=axis, block_size=block)
    np.testing.assert_array_equal(y, quantised(x, each, point), strict=True)
    (back,) = run("DequantizeLinear", [y, scale, points], axis=axis, block_size=block)
    np.testing.assert_array_equal(back, (y.astype("f4") - point.astype("f4")) * each, strict=True)


def test_parameters_of_the_wrong_size_are_refused() -> None:
    x = np.ones((2, 6), np.float32)
    for scale, block in (
        (np.ones(5, "f4"), 0),
        (np.ones((2, 2), "f4"), 2),
        (np.ones((2, 2), "f4"), 0),
    ):
        with pytest.raises(CompileError, match=r"expected scale of type|a scale of rank"):
            run("QuantizeLinear", [x, scale], block_size=block)


@pytest.mark.parametrize("scale", [0.0, -0.5, np.inf, np.nan])
@pytest.mark.parametrize("op", ["QuantizeLinear", "DequantizeLinear"])
def test_impossible_scales(op: str, scale: float) -> None:
    """Known ones are refused at import, by the node's name; others when the program runs."""
    x = np.ones(40, np.float32 if op == "QuantizeLinear" else np.uint8)
    for scales in (np.array(scale, "f4"), np.array([*[1.0] * 39, scale], "f4")):
        for device in ("REF", "CPU"):
            with pytest.raises(CompileError, match=r'finite and > 0, got .*\n.*node "y0"'):
                run_with(op, [x, scales], 1, True, device, {})
            with pytest.raises(ValueError, match="expected scales that are finite and > 0"):
                run_with(op, [x, scales], 1, False, device, {})


def test_zero_points_leave_products_in_8_bits() -> None:
    """Those of weights are taken off them, or off the sums, like those of the other factor."""
    rng = np.random.default_rng(8)
    x = bytes_of(rng, np.uint8, 2, 3, 5, 5)
    for w, q in (
        (rng.integers(64, 192, (4, 3, 3, 3)).astype(np.uint8), np.array(128, np.uint8)),
        (bytes_of(rng, np.int8, 4, 3, 3, 3), np.zeros(4, np.int8)),
    ):
        values = {"w": w, "p": np.array(7, np.uint8), "q": q}
        text = imported("ConvInteger", x, values, pads=[1] * 4)
        assert "tensor<2x3x7x7xui8>, tensor<4x3x3x3xi8>) -> tensor<2x4x5x5xi32>" in text
    matrix, point = bytes_of(rng, np.uint8, 25, 4), bytes_of(rng, np.uint8, 4)
    text = imported("MatMulInteger", x.reshape(6, 25), {"b": matrix, "p": point[:1], "q": point})
    assert "(tensor<6x25xui8>, tensor<25x4xui8>) -> tensor<6x4xi32>" in text


def imported(op: str, x: Array, weights: dict[str, Array], **attributes: Any) -> str:
    """The text of a node whose first input is an argument."""
    node = helper.make_node(op, ["x", *weights], ["y"], **attributes)
    type = helper.np_dtype_to_tensor_dtype(x.dtype)
    info = helper.make_tensor_value_info("x", type, x.shape)
    values = [numpy_helper.from_array(w, name) for name, w in weights.items()]
    results = [helper.make_value_info("y", onnx.TypeProto())]
    graph = helper.make_graph([node], "g", [info], results, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 26)])
    return str(dlir.load(model).module)


@pytest.mark.parametrize("source", [*TARGETS, np.int32])
@pytest.mark.parametrize("real", [np.float32, np.float16])
def test_dequantize(source: Any, real: Any) -> None:
    limits = np.iinfo(source)
    x = np.array([limits.min, limits.min + 1, 0, 1, 100, limits.max - 1, limits.max], source)
    point = np.array(0 if source is np.int32 else limits.max - 3, source)
    for scale in (np.array(0.5, real), np.array(0.003, real)):
        (y,) = run("DequantizeLinear", [x, scale, point])
        with np.errstate(over="ignore"):
            product = (x.astype("f4") - point.astype("f4")) * scale.astype("f4")
            np.testing.assert_array_equal(y, product.astype(real), strict=True)


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [-3.0, 1.5, 9.0], [1.0, 2.0], [-4.0, -1.0]])
def test_dynamic_quantize(numbers: list[float]) -> None:
    x = np.array(numbers, np.float32)
    y, scale, point = run("DynamicQuantizeLinear", [x], 3)
    low, high = min(0.0, x.min()), max(0.0, x.max())
    step = np.float32((np.float32(high) - np.float32(low)) if low != high else 1) / np.float32(255)
    assert scale.dtype == np.float32 and scale == step
    assert point.dtype == np.uint8 and point == np.rint(-np.float32(low) / step)
    np.testing.assert_array_equal(y, quantised(x, scale, point), strict=True)


def wide(x: Array, zero_point: Array | None) -> Array:
    return x.astype(np.int64) - (0 if zero_point is None else zero_point.astype(np.int64))


def bytes_of(rng: np.random.Generator, dtype: Any, *shape: int) -> Array:
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("a_type", BYTES)
@pytest.mark.parametrize("b_type", BYTES)
@pytest.mark.parametrize("points", ["none", "one", "many"])
def test_integer_products(a_type: Any, b_type: Any, points: str) -> None:
    rng = np.random.default_rng(2)
    a, b = bytes_of(rng, a_type, 5, 33), bytes_of(rng, b_type, 33, 17)
    a[0], b[:, 0] = np.iinfo(a_type).max, np.iinfo(b_type).max
    sizes = {"none": None, "one": ((), (1,)), "many": ((5,), (17,))}[points]
    if sizes is None:
        (y,) = run("MatMulInteger", [a, b])
        np.testing.assert_array_equal(y, wide(a, None) @ wide(b, None))
        return
    p, q = bytes_of(rng, a_type, *sizes[0]), bytes_of(rng, b_type, *sizes[1])
    (y,) = run("MatMulInteger", [a, b, p, q])
    assert y.dtype == np.int32
    rows = p.reshape(5, 1) if points == "many" else p
    np.testing.assert_array_equal(y, wide(a, rows) @ wide(b, q))


@pytest.mark.parametrize("x_type", BYTES)
@pytest.mark.parametrize("w_type", BYTES)
def test_integer_convolution_is_padded_with_zero_points(x_type: Any, w_type: Any) -> None:
    rng = np.random.default_rng(3)
    x, w = bytes_of(rng, x_type, 1, 2, 5, 5), bytes_of(rng, w_type, 3, 2, 3, 3)
    p, q = bytes_of(rng, x_type), bytes_of(rng, w_type, 3)
    (y,) = run("ConvInteger", [x, w, p, q], pads=[1, 1, 1, 1])
    image = np.pad(wide(x, p), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), (2, 3))
    expected = np.einsum("bcijuv,ocuv->boij", windows, wide(w, q.reshape(3, 1, 1, 1)))
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == np.int32


@pytest.mark.parametrize("kind", BYTES)
def test_requantised_product(kind: Any) -> None:
    rng = np.random.default_rng(4)
    a, b = bytes_of(rng, kind, 4, 40), bytes_of(rng, kind, 40, 6)
    p, q, r = (bytes_of(rng, kind) for _ in range(3))
    s, u = (rng.uniform(0.001, 0.1, n).astype(np.float32) for n in (4, 6))
    v = np.array(0.37, np.float32)
    rows, many = np.full(4, p), np.full(6, q)
    (y,) = run("QLinearMatMul", [a, s, rows, b, u, many, v, r])
    factor = (s.reshape(4, 1) * u / v).astype(np.float64)
    real = np.rint((wide(a, p) @ wide(b, q)) * factor) + int(r)
    limits = np.iinfo(kind)
    np.testing.assert_array_equal(y, np.clip(real, limits.min, limits.max).astype(kind))


@pytest.mark.parametrize("kind", BYTES)
def test_requantised_convolution(kind: Any) -> None:
    rng = np.random.default_rng(5)
    x, w = bytes_of(rng, kind, 2, 3, 6, 6), bytes_of(rng, kind, 4, 3, 2, 2)
    p, r = (bytes_of(rng, kind) for _ in range(2))
    q, bias = bytes_of(rng, kind, 4), rng.integers(-5000, 5000, 4).astype(np.int32)
    s, v = np.array(0.02, np.float32), np.array(1.3, np.float32)
    u = rng.uniform(0.001, 0.1, 4).astype(np.float32)
    (y,) = run("QLinearConv", [x, s, p, w, u, q, v, r, bias], strides=[2, 2])
    windows = np.lib.stride_tricks.sliding_window_view(wide(x, p), (2, 2), (2, 3))[:, :, ::2, ::2]
    sums = np.einsum("bcijuv,ocuv->boij", windows, wide(w, q.reshape(4, 1, 1, 1)))
    sums = sums + bias.reshape(4, 1, 1)
    factor = (s * u / v).astype(np.float64).reshape(4, 1, 1)
    limits = np.iinfo(kind)
    expected = np.clip(np.rint(sums * factor) + int(r), limits.min, limits.max).astype(kind)
    np.testing.assert_array_equal(y, expected, strict=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.uint64])
def test_shifts(dtype: Any) -> None:
    bits = np.iinfo(dtype).bits
    x = np.array([1, 77, np.iinfo(dtype).max], dtype)
    count = np.array([bits - 1, 3, 1], dtype)
    (left,) = run("BitShift", [x, count], direction="LEFT")
    np.testing.assert_array_equal(left, x << count, strict=True)
    (right,) = run("BitShift", [x, count], direction="RIGHT")
    np.testing.assert_array_equal(right, x >> count, strict=True)


@pytest.mark.parametrize(
    ("source", "target"),
    [("float32", "uint32"), ("int8", "uint8"), ("uint64", "float64"), ("bool", "int8"),
     ("uint8", "bool"), ("float16", "uint16"), ("uint16", "int16")],
)  # fmt: skip
def test_bits_under_another_type(source: str, target: str) -> None:
    width = np.dtype(source).itemsize
    x = np.array([0, 1, 0, 1] if source == "bool" else [0, 1, 200, 255], np.uint8)
    x = np.repeat(x, width).view(source) if source != "bool" else x.astype(bool)
    to = helper.np_dtype_to_tensor_dtype(np.dtype(target))
    (y,) = run("BitCast", [x], to=to)
    np.testing.assert_array_equal(y, x.view(target) != 0 if target == "bool" else x.view(target))


def test_bits_of_another_width_are_refused() -> None:
    with pytest.raises(CompileError, match="one width"):
        run("BitCast", [np.zeros(2, np.float32)], to=TensorProto.INT16)


@pytest.mark.parametrize(
    ("base", "exponent", "numbers"),
    [
        (np.int8, np.int64, [(2, 256), (3, 2), (-1, 257), (1, -5)]),
        (np.int32, np.uint32, [(3, 2**31), (-3, 3), (2, 31), (7, 2**32 - 1)]),
        (np.uint8, np.int32, [(3, 5), (2, 8), (1, -1), (200, 3)]),
        (np.int64, np.uint64, [(-1, 2**64 - 1), (3, 2**63), (2, 62), (-2, 63)]),
    ],
)
def test_powers_of_mixed_integers(base: Any, exponent: Any, numbers: list[tuple[int, int]]) -> None:
    x, n = np.array([b for b, _ in numbers], base), np.array([e for _, e in numbers], exponent)
    bits = np.iinfo(base).bits
    expected = [pow(b, e, 1 << bits) if e >= 0 else {1: 1, -1: b}.get(b, 0) for b, e in numbers]
    word = np.dtype(f"u{x.dtype.itemsize}")
    for weights in (False, True):
        for device in ("REF", "CPU"):
            (y,) = run_with("Pow", [x, n], 1, weights, device, {})
            assert y.dtype == base
            np.testing.assert_array_equal(y.view(word), np.array(expected, word))


def test_bounds_of_the_largest_type() -> None:
    """`dl.clip` writes its bounds as i64, so those beyond are operands of `dl.min`."""
    x = np.array([0, 5, 2**63 + 5, 2**64 - 1], np.uint64)
    low, high = np.array(3, np.uint64), np.array(2**63 + 2, np.uint64)
    (y,) = run("Clip", [x, low, high])
    np.testing.assert_array_equal(y, np.clip(x, low, high), strict=True)


def test_constants_that_a_type_does_not_hold_are_refused() -> None:
    with pytest.raises(CompileError, match=r"the constant -1\.5 as ui8"):
        run("Shrink", [np.zeros(2, np.uint8)], lambd=1.5)
