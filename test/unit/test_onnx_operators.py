"""The ONNX frontend: operators and operator sets that need more than their table's line."""

from __future__ import annotations

import re

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper  # noqa: E402
from unit.onnx_models import errors_of, model_of, node, ramp, run  # noqa: E402

from dlir.frontends.onnx import import_onnx  # noqa: E402
from dlir.interpreter import Interpreter  # noqa: E402

# Recurrent layers


def lstm_of(*inputs: str, **attributes) -> onnx.ModelProto:
    """Two steps of an LSTM of three units on four numbers, with the weights that it may ask for."""
    weights = {"w": ramp(1, 12, 4), "r": ramp(1, 12, 3), "b": ramp(1, 24), "short": ramp(1, 5)}
    lengths = {"whole": np.array([2, 2], np.int32)}
    lstm = node("LSTM", ["x", "w", *inputs], ["y"], hidden_size=3, **attributes)
    return model_of([lstm], {"x": [2, 2, 4], "i_n": [2]}, weights | lengths)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (lstm_of("r", clip=1.0), "LSTM is not supported with clip"),
        (lstm_of("r", input_forget=1), "with input_forget"),
        (lstm_of("r", activations=["Relu", "Tanh", "Tanh"]), "activations relu, tanh, tanh"),
        (lstm_of("r", activations=["Tanh"], activation_alpha=[1.0]), "with activation_alpha"),
        (lstm_of("r", "short"), "biases of size 5 for weights of 12 rows"),
        (lstm_of("r", direction="bidirectional"), r"an operand of shape \[1, 12, 4\] for"),
        (lstm_of("b"), "an operand of shape"),
    ],
)
def test_what_recurrent_layers_may_not_ask_for(model: onnx.ModelProto, reason: str):
    (error,) = errors_of(model)
    assert re.search(reason, error)


def test_a_recurrent_layer_of_whole_sequences():
    """Lengths that are the sequence's size and activations that are the default change nothing."""
    x = np.random.default_rng(0).standard_normal((2, 2, 4)).astype(np.float32)
    plain = run(lstm_of("r", "b"), x, np.zeros(2, np.int64))
    model = lstm_of("r", "b", "whole", activations=["Sigmoid", "Tanh", "tanh"])
    np.testing.assert_array_equal(run(model, x, np.zeros(2, np.int64)), plain)


@pytest.mark.parametrize(
    ("kind", "gates", "options"),
    [("LSTM", 4, {}), ("GRU", 3, {}), ("GRU", 3, {"linear_before_reset": 1}), ("RNN", 1, {})],
)
def test_recurrent_layers_as_onnxruntime(kind: str, gates: int, options: dict):
    """Both directions, with weights that all differ and states as inputs."""
    ort = pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(1)
    shapes = {"w": (2, 5 * gates, 4), "r": (2, 5 * gates, 5), "b": (2, 10 * gates)}
    weights = {n: rng.normal(size=shape).astype(np.float32) for n, shape in shapes.items()}
    inputs = {"x": [3, 2, 4], "h": [2, 2, 5], **({"c": [2, 2, 5]} if kind == "LSTM" else {})}
    names = ["x", "w", "r", "b", "", *list(inputs)[1:]]
    outputs = ["y", "y_h", *(["y_c"] if kind == "LSTM" else [])]
    layer = node(kind, names, outputs, direction="bidirectional", hidden_size=5, **options)
    model = model_of([layer], inputs, weights, outputs=outputs)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in inputs.values()]
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, dict(zip(inputs, arrays, strict=True)))
    module, params = import_onnx(model)
    results = Interpreter(module, params=params).call("main", *arrays)
    for actual, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=2e-6)


# Operator sets


def test_softmax_of_old_takes_a_matrix():
    x = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    powers = np.exp(x)
    old = model_of([node("Softmax", ["x"], ["y"], axis=1)], {"x": ["n", 3, 4]}, opset=11)
    np.testing.assert_allclose(run(old, x), powers / powers.sum((1, 2), keepdims=True), rtol=1e-5)
    new = model_of([node("Softmax", ["x"], ["y"], axis=1)], {"x": ["n", 3, 4]}, opset=13)
    np.testing.assert_allclose(run(new, x), powers / powers.sum(1, keepdims=True), rtol=1e-5)


CLIP = [
    (6, 9, {"min": 0.0, "max": 6.0}, ["x"]),
    (11, 11, {}, ["x", "low", "high"]),
]


