"""The `chlo` dialect: what exporters write beside `stablehlo`, functions and broadcasting ops.

    func.func @f(%x: tensor<2x4xf32>, %b: tensor<4xf32>) -> tensor<2x4xf32> {
      %0 = chlo.broadcast_add %x, %b : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
      %1 = chlo.erf %0 : tensor<2x4xf32> -> tensor<2x4xf32>
      func.return %1 : tensor<2x4xf32>
    }

It is converted together with `stablehlo`, whose rules it shares.
"""

from __future__ import annotations

from typing import Any

from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Dialect
from xdsl.irdl import BaseAttr

from dlir.dialects.chlo.forms import ARROW, TopKForm
from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import HloOp, op_table, ops_of
from dlir.dialects.stablehlo.ops.properties import ANY, BOOLEAN, INTS
from dlir.dialects.stablehlo.rules import elementwise
from dlir.dialects.stablehlo.syntax import Form

_define = op_table("chlo", __name__)

WORDS = {
    "comparison_direction": BaseAttr(a.DirectionAttr),
    "compare_type?": BaseAttr(a.CompareTypeAttr),
}


def _unary(name: str, summary: str) -> type[HloOp]:
    return _define(
        name,
        summary,
        f"%y = chlo.{name} %x : tensor<2xf32> -> tensor<2xf32>",
        form=ARROW,
        check=elementwise.same_types,
        elements="fc",
    )


def _predicate(name: str, summary: str) -> type[HloOp]:
    return _define(
        name,
        summary,
        f"%y = chlo.{name} %x : tensor<2xf32> -> tensor<2xi1>",
        form=ARROW,
        check=elementwise.predicate,
        elements="f",
    )


def _binary(name: str, summary: str) -> type[HloOp]:
    return _define(
        name,
        summary,
        f"%z = chlo.{name} %x, %y : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>",
        operands="lhs rhs",
        form=ARROW,
        check=elementwise.same_types,
        elements="f",
    )


def _broadcast(name: str, elements: str = "bsufc") -> type[HloOp]:
    element = "f32" if "f" in elements else "i32"
    types = f"(tensor<2x4x{element}>, tensor<4x{element}>) -> tensor<2x4x{element}>"
    return _define(
        f"broadcast_{name}",
        f"`stablehlo.{name}` of operands that broadcast, their trailing dimensions aligned.",
        f"%z = chlo.broadcast_{name} %x, %y : {types}",
        operands="lhs rhs",
        properties={"broadcast_dimensions?": INTS},
        form=Form(),
        check=elementwise.broadcasting,
        elements=elements,
    )


AcosOp = _unary("acos", "Inverse cosine.")
AcoshOp = _unary("acosh", "Inverse hyperbolic cosine.")
AsinOp = _unary("asin", "Inverse sine.")
AsinhOp = _unary("asinh", "Inverse hyperbolic sine.")
AtanOp = _unary("atan", "Inverse tangent.")
AtanhOp = _unary("atanh", "Inverse hyperbolic tangent.")
BesselI1eOp = _unary("bessel_i1e", "Modified Bessel function of order 1, scaled by e^-|x|.")
ConjOp = _unary("conj", "Complex conjugate.")
CoshOp = _unary("cosh", "Hyperbolic cosine.")
DigammaOp = _unary("digamma", "Derivative of the logarithm of the gamma function.")
ErfOp = _unary("erf", "Error function.")
ErfInvOp = _unary("erf_inv", "Inverse of the error function.")
ErfcOp = _unary("erfc", "One minus the error function.")
LgammaOp = _unary("lgamma", "Logarithm of the gamma function's absolute value.")
SinhOp = _unary("sinh", "Hyperbolic sine.")
SquareOp = _define(
    "square", "x * x.", "%y = chlo.square %x : tensor<2xf32> -> tensor<2xf32>",
    form=ARROW, check=elementwise.same_types,
)  # fmt: skip
TanOp = _unary("tan", "Tangent.")

IsInfOp = _predicate("is_inf", "Whether an element is infinite.")
IsNegInfOp = _predicate("is_neg_inf", "Whether an element is -inf.")
IsPosInfOp = _predicate("is_pos_inf", "Whether an element is inf.")

NextAfterOp = _binary("next_after", "The number after lhs in the direction of rhs.")
PolygammaOp = _binary("polygamma", "Derivative of order lhs of digamma.")
ZetaOp = _binary("zeta", "Hurwitz's zeta function.")

BroadcastAddOp = _broadcast("add")
BroadcastAndOp = _broadcast("and", "bsu")
BroadcastAtan2Op = _broadcast("atan2", "fc")
BroadcastDivideOp = _broadcast("divide", "sufc")
BroadcastMaximumOp = _broadcast("maximum")
BroadcastMinimumOp = _broadcast("minimum")
BroadcastMultiplyOp = _broadcast("multiply")
BroadcastOrOp = _broadcast("or", "bsu")
BroadcastPowerOp = _broadcast("power", "sufc")
BroadcastRemainderOp = _broadcast("remainder", "sufc")
BroadcastShiftLeftOp = _broadcast("shift_left", "su")
BroadcastShiftRightArithmeticOp = _broadcast("shift_right_arithmetic", "su")
BroadcastShiftRightLogicalOp = _broadcast("shift_right_logical", "su")
BroadcastSubtractOp = _broadcast("subtract", "sufc")
BroadcastXorOp = _broadcast("xor", "bsu")
BroadcastCompareOp = _define(
    "broadcast_compare", "`stablehlo.compare` of operands that broadcast.",
    """%z = chlo.broadcast_compare %x, %y {
  comparison_direction = #stablehlo<comparison_direction LT>}
  : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>""",
    operands="lhs rhs", properties={"broadcast_dimensions?": INTS, **WORDS},
    form=Form(), check=elementwise.broadcasting,
)  # fmt: skip
BroadcastSelectOp = _define(
    "broadcast_select", "`stablehlo.select` of operands that broadcast.",
    "%z = chlo.broadcast_select %c, %x, %y"
    " : (tensor<2x4xi1>, tensor<4xf32>, tensor<f32>) -> tensor<2x4xf32>",
    operands="pred on_true on_false", form=Form(), check=elementwise.broadcasting,
)  # fmt: skip
ConstantLikeOp = _define(
    "constant_like", "A number in the shape of a tensor.",
    '''%y = "chlo.constant_like"(%x) <{value = 1.000000e+00 : f32}>
  : (tensor<?x4xf32>) -> tensor<?x4xf32>''',
    properties={"value": ANY}, check=elementwise.elementwise,
)  # fmt: skip
TopKOp = _define(
    "top_k", "The k greatest elements along the last axis, and their places.",
    "%v, %i = chlo.top_k(%x, k = 2) : tensor<3x5xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)",
    results="values indices", base=TopKForm, check=elementwise.top_k,
    properties={"k": BaseAttr[IntegerAttr[Any]](IntegerAttr), "is_stable?": BOOLEAN},
)  # fmt: skip

CHLO = Dialect("chlo", ops_of(vars()))
