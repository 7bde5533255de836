"""What an operator function is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from xdsl.ir import Attribute

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import xdsl_type
from dlir.frontends.builder.values import Imported, Tensor, Value

from .node import Node

if TYPE_CHECKING:
    from onnx import GraphProto

Build: TypeAlias = Callable[[Context, Node], "Value | Sequence[Value]"]
"""Imports one node: inserts operations and returns the node's results, in order (a lone one bare).

It raises `Unsupported`, `DimError`, or a rule violation of the `dl` dialect. Trailing results that
no one uses may be left out.
"""


class Graphs(Protocol):
    """What imports subgraphs."""

    @property
    def context(self) -> Context: ...

    def subgraph(self, graph: GraphProto, inputs: Sequence[Imported]) -> list[Imported]:
        """Import the nodes of a graph with values for its inputs; the values of its outputs."""
        ...


BuildStructure: TypeAlias = Callable[
    [Graphs, Node, Sequence["Imported | None"]], "Imported | Sequence[Imported]"
]
"""Imports one node whose operands, results or attributes are more than tensors.

The node's own `inputs` are empty; the operands follow it, None where one is left out.
"""


def element_type(node: Node, default: Attribute) -> Attribute:
    """The element type that the attribute `dtype` asks for."""
    return xdsl_type(node.element_type("dtype")) if "dtype" in node.attributes else default


def tensor(context: Context, node: Node, index: int) -> Tensor:
    """Input `index` as a run-time tensor."""
    return context.tensor(node.input(index))


def tensors(context: Context, node: Node) -> list[Tensor]:
    """All inputs that are present, as run-time tensors."""
    return [context.tensor(value) for value in node.inputs if value is not None]
