"""Graphs of which dlir imports only parts: those are compiled, the rest runs eagerly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .importer import Importer

if TYPE_CHECKING:
    from torch.fx import GraphModule, Node

Compile = Callable[["GraphModule"], "Callable[..., Any] | None"]
"""What makes a function of a graph, or None when it cannot be compiled after all."""


def unsupported_nodes(graph_module: GraphModule) -> set[Node]:
    """The nodes that are not imported even if everything before them is."""
    importer = Importer(stand_in=True)
    graph = graph_module.graph
    importer.inputs([node for node in graph.nodes if node.op == "placeholder"])
    importer.body(graph)
    return set(importer.errors)


def partitioned(
    graph_module: GraphModule, refused: set[Node], compile: Compile
) -> Callable[..., Any]:
    """The graph with its supported parts compiled."""
    import torch
    from torch.fx.passes.infra.partitioner import CapabilityBasedPartitioner
    from torch.fx.passes.operator_support import OperatorSupportBase

    class Supported(OperatorSupportBase):
        def is_node_supported(self, submodules: Any, node: Node) -> bool:
            return node.op == "call_function" and node not in refused

    class Part(torch.nn.Module):
        def __init__(self, run: Callable[..., Any]):
            super().__init__()
            self.run = run

        def forward(self, *arguments: Any) -> Any:
            return self.run(*arguments)

    partitioner = CapabilityBasedPartitioner(graph_module, Supported())
    fused = partitioner.partition_and_fuse()
    for name, part in list(fused.named_children()):
        if isinstance(part, torch.fx.GraphModule) and (run := compile(part)) is not None:
            setattr(fused, name, Part(run))
    return fused
