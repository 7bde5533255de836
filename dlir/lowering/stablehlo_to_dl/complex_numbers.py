"""Complex numbers as pairs of real tensors, in the ops of `stablehlo`: so formulas of them may
stand in regions, too.

The formulas avoid squares and exponentials that overflow where the result does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from xdsl.dialects.builtin import FloatAttr, TensorType, i1
from xdsl.ir import Operation, SSAValue

from dlir.dialects.chlo import ConstantLikeOp, CoshOp, SinhOp
from dlir.dialects.stablehlo import attrs as a
from dlir.dialects.stablehlo.ops import elementwise as el
from dlir.dialects.stablehlo.shapes import element_of, shape_of

Insert = Callable[[Operation], SSAValue]


@dataclass(frozen=True)
class Real:
    """A tensor of real numbers, and how an op is inserted."""

    insert: Insert
    value: SSAValue

    def apply(self, kind: type[Operation], *others: Real) -> Real:
        """An op whose operands and result have one type."""
        operands = [self.value, *(other.value for other in others)]
        op = kind.create(operands=operands, result_types=[self.value.type])
        return Real(self.insert, self.insert(op))

    def like(self, number: float) -> Real:
        """The number in this shape."""
        value = FloatAttr(number, cast(Any, element_of(self.value)))
        op = ConstantLikeOp.create(
            operands=[self.value], result_types=[self.value.type], properties={"value": value}
        )
        return Real(self.insert, self.insert(op))

    def _other(self, other: Real | float) -> Real:
        return other if isinstance(other, Real) else self.like(other)

    def __add__(self, other: Real | float) -> Real:
        return self.apply(el.AddOp, self._other(other))

    def __sub__(self, other: Real | float) -> Real:
        return self.apply(el.SubtractOp, self._other(other))

    def __mul__(self, other: Real | float) -> Real:
        return self.apply(el.MultiplyOp, self._other(other))

    def __truediv__(self, other: Real | float) -> Real:
        return self.apply(el.DivideOp, self._other(other))

    def __neg__(self) -> Real:
        return self.apply(el.NegateOp)

    def __abs__(self) -> Real:
        return self.apply(el.AbsOp)

    def compare(self, direction: a.Direction, other: Real | float) -> SSAValue:
        op = el.CompareOp.create(
            operands=[self.value, self._other(other).value],
            result_types=[TensorType(i1, shape_of(self.value))],
            properties={"comparison_direction": a.DirectionAttr(direction)},
        )
        return self.insert(op)

    def where(self, condition: SSAValue, other: Real | float) -> Real:
        """This where the condition holds, else the other."""
        operands = [condition, self.value, self._other(other).value]
        op = el.SelectOp.create(operands=operands, result_types=[self.value.type])
        return Real(self.insert, self.insert(op))

    def is_zero(self) -> SSAValue:
        return self.compare(a.Direction.EQ, 0.0)

    def exp(self) -> Real:
        return self.apply(el.ExponentialOp)

    def sin(self) -> Real:
        return self.apply(el.SineOp)

    def cos(self) -> Real:
        return self.apply(el.CosineOp)

    def sqrt(self) -> Real:
        return self.apply(el.SqrtOp)


class Complex(NamedTuple):
    """Real and imaginary part."""

    re: Real
    im: Real

    def plus(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def minus(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def times(self, other: Complex) -> Complex:
        (x, y), (u, v) = self, other
        return Complex(x * u - y * v, x * v + y * u)

    def over(self, other: Complex) -> Complex:
        """By the ratio of the divisor's parts, whose smaller one it is that is scaled (Smith)."""
        (x, y), (u, v) = self, other
        wide = abs(u).compare(a.Direction.GE, abs(v))
        is_zero = other.size().is_zero()
        large, small = u.where(wide, v), v.where(wide, u)
        ratio = (small / large).where(negated(is_zero, self.re), 0.0)
        total = large + small * ratio
        re = (x + y * ratio).where(wide, x * ratio + y)
        im = (y - x * ratio).where(wide, y * ratio - x)
        return Complex(re / total, im / total)

    def negative(self) -> Complex:
        return Complex(-self.re, -self.im)

    def conjugate(self) -> Complex:
        return Complex(self.re, -self.im)

    def where(self, condition: SSAValue, other: Complex) -> Complex:
        return Complex(self.re.where(condition, other.re), self.im.where(condition, other.im))

    def like(self, re: float, im: float = 0.0) -> Complex:
        """The number in this shape."""
        return Complex(self.re.like(re), self.re.like(im))

    def size(self) -> Real:
        """|z| = large sqrt(1 + (small / large)^2); infinite if one part is."""
        sizes = abs(self.re), abs(self.im)
        large, small = (sizes[0].apply(k, sizes[1]) for k in (el.MaximumOp, el.MinimumOp))
        ratio = small / large
        found = large * (ratio * ratio + 1.0).sqrt()
        found = large.where(small.is_zero(), found)
        infinite = large.like(math.inf)
        for part in sizes:
            found = infinite.where(part.compare(a.Direction.EQ, math.inf), found)
        return found

    def angle(self) -> Real:
        return self.im.apply(el.Atan2Op, self.re)


def negated(condition: SSAValue, near: Real) -> SSAValue:
    """The opposite of a condition."""
    op = el.NotOp.create(operands=[condition], result_types=[condition.type])
    return near.insert(op)


