"""What an operator function is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from dlir.frontends.builder.context import Context
from dlir.frontends.builder.values import Tensor, Value

from .node import Node

Build: TypeAlias = Callable[[Context, Node], "Value | Sequence[Value]"]
"""Imports one node: inserts operations and returns the node's results, in order (a lone one bare).

It raises `Unsupported`, `DimError`, or a rule violation of the `dl` dialect. Trailing results that
no one uses may be left out.
"""


def tensor(context: Context, node: Node, index: int) -> Tensor:
    """Input `index` as a run-time tensor."""
    return context.tensor(node.input(index))


def tensors(context: Context, node: Node) -> list[Tensor]:
    """All inputs that are present, as run-time tensors."""
    return [context.tensor(value) for value in node.inputs if value is not None]
