"""Constants of an imported module that are large enough to be weights."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import ModuleOp

from dlir.dialects.dl.constants import constant_array
from dlir.dialects.dl.ops.source import ConstantOp, ParamOp
from dlir.frontends.builder.context import INLINE_ITEMS
from dlir.frontends.builder.values import Array


def move_constants(module: ModuleOp) -> dict[str, Array]:
    """Put a `dl.param` in the place of each large constant; the arrays by their names."""
    weights: dict[str, Array] = {}
    for op in [*module.walk()]:
        if isinstance(op, ConstantOp) and prod(op.type.get_shape()) > INLINE_ITEMS:
            name = f"constant{len(weights)}"
            weights[name] = constant_array(op)
            param = ParamOp(name, op.type)
            param.location = op.location
            param.result.name_hint = op.result.name_hint
            assert op.parent is not None, "the op stands in the module"
            op.parent.insert_op_before(param, op)
            op.result.replace_all_uses_with(param.result)
            op.detach()
            op.erase()
    return weights
