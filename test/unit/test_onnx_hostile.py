"""Models made to cost time or memory: a diagnostic, or an import that stays small."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx")

from onnx import ModelProto, TensorProto, helper, numpy_helper

from dlir.diagnostics import CompileError
from dlir.frontends.onnx import fold, import_onnx

node = helper.make_node
STANDARD, OWN = helper.make_opsetid("", 17), helper.make_opsetid("own", 1)


def model(
    nodes: list, shape: tuple[int, ...] = (3,), functions: list | None = None, **weights
) -> ModelProto:
    """From an input x of that shape to a result y."""
    sides = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)] for n in "xy"]
    arrays = [numpy_helper.from_array(np.asarray(w), name) for name, w in weights.items()]
    graph = helper.make_graph(nodes, "main", *sides, arrays)
    return helper.make_model(graph, functions=functions or [], opset_imports=[STANDARD, OWN])


def too_few_bytes() -> ModelProto:
    made = model([node("Add", ["x", "w"], ["y"])], w=np.ones(4, np.float32))
    made.graph.initializer[0].dims[0] = 1_000_000
    return made


def function(name: str, *nodes) -> object:
    return helper.make_function("own", name, ["a"], ["b"], [*nodes], [STANDARD, OWN])


def doubling(depth: int) -> ModelProto:
    """Each function calls the one before twice: 2^depth nodes."""
    functions = [function("F0", node("Relu", ["a"], ["b"]))]
    for i in range(depth):
        first = node(f"F{i}", ["a"], ["t"], domain="own")
        functions.append(function(f"F{i + 1}", first, node(f"F{i}", ["t"], ["b"], domain="own")))
    return model([node(f"F{depth}", ["x"], ["y"], domain="own")], functions=functions)


REFUSED: dict[str, tuple[ModelProto, str]] = {
    "cycle": (
        model(
            [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Abs", ["b"], ["y"])]
        ),
        "topologically sorted",
    ),
    "dangling name": (model([node("Add", ["x", "other"], ["y"])]), "'other'"),
    "weight too short": (too_few_bytes(), "needs 4000000 bytes, the file holds 16"),
    "absurd shape": (model([node("Relu", ["x"], ["y"])], (1 << 39, 1 << 39)), "items"),
    "absurd constant": (
        model([node("ConstantOfShape", ["n"], ["c"]), node("Add", ["x", "c"], ["y"])], n=[1 << 40]),
        "a constant of shape [1099511627776]",
    ),
    "function that calls itself": (
        model(
            [node("R", ["x"], ["y"], domain="own")],
            functions=[function("R", node("R", ["a"], ["b"], domain="own"))],
        ),
        "Cycle detected",
    ),
    "functions that double": (doubling(60), "more than 1048576 nodes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str):
    source, expected = REFUSED[name]
    with pytest.raises(CompileError, match=expected.replace("[", r"\[")):
        import_onnx(source)


def concatenations(count: int) -> ModelProto:
    nodes = [node("Concat", [f"w{i}"] * 2, [f"w{i + 1}"], axis=0) for i in range(count)]
    nodes += [node("ReduceSum", [f"w{count}"], ["s"]), node("Add", ["x", "s"], ["y"])]
    return model(nodes, w0=np.ones(1 << 12, np.float32))


def outer_products(count: int) -> ModelProto:
    nodes = [node("Mul", ["column", "row"], [f"p{i}"]) for i in range(count)]
    nodes += [node("Sum", [f"p{i}" for i in range(count)], ["p"])]
    nodes += [node("ReduceSum", ["p"], ["s"]), node("Add", ["x", "s"], ["y"])]
    ones = np.ones((1, 1 << 10), np.float32)
    return model(nodes, column=ones.T, row=ones)


@pytest.mark.parametrize(
    "source", [concatenations(40), outer_products(64)], ids=["concat", "outer"]
)
def test_constants_do_not_grow_without_end(source: ModelProto):
    _, weights = import_onnx(source)
    assert sum(weight.size for weight in weights.values()) <= 2 * fold.MAX_ITEMS