@pytest.mark.parametrize(("_", "opset", "attributes", "names"), CLIP)
def test_clip_bounds(_: int, opset: int, attributes: dict, names: list[str]):
    weights = {"low": np.float32(0), "high": np.float32(6)} if len(names) > 1 else {}
    weights = {name: np.array(value) for name, value in weights.items()}
    model = model_of([node("Clip", names, ["y"], **attributes)], {"x": [9]}, weights, opset=opset)
    assert "dl.clip" in str(import_onnx(model)[0])
    np.testing.assert_array_equal(run(model, ramp(9) - 1), np.clip(ramp(9) - 1, 0, 6))


AXES = [
    ("Unsqueeze", 11, 13, [0, 2], (1, 2, 1, 3)),
    ("Squeeze", 11, 13, [0], (2, 3)),
    ("ReduceSum", 11, 13, [1], None),
    ("ReduceMean", 11, 18, [1], None),
]


@pytest.mark.parametrize(("operator", "old", "new", "axes", "shape"), AXES)
def test_axes_moved_from_attribute_to_input(operator, old, new, axes, shape):
    x = ramp(1, 2, 3) if operator == "Squeeze" else ramp(2, 3)
    before = model_of([node(operator, ["x"], ["y"], axes=axes)], {"x": x.shape}, opset=old)
    weights = {"axes": np.array(axes)}
    after = model_of([node(operator, ["x", "axes"], ["y"])], {"x": x.shape}, weights, opset=new)
    np.testing.assert_array_equal(run(before, x), run(after, x))
    assert shape is None or run(after, x).shape == shape


def test_operator_set_that_onnx_does_not_know():
    (error,) = errors_of(model_of([node("Relu", ["x"], ["y"])], {"x": [3]}, opset=99))
    assert "operator set 99" in error and "onnx-opset" in error


@pytest.mark.parametrize("opset", [6, 7, 8])
def test_old_operator_sets_are_converted(opset: int):
    """Until operator set 7 an operand was stretched on request only, from a given axis on."""
    old = {"broadcast": 1, "axis": 0} if opset < 7 else {}
    y = np.array([1, 2], np.float32)
    model = model_of([node("Add", ["x", "b"], ["y"], **old)], {"x": [2, 2]}, {"b": y}, opset=opset)
    x = ramp(2, 2)
    np.testing.assert_array_equal(run(model, x), x + (y[:, None] if opset < 7 else y))


def test_operator_set_that_cannot_be_converted():
    (error,) = errors_of(model_of([node("Dropout", ["x"], ["y"], is_test=0)], {"x": [3]}, opset=6))
    assert "operator set 6, and cannot be converted" in error


