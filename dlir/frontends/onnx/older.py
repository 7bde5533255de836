"""Models of operator sets that are older than what dlir imports: onnx converts them.

Two operators it gets wrong: PRelu, whose slopes were one for each channel, it leaves as it is, and
Scan, which went over batches, loses the batch, as do the model's inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlir.diagnostics import fail

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

OLDEST_OPSET = 9
"""Models of older operator sets are converted to this one."""

BATCHED_SCAN = "BatchedScan"
"""Scan of operator set 8, under a name of its own."""
HIDDEN = "dlir.older"
"""The domain of operators that the converter leaves alone."""

SLOPES_BROADCAST = 7
"""From this operator set on slopes of PRelu are aligned with the last dimensions."""


def converted(model: ModelProto, version: int, name: str) -> ModelProto:
    """The model in the operator set `OLDEST_OPSET`; raises CompileError where onnx cannot."""
    from onnx import ModelProto, helper, version_converter

    copy = ModelProto()
    copy.CopyFrom(model)
    copy.opset_import.append(helper.make_opsetid(HIDDEN, 1))
    _rename(copy.graph, "Scan", HIDDEN, BATCHED_SCAN)
    try:
        model = version_converter.convert_version(copy, OLDEST_OPSET)
    except Exception as error:  # raised from C++
        message = f"{name} uses operator set {version}, and cannot be converted: "
        fail(None, message + first_line(error), rule="onnx-opset")
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for info in model.graph.input:
        dims = info.type.tensor_type.shape.dim
        shapes.setdefault(info.name, tuple(dim.dim_value for dim in dims))
    _rename(model.graph, BATCHED_SCAN, "", BATCHED_SCAN)
    if version < SLOPES_BROADCAST:
        for graph in [*_graphs(model.graph)]:
            _rewrite_slopes(graph, shapes)
    return model


def _rename(graph: GraphProto, op_type: str, domain: str, name: str) -> None:
    """Another name for the operator of all such nodes, in another domain."""
    for inner in _graphs(graph):
        for node in inner.node:
            if node.op_type == op_type:
                node.domain, node.op_type = domain, name


def first_line(error: Exception) -> str:
    """What an error of onnx says, in a line."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """A graph and those within its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)


def _rewrite_slopes(graph: GraphProto, shapes: dict[str, tuple[int, ...]]) -> None:
    """Compute each PRelu on [batch, channels, all others] with slopes [channels, 1]."""
    nodes: list[NodeProto] = []
    for node in graph.node:
        shape = shapes.get(node.input[1]) if node.op_type == "PRelu" else (1,)
        per_channel = shape is None or (len(shape) == 1 and shape != (1,))
        nodes += _with_slopes_of_channels(node) if per_channel else [node]
    del graph.node[:]
    graph.node.extend(nodes)


def _with_slopes_of_channels(node: NodeProto) -> list[NodeProto]:
    from onnx import TensorProto, helper

    x, slope, (y, *_) = node.input[0], node.input[1], node.output
    inner = {part: f"{y}.{part}" for part in ("flat", "column", "x", "slope", "shape", "y")}

    def numbers(name: str, *values: int) -> NodeProto:
        tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
        return helper.make_node("Constant", [], [name], value=tensor)

    return [
        numbers(inner["flat"], 0, 0, -1),
        numbers(inner["column"], -1, 1),
        helper.make_node("Reshape", [x, inner["flat"]], [inner["x"]]),
        helper.make_node("Reshape", [slope, inner["column"]], [inner["slope"]]),
        helper.make_node("PRelu", [inner["x"], inner["slope"]], [inner["y"]], name=node.name),
        helper.make_node("Shape", [x], [inner["shape"]]),
        helper.make_node("Reshape", [inner["y"], inner["shape"]], [y]),
    ]
