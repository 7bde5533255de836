"""Semantics of `cf`: branches between the blocks of a region, and assertions."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects import cf

from dlir.interpreter import Branch, Interpreter
from dlir.numpy_types import Value


def assert_(interp: Interpreter, op: cf.AssertOp, condition: Value) -> None:
    """Raises ValueError with the op's message when the condition is false (anywhere, if inside the
    body of a structured op, which runs on whole arrays)."""
    if not np.all(condition):
        raise ValueError(op.msg.data)


def br(interp: Interpreter, op: cf.BranchOp, *arguments: Value) -> Branch:
    """Go to the successor with these block arguments."""
    return Branch(op.successor, arguments)


def cond_br(
    interp: Interpreter, op: cf.ConditionalBranchOp, condition: Value, *arguments: Value
) -> Branch:
    """Go to one of two successors; the operands list the first one's arguments first."""
    split = len(op.then_arguments)
    if condition:
        return Branch(op.then_block, arguments[:split])
    return Branch(op.else_block, arguments[split:])


def switch(interp: Interpreter, op: cf.SwitchOp, flag: Value, *arguments: Value) -> Branch:
    """Go to the successor whose case value equals the flag, else to the default."""
    start = len(op.default_operands)
    if op.case_values is not None:
        values = op.case_values.get_values()
        sizes = op.case_operand_segments.get_values()
        for value, block, size in zip(values, op.case_blocks, sizes, strict=True):
            if value == flag:
                return Branch(block, arguments[start : start + size])
            start += size
    return Branch(op.default_block, arguments[: len(op.default_operands)])


SEMANTICS: dict[type[Any], Any] = {
    cf.AssertOp: assert_,
    cf.BranchOp: br,
    cf.ConditionalBranchOp: cond_br,
    cf.SwitchOp: switch,
}
