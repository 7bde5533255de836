"""Affine int8: the canonical bodies of `dialects.structured.quantization`.

Scales, multipliers and shifts are inputs of the op. Those that are no constants are checked first,
by an op of their own, which a weight's scale leaves for load time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xdsl.dialects import cf
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import quantization as q
from dlir.dialects.dl.ops.source import ConstantOp
from dlir.dialects.structured import quantization as bodies
from dlir.lowering.dl_to_structured.emitter import (
    Access,
    Destination,
    Emitter,
    Space,
    dimensions,
)
from dlir.lowering.dl_to_structured.scalar import Scalar, compare
from dlir.lowering.dl_to_structured.sizes import tensor_type

BODIES: dict[type[Operation], Callable[..., SSAValue]] = {
    q.QuantizeOp: bodies.quantize,
    q.DequantizeOp: bodies.dequantize,
    q.RequantizeOp: bodies.requantize,
}

CHECKS: dict[q.Rule, Callable[[Scalar], Scalar]] = {
    q.SCALES: lambda x: compare("gt", x, 0) & compare("lt", x, float("inf")),
    q.SHIFTS: lambda x: compare("ge", x, -31) & compare("le", x, 31),
}


def affine(emitter: Emitter, op: q.AffineOp) -> SSAValue:
    """One elementwise op on x and its parameters."""
    *others, last = op.parameters
    parameters = [*others, checked(emitter, last, op.RULE)]
    sizes = emitter.sizes.of(op.x)
    letters = dimensions(len(sizes))
    at = "" if op.axis is None else letters[op.axis.value.data]
    space = Space(letters)
    out = emitter.empty(tensor_type(op.result), sizes)

    def body(*scalars: Scalar) -> Scalar:
        into = scalars[0].body

        def add(scalar_op: Operation) -> SSAValue:
            return into.add(scalar_op).value

        values = [scalar.value for scalar in scalars]
        return Scalar(BODIES[type(op)](add, *values, op.zero_point.value.data), into)

    inputs = [Access(op.x, space.forms(letters)), *(Access(p, space.forms(at)) for p in parameters)]
    return emitter.generic(space, inputs, Destination(out, space.forms(letters)), body)


def checked(emitter: Emitter, x: SSAValue, rule: q.Rule) -> SSAValue:
    """The same numbers, or an error at run time; constants have been verified."""
    if isinstance(x.owner, ConstantOp):
        return x
    letters = dimensions(len(emitter.sizes.of(x)))
    space = Space(letters)
    forms = space.forms(letters)

    def body(number: Scalar) -> Scalar:
        number.body.effect(cf.AssertOp(CHECKS[rule](number).value, f"expected {rule.text}"))
        return number

    out = emitter.empty(tensor_type(x), emitter.sizes.of(x))
    return emitter.generic(space, [Access(x, forms)], Destination(out, forms), body)


RULES: dict[type[Operation], Callable[[Emitter, Any], SSAValue]] = dict.fromkeys(BODIES, affine)
