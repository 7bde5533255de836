"""The scalar body of every elementwise `dl` op: one line of algebra each.

Floats of 16 bits arrive here as f32 (see `computing_type`), and the result is rounded once.
"""

from __future__ import annotations

import math as constants
from collections.abc import Callable
from typing import Any

from xdsl.dialects import arith, cf, math
from xdsl.dialects.builtin import f32, f64, i1, i8
from xdsl.ir import Attribute, Operation

from dlir.dialects.dl.attrs import Approximation
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import bits
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops import rectifiers as rect
from dlir.dialects.dl.ops import trigonometry as t
from dlir.dialects.vectorized import RemfOp
from dlir.lowering.dl_to_structured import narrow
from dlir.lowering.dl_to_structured.narrow import Rounding
from dlir.lowering.dl_to_structured.scalar import (
    Form,
    Scalar,
    absf,
    compare,
    computing_type,
    copysign,
    erf,
    exp,
    expm1,
    function,
    highest,
    is_float,
    is_nonnegative,
    log,
    log1p,
    lowest,
    maximum,
    minimum,
    power,
    resize,
    rsqrt,
    sqrt,
    tanh,
    where,
    width,
)
from dlir.number_formats import format_of
from dlir.types import is_narrow_float, is_narrow_integer, is_unsigned

# One operand


def absolute(x: Scalar) -> Scalar:
    """Wraps around for the least integer, as max(x, -x) does."""
    if is_unsigned(x.type):
        return x
    return absf(x) if x.is_float else maximum(x, -x)


def sign(x: Scalar) -> Scalar:
    """A NaN is neither above nor below 0 and stays."""
    if is_unsigned(x.type):
        return where(compare("gt", x, 0), 1, x)
    return where(compare("gt", x, 0), 1, where(compare("lt", x, 0), -1, x))


def bitwise_not(x: Scalar) -> Scalar:
    return x ^ x.like(highest(x.type) if is_nonnegative(x.type) else -1)


def is_nan(x: Scalar) -> Scalar:
    return x.body.add(arith.CmpfOp(x.value, x.value, "uno"))


def sigmoid(x: Scalar) -> Scalar:
    return 1 / (1 + exp(-x))


