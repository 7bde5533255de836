"""Functions of corresponding elements: one line of numpy per op."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dlir.dialects.dl.attrs import Approximation, Predicate
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import rectifiers as rect
from dlir.dialects.dl.ops import trigonometry as t
from dlir.dialects.dl.ops.base import DlOp
from dlir.dialects.dl.ops.elementwise import BinaryOp, UnaryOp
from dlir.dialects.dl.semantics.common import is_float, result_dtype, rounded, stretched, to_f64
from dlir.numpy_types import Array

Unary = Callable[[Array], Array]
Binary = Callable[[Array, Array], Array]

# Unary functions of f64


def erf(x: Array) -> Array:
    """C's erf element by element: numpy has none."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), np.float64)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softplus(x: Array) -> Array:
    """ln(1 + e^x) without overflow"""
    return np.logaddexp(0, x)


def gelu(op: a.GeluOp, x: Array) -> Array:
    if op.approximate.data is Approximation.TANH:
        return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    return x * (1 + erf(x / math.sqrt(2))) / 2


def elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(x))


def celu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(x / alpha))


def hard_sigmoid(x: Array, alpha: float, beta: float) -> Array:
    return np.minimum(np.maximum(alpha * x + beta, 0), 1)


def clip(op: a.ClipOp, x: Array) -> Array:
    """min(max(x, min), max)"""
    if op.min is not None:
        x = np.maximum(x, op.min.value.data)
    return x if op.max is None else np.minimum(x, op.max.value.data)


FLOAT_UNARY: dict[type[DlOp], Unary] = {
    m.NegOp: np.negative,
    m.AbsOp: np.abs,
    m.SignOp: np.sign,
    m.ExpOp: np.exp,
    m.Expm1Op: np.expm1,
    m.LogOp: np.log,
    m.Log1pOp: np.log1p,
    m.SqrtOp: np.sqrt,
    m.RsqrtOp: lambda x: 1 / np.sqrt(x),
    m.ReciprocalOp: lambda x: 1 / x,
    m.SinOp: np.sin,
    m.CosOp: np.cos,
    m.TanOp: np.tan,
    m.TanhOp: np.tanh,
    m.ErfOp: erf,
    t.SinhOp: np.sinh,
    t.CoshOp: np.cosh,
    t.AsinOp: np.arcsin,
    t.AcosOp: np.arccos,
    t.AtanOp: np.arctan,
    t.AsinhOp: np.arcsinh,
    t.AcoshOp: np.arccosh,
    t.AtanhOp: np.arctanh,
    m.FloorOp: np.floor,
    m.CeilOp: np.ceil,
    m.RoundOp: np.rint,
    m.IsNanOp: np.isnan,
    m.IsInfOp: np.isinf,
    a.ReluOp: lambda x: np.maximum(x, 0),
    a.SigmoidOp: sigmoid,
    a.SiluOp: lambda x: x * sigmoid(x),
    a.SoftplusOp: softplus,
    a.SoftsignOp: lambda x: x / (1 + np.abs(x)),
    a.MishOp: lambda x: x * np.tanh(softplus(x)),
    a.SeluOp: lambda x: a.SELU_SCALE * elu(x, a.SELU_ALPHA),
    a.HardSwishOp: lambda x: x * np.minimum(np.maximum(x / 6 + 0.5, 0), 1),
}

INTEGER_UNARY: dict[type[DlOp], Unary] = {
    m.NegOp: np.negative,
    m.AbsOp: np.abs,
    m.SignOp: np.sign,
    m.NotOp: np.invert,
    a.ReluOp: lambda x: np.maximum(x, 0),
}

PARAMETRISED: dict[type[DlOp], Callable[[Any, Array], Array]] = {
    a.GeluOp: gelu,
    a.EluOp: lambda op, x: elu(x, op.alpha.value.data),
    rect.CeluOp: lambda op, x: celu(x, op.alpha.value.data),
    rect.ThresholdedReluOp: lambda op, x: np.where(x > op.alpha.value.data, x, 0),
    a.LeakyReluOp: lambda op, x: np.where(x >= 0, x, op.alpha.value.data * x),
    a.HardSigmoidOp: lambda op, x: hard_sigmoid(x, op.alpha.value.data, op.beta.value.data),
    a.ClipOp: clip,
}


def unary(_: Any, op: UnaryOp, x: Array) -> Array:
    """y[i] = f(x[i])"""
    value = to_f64(x) if is_float(op.x) else x
    if (function := PARAMETRISED.get(type(op))) is not None:
        return rounded(function(op, value), result_dtype(op))
    table = FLOAT_UNARY if is_float(op.x) else INTEGER_UNARY
    return rounded(table[type(op)](value), result_dtype(op))


