"""FlexAttention: graphs of the model's own between the products of an attention."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from unit.onnx_models import errors_of  # noqa: E402

import dlir  # noqa: E402

DTYPES = {"f32": np.float32, "f64": np.float64, "f16": np.float16}
RANDOM = np.random.default_rng(3)


def modifier(*nodes: onnx.NodeProto, **weights: np.ndarray) -> onnx.GraphProto:
    """A graph from `x` to `y` of any shape."""
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    arrays = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    return helper.make_graph(list(nodes), "modifier", infos[:1], infos[1:], arrays)


SQUARED = modifier(helper.make_node("Mul", ["x", "x"], ["y"]))
HALVED = modifier(helper.make_node("Mul", ["x", "h"], ["y"]), h=np.array(0.5, np.float32))
SUMMED = modifier(helper.make_node("ReduceSum", ["x"], ["y"]))


def model_of(shapes: list, element: str = "f32", **attributes) -> onnx.ModelProto:
    type = helper.np_dtype_to_tensor_dtype(np.dtype(DTYPES[element]))
    inputs = [helper.make_tensor_value_info(n, type, s) for n, s in zip("qkv", shapes, strict=True)]
    node = helper.make_node(
        "FlexAttention", ["q", "k", "v"], ["o"], domain="ai.onnx.preview", **attributes
    )
    output = helper.make_tensor_value_info("o", type, None)
    graph = helper.make_graph([node], "g", inputs, [output])
    opsets = [helper.make_opsetid("", 23), helper.make_opsetid("ai.onnx.preview", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def expected(q, k, v, scale, score=lambda x: x, share=lambda x: x):
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = score(q @ k.swapaxes(-1, -2) * scale)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return share(e / e.sum(-1, keepdims=True)) @ v


@pytest.mark.parametrize("element", DTYPES)
@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("sizes", [(2, 3, 5), ("b", "m", "n")], ids=str)
def test_what_a_model_does_to_scores_and_shares(element: str, heads: int, sizes: tuple) -> None:
    if element == "f64" and heads > 1:
        pytest.skip("one is enough")
    batch, rows, keys = sizes
    shapes = [(batch, 4, rows, 8), (batch, heads, keys, 8), (batch, heads, keys, 6)]
    actual = [(2, 4, 3, 8), (2, heads, 5, 8), (2, heads, 5, 6)]
    arrays = [RANDOM.standard_normal(shape).astype(DTYPES[element]) for shape in actual]
    cases = [({}, {}), ({"scale": 0.25}, {})]
    if element != "f64":
        cases.append(
            (
                {"score_mod": SQUARED, "prob_mod": HALVED},
                {"score": np.square, "share": lambda x: x / 2},
            )
        )
    for attributes, functions in cases:
        scale = attributes.get("scale", 8**-0.5)
        wanted = expected(*arrays, scale, **functions)
        tolerance = 2e-3 if element == "f16" else 2e-5
        for target in ("ref", "cpu"):
            model = model_of(shapes, element, **attributes)
            got = dlir.compile(model, target=target)(*arrays)
            assert got.dtype == DTYPES[element]
            np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("heads", "attributes", "reason"),
    [(3, {}, "4 heads of q and 3 of k"), (4, {"score_mod": SUMMED}, "score_mod that makes")],
)
def test_what_it_may_not_do(heads: int, attributes: dict, reason: str) -> None:
    model = model_of([(2, 4, 3, 8), (2, heads, 5, 8), (2, heads, 5, 6)], **attributes)
    assert reason in errors_of(model)[0]
