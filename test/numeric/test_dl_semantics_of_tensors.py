"""The numpy semantics of `dl` ops that look at more than one element.

Contractions are compared with plain loops; convolutions, poolings and normalisations of f32 with
onnxruntime; movement is written out by hand.
"""

import itertools
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numeric.dl_meaning import BF16, close, inf, meaning, nan, run, same, value
from onnx import helper
from xdsl.dialects.builtin import IndexType, bf16, f16, f32, f64, i16, i32, i64
from xdsl.utils.test_value import create_ssa_value

from dlir.dialects.dl.ops import composite as c
from dlir.dialects.dl.ops import movement as mv
from dlir.dialects.dl.ops import reduction as r
from dlir.dialects.dl.ops.contraction import Conv2dOp, MatmulOp
from dlir.dialects.dl.ops.pooling import AvgPool2dOp, LpPool2dOp, MaxPool2dOp

RANDOM = np.random.default_rng(7)


def noise(*shape: int, dtype: Any = np.float32) -> Any:
    return RANDOM.standard_normal(shape).astype(dtype)


def near(actual: Any, expected: Any, tolerance: float = 1e-5) -> None:
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def onnxruntime_says(kind: str, *arrays: Any, **attributes: Any) -> Any:
    """What one ONNX node gives."""
    names = [f"x{i}" for i in range(len(arrays))]
    kinds = [helper.np_dtype_to_tensor_dtype(a.dtype) for a in arrays]
    inputs = [
        helper.make_tensor_value_info(n, k, a.shape)
        for n, k, a in zip(names, kinds, arrays, strict=True)
    ]
    output = helper.make_tensor_value_info("y", kinds[0], None)
    node = helper.make_node(kind, names, ["y"], **attributes)
    graph = helper.make_graph([node], "one", inputs, [output])
    opset = [helper.make_opsetid("", 19)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, dict(zip(names, arrays, strict=True)))[0]


# Matrix products


@pytest.mark.parametrize(
    ("lhs", "rhs"),
    [
        ((2, 3), (3, 5)),
        ((4, 1, 2, 3), (7, 3, 1)),
        ((1, 1), (1, 1)),
        ((2, 0), (0, 3)),
        ((0, 3), (3, 2)),
    ],
)
@pytest.mark.parametrize("transposed", [*itertools.product([False, True], repeat=2)])
def test_matmul(lhs: Any, rhs: Any, transposed: Any) -> None:
    a, b = noise(*lhs), noise(*rhs)
    expected = np.einsum("...mk,...kn->...mn", a.astype(float), b.astype(float)).astype(np.float32)
    a = np.swapaxes(a, -1, -2) if transposed[0] else a
    b = np.swapaxes(b, -1, -2) if transposed[1] else b
    near(run(MatmulOp, a, b, transpose_lhs=transposed[0], transpose_rhs=transposed[1]), expected)


@pytest.mark.parametrize(
    ("dtype", "acc"), [(np.int8, i32), (np.int8, i16), (np.int16, i32), (np.int64, i64)]
)
def test_matmul_of_integers_wraps_in_the_accumulator(dtype: Any, acc: Any) -> None:
    limits, bits = np.iinfo(dtype), acc.width.data
    a = RANDOM.integers(limits.min, limits.max, (3, 300), dtype, endpoint=True)
    b = RANDOM.integers(limits.min, limits.max, (300, 2), dtype, endpoint=True)
    exact = [
        [sum(int(x) * int(y) for x, y in zip(row, col, strict=True)) for col in b.T] for row in a
    ]
    half = 2 ** (bits - 1)
    expected = np.array([[(v + half) % (2 * half) - half for v in row] for row in exact])
    same(run(MatmulOp, a, b, acc=acc, element_type=acc), expected.astype(f"i{bits // 8}"))


