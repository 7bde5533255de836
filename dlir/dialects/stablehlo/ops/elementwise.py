"""Ops that compute each element of the result from those at the same place."""

from __future__ import annotations

from xdsl.irdl import BaseAttr

from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops.base import HloOp, op_table
from dlir.dialects.stablehlo.ops.compare import CompareForm
from dlir.dialects.stablehlo.ops.properties import INTEGER
from dlir.dialects.stablehlo.rules import elementwise
from dlir.dialects.stablehlo.syntax import (
    FORMAT,
    Form,
    Key,
)

_define = op_table("stablehlo", __name__)

ACCURACY = {"result_accuracy?": BaseAttr(a.ResultAccuracyAttr)}
SAME = Form(types="same")


def _unary(name: str, summary: str, elements: str, accurate: bool = False) -> type[HloOp]:
    element = "f32" if "f" in elements else "i32"
    return _define(
        name,
        summary,
        f"%y = stablehlo.{name} %x : tensor<2xELEMENT>".replace("ELEMENT", element),
        form=SAME,
        check=elementwise.same_types,
        elements=elements,
        properties=ACCURACY if accurate else None,
    )


def _binary(name: str, summary: str, elements: str, commutative: bool = False) -> type[HloOp]:
    element = "f32" if "f" in elements else "i32"
    return _define(
        name,
        summary,
        f"%z = stablehlo.{name} %x, %y : tensor<2x{element}>",
        operands="lhs rhs",
        form=SAME,
        check=elementwise.same_types,
        elements=elements,
        commutative=commutative,
    )


# Functions of one element

AbsOp = _define(
    "abs", "Absolute value.", "%y = stablehlo.abs %x : tensor<2xf32>",
    form=SAME, check=elementwise.elementwise, elements="sfc",
)  # fmt: skip
CbrtOp = _unary("cbrt", "Cube root.", "fc", accurate=True)
CeilOp = _unary("ceil", "Rounding up.", "f")
CosineOp = _unary("cosine", "Cosine.", "fc", accurate=True)
CountLeadingZerosOp = _unary("count_leading_zeros", "How many zero bits come first.", "su")
ExponentialOp = _unary("exponential", "e to the power of x.", "fc", accurate=True)
ExponentialMinusOneOp = _unary("exponential_minus_one", "e^x - 1, exact near 0.", "fc", True)
FloorOp = _unary("floor", "Rounding down.", "f")
LogOp = _unary("log", "Natural logarithm.", "fc", accurate=True)
LogPlusOneOp = _unary("log_plus_one", "ln(1 + x), exact near 0.", "fc", accurate=True)
LogisticOp = _unary("logistic", "1 / (1 + e^-x).", "fc", accurate=True)
NegateOp = _unary("negate", "-x; integers wrap around.", "sufc")
NotOp = _unary("not", "All bits inverted; of booleans the negation.", "bsu")
PopcntOp = _unary("popcnt", "How many bits are set.", "su")
RoundNearestAfzOp = _unary("round_nearest_afz", "Rounding, of two away from zero.", "f")
RoundNearestEvenOp = _unary("round_nearest_even", "Rounding, of two to the even one.", "f")
RsqrtOp = _unary("rsqrt", "1 / sqrt(x).", "fc", accurate=True)
SignOp = _unary("sign", "-1, 0 or 1; a NaN and -0.0 stay.", "sfc")
SineOp = _unary("sine", "Sine.", "fc", accurate=True)
SqrtOp = _unary("sqrt", "Square root.", "fc", accurate=True)
TanOp = _unary("tan", "Tangent.", "fc", accurate=True)
TanhOp = _unary("tanh", "Hyperbolic tangent.", "fc", accurate=True)

# Functions of two

AddOp = _binary("add", "Sum; of booleans the disjunction.", "bsufc", commutative=True)
AndOp = _binary("and", "Conjunction, bit by bit.", "bsu", commutative=True)
Atan2Op = _binary("atan2", "The angle of the point (rhs, lhs).", "fc")
DivideOp = _binary("divide", "Quotient; of integers truncated toward zero.", "sufc")
MaximumOp = _binary("maximum", "The larger one; a NaN wins.", "bsufc", commutative=True)
MinimumOp = _binary("minimum", "The smaller one; a NaN wins.", "bsufc", commutative=True)
MultiplyOp = _binary("multiply", "Product; of booleans the conjunction.", "bsufc", True)
OrOp = _binary("or", "Disjunction, bit by bit.", "bsu", commutative=True)
PowerOp = _binary("power", "lhs to the power of rhs.", "sufc")
RemainderOp = _binary("remainder", "Remainder with the sign of lhs.", "sufc")
ShiftLeftOp = _binary("shift_left", "Bits moved left; 0 for shifts by all bits or more.", "su")
ShiftRightArithmeticOp = _binary(
    "shift_right_arithmetic", "Bits moved right, with copies of the first one behind them.", "su"
)
ShiftRightLogicalOp = _binary(
    "shift_right_logical", "Bits moved right, with zeros behind them.", "su"
)
SubtractOp = _binary("subtract", "Difference; integers wrap around.", "sufc")
XorOp = _binary("xor", "Exclusive disjunction, bit by bit.", "bsu", commutative=True)

