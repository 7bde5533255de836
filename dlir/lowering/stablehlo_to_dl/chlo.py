"""Ops of `chlo`: functions with a `dl` op, or a formula, of the same meaning, and broadcasting ops.

The formulas are for f32 and narrower; for f64 they would be inexact, and are refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from xdsl.dialects.builtin import TensorType, f32, f64
from xdsl.ir import Operation, SSAValue

from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import trigonometry as t
from dlir.dialects.dl.ops.base import element_of, rank_of, shape_of
from dlir.dialects.stablehlo.shapes import ints_of
from dlir.lowering.stablehlo_to_dl import elementwise
from dlir.lowering.stablehlo_to_dl.elementwise import Rule
from dlir.lowering.stablehlo_to_dl.emitter import Emitter, unsupported
from dlir.lowering.stablehlo_to_dl.movement import placed

UNARY: dict[str, type[Any]] = {
    "acos": t.AcosOp,
    "acosh": t.AcoshOp,
    "asin": t.AsinOp,
    "asinh": t.AsinhOp,
    "atan": t.AtanOp,
    "atanh": t.AtanhOp,
    "cosh": t.CoshOp,
    "erf": m.ErfOp,
    "is_inf": m.IsInfOp,
    "sinh": t.SinhOp,
    "tan": m.TanOp,
}


def equals(number: float) -> Rule:
    def rule(e: Emitter, op: Operation) -> SSAValue:
        x = op.operands[0]
        return e.compare("eq", x, e.constant(number, element_of(x)))

    return rule


def square(e: Emitter, op: Operation) -> SSAValue:
    return e.emit(b.MulOp(op.operands[0], op.operands[0]))


def conj(e: Emitter, op: Operation) -> SSAValue:
    return op.operands[0]


def constant_like(e: Emitter, op: Operation) -> SSAValue:
    x, value = op.operands[0], cast(Any, op.properties["value"])
    if not hasattr(value, "value"):
        unsupported(f"the value {value}")
    number = value.value.data
    return e.broadcast(e.constant(number, element_of(op.results[0])), e.shape(x))


# Formulas


def in_f32(compute: Rule) -> Rule:
    """A formula on a value in f32, rounded to its type at the end."""

    def rule(e: Emitter, op: Operation) -> SSAValue:
        x, element = op.operands[0], element_of(op.operands[0])
        if element == f64:
            unsupported("elements of type f64", EXPORTED)
        return e.cast(compute(e, e.cast(x, f32)), element)

    return rule


EXPORTED = "jax.export.export(f)(...).mlir_module() writes it in plain ops"


def polynomial(e: Emitter, x: SSAValue, coefficients: Sequence[float]) -> SSAValue:
    """The first coefficient is that of the highest power."""
    total = e.constant(coefficients[0], f32)
    for coefficient in coefficients[1:]:
        scaled = e.emit(b.MulOp(total, x))
        total = e.emit(b.AddOp(scaled, e.constant(coefficient, f32)))
    return total


# erfc(x) = e^(-x^2) / |x| * P(1 / x^2) beyond 1: Cephes' polynomials, below and above 2.
ERFC_LOW = (
    2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
    6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
    5.638259427386472e-1,
)  # fmt: skip
ERFC_HIGH = (
    -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786,
    -1.015265279202700, 4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
)  # fmt: skip


def erfc(e: Emitter, x: SSAValue) -> SSAValue:
    """1 - erf x near 0; for large x that would leave nothing, and the tail is found by itself."""
    one, two, zero = (e.constant(n, f32) for n in (1.0, 2.0, 0.0))
    size = e.emit(m.AbsOp(x))
    squared = e.emit(b.MulOp(x, x))
    inverse = e.emit(b.DivOp(one, squared))
    tail = e.select(
        e.compare("lt", size, two),
        polynomial(e, inverse, ERFC_LOW),
        polynomial(e, inverse, ERFC_HIGH),
    )
    fall = e.emit(m.ExpOp(e.emit(m.NegOp(squared))))
    tail = e.emit(b.DivOp(e.emit(b.MulOp(fall, tail)), size))
    # e^(-x^2) is 0 long before the polynomials' parts overflow.
    tail = e.select(e.compare("eq", fall, zero), zero, tail)
    mirrored = e.select(e.compare("lt", x, zero), e.emit(b.SubOp(two, tail)), tail)
    near = e.emit(b.SubOp(one, e.emit(m.ErfOp(x))))
    return e.select(e.compare("lt", size, one), near, mirrored)


# Giles' approximation of the inverse error function in w = -ln(1 - x^2), below and above 5.
INVERSE_LOW = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
    -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
INVERSE_HIGH = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def erf_inv(e: Emitter, x: SSAValue) -> SSAValue:
    """x * P(w); infinite at -1 and 1."""
    w = e.emit(m.NegOp(e.emit(m.Log1pOp(e.emit(m.NegOp(e.emit(b.MulOp(x, x))))))))
    low = polynomial(e, e.emit(b.SubOp(w, e.constant(2.5, f32))), INVERSE_LOW)
    far = e.emit(b.SubOp(e.emit(m.SqrtOp(w)), e.constant(3.0, f32)))
    high = polynomial(e, far, INVERSE_HIGH)
    found = e.emit(b.MulOp(x, e.select(e.compare("lt", w, e.constant(5.0, f32)), low, high)))
    end = e.compare("eq", e.emit(m.AbsOp(x)), e.constant(1.0, f32))
    return e.select(end, e.emit(b.MulOp(x, e.constant(math.inf, f32))), found)


# Broadcasting


def broadcasting(name: str) -> Rule:
    """The rule of the `stablehlo` op, whose `dl` op broadcasts by itself."""
    inner = elementwise.RULES[f"stablehlo.{name}"]

    def rule(e: Emitter, op: Operation) -> SSAValue:
        result = op.results[0]
        rank = rank_of(result)
        values = [aligned(e, value, op, rank) for value in op.operands]
        element = element_of(result)
        clone = type(op).create(
            operands=values,
            result_types=[TensorType(element, shape_of(result))],
            properties=op.properties,
        )
        made = inner(e, clone)
        clone.erase()
        return made

    return rule


def aligned(e: Emitter, x: SSAValue, op: Operation, rank: int) -> SSAValue:
    """An operand of lower rank whose dimensions go where the property says, not to the end."""
    dims = ints_of(op, "broadcast_dimensions")
    trailing = tuple(range(rank - rank_of(x), rank))
    if not dims or rank_of(x) == rank or dims == trailing:
        return x
    here = dict(zip(dims, e.shape(x), strict=True))
    return placed(e, x, dims, [here.get(axis, 1) for axis in range(rank)])


def refused(e: Emitter, op: Operation) -> SSAValue:
    unsupported("a function that dl has not", EXPORTED)


BROADCASTS = (
    "add", "and", "atan2", "compare", "divide", "maximum", "minimum", "multiply", "or", "power",
    "remainder", "select", "shift_left", "shift_right_arithmetic", "shift_right_logical",
    "subtract", "xor",
)  # fmt: skip
REFUSED = ("bessel_i1e", "digamma", "lgamma", "next_after", "polygamma", "zeta")

RULES: dict[str, Rule] = {
    **{f"chlo.{name}": elementwise.unary(kind) for name, kind in UNARY.items()},
    **{f"chlo.broadcast_{name}": broadcasting(name) for name in BROADCASTS},
    **{f"chlo.{name}": refused for name in REFUSED},
    "chlo.conj": conj,
    "chlo.constant_like": constant_like,
    "chlo.erf_inv": in_f32(erf_inv),
    "chlo.erfc": in_f32(erfc),
    "chlo.is_neg_inf": equals(-math.inf),
    "chlo.is_pos_inf": equals(math.inf),
    "chlo.square": square,
}