def test_the_accumulator_decides() -> None:
    a, b = np.array([[2048, 1, 1]], np.float16), np.ones((3, 1), np.float16)
    same(run(MatmulOp, a, b), np.array([[2050]], np.float16))
    same(run(MatmulOp, a, b, acc=f16), np.array([[2048]], np.float16))
    wide = run(MatmulOp, a, b, acc=f64, element_type=f64)
    same(wide, np.array([[2050.0]]))
    ones = np.ones((1, 257), BF16)
    same(run(MatmulOp, ones, ones.T, element_type=f32), np.array([[257]], np.float32))
    same(run(MatmulOp, ones, ones.T), np.array([[256]], BF16))
    same(run(MatmulOp, ones, ones.T, acc=bf16), np.array([[256]], BF16))


def test_unknown_sizes_of_matmul_are_checked() -> None:
    a, b = noise(1, 2, 3), noise(4, 3, 2)
    op = MatmulOp(value(a, dynamic=(0, 2)), value(b, dynamic=(0,)))
    with pytest.raises(ValueError, match=r"dl.matmul: a `\?` of size 1 meets size 4"):
        meaning(op, a, b)
    with pytest.raises(ValueError, match=r"dl.matmul: inner sizes differ: 5 and 3"):
        meaning(op, noise(4, 2, 5), b)


# Convolutions and poolings

WINDOWS = [
    {},
    {"strides": [2, 1]},
    {"padding": [1, 2, 0, 1]},
    {"dilations": [2, 3], "padding": [2, 2, 2, 2]},
    {"strides": [3, 2], "dilations": [1, 2], "padding": [0, 1, 2, 3]},
]


