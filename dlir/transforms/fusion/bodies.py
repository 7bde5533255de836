"""Scalar bodies that are put together."""

from __future__ import annotations

from xdsl.ir import Block, SSAValue

from dlir.dialects.structured.ops import IndexOp


def clone_ops(source: Block, target: Block, known: dict[SSAValue, SSAValue]) -> None:
    """Append a copy of a body, whose arguments are known."""
    for op in source.ops:
        target.add_op(op.clone(known))


def uses_index(block: Block) -> bool:
    """Whether a body depends on where it is in the iteration space."""
    return any(isinstance(op, IndexOp) for op in block.ops)