# Binary functions


def truncated_quotient(lhs: Array, rhs: Array) -> Array:
    """Division of integers toward zero: the floor, plus one where that cut a negative."""
    floor = lhs // divisor(rhs)
    cut = (floor * rhs != lhs) & ((lhs < 0) != (rhs < 0))
    return floor + cut.astype(lhs.dtype)


def divisor(rhs: Array) -> Array:
    if np.any(rhs == 0):
        raise ValueError("integer division by zero")
    return rhs


def integer_power(lhs: Array, rhs: Array) -> Array:
    """lhs ^ |rhs|, inverted and truncated for negative powers: only 1 and -1 survive that."""
    negative = rhs < 0
    if np.any(negative & (lhs == 0)):
        raise ValueError("zero to a negative power")
    power = np.power(lhs, np.where(negative, rhs & 1, rhs))
    return np.where(negative & (np.abs(lhs) != 1), 0, power)


def too_far(x: Array, count: Array) -> Array:
    """Whether a shift leaves none of x's bits; a negative count is a large one."""
    return (count < 0) | (count >= 8 * x.dtype.itemsize)


def shift_left(x: Array, count: Array) -> Array:
    far = too_far(x, count)
    return np.where(far, 0, np.left_shift(x, np.where(far, 0, count)))


def shift_right(x: Array, count: Array) -> Array:
    """Of a negative number, all bits of the sign remain."""
    far = too_far(x, count)
    rest = np.where(x < 0, -1, 0) if x.dtype.kind == "i" else 0
    return np.where(far, rest, np.right_shift(x, np.where(far, 0, count)))


FLOAT_BINARY: dict[type[DlOp], Binary] = {
    b.AddOp: np.add,
    b.SubOp: np.subtract,
    b.MulOp: np.multiply,
    b.DivOp: np.divide,
    b.ModOp: np.mod,
    b.FmodOp: np.fmod,
    b.PowOp: np.power,
    b.MaxOp: np.maximum,
    b.MinOp: np.minimum,
    b.Atan2Op: np.arctan2,
    b.PreluOp: lambda x, slope: np.where(x >= 0, x, slope * x),
}

INTEGER_BINARY: dict[type[DlOp], Binary] = {
    b.AddOp: np.add,
    b.SubOp: np.subtract,
    b.MulOp: np.multiply,
    b.DivOp: truncated_quotient,
    b.ModOp: lambda x, y: np.mod(x, divisor(y)),
    b.FmodOp: lambda x, y: np.fmod(x, divisor(y)),
    b.PowOp: integer_power,
    b.MaxOp: np.maximum,
    b.MinOp: np.minimum,
    b.PreluOp: lambda x, slope: np.where(x >= 0, x, slope * x),
    b.AndOp: np.bitwise_and,
    b.OrOp: np.bitwise_or,
    b.XorOp: np.bitwise_xor,
    bits.ShiftLeftOp: shift_left,
    bits.ShiftRightOp: shift_right,
}

COMPARISONS: dict[Predicate, Binary] = {
    Predicate.EQ: np.equal,
    Predicate.NE: np.not_equal,
    Predicate.LT: np.less,
    Predicate.LE: np.less_equal,
    Predicate.GT: np.greater,
    Predicate.GE: np.greater_equal,
}


def binary(_: Any, op: BinaryOp, lhs: Array, rhs: Array) -> Array:
    """y[i] = f(lhs[i], rhs[i])"""
    lhs, rhs = stretched(op.operands, [lhs, rhs])
    if is_float(op.lhs):
        return rounded(FLOAT_BINARY[type(op)](to_f64(lhs), to_f64(rhs)), result_dtype(op))
    return INTEGER_BINARY[type(op)](lhs, rhs).astype(result_dtype(op))


def compare(_: Any, op: b.CompareOp, lhs: Array, rhs: Array) -> Array:
    """y[i] = lhs[i] P rhs[i]"""
    lhs, rhs = stretched(op.operands, [lhs, rhs])
    return COMPARISONS[op.predicate.data](lhs, rhs).astype(np.bool_)


def select(_: Any, op: b.SelectOp, *operands: Array) -> Array:
    """y[i] = on_true[i] if condition[i] else on_false[i]"""
    condition, on_true, on_false = stretched(op.operands, operands)
    return np.where(condition, on_true, on_false)


SEMANTICS = {
    **dict.fromkeys({**FLOAT_UNARY, **INTEGER_UNARY, **PARAMETRISED}, unary),
    **dict.fromkeys({**FLOAT_BINARY, **INTEGER_BINARY}, binary),
    b.CompareOp: compare,
    b.SelectOp: select,
}