# Other types in than out

ConvertOp = _define(
    "convert", "The elements in another type.",
    "%y = stablehlo.convert %x : (tensor<2xi32>) -> tensor<2xf32>",
    form=SAME, check=elementwise.elementwise,
)  # fmt: skip
BitcastConvertOp = _define(
    "bitcast_convert", "The bits of the elements as elements of another type.",
    "%y = stablehlo.bitcast_convert %x : (tensor<2xf32>) -> tensor<2xi32>",
    form=Form(), check=elementwise.bitcast_convert,
)  # fmt: skip
IsFiniteOp = _define(
    "is_finite", "Whether an element is neither infinite nor NaN.",
    "%y = stablehlo.is_finite %x : (tensor<2xf32>) -> tensor<2xi1>",
    operands="x", results="y", form=Form(), check=elementwise.predicate, elements="f",
)  # fmt: skip
ReducePrecisionOp = _define(
    "reduce_precision", "Rounding to a format of fewer bits, in the same element type.",
    "%y = stablehlo.reduce_precision %x, format = e5m10 : tensor<2xf32>",
    results="output", properties={"exponent_bits": INTEGER, "mantissa_bits": INTEGER},
    form=Form((Key("format", FORMAT, ("exponent_bits", "mantissa_bits")),), "same"),
    check=elementwise.same_types, elements="f",
)  # fmt: skip
ComplexOp = _define(
    "complex", "Complex numbers of real and imaginary parts.",
    "%z = stablehlo.complex %x, %y : tensor<2xcomplex<f32>>",
    operands="lhs rhs", form=Form(types="complex"), check=elementwise.elementwise, elements="f",
)  # fmt: skip
RealOp = _define(
    "real", "Real parts.", "%y = stablehlo.real %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>",
    form=SAME, check=elementwise.elementwise, elements="fc",
)  # fmt: skip
ImagOp = _define(
    "imag", "Imaginary parts.",
    "%y = stablehlo.imag %x : (tensor<2xcomplex<f32>>) -> tensor<2xf32>",
    form=SAME, check=elementwise.elementwise, elements="fc",
)  # fmt: skip
UniformQuantizeOp = _define(
    "uniform_quantize", "Real numbers as integers with a scale.",
    "%y = stablehlo.uniform_quantize %x : (tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32, 0.5>>",
    form=SAME, check=elementwise.elementwise,
)  # fmt: skip
UniformDequantizeOp = _define(
    "uniform_dequantize", "The real numbers that integers with a scale stand for.",
    "%y = stablehlo.uniform_dequantize %x"
    " : (tensor<2x!quant.uniform<i8:f32, 0.5>>) -> tensor<2xf32>",
    form=SAME, check=elementwise.elementwise,
)  # fmt: skip

# Choices

CompareOp = _define(
    "compare", "Comparison; a NaN is different from everything, unless the type is TOTALORDER.",
    "%z = stablehlo.compare LT, %x, %y, FLOAT"
    " : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xi1>",
    operands="lhs rhs", base=CompareForm, check=elementwise.compare,
    properties={
        "comparison_direction": BaseAttr(a.DirectionAttr),
        "compare_type?": BaseAttr(a.CompareTypeAttr),
    },
)  # fmt: skip
SelectOp = _define(
    "select", "Elements of one tensor where a condition holds, else of another.",
    "%z = stablehlo.select %c, %x, %y : tensor<2xi1>, tensor<2xf32>",
    operands="pred on_true on_false", form=Form(types="select"), check=elementwise.select,
)  # fmt: skip
ClampOp = _define(
    "clamp", "Limiting to a range: min(max(x, low), high).",
    "%y = stablehlo.clamp %low, %x, %high"
    " : (tensor<f32>, tensor<2xf32>, tensor<f32>) -> tensor<2xf32>",
    operands="min operand max", form=SAME, check=elementwise.clamp,
)  # fmt: skip
