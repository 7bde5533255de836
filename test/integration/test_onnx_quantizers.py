"""What onnxruntime's quantisers write runs on integers, and agrees with onnxruntime to one step.

It is compared with the operators as they are written, each computed by itself: what onnxruntime
fuses (a quantised softmax, say) rounds otherwise, by some steps.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlir
from dlir.dialects.dl.constants import follows_from_weights
from dlir.interpreter import Interpreter
from dlir.transforms.dl_integerize import integerize

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime", reason="make .venv/bin/.bench")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnxruntime import quantization as q  # noqa: E402

RNG = np.random.default_rng(0)


class Graph:
    """A small ONNX model under construction, with random weights."""

    def __init__(self, shape: list[int]) -> None:
        self.input = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, *shape: int, scale: float = 1.0) -> str:
        name = f"w{len(self.weights)}"
        array = RNG.normal(size=shape).astype(np.float32) * scale
        self.weights.append(numpy_helper.from_array(array.astype(np.float32), name))
        return name

    def integers(self, *items: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(items, np.int64), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [name], name=f"{kind.lower()}.{name}", **attributes)
        self.nodes.append(node)
        return name

    def model(self, result: str) -> Any:
        output = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", [self.input], [output], self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def mlp() -> Any:
    g = Graph([5, 24])
    x = "x"
    for width, after in ((24, 33), (33, 17)):
        x = g.node("Gemm", x, g.weight(after, width, scale=0.2), g.weight(after), transB=1)
        x = g.node("Relu", x)
    return g.model(g.node("Add", g.node("MatMul", x, g.weight(17, 9, scale=0.2)), g.weight(9)))


def cnn() -> Any:
    """Convolutions of several kinds, a residual, pools, a classifier."""
    g = Graph([2, 3, 13, 13])

    def conv(x: str, into: int, out: int, size: int, **attributes: Any) -> str:
        weight = g.weight(out, into // attributes.get("group", 1), size, size, scale=0.3)
        sizes = {"kernel_shape": [size] * 2, "pads": [size // 2] * 4}
        return g.node("Conv", x, weight, g.weight(out), **sizes, **attributes)

    x = g.node("Relu", conv("x", 3, 8, 3, strides=[2, 2]))
    x = g.node("MaxPool", x, kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
    y = g.node("Relu", conv(x, 8, 8, 3, group=8))
    y = conv(y, 8, 8, 1)
    x = g.node("Relu", g.node("Add", x, y))
    low, high = (g.node("Constant", value_float=bound) for bound in (0.0, 6.0))
    x = g.node("Clip", conv(x, 8, 12, 3, group=2), low, high)
    window = {"kernel_shape": [3, 3], "pads": [1] * 4, "count_include_pad": 1}
    x = g.node("Concat", x, g.node("AveragePool", x, **window), axis=1)
    x = g.node("Flatten", g.node("GlobalAveragePool", x))
    return g.model(g.node("Gemm", x, g.weight(24, 5), g.weight(5)))


def transformer() -> Any:
    """One encoder layer with two heads."""
    g = Graph([2, 7, 16])

    def linear(x: str, into: int, out: int) -> str:
        return g.node("Add", g.node("MatMul", x, g.weight(into, out, scale=0.3)), g.weight(out))

    def heads(x: str, perm: list[int]) -> str:
        return g.node("Transpose", g.node("Reshape", x, g.integers(2, 7, 2, 8)), perm=perm)

    a = heads(linear("x", 16, 16), [0, 2, 1, 3])
    b = heads(linear("x", 16, 16), [0, 2, 3, 1])
    v = heads(linear("x", 16, 16), [0, 2, 1, 3])
    scores = g.node("Div", g.node("MatMul", a, b), g.node("Constant", value_float=2.83))
    context = g.node("MatMul", g.node("Softmax", scores, axis=-1), v)
    context = g.node("Transpose", context, perm=[0, 2, 1, 3])
    joined = g.node("Reshape", context, g.integers(2, 7, 16))
    x = g.node("Add", "x", linear(joined, 16, 16))
    x = g.node("LayerNormalization", x, g.weight(16), g.weight(16), axis=-1)
    y = linear(g.node("Relu", linear(x, 16, 32)), 32, 16)
    return g.model(g.node("Add", x, y))


MODELS: dict[str, Callable[[], Any]] = {"mlp": mlp, "cnn": cnn, "transformer": transformer}


class Samples(q.CalibrationDataReader):
    """Random inputs."""

    def __init__(self, shape: list[int]) -> None:
        self.left = [RNG.normal(size=shape).astype(np.float32) for _ in range(8)]

    def get_next(self) -> Any:
        return {"x": self.left.pop()} if self.left else None


U8, S8 = q.QuantType.QUInt8, q.QuantType.QInt8
WAYS = {
    "qdq u8s8": (q.QuantFormat.QDQ, U8, S8, False),
    "qdq u8s8 per channel": (q.QuantFormat.QDQ, U8, S8, True),
    "qdq s8s8": (q.QuantFormat.QDQ, S8, S8, False),
    "qdq s8s8 per channel": (q.QuantFormat.QDQ, S8, S8, True),
    "qdq u8u8": (q.QuantFormat.QDQ, U8, U8, False),
    "qoperator u8s8": (q.QuantFormat.QOperator, U8, S8, False),
    "qoperator s8s8 per channel": (q.QuantFormat.QOperator, S8, S8, True),
    "dynamic s8": (None, U8, S8, False),
    "dynamic s8 per channel": (None, U8, S8, True),
}


def shape_of(model: Any) -> list[int]:
    return [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]


def quantised(model: Any, way: str, folder: Path) -> Any:
    form, activations, weights, per_channel = WAYS[way]
    source, result = str(folder / "float.onnx"), str(folder / "quantised.onnx")
    onnx.save(model, source)
    if form is None:
        q.quantize_dynamic(source, result, weight_type=weights, per_channel=per_channel)
    else:
        q.quantize_static(
            source, result, Samples(shape_of(model)), quant_format=form, per_channel=per_channel,
            activation_type=activations, weight_type=weights,
        )  # fmt: skip
    return result


def tolerance(path: str, wanted: Any) -> float:
    """One step of the output's scale, which follows the last node; of floats nearly nothing."""
    graph = onnx.load(path).graph
    last = next(node for node in graph.node if node.output[0] == graph.output[0].name)
    if last.op_type != "DequantizeLinear":
        return 1e-4 * float(np.abs(wanted).max())
    scales = {w.name: numpy_helper.to_array(w) for w in graph.initializer}
    return 1.001 * float(scales[last.input[1]])