def test_local_functions_are_inlined():
    function = helper.make_function(
        "here",
        "Twice",
        ["a"],
        ["b"],
        [node("Add", ["a", "a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )
    model = model_of([node("Twice", ["x"], ["y"], domain="here")], {"x": [3]}, domains=["here"])
    model.functions.append(function)
    np.testing.assert_array_equal(run(model, ramp(3)), 2 * ramp(3))


# Windows


@pytest.mark.parametrize("include", [0, 1])
@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad"), [(7, 3, 2, 1), (8, 3, 3, 1), (6, 2, 4, 0)]
)
def test_ceil_mode_as_onnxruntime(size: int, kernel: int, stride: int, pad: int, include: int):
    onnxruntime = pytest.importorskip("onnxruntime")
    x = np.random.default_rng(0).standard_normal((1, 2, size, size)).astype(np.float32)
    shared = {
        "kernel_shape": [kernel] * 2,
        "strides": [stride] * 2,
        "pads": [pad] * 4,
        "ceil_mode": 1,
    }
    for pool in (
        node("MaxPool", ["x"], ["y"], **shared),
        node("AveragePool", ["x"], ["y"], count_include_pad=include, **shared),
        node("LpPool", ["x"], ["y"], p=1 + 2 * include, **shared),
    ):
        model = model_of([pool], {"x": x.shape}, opset=19)
        session = onnxruntime.InferenceSession(model.SerializeToString())
        np.testing.assert_allclose(run(model, x), session.run(None, {"x": x})[0], rtol=1e-5)


def test_convolution_of_lines():
    x, w = ramp(1, 2, 6), ramp(3, 2, 3)
    conv = node("Conv", ["x", "w"], ["y"], pads=[1, 0], strides=[2], dilations=[2])
    model = model_of([conv], {"x": ["n", 2, "length"]}, {"w": w})
    padded = np.pad(x, [(0, 0), (0, 0), (1, 0)])
    expected = [[np.sum(padded[0, :, i : i + 5 : 2] * k) for i in (0, 2)] for k in w]
    np.testing.assert_allclose(run(model, x), [expected])


# Einsum


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ii->i", [(4, 4)]),
        ("ii", [(4, 4)]),
        ("iji->j", [(3, 2, 3)]),
        ("iii->i", [(3, 3, 3)]),
        ("...ii->...i", [(2, 3, 4, 4)]),
        ("...ij->ji...", [(2, 3, 4)]),
        ("...ij,...jk->...ik", [(2, 5, 3, 4), (2, 5, 4, 6)]),
        ("...i,i", [(2, 3, 4), (4,)]),
        ("b...i,bi->b...", [(2, 3, 5, 4), (2, 4)]),
        ("ii,ij->j", [(3, 3), (3, 2)]),
        ("->", [()]),
        (",i->i", [(), (3,)]),
        ("...->...", [(2, 3)]),
        ("ii->i", [(0, 0)]),
    ],
)
def test_einsum_as_numpy(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [np.random.default_rng(0).standard_normal(s).astype(np.float32) for s in shapes]
    names = [f"x{n}" for n in range(len(arrays))]
    inputs = dict(zip(names, shapes, strict=True))
    model = model_of([node("Einsum", names, ["y"], equation=equation)], inputs)
    np.testing.assert_allclose(
        run(model, *arrays), np.einsum(equation, *arrays), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("equation", "reason"),
    [
        ("ij->i", "term 'ij'"),
        ("i...j...->i", "term 'i...j...'"),
        ("i-j->i", "term 'i-j'"),
        ("iij->j", "'i' twice with sizes 2 and 3"),
        ("ijk->ijl", "result 'ijl'"),
        ("ijk->iji", "result 'iji'"),
    ],
)
def test_what_is_no_equation(equation: str, reason: str) -> None:
    model = model_of([node("Einsum", ["x"], ["y"], equation=equation)], {"x": (2, 3, 4)})
    assert reason in errors_of(model)[0]


# Operators that changed their meaning


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 3), (2, 3, 4, 5)])
@pytest.mark.parametrize("slopes", [1, 3])
@pytest.mark.parametrize("is_weight", [True, False])
def test_slopes_of_old_are_those_of_channels(shape: tuple[int, ...], slopes: int, is_weight: bool):
    x, slope = ramp(*shape) - 7, np.arange(1, slopes + 1, dtype=np.float32) / 4
    prelu = node("PRelu", ["x", "s"], ["y"])
    weights, inputs = ({"s": slope}, {}) if is_weight else ({}, {"s": slope.shape})
    model = model_of([prelu], {"x": shape, **inputs}, weights, opset=6)
    got = run(model, x, *([] if is_weight else [slope]))
    column = slope.reshape(-1, *[1] * (len(shape) - 2))
    np.testing.assert_array_equal(got, np.where(x < 0, x * column, x))


@pytest.mark.parametrize("batch", [0, 1, 3])
@pytest.mark.parametrize("size", ["b", None])
def test_scans_of_old_go_over_batches(batch: int, size: str | None):
    infos = [helper.make_tensor_value_info(name, 1, [2]) for name in ("s", "x", "t", "y")]
    steps = [node("Add", ["s", "x"], ["t"]), node("Identity", ["t"], ["y"])]
    body = helper.make_graph(steps, "body", infos[:2], infos[2:])
    scan = node("Scan", ["", "a", "x"], ["last", "y"], num_scan_inputs=1, body=body, directions=[1])
    shapes = {"a": (size or batch, 2), "x": (size or batch, 4, 2)}
    model = model_of([scan], shapes, opset=8, outputs=("last", "y"))
    module, weights = import_onnx(model)
    initial, x = ramp(batch, 2), ramp(batch, 4, 2)
    last, y = Interpreter(module, params=weights).call("main", initial, x)
    sums = initial[:, None] + np.cumsum(x[:, ::-1], 1)
    np.testing.assert_array_equal(y, sums)
    np.testing.assert_array_equal(last, sums[:, -1])


def test_a_scan_of_old_with_lengths_is_refused():
    infos = [helper.make_tensor_value_info(name, 1, [2]) for name in ("s", "x", "t")]
    body = helper.make_graph([node("Add", ["s", "x"], ["t"])], "body", infos[:2], infos[2:])
    scan = node("Scan", ["i_n", "a", "x"], ["y"], num_scan_inputs=1, body=body)
    model = model_of([scan], {"i_n": (3,), "a": (3, 2), "x": (3, 4, 2)}, opset=8)
    assert "sequence_lens" in errors_of(model)[0]
