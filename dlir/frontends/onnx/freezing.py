"""Inputs whose values a model must know before it can be compiled, and the model with them frozen.

Axes, shapes, bounds and the like may be inputs of an ONNX graph. Where the import needs their
elements, the model is compiled for the values of a call, as if they were initialisers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dlir.frontends.builder.values import Array

from .importer import Importer, Shapes, used_names
from .reader import read_model
from .table import EXPANDED

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto


def deciding_inputs(
    source: ModelProto, shapes: Mapping[str, Shapes] | None = None
) -> frozenset[str]:
    """The inputs that decide about the model's shapes; empty when there are other faults, or none.

    `shapes` is what is known of inputs that are no tensors.

    Raises `CompileError` for what is no valid model.
    """
    model = read_model(source, EXPANDED)
    importer = Importer(model, {}, dict(shapes or {}))
    importer.survey()
    if importer.errors.keys() - importer.needed.keys() and not importer.read:
        return frozenset()
    names = importer.read.union(*importer.needed.values())
    inputs = {info.name for info in source.graph.input} - set(model.weights)
    return frozenset(inputs & _sources(model.graph, names))


def _sources(graph: GraphProto, names: Iterable[str]) -> set[str]:
    """The names, and all that they are computed from."""
    found = set(names)
    for node in reversed(graph.node):
        if not found.isdisjoint(node.output):
            found |= used_names(node)
    return found


def frozen(model: ModelProto, values: Mapping[str, Array]) -> ModelProto:
    """A copy of the model in which these inputs are initialisers."""
    from onnx import ModelProto, numpy_helper

    copy = ModelProto()
    copy.CopyFrom(model)
    kept = [info for info in copy.graph.input if info.name not in values]
    del copy.graph.input[:]
    copy.graph.input.extend(kept)
    copy.graph.initializer.extend(
        numpy_helper.from_array(array, name) for name, array in values.items()
    )
    return copy