def as_written(path: str, x: Any) -> Any:
    """What onnxruntime computes without fusing anything."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(path, options).run(None, {"x": x})[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_onnxruntime(name: str, way: str, tmp_path: Path) -> None:
    """Target cpu on integers, and the text as it is written on the reference."""
    model = MODELS[name]()
    path = quantised(model, way, tmp_path)
    x = RNG.normal(size=shape_of(model)).astype(np.float32)
    wanted = as_written(path, x)
    loaded = dlir.load(path)
    near = tolerance(path, wanted)
    compiled = dlir.compile(loaded, target="cpu", cache=False)(x)
    assert np.abs(compiled - wanted).max() <= near
    (text,) = Interpreter(loaded.module, params=loaded.params).call("main", x)
    assert np.abs(text - wanted).max() <= near


@pytest.mark.parametrize("name", MODELS)
def test_all_products_are_of_integers(name: str, tmp_path: Path) -> None:
    """And what lies between them, but for the ops that stay float in a transformer."""
    module = dlir.load(quantised(MODELS[name](), "qdq u8s8 per channel", tmp_path)).module
    integerize(module)
    run = [op for op in module.walk() if op.results and not follows_from_weights(op.results[0])]
    floats = {op.name for op in run if str(op.results[0].type).endswith("xf32>")}
    stay = {"transformer": {"dl.softmax", "dl.layer_norm", "dl.div"}}.get(name, set())
    assert floats - {"dl.dequantize"} <= stay
