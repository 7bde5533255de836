"""ONNX operators that walk, order and scatter, with sizes that are known at run time only.

The oracle is onnx's own reference; what it draws at random is checked by its statistics.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx.backend import DlirBackend  # noqa: E402

RNG = np.random.default_rng(3)
X = RNG.integers(-4, 5, (3, 7)).astype(np.float32)
OPSET = 24


def model_of(operator: str, inputs: list[Any], weights: dict[int, Any], outputs: int = 1, **attrs):
    """One node; the inputs at the positions of `weights` are constants, all sizes are `?`."""
    names = [f"i{n}" for n in range(len(inputs) + len(weights))]
    given = iter(inputs)
    infos, constants = [], []
    for position, name in enumerate(names):
        if position in weights:
            constants.append(numpy_helper.from_array(np.asarray(weights[position]), name))
            continue
        array = next(given)
        element = helper.np_dtype_to_tensor_dtype(array.dtype)
        sizes = [f"{name}_{axis}" for axis in range(array.ndim)]
        infos.append(helper.make_tensor_value_info(name, element, sizes))
    results = [f"y{n}" for n in range(outputs)]
    node = helper.make_node(operator, names, results, name="node", **attrs)
    made = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in results]
    graph = helper.make_graph([node], "g", infos, made, constants)
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


I64 = np.int64
CASES: dict[str, tuple[str, list[Any], dict[int, Any], int, dict[str, Any]]] = {
    "argmax": ("ArgMax", [X], {}, 1, {"axis": 1, "select_last_index": 1}),
    "argmin": ("ArgMin", [X], {}, 1, {"axis": 0, "keepdims": 0}),
    "cumsum": ("CumSum", [X], {1: I64(-1)}, 1, {"exclusive": 1, "reverse": 1}),
    "topk": ("TopK", [X], {1: [3]}, 2, {"axis": 1}),
    "topk_smallest": ("TopK", [X], {1: [2]}, 2, {"axis": 0, "largest": 0}),
    "gather_elements": ("GatherElements", [X, RNG.integers(-7, 7, (3, 4))], {}, 1, {"axis": 1}),
    "scatter_elements": (
        "ScatterElements", [X, np.array([[0, 6], [2, 2], [-1, 3]]), X[:, :2]], {}, 1,
        {"axis": 1, "reduction": "mul"},
    ),
    "one_hot": ("OneHot", [np.array([[1, -2], [9, 4]])], {1: 5, 2: [2.5, 7.0]}, 1, {"axis": 0}),
    "one_hot_float_depth": ("OneHot", [np.array([1.0, 4.0])], {1: 5.0, 2: [0, 1]}, 1, {}),
    "hardmax": ("Hardmax", [X], {}, 1, {"axis": 0}),
    "eye": ("EyeLike", [X], {}, 1, {"k": -1, "dtype": TensorProto.INT32}),
    "reverse": (
        "ReverseSequence", [RNG.normal(size=(3, 4, 2)), np.array([1, 4, 0])], {}, 1,
        {"time_axis": 1, "batch_axis": 0},
    ),
    "compress": ("Compress", [X], {1: [True, False, True]}, 1, {"axis": 1}),
    "compress_flat": ("Compress", [X], {1: [False, True, True, False, True]}, 1, {}),
    "nll": (
        "NegativeLogLikelihoodLoss", [X, np.array([6, 2, 0]), np.arange(7, dtype="f4")], {}, 1,
        {"ignore_index": 2},
    ),
    "cross_entropy": (
        "SoftmaxCrossEntropyLoss", [X, np.array([6, 2, 0], np.int32)], {}, 2, {"reduction": "none"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("device", ["REF", "CPU"])
@pytest.mark.parametrize("name", CASES)
def test_same_as_onnx(name: str, device: str) -> None:
    operator, inputs, weights, outputs, attributes = CASES[name]
    model = model_of(operator, inputs, weights, outputs, **attributes)
    want = ReferenceEvaluator(model).run(None, {f"i{n}": x for n, x in _named(inputs, weights)})
    got = DlirBackend.prepare(model, device).run(inputs)
    for a, b in zip(got, want, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def _named(inputs: list[Any], weights: dict[int, Any]) -> list[tuple[int, Any]]:
    free = [n for n in range(len(inputs) + len(weights)) if n not in weights]
    return list(zip(free, inputs, strict=True))


@pytest.mark.parametrize("device", ["REF", "CPU"])
@pytest.mark.parametrize("mode", ["linear", "circular"])
def test_tensor_scatter(mode: str, device: str) -> None:
    cache, update = RNG.normal(size=(2, 3, 5, 4)), RNG.normal(size=(2, 3, 2, 4))
    first = np.array([1, 3 if mode == "linear" else 4])
    want = cache.copy()
    for b in range(2):
        for s in range(2):
            want[b, :, (first[b] + s) % 5] = update[b, :, s]
    model = model_of("TensorScatter", [cache, update, first], {}, mode=mode)
    got = DlirBackend.prepare(model, device).run([cache, update, first])[0]
    np.testing.assert_array_equal(got, want)


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(CompileError, match=r"dl-topk-c4"):
        DlirBackend.prepare(model_of("TopK", [X], {1: [-2]}, 2), "REF")
    with pytest.raises(CompileError, match="reduction = 'median'"):
        i = np.zeros((1, 1), I64)
        model = model_of("ScatterElements", [X, i, X[:1, :1]], {}, reduction="median")
        DlirBackend.prepare(model, "REF")


def drawn(operator: str, inputs: list[Any], device: str, weights: Any = None, **attrs) -> Any:
    prepared = DlirBackend.prepare(model_of(operator, inputs, weights or {}, **attrs), device)
    first, second = (prepared.run(inputs)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    return first


@pytest.mark.parametrize("device", ["REF", "CPU"])
def test_random_numbers_have_their_moments(device: str) -> None:
    like = np.zeros((200, 101), np.float32)
    size = np.sqrt(like.size)
    uniform = drawn("RandomUniformLike", [like], device, low=-1.0, high=3.0, seed=7.0)
    assert uniform.dtype == np.float32 and uniform.min() >= -1 and uniform.max() < 3
    assert abs(uniform.mean() - 1) < 4 * (4 / np.sqrt(12)) / size
    normal = drawn("RandomNormalLike", [like], device, mean=2.0, scale=3.0, seed=7.0)
    assert abs(normal.mean() - 2) < 4 * 3 / size and abs(normal.std() / 3 - 1) < 4 / size
    other = drawn("RandomNormalLike", [like], device, mean=2.0, scale=3.0, seed=7.5)
    assert not np.array_equal(normal, other)
    hits = drawn("Bernoulli", [like + np.float32(0.3)], device, dtype=TensorProto.INT32)
    assert hits.dtype == np.int32 and set(np.unique(hits)) == {0, 1}
    assert abs(hits.mean() - 0.3) < 4 * 0.5 / size
    kept = drawn("Dropout", [like + 1], device, {1: np.float32(0.2), 2: True}, seed=3)
    assert abs((kept > 0).mean() - 0.8) < 4 * 0.4 / size
    np.testing.assert_array_equal(np.unique(kept), np.float32([0, 1.25]))


@pytest.mark.parametrize("operator", ["RandomUniform", "RandomNormal"])
@pytest.mark.parametrize("element", [TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_the_same_numbers_on_both_devices(operator: str, element: int) -> None:
    attributes = {"shape": [5, 33], "dtype": element, "seed": 1.0}
    ref, cpu = (drawn(operator, [], device, **attributes) for device in ("REF", "CPU"))
    assert ref.dtype == cpu.dtype == helper.tensor_dtype_to_np_dtype(element)
    np.testing.assert_allclose(ref.astype("f8"), cpu.astype("f8"), rtol=1e-3, atol=1e-3)