def as_onnx(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a window under ONNX's names."""
    return {"pads" if name == "padding" else name: value for name, value in options.items()}


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("options", WINDOWS)
def test_conv2d(options: Any, groups: int) -> None:
    x, weight = noise(2, 6, 11, 13), noise(12, 6 // groups, 3, 2)
    expected = onnxruntime_says("Conv", x, weight, group=groups, **as_onnx(options))
    near(run(Conv2dOp, x, weight, groups=groups, **options), expected)
    nhwc = run(Conv2dOp, x.transpose(0, 2, 3, 1), weight, groups=groups, layout="nhwc", **options)
    near(nhwc, expected.transpose(0, 2, 3, 1))


def test_conv2d_of_integers() -> None:
    x = RANDOM.integers(-128, 127, (1, 2, 5, 5), np.int8, endpoint=True)
    weight = RANDOM.integers(-128, 127, (3, 2, 3, 3), np.int8, endpoint=True)
    expected = np.zeros((1, 3, 3, 3), np.int32)
    for o, i, j, ch, u, v in np.ndindex(3, 3, 3, 2, 3, 3):
        expected[0, o, i, j] += int(x[0, ch, i + u, j + v]) * int(weight[o, ch, u, v])
    same(run(Conv2dOp, x, weight, element_type=i32), expected)


def test_conv2d_of_nothing() -> None:
    assert run(Conv2dOp, noise(0, 3, 4, 4), noise(5, 3, 3, 3)).shape == (0, 5, 2, 2)
    same(run(Conv2dOp, noise(1, 0, 4, 4), noise(5, 0, 1, 1)), np.zeros((1, 5, 4, 4), np.float32))


def test_unknown_sizes_of_conv2d_are_checked() -> None:
    x, weight = noise(1, 3, 4, 4), noise(5, 3, 3, 3)
    op = Conv2dOp(value(x, dynamic=(0, 1, 2, 3)), value(weight))
    with pytest.raises(ValueError, match=r"dl.conv2d: input has 4 channels, weight expects 3"):
        meaning(op, noise(1, 4, 4, 4), weight)
    with pytest.raises(ValueError, match=r"dl.conv2d: the kernel spans"):
        meaning(op, noise(1, 3, 2, 4), weight)


@pytest.mark.parametrize("options", [o for o in WINDOWS if o.get("padding") != [0, 1, 2, 3]])
def test_pooling(options: Any) -> None:
    x, kernel = noise(2, 3, 11, 13), [3, 4]
    onnx_options = {"kernel_shape": kernel, **as_onnx(options)}
    expected = onnxruntime_says("MaxPool", x, **onnx_options)
    near(run(MaxPool2dOp, x, kernel=kernel, **options), expected)
    nhwc = run(MaxPool2dOp, x.transpose(0, 2, 3, 1), kernel=kernel, layout="nhwc", **options)
    near(nhwc, expected.transpose(0, 2, 3, 1))
    for counted in (False, True):
        expected = onnxruntime_says("AveragePool", x, count_include_pad=counted, **onnx_options)
        near(run(AvgPool2dOp, x, kernel=kernel, count_include_pad=counted, **options), expected)
    for exponent in (1, 2, 3):
        expected = onnxruntime_says("LpPool", x, p=exponent, **onnx_options)
        near(run(LpPool2dOp, x, kernel=kernel, p=float(exponent), **options), expected)


def test_pooling_at_the_edges() -> None:
    x = np.array([[[[nan, 1], [2, 3]]]], np.float32)
    same(run(MaxPool2dOp, x, kernel=[1, 2]), np.array([[[[nan], [3]]]], np.float32))
    beyond = {"kernel": [1, 1], "padding": [0, 1, 0, 0]}
    same(run(MaxPool2dOp, x[:, :, 1:], **beyond), np.array([[[[-inf, 2, 3]]]], np.float32))
    same(run(AvgPool2dOp, x[:, :, 1:], **beyond), np.array([[[[nan, 2, 3]]]], np.float32))
    for exponent in (1.0, 2.0, 4.0):
        norms = run(LpPool2dOp, -x[:, :, 1:], p=exponent, **beyond)
        near(norms, np.array([[[[0, 2, 3]]]], np.float32))
    small = np.array([[[[5, -3]]]], np.int8)
    same(run(MaxPool2dOp, small, **beyond), np.array([[[[-128, 5, -3]]]], np.int8))


# Reductions

REDUCTIONS = {
    r.ReduceSumOp: ("ReduceSum", np.add),
    r.ReduceProdOp: ("ReduceProd", np.multiply),
    r.ReduceMaxOp: ("ReduceMax", np.maximum),
    r.ReduceMinOp: ("ReduceMin", np.minimum),
}


@pytest.mark.parametrize("axes", [[], [1], [0, -1], [0, 1, 2]])
@pytest.mark.parametrize("kind", REDUCTIONS, ids=lambda kind: kind.name)
def test_reductions(kind: Any, axes: list[int]) -> None:
    x = noise(3, 5, 7)
    expected = x.astype(float)
    for axis in axes:
        expected = REDUCTIONS[kind][1].reduce(expected, axis=axis, keepdims=True)
    near(run(kind, x, axes=axes, keepdims=True), expected.astype(np.float32))
    kept = [n for d, n in enumerate(x.shape) if d not in [a % 3 for a in axes]]
    near(run(kind, x, axes=axes), expected.astype(np.float32).reshape(kept))


def test_mean() -> None:
    x = np.array([[1, 2], [3, 5]], np.float16)
    same(run(r.ReduceMeanOp, x, axes=[0]), np.array([2, 3.5], np.float16))
    same(run(r.ReduceMeanOp, x), np.array(2.75, np.float16))
    same(
        run(r.ReduceMeanOp, np.ones((2, 0), np.float32), axes=[1]), np.array([nan, nan], np.float32)
    )


def test_reductions_of_nothing() -> None:
    x, n, none = np.ones((2, 0), np.float32), np.ones((0,), np.int8), np.ones((0,), np.bool_)
    same(run(r.ReduceSumOp, x, axes=[1]), np.zeros(2, np.float32))
    same(run(r.ReduceProdOp, x, axes=[1]), np.ones(2, np.float32))
    same(run(r.ReduceMaxOp, x, axes=[1]), np.full(2, -inf, np.float32))
    same(run(r.ReduceMinOp, x, axes=[1]), np.full(2, inf, np.float32))
    same(run(r.ReduceMaxOp, n), np.array(-128, np.int8))
    same(run(r.ReduceMinOp, n), np.array(127, np.int8))
    same(run(r.ReduceMaxOp, none), np.array(False))
    same(run(r.ReduceMinOp, none), np.array(True))


def test_reductions_at_the_edges() -> None:
    x = np.array([1, nan, 3], BF16)
    assert np.isnan(run(r.ReduceMaxOp, x)) and np.isnan(run(r.ReduceMinOp, x))
    same(run(r.ReduceSumOp, np.array([100, 100], np.int8)), np.array(-56, np.int8))
    same(run(r.ReduceSumOp, np.full(4096, 1, np.float16)), np.array(4096, np.float16))
    same(run(r.ReduceMaxOp, np.array([False, True])), np.array(True))


# Composite ops


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_softmax(axis: int) -> None:
    x = noise(3, 5, 7) * 10
    near(run(c.SoftmaxOp, x, axis=axis), onnxruntime_says("Softmax", x, axis=axis))
    near(run(c.LogSoftmaxOp, x, axis=axis), onnxruntime_says("LogSoftmax", x, axis=axis))


def test_softmax_at_the_edges() -> None:
    huge = np.array([1e30, 1e30, -inf], np.float32)
    same(run(c.SoftmaxOp, huge), np.array([0.5, 0.5, 0], np.float32))
    assert np.isnan(run(c.SoftmaxOp, np.array([-inf, -inf], np.float32))).all()
    assert run(c.SoftmaxOp, noise(2, 0)).shape == (2, 0)
    same(run(c.SoftmaxOp, noise(3, 1, dtype=BF16)), np.ones((3, 1), BF16))


@pytest.mark.parametrize("axis", [1, 2])
def test_layer_norm(axis: int) -> None:
    x = noise(3, 5, 7)
    scale, bias = noise(*x.shape[axis:]), noise(*x.shape[axis:])
    expected = onnxruntime_says("LayerNormalization", x, scale, bias, axis=axis, epsilon=1e-3)
    near(run(c.LayerNormOp, x, scale, bias, axis=axis, epsilon=1e-3), expected)
    near(run(c.LayerNormOp, x, scale, axis=axis, epsilon=1e-3) + bias, expected)


def test_batch_norm() -> None:
    x, scale, bias, mean = noise(2, 3, 4, 5), noise(3), noise(3), noise(3)
    variance = np.abs(noise(3))
    statistics = (scale, bias, mean, variance)
    expected = onnxruntime_says("BatchNormalization", x, *statistics, epsilon=1e-3)
    near(run(c.BatchNormOp, x, *statistics, epsilon=1e-3), expected)
    last = run(c.BatchNormOp, x.transpose(0, 2, 3, 1), *statistics, axis=-1, epsilon=1e-3)
    near(last, expected.transpose(0, 2, 3, 1))


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_lrn(size: int) -> None:
    x = noise(2, 6, 4, 3) * 3
    options = {"size": size, "alpha": 0.5, "beta": 0.6, "bias": 1.5}
    near(run(c.LrnOp, x, **options), onnxruntime_says("LRN", x, **options))


def test_lrn_of_an_even_size() -> None:
    """The window reaches one further up than down."""
    x = np.array([1.0, 2.0, 3.0])
    sums = np.array([1 + 4, 4 + 9, 9])
    close(run(c.LrnOp, x, size=2, alpha=2, beta=1, bias=0, axis=0), x / sums)


# Movement


def index() -> Any:
    return create_ssa_value(IndexType())


def test_reshape() -> None:
    x = np.arange(12, dtype=np.int32)
    y = x.reshape(3, 4)
    same(meaning(mv.ReshapeOp(value(x), [3, 4]), x), y)
    same(meaning(mv.ReshapeOp(value(x, (0,)), [-1, 4]), x), y)
    same(meaning(mv.ReshapeOp(value(x, (0,)), [index(), index()]), x, 3, 4), y)
    unknown = mv.ReshapeOp(value(x, (0,)), [0, -1])
    with pytest.raises(ValueError, match=r"dl.reshape: 0 elements cannot be divided"):
        meaning(unknown, x[:0])
    with pytest.raises(ValueError, match=r"dl.reshape: 12 elements do not fill shape \[3, 5\]"):
        meaning(mv.ReshapeOp(value(x, (0,)), [3, index()]), x, 5)
    with pytest.raises(ValueError, match=r"dl.reshape: a size is negative: \[-1\]"):
        meaning(mv.ReshapeOp(value(x, (0,)), [index()]), x, -1)


def test_transpose_and_broadcast() -> None:
    x = np.array([[1, 2, 3]], np.int8)
    same(run(mv.TransposeOp, x), np.array([[1], [2], [3]], np.int8))
    twice = np.array([[1, 2, 3]] * 2, np.int8)
    same(meaning(mv.BroadcastOp(value(x), [index(), 3]), x, 2), twice)
    same(run(mv.BroadcastOp, np.array(True), shape=[0, 2]), np.ones((0, 2), np.bool_))
    with pytest.raises(ValueError, match=r"dl.broadcast: a `\?` of size 1"):
        meaning(mv.BroadcastOp(value(x, (0,)), [index(), 3]), x, 2)


def test_slice() -> None:
    x = np.arange(5, dtype=np.int16)
    slices = {
        (0, 5, 1): x,
        (1, 2, 3): [1, 4],
        (4, 5, -1): [4, 3, 2, 1, 0],
        (3, 2, -2): [3, 1],
        (9, 0, 1): [],
    }
    for (offset, size, stride), expected in slices.items():
        op = mv.SliceOp(value(x), [offset], [size], [stride])
        same(meaning(op, x), np.array(expected, np.int16))
    op = mv.SliceOp(value(x, (0,)), [2], [index()], [2])
    same(meaning(op, x, 2), np.array([2, 4], np.int16))
    with pytest.raises(
        IndexError, match=r"dl.slice: places 2 to 6 are outside a dimension of size 5"
    ):
        meaning(op, x, 3)


def test_pad() -> None:
    x = np.array([[1, 2]], np.float16)
    padded = run(mv.PadOp, x, low=[1, 0], high=[0, 2], value=-inf)
    same(padded, np.array([[-inf] * 4, [1, 2, -inf, -inf]], np.float16))
    same(run(mv.PadOp, np.array([True]), low=[1], high=[0], value=0), np.array([False, True]))
    same(run(mv.PadOp, np.array(3, np.int8), low=[], high=[], value=1), np.array(3, np.int8))


def test_gather() -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]], np.int64)
    rows = np.array([[1, -1], [0, -2]], np.int32)
    same(run(mv.GatherOp, x, rows), np.array([[x[1], x[1]], [x[0], x[0]]]))
    same(run(mv.GatherOp, x, np.array(2, np.int8), axis=-1), np.array([3, 6]))
    assert run(mv.GatherOp, x, np.zeros(0, np.int64), axis=1).shape == (2, 0)
    for outside in (2, -3):
        with pytest.raises(IndexError, match=rf"dl.gather: index {outside} is outside \[-2, 2\)"):
            run(mv.GatherOp, x, np.array([0, outside]))