def softplus(x: Scalar) -> Scalar:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), where no exponential overflows."""
    return maximum(x, 0) + log1p(exp(-absf(x)))


def rectified(x: Scalar, slope: Scalar | float) -> Scalar:
    if is_unsigned(x.type):
        return x
    return where(compare("ge", x, 0), x, slope * x)


def elu(x: Scalar, alpha: float) -> Scalar:
    return where(compare("gt", x, 0), x, alpha * expm1(x))


def celu(x: Scalar, alpha: float) -> Scalar:
    return where(compare("gt", x, 0), x, alpha * expm1(x / alpha))


def hard_sigmoid(x: Scalar, alpha: float, beta: float) -> Scalar:
    return minimum(maximum(alpha * x + beta, 0), 1)


def gelu(op: a.GeluOp, x: Scalar) -> Scalar:
    if op.approximate.data is Approximation.TANH:
        inner = constants.sqrt(2 / constants.pi) * (x + 0.044715 * (x * x * x))
        return 0.5 * x * (1 + tanh(inner))
    return x * (0.5 * (1 + erf(x * constants.sqrt(0.5))))


def clip(op: a.ClipOp, x: Scalar) -> Scalar:
    if op.min is not None:
        x = maximum(x, op.min.value.data)
    return x if op.max is None else minimum(x, op.max.value.data)


UNARY: dict[type[Operation], Callable[[Scalar], Scalar]] = {
    m.NegOp: lambda x: -x,
    m.AbsOp: absolute,
    m.SignOp: sign,
    m.ExpOp: exp,
    m.Expm1Op: expm1,
    m.LogOp: log,
    m.Log1pOp: log1p,
    m.SqrtOp: sqrt,
    m.RsqrtOp: rsqrt,
    m.ReciprocalOp: lambda x: 1 / x,
    m.SinOp: function(math.SinOp),
    m.CosOp: function(math.CosOp),
    m.TanOp: function(math.TanOp),
    m.TanhOp: tanh,
    m.ErfOp: erf,
    t.SinhOp: function(math.SinhOp),
    t.CoshOp: function(math.CoshOp),
    t.AsinOp: function(math.AsinOp),
    t.AcosOp: function(math.AcosOp),
    t.AtanOp: function(math.AtanOp),
    t.AsinhOp: function(math.AsinhOp),
    t.AcoshOp: function(math.AcoshOp),
    t.AtanhOp: function(math.AtanhOp),
    m.FloorOp: function(math.FloorOp),
    m.CeilOp: function(math.CeilOp),
    m.RoundOp: function(math.RoundEvenOp),
    m.IsNanOp: is_nan,
    m.IsInfOp: lambda x: compare("eq", absf(x), constants.inf),
    m.NotOp: bitwise_not,
    a.ReluOp: lambda x: maximum(x, 0),
    a.SigmoidOp: sigmoid,
    a.SiluOp: lambda x: x * sigmoid(x),
    a.SoftplusOp: softplus,
    a.SoftsignOp: lambda x: x / (1 + absf(x)),
    a.MishOp: lambda x: x * tanh(softplus(x)),
    a.SeluOp: lambda x: a.SELU_SCALE * elu(x, a.SELU_ALPHA),
    a.HardSwishOp: lambda x: x * hard_sigmoid(x, 1 / 6, 1 / 2),
}

WITH_PROPERTIES: dict[type[Operation], Callable[[Any, Scalar], Scalar]] = {
    a.GeluOp: gelu,
    a.EluOp: lambda op, x: elu(x, op.alpha.value.data),
    rect.CeluOp: lambda op, x: celu(x, op.alpha.value.data),
    rect.ThresholdedReluOp: lambda op, x: where(compare("gt", x, op.alpha.value.data), x, 0),
    a.LeakyReluOp: lambda op, x: rectified(x, op.alpha.value.data),
    a.HardSigmoidOp: lambda op, x: hard_sigmoid(x, op.alpha.value.data, op.beta.value.data),
    a.ClipOp: clip,
}


# Two operands


def nonzero(divisor: Scalar, *unsafe: int) -> Scalar:
    """The divisor, but 1 in place of 0, which fails at run time, and of the unsafe numbers.

    The hardware traps on 0 and on the least integer divided by -1, so neither may reach it.
    """
    if isinstance(owner := divisor.value.owner, arith.ConstantOp):
        known = getattr(owner.value, "value", None)
        if known is not None and known.data not in (0, *unsafe):
            return divisor
    valid = compare("ne", divisor, 0)
    divisor.body.effect(cf.AssertOp(valid.value, "integer division by zero"))
    for number in unsafe:
        divisor = where(compare("eq", divisor, number), 1, divisor)
    return where(valid, divisor, 1)


def quotient(x: Scalar, y: Scalar) -> Scalar:
    if x.is_float:
        return x / y
    if is_unsigned(x.type):
        return x / nonzero(y)
    return where(compare("eq", y, -1), -x, x / nonzero(y, -1))


def remainder(x: Scalar, y: Scalar) -> Scalar:
    """With the sign of the dividend; the integer remainder by -1 is that by 1."""
    if x.is_float:
        return x.body.add(RemfOp(x.value, y.value))
    if is_unsigned(x.type):
        return x.body.add(arith.RemUIOp(x.value, nonzero(y).value))
    return x.body.add(arith.RemSIOp(x.value, nonzero(y, -1).value))


def modulo(x: Scalar, y: Scalar) -> Scalar:
    """With the sign of the divisor: moved by the divisor where the signs differ."""
    rest = remainder(x, y)
    if x.is_float:
        wrong = compare("lt", rest, 0) ^ compare("lt", y, 0)
        moved = where(wrong, rest + y, rest)
        return where(compare("eq", rest, 0), copysign(rest, y), moved)
    if is_unsigned(x.type):
        return rest
    wrong = compare("lt", rest ^ y, 0) & compare("ne", rest, 0)
    return where(wrong, rest + y, rest)


def unsigned_power(x: Scalar, y: Scalar) -> Scalar:
    """`math.ipowi` takes the exponent's top bit, of weight t, for a sign, so it goes without.

    Modulo 2t, `x ^ t` is 1 for odd x and 0 for even x.
    """
    top = (int(highest(x.type)) + 1) // 2
    rest = power(x, y & y.like(top - 1))
    vanishes = compare("ge", y, top) & compare("eq", x & x.like(1), 0)
    return where(vanishes, 0, rest)


def exponentiation(x: Scalar, y: Scalar) -> Scalar:
    """`x ^ y`; squares and cubes are products. The integer 0 to a negative power fails."""
    owner = y.value.owner
    known = None
    if isinstance(owner, arith.ConstantOp):
        known = getattr(owner.value, "value", None)
        if known is not None and known.data in (2, 3):
            return x * x if known.data == 2 else x * x * x
    if is_unsigned(x.type):
        return unsigned_power(x, y)
    if not x.is_float and (known is None or known.data < 0):
        valid = compare("ge", y, 0) | compare("ne", x, 0)
        x.body.effect(cf.AssertOp(valid.value, "zero to a negative power"))
    return power(x, y)


def too_far(count: Scalar) -> Scalar:
    """Whether a shift by so many places leaves no bit; a negative count is a large one."""
    limit = count.like(width(count.type))
    return count.body.add(arith.CmpiOp(count.value, limit.value, "uge"))


def shift_left(x: Scalar, count: Scalar) -> Scalar:
    far = too_far(count)
    moved = x.body.add(arith.ShLIOp(x.value, where(far, 0, count).value))
    return where(far, 0, moved)


def shift_right(x: Scalar, count: Scalar) -> Scalar:
    """A signed number is left with bits of its sign."""
    far = too_far(count)
    if is_unsigned(x.type):
        moved = x.body.add(arith.ShRUIOp(x.value, where(far, 0, count).value))
        return where(far, 0, moved)
    return x.body.add(arith.ShRSIOp(x.value, where(far, width(x.type) - 1, count).value))


BINARY: dict[type[Operation], Callable[[Scalar, Scalar], Scalar]] = {
    b.AddOp: lambda x, y: x + y,
    b.SubOp: lambda x, y: x - y,
    b.MulOp: lambda x, y: x * y,
    b.DivOp: quotient,
    b.ModOp: modulo,
    b.FmodOp: remainder,
    b.PowOp: exponentiation,
    b.MaxOp: maximum,
    b.MinOp: minimum,
    b.Atan2Op: lambda x, y: x.body.add(math.Atan2Op(x.value, y.value)),
    b.PreluOp: rectified,
    b.AndOp: lambda x, y: x & y,
    b.OrOp: lambda x, y: x | y,
    b.XorOp: lambda x, y: x ^ y,
    bits.ShiftLeftOp: shift_left,
    bits.ShiftRightOp: shift_right,
}

# Conversion


def saturated(x: Scalar, type: Attribute, held: Attribute) -> Scalar:
    """A float as an integer of `type`, which `held` has room for: truncated; beyond the limits the
    last integer; NaN becomes 0."""
    least, beyond = lowest(type), highest(type) + 1
    inside = compare("ge", x, least) & compare("lt", x, beyond)
    safe = where(inside, x, 0)
    kind = arith.FPToUIOp if is_unsigned(type) else arith.FPToSIOp
    whole = x.body.add(kind(safe.value, held))  # pyright: ignore[reportArgumentType]
    top = where(compare("ge", x, beyond), highest(type), whole)
    return where(compare("lt", x, least), least, top)


def clamped(x: Scalar, type: Attribute) -> Scalar:
    """An integer moved to the limits of another integer type, in its own type."""
    if lowest(type) > lowest(x.type):
        x = maximum(x, lowest(type))
    return minimum(x, highest(type)) if highest(type) < highest(x.type) else x


def convert(x: Scalar, type: Attribute, how: Rounding = narrow.NEAREST) -> Scalar:
    """`dl.cast` of one number; raises nothing and refuses nothing."""
    if is_narrow_float(x.type):
        x = narrow.decoded(x)
    elif is_narrow_integer(x.type):
        x = narrow.unpacked(x, x.type)
    if is_narrow_float(type) or (how != narrow.NEAREST and is_float(type)):
        return rounded_float(x, type, how)
    if how.saturate and not x.is_float:
        x = clamped(x, type)
    if is_narrow_integer(type):
        number = resize(x, computing_type(x.type)) if x.is_float else resize(x, i8)
        return narrow.packed(saturated(number, type, i8) if x.is_float else number, type)
    if type == i1 and x.type != i1:
        return compare("ne", x, 0)
    if x.is_float == is_float(type):
        return resize(x, type)
    if x.is_float:
        return saturated(resize(x, computing_type(x.type)), type, type)
    kind = arith.UIToFPOp if is_nonnegative(x.type) else arith.SIToFPOp
    return x.body.add(kind(x.value, type))  # pyright: ignore[reportArgumentType]


def rounded_float(x: Scalar, type: Attribute, how: Rounding) -> Scalar:
    """A number as a float of a format, from a type that holds it and has more bits."""
    if width(x.type) == 64 and not x.is_float:
        x = narrow.sticky(x)
    exact = (x.is_float and x.type != f64) or width(x.type) <= 16
    wide = convert(x, f32 if exact and type not in (f32, f64) else f64)
    if type != f64:
        return narrow.encoded(wide, type, how)
    largest = format_of(f64).largest
    return minimum(maximum(wide, -largest), largest) if how.saturate else wide


def same_bits(x: Scalar, type: Attribute) -> Scalar:
    """`dl.bitcast` of one number."""
    if x.is_float or is_float(type):
        return x if x.type == type else x.body.add(arith.BitcastOp(x.value, type))
    return resize(x, type)


def rounded_form(form: Form, computing: Attribute, result: Attribute) -> Form:
    """The form computed in one type and rounded once to another."""

    def make(*scalars: Scalar) -> Scalar:
        return resize(form(*[resize(x, computing) for x in scalars]), result)

    return make


def scalar_form(op: Operation) -> Form:
    """The body of an elementwise op, on scalars of the computing type."""
    kind = type(op)
    if kind in WITH_PROPERTIES:
        form = WITH_PROPERTIES[kind]
        return lambda x: form(op, x)
    if isinstance(op, b.CompareOp):
        predicate = op.predicate.data.value
        return lambda x, y: compare(predicate, x, y)
    if kind in UNARY:
        return UNARY[kind]
    return BINARY[kind]


ELEMENTWISE: tuple[type[Operation], ...] = (*UNARY, *WITH_PROPERTIES, *BINARY, b.CompareOp)
