"""The light models inside the onnx wheel, with weights that make their outputs mean something.

They ship with every weight filled with one constant, so that their outputs hardly depend on their
inputs. `randomise` gives them random weights of the scale that keeps activations in range, and
batch norms with the statistics that the data really has. Everything is deterministic.

    model = random_model("resnet50")          # a ModelProto
    (name, x), = example_inputs(model).items()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LIGHT_MODELS = (
    "bvlc_alexnet",
    "densenet121",
    "inception_v1",
    "inception_v2",
    "resnet50",
    "shufflenet",
    "squeezenet",
    "vgg19",
    "zfnet512",
)

Array = np.ndarray
Fill = Callable[[np.random.Generator, tuple[int, ...]], Array]


def light_model(name: str) -> onnx.ModelProto:
    """The model as it is shipped."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    return onnx.load(folder / f"light_{name}.onnx")


def random_model(name: str, seed: int = 0) -> onnx.ModelProto:
    """The model with random weights and calibrated batch norms."""
    return randomise(light_model(name), seed)


def example_inputs(model: onnx.ModelProto, seed: int = 1) -> dict[str, Array]:
    """Normally distributed inputs by name."""
    rng = np.random.default_rng(seed)
    weights = {tensor.name for tensor in model.graph.initializer}
    return {
        info.name: rng.standard_normal(
            [dim.dim_value for dim in info.type.tensor_type.shape.dim], np.float32
        )
        for info in model.graph.input
        if info.name not in weights
    }


def onnxruntime_session(model: onnx.ModelProto):
    """A session that keeps quiet about unused weights."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def randomise(model: onnx.ModelProto, seed: int = 0) -> onnx.ModelProto:
    """A copy of `model` whose weights are random and whose batch norms fit the data."""
    rng = np.random.default_rng(seed)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.ir_version = max(model.ir_version, 4)  # from 4 on, weights need not be inputs
    shapes = _take_weights(result.graph)
    roles = dict(_roles(result.graph))
    for name, shape in shapes.items():
        fill = _FILLS.get(roles.get(name, ("", 0)), _zeros)
        array = fill(rng, shape).astype(np.float32)
        result.graph.initializer.append(numpy_helper.from_array(array, name))
    _calibrate(result)
    return result


def _take_weights(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    """Remove the float weights of a graph, initialisers or filled constants; their shapes."""
    kept = [t for t in graph.initializer if t.data_type != TensorProto.FLOAT]
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in kept}
    shapes = {t.name: tuple(t.dims) for t in graph.initializer if t.data_type == TensorProto.FLOAT}
    nodes = []
    for node in graph.node:
        if node.op_type == "ConstantOfShape" and node.input[0] in arrays:
            shapes[node.output[0]] = tuple(map(int, arrays[node.input[0]]))
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    known = set(shapes) | set(arrays)
    inputs = [info for info in graph.input if info.name not in known]
    _replace(graph.node, nodes)
    _replace(graph.input, inputs)
    _replace(graph.initializer, [tensor for tensor in kept if tensor.name in used])
    return {name: shape for name, shape in shapes.items() if name in used}


def _replace(field: object, items: list) -> None:
    copies = [type(item).FromString(item.SerializeToString()) for item in items]
    del field[:]  # type: ignore[attr-defined]
    field.extend(copies)  # type: ignore[attr-defined]


def _roles(graph: onnx.GraphProto) -> Iterator[tuple[str, tuple[str, int]]]:
    """For each value the operator and the operand that it is used as, seen through reshapes."""
    sources: dict[str, str] = {}
    for node in graph.node:
        if node.op_type in ("Unsqueeze", "Reshape"):
            sources[node.output[0]] = sources.get(node.input[0], node.input[0])
            continue
        for index, name in enumerate(node.input):
            yield sources.get(name, name), (node.op_type, index)


def _zeros(_: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape)


def _ones(_: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.ones(shape)


def _he(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Variance 2 / fan-in keeps the scale through a rectifier."""
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[1:])))


def _dense(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(1 / max(shape)))


def _bias(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape) * 0.1


def _scale(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(0.5, 1.5, shape)


_FILLS: dict[tuple[str, int], Fill] = {
    ("Add", 1): _bias,
    ("BatchNormalization", 1): _scale,
    ("BatchNormalization", 2): _bias,
    ("BatchNormalization", 3): _zeros,
    ("BatchNormalization", 4): _ones,
    ("Conv", 1): _he,
    ("Conv", 2): _bias,
    ("Gemm", 1): _dense,
    ("Gemm", 2): _bias,
    ("Mul", 1): _scale,
}


def _calibrate(model: onnx.ModelProto) -> None:
    """Set mean and variance of every batch norm to those of its input, in one run.

    In the model that is run, each batch norm computes its own statistics, so that those further on
    see what they will see in the end.
    """
    norms = [node for node in model.graph.node if node.op_type == "BatchNormalization"]
    if not norms:
        return
    session = onnxruntime_session(_with_live_statistics(model))
    names = [name for node in norms for name in (f"{node.output[0]}/mean", f"{node.output[0]}/var")]
    values = session.run(names, example_inputs(model, seed=2))
    targets = [name for node in norms for name in node.input[3:5]]
    found = {t: np.asarray(v).reshape(-1) for t, v in zip(targets, values, strict=True)}
    for tensor in model.graph.initializer:
        if tensor.name in found:
            value = found[tensor.name].astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))


def _with_live_statistics(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that computes the statistics of each batch norm and gives them as outputs."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    nodes = []
    for node in probe.graph.node:
        if node.op_type == "BatchNormalization":
            nodes += _statistics(node.input[0], node.output[0])
            node.input[3], node.input[4] = f"{node.output[0]}/mean", f"{node.output[0]}/var"
            probe.graph.output.extend(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [None])
                for name in node.input[3:5]
            )
        nodes.append(node)
    _replace(probe.graph.node, nodes)
    return probe


def _statistics(x: str, name: str) -> list[onnx.NodeProto]:
    """Nodes that compute `name`/mean and `name`/var of the channels of x."""
    axes = [0, 2, 3]
    keep, mean, var = f"{name}/keep", f"{name}/mean", f"{name}/var"
    return [
        helper.make_node("ReduceMean", [x], [keep], axes=axes, keepdims=1),
        helper.make_node("ReduceMean", [x], [mean], axes=axes, keepdims=0),
        helper.make_node("Sub", [x, keep], [f"{name}/centred"]),
        helper.make_node("Mul", [f"{name}/centred"] * 2, [f"{name}/square"]),
        helper.make_node("ReduceMean", [f"{name}/square"], [var], axes=axes, keepdims=0),
    ]