def test_concat_and_split() -> None:
    x, y = np.array([[1], [2]], BF16), np.array([[3, 4], [5, 6]], BF16)
    joined = meaning(mv.ConcatOp([value(x), value(y)], -1), x, y)
    same(joined, np.array([[1, 3, 4], [2, 5, 6]], BF16))
    parts = meaning(mv.SplitOp(value(joined), 1, [1, 0, 2]), joined)
    for part, expected in zip(parts, (x, x[:, :0], y), strict=True):
        same(part, expected)
    op = mv.SplitOp(value(joined, (1,)), 1, [1, 1])
    with pytest.raises(ValueError, match=r"dl.split: sizes \[1, 1\] do not add up to 3"):
        meaning(op, joined)


def test_a_written_size_is_checked() -> None:
    """A result may be written with a size that inference does not know; running it checks it."""
    x = np.zeros((2, 3), np.float32)
    op = r.ReduceSumOp.create(
        operands=[value(x, (0, 1))],
        properties=dict(r.ReduceSumOp(value(x, (0, 1)), [1]).properties),
        result_types=[value(np.zeros(4, np.float32)).type],
    )
    with pytest.raises(
        ValueError, match=r"dl.reduce_sum: result has shape \[2\], expected tensor<4xf32>"
    ):
        meaning(op, x)
