"""Damaged models: whatever is wrong with a file, nothing but `CompileError` comes out, and soon."""

from __future__ import annotations

import contextlib
import random
import struct
import time
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from dlir.diagnostics import CompileError  # noqa: E402
from dlir.frontends.onnx import check_support, import_onnx  # noqa: E402
from dlir.verifier import verify  # noqa: E402

DATA = Path(__file__).parents[1] / "data" / "onnx"
SEEDS = range(60)
SECONDS = 10
"""No damaged model keeps the frontend longer than this."""

NUMBERS = [-(2**63), -(2**31), -7, -2, -1, 0, 1, 2, 3, 8, 1000, 2**31, 2**40, 2**62, 2**63 - 1]
FLOATS = [0.0, -1.0, 1e30, float("inf"), float("nan")]
NAMES = ["", "x", "input_ids", "no_such_value", "Relu", "Conv", "If", "\x00", "é" * 50]


def small_cnn() -> onnx.ModelProto:
    """A model of the other operators: convolution, pooling, normalisation, a classifier."""
    rng = np.random.default_rng(0)

    def weight(name: str, *shape: int) -> TensorProto:
        return numpy_helper.from_array(rng.random(shape, np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["c", "b", "b", "b", "b"], ["n"]),
        helper.make_node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
        helper.make_node("Pad", ["p", "pads"], ["q"]),
        helper.make_node("AveragePool", ["q"], ["a"], kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        helper.make_node("Slice", ["a", "starts", "ends"], ["s"]),
        helper.make_node("Split", ["s"], ["s1", "s2"], axis=1, num_outputs=2),
        helper.make_node("Concat", ["s2", "s1"], ["t"], axis=1),
        helper.make_node("Flatten", ["t"], ["f"]),
        helper.make_node("ReduceMean", ["f", "axes"], ["m"]),
        helper.make_node("Gemm", ["m", "g"], ["y"], transB=1, alpha=0.5),
    ]
    constants = {"pads": [0, 0, 1, 1, 0, 0, 1, 1], "starts": [0], "ends": [1], "axes": [0]}
    weights = [weight("w", 4, 3, 3, 3), weight("b", 4), weight("g", 5, 4 * 6 * 6)]
    weights += [numpy_helper.from_array(np.array(v, np.int64), n) for n, v in constants.items()]
    graph = helper.make_graph(
        nodes,
        "cnn",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def sources() -> dict[str, onnx.ModelProto]:
    names = ("bert_sdpa_dynamo", "bert_eager_script_11", "encoder_script_17")
    return {name: onnx.load(DATA / f"{name}.onnx") for name in names} | {"cnn": small_cnn()}


MODELS = sources()


def attempt(model) -> None:
    """Import and survey; an import that succeeds must give a valid module."""
    started = time.monotonic()
    try:
        module, _ = import_onnx(model)
    except CompileError as error:
        assert error.diagnostics
    else:
        verify(module)
    with contextlib.suppress(CompileError):
        check_support(model)
    assert time.monotonic() - started < SECONDS


def test_the_models_are_good():
    for model in MODELS.values():
        verify(import_onnx(model)[0])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_bytes(tmp_path: Path, name: str, seed: int):
    rng = random.Random(f"{name}{seed}")
    data = bytearray(MODELS[name].SerializeToString())
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)) :]
    for _ in range(rng.choice([1, 2, 20])):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    path = tmp_path / "damaged.onnx"
    path.write_bytes(data)
    attempt(path)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seed", SEEDS)
def test_damaged_fields(name: str, seed: int):
    rng = random.Random(f"{name}{seed}")
    model = onnx.ModelProto()
    model.CopyFrom(MODELS[name])
    for _ in range(rng.choice([1, 1, 2, 5])):
        damage(model, rng)
    attempt(model)


def damage(model: onnx.ModelProto, rng: random.Random) -> None:
    """One change that leaves the file a well-formed protobuf."""
    rng.choice(DAMAGES)(model.graph, rng)


def change_attribute(graph, rng: random.Random) -> None:
    attributes = [a for node in graph.node for a in node.attribute]
    attribute = rng.choice(attributes)
    if attribute.ints and rng.random() < 0.7:
        attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(NUMBERS)
    elif attribute.ints:
        attribute.ints.append(rng.choice(NUMBERS))
    elif attribute.HasField("t"):
        change_tensor(attribute.t, rng)
    elif attribute.HasField("f"):
        attribute.f = rng.choice(FLOATS)
    else:
        attribute.i = rng.choice(NUMBERS)


def change_tensor(tensor, rng: random.Random) -> None:
    kind = rng.randrange(4)
    if kind == 0 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
    elif kind == 1:
        tensor.data_type = rng.randrange(30)
    elif kind == 2 and tensor.data_type == TensorProto.INT64:
        data = bytearray(tensor.raw_data)
        place = 8 * rng.randrange(len(data) // 8 + 1)
        data[place : place + 8] = struct.pack("<q", rng.choice(NUMBERS))
        tensor.raw_data = bytes(data)
    else:
        tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)]


def change_weight(graph, rng: random.Random) -> None:
    change_tensor(rng.choice(graph.initializer), rng)


def change_small_weight(graph, rng: random.Random) -> None:
    """Integers are shapes, axes and bounds."""
    small = [t for t in graph.initializer if t.data_type == TensorProto.INT64]
    change_tensor(rng.choice(small or graph.initializer), rng)


def change_input(graph, rng: random.Random) -> None:
    info = rng.choice(graph.input)
    dims = info.type.tensor_type.shape.dim
    if rng.random() < 0.3:
        info.type.tensor_type.elem_type = rng.randrange(30)
    elif dims and rng.random() < 0.7:
        rng.choice(dims).dim_value = rng.choice(NUMBERS)
    else:
        dims.add(dim_value=rng.choice(NUMBERS))


def rewire(graph, rng: random.Random) -> None:
    node = rng.choice([node for node in graph.node if node.input])
    values = [name for other in graph.node for name in other.output] + NAMES
    node.input[rng.randrange(len(node.input))] = rng.choice(values)


def drop_operand(graph, rng: random.Random) -> None:
    node = rng.choice([node for node in graph.node if node.input])
    del node.input[rng.randrange(len(node.input))]


def change_operator(graph, rng: random.Random) -> None:
    node = rng.choice(graph.node)
    node.op_type = rng.choice([*NAMES, *(other.op_type for other in graph.node)])


def drop_node(graph, rng: random.Random) -> None:
    del graph.node[rng.randrange(len(graph.node))]


DAMAGES = [
    change_attribute,
    change_attribute,
    change_input,
    change_operator,
    change_small_weight,
    change_small_weight,
    change_weight,
    drop_node,
    drop_operand,
    rewire,
]
