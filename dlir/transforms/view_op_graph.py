"""The pass `view-op-graph`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from dlir.diagnostics import op_name
from dlir.files import write_text


@dataclass(frozen=True)
class ViewOpGraph(ModulePass):
    """Draw the module as a graph, for Graphviz.

    Ops are nodes, values are edges, and an op with regions is a frame around what is inside. The
    DOT text goes to stderr, or to the file `output`; the module stays as it is.

    Before and after:
        %y = dl.relu %x : tensor<4xf32>
    Drawn:
        n1 [label="%x"]  n2 [label="dl.relu"]  n1 -> n2 [label="tensor<4xf32>"]
    """

    name = "view-op-graph"

    output: str = ""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        text = "\n".join(["digraph {", "  node [shape=box]", *_Graph().lines(op), "}"]) + "\n"
        if self.output:
            write_text(self.output, text)
        else:
            sys.stderr.write(text)


@dataclass
class _Graph:
    """Gives numbers to ops and block arguments in the order of the text."""

    numbers: dict[Operation | SSAValue, int] = field(
        default_factory=dict[Operation | SSAValue, int]
    )

    def lines(self, op: Operation, indent: str = "  ") -> Iterator[str]:
        """The statements that draw an op and all it contains."""
        node, label = self.name(op), f"[label={json.dumps(op_name(op))}]"
        if not op.regions:
            yield f"{indent}{node} {label}"
        else:
            yield f"{indent}subgraph cluster_{node} {{"
            yield f"{indent}  label={json.dumps(op_name(op))}"
            # Edges lead to nodes, so a frame has a point that stands for it.
            yield f'{indent}  {node} [shape=point label=""]'
            yield from self.inside(op, indent + "  ")
            yield f"{indent}}}"
        for operand in op.operands:
            source = operand.op if isinstance(operand, OpResult) else operand
            yield f"{indent}{self.name(source)} -> {node} [label={json.dumps(str(operand.type))}]"

    def inside(self, op: Operation, indent: str) -> Iterator[str]:
        """The block arguments and ops in the regions of an op."""
        for region in op.regions:
            for block in region.blocks:
                for argument in block.args:
                    label = f"%{argument.name_hint or argument.index}"
                    yield f"{indent}{self.name(argument)} [shape=oval label={json.dumps(label)}]"
                for inner in block.ops:
                    yield from self.lines(inner, indent)

    def name(self, thing: Operation | SSAValue) -> str:
        """The name of a node."""
        return f"n{self.numbers.setdefault(thing, len(self.numbers))}"
