"""Semantics of `math` on scalars, vectors and tensors alike.

Functions are computed in float64 and rounded once to the operand's type, which gives the correctly
rounded result for float32 and narrower in all but a few cases in a million; float64 has the
accuracy of the C library.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects import math as m
from xdsl.ir import Operation

from dlir.dialects.upstream.rounding import fma, narrow
from dlir.interpreter import Interpreter, Semantics
from dlir.numpy_types import Value, choose

_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Value) -> Value:
    """The error function of float64 values."""
    return np.asarray(_erf(x)).astype(np.float64)[()]


def _round_away(x: Value) -> Value:
    """Halves go away from zero (`math.round`); halves to even is `np.rint`."""
    whole = np.trunc(x)
    return choose(np.abs(x - whole) >= 0.5, whole + np.copysign(1.0, x), whole)


def _rsqrt(x: Value) -> Value:
    return 1.0 / np.sqrt(x)


def function(compute: Callable[..., Value]) -> Semantics:
    """An op on floats of one type: widen, compute, round once."""

    def run(interp: Interpreter, op: Operation, *operands: Value) -> Value:
        wide = (operand.astype(np.float64) for operand in operands)
        return narrow(compute(*wide), operands[0].dtype)

    return run


def bits(count: Callable[[int, int], int]) -> Semantics:
    """An op on the bits of integers: `count(unsigned value, width)`."""

    def run(interp: Interpreter, op: Operation, value: Value) -> Value:
        width = 1 if value.dtype.kind == "b" else 8 * value.dtype.itemsize
        mask = (1 << width) - 1
        exact = np.frompyfunc(lambda v: count(int(v) & mask, width), 1, 1)(value)
        return np.asarray(exact).astype(value.dtype)[()]

    return run


def _trailing_zeros(value: int, width: int) -> int:
    return (value & -value).bit_length() - 1 if value else width


def fused_multiply_add(interp: Interpreter, op: m.FmaOp, a: Value, b: Value, c: Value) -> Value:
    """`a * b + c`, rounded once."""
    return fma(a, b, c)


def absi(interp: Interpreter, op: m.AbsIOp, value: Value) -> Value:
    """Wraps on the smallest integer; i1 has no sign to drop."""
    return value if value.dtype.kind == "b" else np.abs(value)


def ipowi(interp: Interpreter, op: m.IPowIOp, base: Value, exponent: Value) -> Value:
    """Wraps at the width; a negative exponent rounds 1/base^n toward zero and refuses base 0."""
    width = 8 * base.dtype.itemsize
    power = np.frompyfunc(lambda b, e: _power(int(b), int(e), width), 2, 1)
    return np.asarray(power(base, exponent)).astype(np.uint64).astype(base.dtype)[()]


def _power(base: int, exponent: int, width: int) -> int:
    modulus = 1 << width
    if exponent >= 0:
        return pow(base, exponent, modulus)
    if base == 0:
        raise ValueError("0 to a negative power")
    if base in (1, -1):
        return pow(base, -exponent, modulus)
    return 0


def fpowi(interp: Interpreter, op: m.FPowIOp, base: Value, exponent: Value) -> Value:
    """A float to an integer power."""
    return narrow(np.power(base.astype(np.float64), exponent.astype(np.float64)), base.dtype)


SEMANTICS: dict[type[Any], Any] = {
    m.AbsFOp: function(np.abs),
    m.AbsIOp: absi,
    m.AcosOp: function(np.arccos),
    m.AcoshOp: function(np.arccosh),
    m.AsinOp: function(np.arcsin),
    m.AsinhOp: function(np.arcsinh),
    m.AtanhOp: function(np.arctanh),
    m.Atan2Op: function(np.arctan2),
    m.AtanOp: function(np.arctan),
    m.CbrtOp: function(np.cbrt),
    m.CeilOp: function(np.ceil),
    m.CopySignOp: function(np.copysign),
    m.CosOp: function(np.cos),
    m.CoshOp: function(np.cosh),
    m.CountLeadingZerosOp: bits(lambda value, width: width - value.bit_length()),
    m.CountTrailingZerosOp: bits(_trailing_zeros),
    m.CtPopOp: bits(lambda value, width: value.bit_count()),
    m.ErfOp: function(erf),
    m.Exp2Op: function(np.exp2),
    m.ExpM1Op: function(np.expm1),
    m.ExpOp: function(np.exp),
    m.FPowIOp: fpowi,
    m.FloorOp: function(np.floor),
    m.FmaOp: fused_multiply_add,
    m.IPowIOp: ipowi,
    m.Log10Op: function(np.log10),
    m.Log1pOp: function(np.log1p),
    m.Log2Op: function(np.log2),
    m.LogOp: function(np.log),
    m.PowFOp: function(np.power),
    m.RoundEvenOp: function(np.rint),
    m.RoundOp: function(_round_away),
    m.RsqrtOp: function(_rsqrt),
    m.SinOp: function(np.sin),
    m.SinhOp: function(np.sinh),
    m.SqrtOp: function(np.sqrt),
    m.TanOp: function(np.tan),
    m.TanhOp: function(np.tanh),
    m.TruncOp: function(np.trunc),
}
