"""Shifts, and bits under another type."""

from __future__ import annotations

from xdsl.dialects.builtin import i1

from dlir.dialects.dl.attrs import ui8
from dlir.frontends.builder import dl
from dlir.frontends.builder.context import Context
from dlir.frontends.builder.elements import xdsl_type
from dlir.frontends.builder.values import Tensor, Unsupported

from ..node import Node
from ..operator import Build, tensor

_DIRECTIONS = {"LEFT": dl.ShiftLeftOp, "RIGHT": dl.ShiftRightOp}


def _bit_shift(context: Context, node: Node) -> Tensor:
    direction = node.string("direction", "")
    if direction not in _DIRECTIONS:
        raise Unsupported(f"direction = {direction!r}")
    operands = tensor(context, node, 0), tensor(context, node, 1)
    return context.itemwise(_DIRECTIONS[direction], *operands)


def _bit_cast(context: Context, node: Node) -> Tensor:
    """A boolean is a byte that is 0 or 1."""
    x, target = tensor(context, node, 0), xdsl_type(node.element_type("to"))
    x = context.cast(x, ui8) if x.element == i1 != target else x
    byte = ui8 if target == i1 else target
    if x.element not in (target, byte):
        x = context.emit(dl.BitcastOp(x.ssa, byte), x.dims)
    return context.cast(x, target)


OPERATORS: dict[str, Build] = {"BitCast": _bit_cast, "BitShift": _bit_shift}
