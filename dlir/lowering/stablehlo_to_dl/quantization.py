"""Quantised tensors: casts stay types here, and `convert-quant-to-dl` gives them their operands."""

from __future__ import annotations

from typing import Any

from xdsl.ir import SSAValue

from dlir.dialects.quant.ops import DcastOp, QcastOp
from dlir.dialects.quant.types import UniformType, uniform_of
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported


def _uniform(value: SSAValue) -> UniformType:
    found = uniform_of(value.type)
    if found is None:
        unsupported(f"{value.type}, which has no scale", "use elements of !quant.uniform<...>")
    return found


def quantize(e: Emitter, op: Any) -> SSAValue:
    """A quantised operand is dequantised first."""
    x, uniform = op.operands[0], _uniform(op.results[0])
    if uniform_of(x.type) is not None:
        x = e.insert(DcastOp(x, uniform.expressed)).results[0]
    return e.insert(QcastOp(x, uniform)).results[0]


def dequantize(e: Emitter, op: Any) -> SSAValue:
    x = op.operands[0]
    return e.insert(DcastOp(x, _uniform(x).expressed)).results[0]


RULES: dict[str, Rule] = {
    "stablehlo.uniform_quantize": quantize,
    "stablehlo.uniform_dequantize": dequantize,
}