# Functions


def exp(z: Complex) -> Complex:
    """e^x (cos y + i sin y); real where z is."""
    size = z.re.exp()
    return Complex(size * z.im.cos(), z.im.where(z.im.is_zero(), size * z.im.sin()))


def expm1(z: Complex) -> Complex:
    """e^z - 1: e^x cos y - 1 = (e^x - 1) cos y - 2 sin^2(y / 2)"""
    half = (z.im * 0.5).sin()
    grown = z.re.apply(el.ExponentialMinusOneOp)
    return Complex(grown * z.im.cos() - half * half * 2.0, exp(z).im)


def log(z: Complex) -> Complex:
    return Complex(z.size().apply(el.LogOp), z.angle())


def log1p(z: Complex) -> Complex:
    """|1 + z|^2 - 1 = x (2 + x) + y^2, which is exact near 0; far from there it is log(1 + z)."""
    moved = Complex(z.re + 1.0, z.im)
    near = (z.re * (z.re + 2.0) + z.im * z.im).apply(el.LogPlusOneOp) * 0.5
    is_near = z.size().compare(a.Direction.LT, 0.5)
    return Complex(near.where(is_near, moved.size().apply(el.LogOp)), moved.angle())


def sqrt(z: Complex) -> Complex:
    """The root with a real part >= 0: its parts are t = sqrt((|z| + |x|) / 2) and |y| / 2t, in the
    other order for x < 0."""
    t = (z.size() * 0.5 + abs(z.re) * 0.5).sqrt()
    other = abs(z.im) / (t * 2.0)
    other = other.where(negated(t.is_zero(), t), 0.0)
    is_right = z.re.compare(a.Direction.GE, 0.0)
    im = other.where(is_right, t)
    is_below = z.im.compare(a.Direction.LT, 0.0)
    return Complex(t.where(is_right, other), (-im).where(is_below, im))


def rsqrt(z: Complex) -> Complex:
    return z.like(1.0).over(sqrt(z))


def cbrt(z: Complex) -> Complex:
    return power(z, z.like(1 / 3))


def power(z: Complex, exponent: Complex) -> Complex:
    """e^(w ln z); of 0 it is 0, or 1 for the exponent 0."""
    found = exp(log(z).times(exponent))
    of_zero = z.like(1.0).where(exponent.size().is_zero(), z.like(0.0))
    return of_zero.where(z.size().is_zero(), found)


def sine(z: Complex) -> Complex:
    """sin x cosh y + i cos x sinh y"""
    return Complex(z.re.sin() * z.im.apply(CoshOp), z.re.cos() * z.im.apply(SinhOp))


def cosine(z: Complex) -> Complex:
    """cos x cosh y - i sin x sinh y"""
    return Complex(z.re.cos() * z.im.apply(CoshOp), -(z.re.sin() * z.im.apply(SinhOp)))


FAR = 20.0
"""From here on the hyperbolic tangent is 1 in f64."""


def tanh(z: Complex) -> Complex:
    """(sinh 2x + i sin 2y) / (cosh 2x + cos 2y); the sign of x far from the imaginary axis."""
    is_far = abs(z.re).compare(a.Direction.GT, FAR)
    x, y = z.re.like(0.0).where(is_far, z.re) * 2.0, z.im * 2.0
    below = x.apply(CoshOp) + y.cos()
    re, im = x.apply(SinhOp) / below, y.sin() / below
    return Complex(z.re.apply(el.SignOp).where(is_far, re), z.re.like(0.0).where(is_far, im))


def tan(z: Complex) -> Complex:
    """-i tanh(i z)"""
    turned = tanh(Complex(-z.im, z.re))
    return Complex(turned.im, -turned.re)


def logistic(z: Complex) -> Complex:
    """1 / (1 + e^-z)"""
    return z.like(1.0).over(exp(z.negative()).plus(z.like(1.0)))


def sign(z: Complex) -> Complex:
    """z / |z|; 0 stays."""
    size = z.size()
    is_zero = size.is_zero()
    return Complex(*(part.where(is_zero, part / size) for part in z))


def square(z: Complex) -> Complex:
    return z.times(z)


UNARY: dict[str, Callable[[Complex], Complex]] = {
    "stablehlo.cbrt": cbrt,
    "stablehlo.cosine": cosine,
    "stablehlo.exponential": exp,
    "stablehlo.exponential_minus_one": expm1,
    "stablehlo.log": log,
    "stablehlo.log_plus_one": log1p,
    "stablehlo.logistic": logistic,
    "stablehlo.negate": Complex.negative,
    "stablehlo.rsqrt": rsqrt,
    "stablehlo.sign": sign,
    "stablehlo.sine": sine,
    "stablehlo.sqrt": sqrt,
    "stablehlo.tan": tan,
    "stablehlo.tanh": tanh,
    "chlo.conj": Complex.conjugate,
    "chlo.square": square,
    "chlo.tan": tan,
}

BINARY: dict[str, Callable[[Complex, Complex], Complex]] = {
    "stablehlo.add": Complex.plus,
    "stablehlo.divide": Complex.over,
    "stablehlo.multiply": Complex.times,
    "stablehlo.power": power,
    "stablehlo.subtract": Complex.minus,
}
