"""Runs an ONNX graph node by node, with a table of functions for its operators.

numpy in double precision (what results are judged by), torch and JAX run the models in this way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onnx import AttributeProto, GraphProto, ModelProto, helper, numpy_helper

Operators = Mapping[str, Callable[..., Any]]
SEVERAL = {"LSTM", "Split"}
"""Operators whose functions return one result or more, as a sequence."""


@dataclass(frozen=True)
class Step:
    """One node; an input that is left out is called ''."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A graph, ready to be run."""

    steps: tuple[Step, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Any]
    """Arrays of numpy."""

    def missing(self, operators: Operators) -> set[str]:
        """The kinds of nodes that the table lacks."""
        return {step.kind for step in self.steps} - set(operators)

    def run(self, operators: Operators, values: dict[str, Any]) -> list[Any]:
        """The results, from inputs and constants by name; `values` is filled."""
        values[""] = None
        for step in self.steps:
            arguments = [values[name] for name in step.inputs]
            result = operators[step.kind](*arguments, **step.attributes)
            results = result if step.kind in SEVERAL else (result,)
            values.update(zip(step.outputs, results, strict=False))
        return [values[name] for name in self.outputs]


class Unsupported(Exception):
    """A peer has no function for an operator of the model."""


def read(model: ModelProto) -> Graph:
    """The graph of a model; nodes of kind Constant are constants."""
    graph = model.graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    steps: list[Step] = []
    for step in _steps(graph):
        if step.kind == "Constant":
            constants[step.outputs[0]] = numpy_helper.to_array(step.attributes["value"])
        else:
            steps.append(step)
    inputs = tuple(info.name for info in graph.input if info.name not in constants)
    return Graph(tuple(steps), inputs, tuple(info.name for info in graph.output), constants)


def read_for(operators: Operators, model: ModelProto) -> Graph:
    """The graph of a model. Raises Unsupported for an operator that the table lacks."""
    graph = read(model)
    if missing := graph.missing(operators):
        raise Unsupported(f"no {', '.join(sorted(missing))}")
    return graph


def _steps(graph: GraphProto) -> Iterator[Step]:
    for node in graph.node:
        attributes = {a.name: _value(a) for a in node.attribute}
        yield Step(node.op_type, tuple(node.input), tuple(node.output), attributes)


def _value(attribute: AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
