"""The ONNX frontend in detail: sizes, operator-set versions, external data, diagnostics."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from xdsl.dialects.builtin import FileLineColLoc, NameLoc  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.builder import dims  # noqa: E402
from dlir.frontends.onnx import check_support, format_support, import_onnx  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402
from dlir.frontends.onnx.in_place import model_bytes  # noqa: E402
from dlir.interpreter import Interpreter  # noqa: E402
from dlir.stored_weights import StoredFile  # noqa: E402
from dlir.verifier import verify  # noqa: E402

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def model_of(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, Sequence[int | str | None]],
    weights: dict[str, np.ndarray] | None = None,
    *,
    opset: int = 18,
    outputs: Sequence[str] = ("y",),
    domains: Sequence[str] = (),
) -> onnx.ModelProto:
    """A model with float inputs (names that begin with `i_` are int64)."""
    infos = [
        helper.make_tensor_value_info(name, INT64 if name.startswith("i_") else FLOAT, shape)
        for name, shape in inputs.items()
    ]
    arrays = [numpy_helper.from_array(array, name) for name, array in (weights or {}).items()]
    results = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "test", infos, results, arrays)
    versions = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


def run(model: onnx.ModelProto, *args: np.ndarray) -> np.ndarray:
    module, weights = import_onnx(model)
    verify(module)
    return Interpreter(module, params=weights).call("main", *args)[0]


def errors_of(model, **options) -> list[str]:
    with pytest.raises(CompileError) as caught:
        import_onnx(model, **options)
    return [str(diagnostic) for diagnostic in caught.value.diagnostics]


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


node = helper.make_node


# Sizes

SIZES = {"a": 5, "b": 7}


@st.composite
def expressions(draw, depth: int = 3):
    """A symbolic size and the number it stands for when a = 5 and b = 7."""
    if depth == 0 or draw(st.booleans()):
        name = draw(st.sampled_from(["a", "b", None]))
        if name:
            return dims.symbol(name), SIZES[name]
        number = draw(st.integers(-4, 12))
        return number, number
    kind = draw(st.sampled_from(["add", "sub", "mul", "minimum", "maximum", "div", "mod"]))
    (x, m), (y, n) = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    try:
        value = getattr(dims, kind)(x, y)
    except dims.DimError:
        return x, m
    python = {
        "add": lambda: m + n,
        "sub": lambda: m - n,
        "mul": lambda: m * n,
        "minimum": lambda: min(m, n),
        "maximum": lambda: max(m, n),
        "div": lambda: int(np.trunc(m / n)) if n else None,
        "mod": lambda: m % n if n else None,
    }[kind]()
    return (x, m) if python is None else (value, python)


@given(expressions())
def test_sizes_are_what_numbers_are(expression):
    value, number = expression
    with contextlib.suppress(dims.DimError):  # a divisor that is zero for these sizes
        assert dims.evaluate(value, SIZES.__getitem__) == number
    bound = dims.lower_bound(value)
    assert bound is None or bound <= number


def test_sizes_cancel():
    a, b = dims.symbol("a"), dims.symbol("b")
    total = dims.product([a, b, 384])
    assert dims.div(total, dims.product([a, b, 12])) == 32
    assert dims.div(total, dims.product([a, 12, 32])) == b
    assert dims.equal(a, -1) is False and dims.equal(a, 1) is None
    assert dims.less(a, dims.add(a, 1)) is True


def test_sizes_have_limits():
    grown = dims.symbol("a")
    with pytest.raises(dims.DimError):
        for _ in range(100):
            grown = dims.mul(grown, dims.add(grown, 3))
    nested = dims.symbol("a")
    with pytest.raises(dims.DimError):
        for i in range(100):
            nested = dims.minimum(nested, dims.mul(nested, i + 2))
            nested = dims.div(nested, 3)
    with pytest.raises(dims.DimError):
        dims.mul(2**62, 4)


# Shape arithmetic and dynamic sizes


def test_reshape_finds_static_sizes():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "first"], ["b"]),
        node("Concat", ["b", "rest"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
    ]
    weights = {"first": np.array([0]), "rest": np.array([-1, 4, 3])}
    model = model_of(nodes, {"x": ["batch", "length", 12]}, weights)
    module, _ = import_onnx(model)
    assert "tensor<?x?x4x3xf32>" in str(module)
    assert run(model, ramp(2, 5, 12)).shape == (2, 5, 4, 3)


def test_expand_by_where_as_torch_writes_it():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("ConstantOfShape", ["three"], ["ones"], value=numpy_helper.from_array(np.array([1]))),
        node("Mul", ["ones", "minus"], ["minuses"]),
        node("Concat", ["two", "s"], ["wanted"], axis=0),
        node("Equal", ["wanted", "minuses"], ["is_minus"]),
        node("Where", ["is_minus", "ones", "wanted"], ["target"]),
        node("Expand", ["x", "target"], ["y"]),
    ]
    weights = {"three": np.array([3]), "minus": np.array(-1), "two": np.array([2])}
    model = model_of(nodes, {"x": ["n", 3]}, weights)
    np.testing.assert_array_equal(run(model, ramp(4, 3)), np.broadcast_to(ramp(4, 3), (2, 4, 3)))


def test_sizes_as_elements():
    """A size that becomes data: here x / (rows * columns - 1)."""
    nodes = [
        node("Size", ["x"], ["n"]),
        node("Sub", ["n", "one"], ["m"]),
        node("Cast", ["m"], ["f"], to=FLOAT),
        node("Div", ["x", "f"], ["y"]),
    ]
    model = model_of(nodes, {"x": ["r", "c"]}, {"one": np.array(1)})
    np.testing.assert_allclose(run(model, ramp(3, 4)), ramp(3, 4) / 11, rtol=1e-6)


def test_range_over_a_dynamic_size():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Squeeze", ["s"], ["n"]),
        node("Range", ["one", "n", "two"], ["r"]),
        node("Cast", ["r"], ["y"], to=FLOAT),
    ]
    model = model_of(nodes, {"x": ["n"]}, {"one": np.array(1), "two": np.array(2)})
    np.testing.assert_array_equal(run(model, ramp(8)), [1, 3, 5, 7])
    assert run(model, ramp(0)).shape == (0,)


BIG = 2**63 - 1


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [
        (0, 2, 1),
        (1, BIG, 1),
        (1, BIG, 3),
        (-1, BIG, 1),
        (-3, -1, 1),
        (0, -2, 2),
        (-1, -BIG, -1),
        (2, 99, 1),
    ],
)
def test_slices_of_dynamic_dimensions(start: int, stop: int, step: int):
    nodes = [node("Slice", ["x", "a", "b", "axes", "c"], ["y"])]
    numbers = {"a": start, "b": stop, "axes": 1, "c": step}
    weights = {name: np.array([value]) for name, value in numbers.items()}
    model = model_of(nodes, {"x": [2, "n"]}, weights)
    x = ramp(2, 6)
    expected = x[:, slice(start, None if stop == -BIG else stop, step)]
    np.testing.assert_array_equal(run(model, x), expected)


def test_dimensions_can_be_fixed():
    model = model_of([node("Relu", ["x"], ["y"])], {"x": ["batch", 3]})
    module, _ = import_onnx(model, dims={"batch": 4})
    assert "tensor<4x3xf32>" in str(module) and "?" not in str(module)
    (error,) = errors_of(model, dims={"bach": 4})
    assert 'no input has a dimension "bach"' in error


def test_run_time_axes_and_ranks_are_refused():
    model = model_of([node("Squeeze", ["x", "i_a"], ["y"])], {"x": [4, 1], "i_a": [1]})
    (error,) = errors_of(model)
    assert "axes computed from tensor elements at run time" in error
    model = model_of([node("Reshape", ["x", "i_s"], ["y"])], {"x": [4], "i_s": ["n"]})
    (error,) = errors_of(model)
    assert "a shape computed from tensor elements at run time" in error


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


# What comes out


def test_names_and_locations():
    model = model_of(
        [node("Relu", ["in.0"], ["mid"], name="first"), node("Neg", ["mid"], ["out/one"])],
        {"in.0": [2]},
        outputs=["out/one"],
    )
    module, _ = import_onnx(model)
    (function,) = module.ops
    assert str(function.attributes["dlir.arg_names"]) == '["in.0"]'
    assert str(function.attributes["dlir.result_names"]) == '["out/one"]'
    relu, neg, _ = function.body.block.ops
    assert isinstance(relu.location, NameLoc) and relu.location.desc.data == "first"
    assert isinstance(relu.location.location, FileLineColLoc)
    assert relu.location.location.filename.data == "model.onnx"
    assert neg.location.desc.data == "out/one" and neg.location.location.line.data == 1
    assert neg.results[0].name_hint == "out_one"


def test_small_constants_stand_in_the_text_and_weights_do_not():
    weights = {"small": ramp(4), "large": ramp(100)}
    nodes = [node("Mul", ["x", "small"], ["m"]), node("Concat", ["m", "large"], ["y"], axis=0)]
    module, params = import_onnx(model_of(nodes, {"x": [4]}, weights))
    assert set(params) == {"large"}
    assert "dl.constant dense<[0.000000e+00, 1.000000e+00" in str(module)


def test_a_filled_weight_takes_no_memory():
    fill = node("ConstantOfShape", ["shape"], ["w"])
    model = model_of(
        [fill, node("MatMul", ["x", "w"], ["y"])],
        {"x": [1, 2**14]},
        {"shape": np.array([2**14] * 2)},
    )
    _, params = import_onnx(model)
    assert params["w"].shape == (2**14, 2**14) and params["w"].strides == (0, 0)
    hostile = model_of([fill], {}, {"shape": np.array([2**31] * 2)}, outputs=["w"])
    assert "a constant of shape" in errors_of(hostile)[0]


# Diagnostics


def test_every_unsupported_node_is_named():
    nodes = [
        node("Multinomial", ["x"], ["n"], name="a"),
        node("Neg", ["n"], ["m"], name="follows"),
        node("Relu", ["x"], ["r"]),
        node("Foo", ["r"], ["f"], name="b", domain="my.ops"),
        node("Softmax", ["p"], ["y"], name="c", axis=7),
    ]
    inputs = {"x": [3], "p": [1, 1, "rows", 4]}
    model = model_of(nodes, inputs, outputs=["y", "m", "f"], domains=["my.ops"])
    first, second, third = errors_of(model)
    assert "Multinomial is not supported" in first and "onnx-unsupported" in first
    assert 'domain "my.ops"' in second
    assert "axis 7" in third
    rows = {row.operator: row for row in check_support(model)}
    assert [name for name, row in sorted(rows.items()) if not row.supported] == [
        "Foo",
        "Multinomial",
        "Softmax",
    ]
    assert rows["Relu"].version == 14 and rows["Foo"].version == 0
    table = format_support(rows.values())
    assert "Multinomial" in table and "no " in table and len(table.splitlines()) == 6


def test_broken_rules_name_the_node():
    model = model_of([node("Add", ["x", "w"], ["y"], name="sum")], {"x": [3]}, {"w": ramp(2)})
    (error,) = errors_of(model)
    assert "dl-add-c4" in error


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"", "is empty"), (b"\x08\x07 not a model", "not an ONNX model")],
)
def test_files_that_are_no_models(tmp_path: Path, content: bytes, part: str):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    assert part in errors_of(path)[0]


def test_missing_file(tmp_path: Path):
    assert "cannot read" in errors_of(tmp_path / "none.onnx")[0]


def test_invalid_model():
    model = model_of([node("Relu", ["nothing"], ["y"])], {"x": [3]})
    assert "onnx-checker" in errors_of(model)[0]


# Weights that stay in the model's file


def large_model(tmp_path: Path, shift: int = 0) -> Path:
    """A model with a weight of 2000 floats, whose place in the file depends on `shift`."""
    model = model_of([node("Mul", ["x", "w"], ["y"])], {"x": [2000]}, {"w": ramp(2000)})
    model.doc_string = "s" * shift
    model.graph.initializer.add().CopyFrom(numpy_helper.from_array(ramp(3), "small"))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("shift", range(4))
def test_large_weights_are_read_from_their_place(tmp_path: Path, shift: int):
    path = large_model(tmp_path, shift)
    _, params = import_onnx(path)
    np.testing.assert_array_equal(params["w"], ramp(2000))
    assert params["w"].flags.aligned and not params["w"].flags.writeable
    parsed = onnx.ModelProto.FromString(model_bytes(StoredFile(path)))
    large, small = parsed.graph.initializer
    assert large.data_location == TensorProto.EXTERNAL and not large.raw_data
    assert small.raw_data == ramp(3).tobytes()


def test_a_linked_model_may_lie_in_another_folder(tmp_path: Path):
    (tmp_path / "blobs").mkdir()
    link = tmp_path / "linked.onnx"
    link.symlink_to(large_model(tmp_path / "blobs"))
    np.testing.assert_array_equal(import_onnx(link)[1]["w"], ramp(2000))


@pytest.mark.parametrize("entries", [{}, {"offset": 10**17}, {"length": 8, "offset": 3}])
def test_references_into_the_model_itself_are_checked(tmp_path: Path, entries: dict[str, int]):
    """Only the reader makes them; a file that holds some is wrong."""
    path = external(tmp_path, **entries)
    model = onnx.load(path, load_external_data=False)
    model.graph.initializer[0].external_data.add(key="in-place", value="yes")
    path.write_bytes(model.SerializeToString())
    assert "needs 80 bytes" in errors_of(path)[0]


def test_a_model_that_is_cut_anywhere_is_refused(tmp_path: Path):
    path = large_model(tmp_path)
    whole = path.read_bytes()
    for size in (*range(1, 200, 7), 4100, len(whole) - 4000, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert errors_of(path)


# External data


def external(tmp_path: Path, location: str = "w.bin", **entries: int) -> Path:
    """A model whose weight of eight floats lies in `location`; the file holds them."""
    ramp(8).tofile(tmp_path / "w.bin")
    model = model_of([node("Mul", ["x", "w"], ["y"])], {"x": [20]}, {"w": ramp(20)})
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=str(value))
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def test_external_data_is_mapped(tmp_path: Path):
    path = external(tmp_path, offset=16, length=80)
    ramp(24).tofile(tmp_path / "w.bin")
    _, params = import_onnx(path)
    assert isinstance(params["w"], np.memmap)
    np.testing.assert_array_equal(params["w"], ramp(24)[4:])


@pytest.mark.parametrize(
    ("location", "entries", "part"),
    [
        ("w.bin", {}, "truncated"),
        ("w.bin", {"length": 12}, "length is 12"),
        ("w.bin", {"offset": -4}, "offset is '-4'"),
        ("none.bin", {}, "does not exist"),
        ("../w.bin", {}, "outside the model's folder"),
        ("/etc/passwd", {}, "outside the model's folder"),
        ("link/w.bin", {}, "outside the model's folder"),
        ("", {}, "outside the model's folder"),
        ("a\x00b", {}, "bad location"),
    ],
)
def test_bad_external_data(tmp_path: Path, location: str, entries: dict, part: str):
    inner = tmp_path / "inner"
    inner.mkdir()
    ramp(99).tofile(tmp_path / "w.bin")
    (inner / "link").symlink_to(tmp_path)
    (error,) = errors_of(external(inner, location, **entries))
    assert part in error and 'weight "w"' in error


def test_external_data_of_a_model_in_memory(tmp_path: Path):
    model = onnx.load(external(tmp_path), load_external_data=False)
    assert "not read from a file" in errors_of(model)[0]


# The backend


def test_backend_runs_models_and_nodes():
    model = model_of([node("Relu", ["x"], ["y"])], {"x": ["n"]})
    assert DlirBackend.supports_device("REF") and not DlirBackend.supports_device("GPU:0")
    assert DlirBackend.is_compatible(model, "REF")
    prepared = DlirBackend.prepare(model, "REF")
    np.testing.assert_array_equal(prepared.run([ramp(3) - 1]).y, [0, 0, 1])
    np.testing.assert_array_equal(prepared.run({"x": ramp(2)})[0], [0, 1])
    (y,) = DlirBackend.run_node(node("Add", ["a", "b"], ["c"]), [ramp(2), ramp(2)], "REF")
    np.testing.assert_array_equal(y, [0, 2])
    with pytest.raises(ValueError, match="no device"):
        DlirBackend.prepare(model, "TPU")


def test_onnx_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A mistake of the user's, and no bug."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    for read in (import_onnx, check_support):
        with pytest.raises(CompileError, match="read with the package 'onnx'") as caught:
            read(tmp_path / "model.onnx")
        assert caught.value.diagnostics[0].help == "pip install 'dlir[onnx]'"
