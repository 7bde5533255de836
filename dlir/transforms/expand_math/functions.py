"""One function per operation: from a term (f32 or f64) to a term.

Accuracy is in units in the last place of the result over dense samples of the whole domain; the
bounds in `ACCURACY` are asserted by test/numeric/test_math_accuracy.py.  All functions give IEEE's
results at NaN, infinities, zeros and subnormals.

Methods: argument reduction by powers of two and of exp after Cody and Waite, "Software Manual for
the Elementary Functions" (1980); log as 2 atanh(f / (2 + f)) and log1p, expm1 as in Sun's fdlibm;
erf through log(erfc(x)); pow with a logarithm of twice the precision (Dekker, "A floating-point
technique for extending the available precision", 1971).  The polynomials are our own fits.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan, pi
from typing import cast

from xdsl.dialects import math
from xdsl.ir import Operation

from dlir.transforms.expand_math import coefficients
from dlir.transforms.expand_math.builder import Format, Term
from dlir.transforms.expand_math.large_angles import reduced

LOG2_E = (1.4426950408889634, 2.0355273740931033e-17)
LN_2 = (0.6931471805599453, 2.3190468138462996e-17)
TWO_BY_ROOT_PI = (1.1283791670955126, 1.533545961316588e-17)
LOG10_2 = (0.3010299956639812, -2.8037281277851704e-18)
LOG10_E = 0.4342944819032518
LARGE_ANGLE = 2.0**45
HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)


def polynomial(name: str, format: Format) -> tuple[float, ...]:
    return cast("tuple[float, ...]", getattr(coefficients, f"{name}_{format.suffix}"))


# Exponentials.


def nearest(x: Term, factor: float = 1.0) -> tuple[Term, Term]:
    """`x * factor`, below 2^(mantissa - 1), rounded to an integer: as a float, and in low bits.

    What is above the low bits is of no meaning. No conversion instruction, which would be undefined
    for NaN.
    """
    magic = x.format.magic
    shifted = x + magic if factor == 1.0 else x.fma(factor, magic)
    return shifted - magic, shifted.as_bits()


def _power_of_two(n: Term) -> Term:
    """2^n for exponents of normal numbers, n in the low bits of an integer term."""
    return ((n + n.format.bias) << n.format.mantissa).as_float()


SUBNORMAL_STEP = 64


def _scaled_exp(r: Term, n: Term, count: Term) -> Term:
    """e^r 2^n for |r| <= ln(2)/2, where the result may be subnormal or overflow."""
    return _scaled((1.0, 1.0, *polynomial("EXP", r.format)), r, n, count)


def scaled_exp2(r: Term, n: Term, count: Term, scale: float = 1.0) -> Term:
    """scale 2^r 2^n for |r| <= 1/2, where the result may be subnormal or overflow."""
    series = (1.0, *polynomial("EXP2", r.format))
    return _scaled(tuple(scale * c for c in series), r, n, count)


def _scaled(series: tuple[float, ...], r: Term, n: Term, count: Term) -> Term:
    """A polynomial's value near 1, times 2^n.

    Twice the value times 2^(n - 1), a normal number up to the largest n; for a small n the exponent
    is raised and the product lowered again, so that it is rounded once.
    """
    format = r.format
    if r.builder.ldexp and format.width == 32:
        return r.horner(series).times_two_to(n)
    doubled = r.horner([2 * c for c in series])
    small = n < 3.0 - format.bias
    exponent = (count << format.mantissa) + ((format.bias - 1) << format.mantissa)
    raised = exponent + (SUBNORMAL_STEP << format.mantissa)
    result = doubled * small.where(raised, exponent).as_float()
    return small.where(result * 2.0**-SUBNORMAL_STEP, result)


def _reduce(x: Term) -> tuple[Term, Term, Term]:
    """x = n ln 2 + r with |r| <= ln(2)/2: r, and n as `nearest` gives it."""
    high, low = x.format.split(*LN_2)
    n, count = nearest(x, LOG2_E[0])
    return n.fma(-low, n.fma(-high, x)), n, count


def _reduce_exp(x: Term) -> tuple[Term, Term]:
    """x = n ln 2 + r with |r| <= ln(2)/2: expm1(r), and n in low bits."""
    r, _, count = _reduce(x)
    return _expm1_small(r), count


def _expm1_small(r: Term) -> Term:
    return (r * r).fma(r.horner(polynomial("EXPM1", r.format)), r)


def _exp_limits(format: Format) -> tuple[float, float]:
    """Arguments beyond which exp is 0 or infinite for sure."""
    return (-105.0, 89.0) if format.width == 32 else (-750.0, 710.0)


def exp(x: Term) -> Term:
    """e^x = 2^n e^r."""
    low, high = _exp_limits(x.format)
    return _scaled_exp(*_reduce(x.at_least(low).at_most(high)))


def exp2(x: Term) -> Term:
    """2^x = 2^n 2^r."""
    low, high = exp2_limits(x.format)
    x = x.at_least(low).at_most(high)
    n, count = nearest(x)
    return scaled_exp2(x - n, n, count)


def exp2_limits(format: Format) -> tuple[float, float]:
    """Arguments beyond which 2^x is 0 or infinite for sure."""
    return (-151.0, 128.5) if format.width == 32 else (-1080.0, 1024.5)


def expm1(x: Term) -> Term:
    """2^n expm1(r) + (2^n - 1); for large x, where 2^n may overflow, e^x."""
    r, n, count = _reduce(x.at_least(-50.0).at_most(_exp_limits(x.format)[1]))
    scale = _power_of_two(count)
    moderate = scale.fma(_expm1_small(r), scale - 1.0)
    result = (x > 40.0).where(_scaled_exp(r, n, count), moderate)
    return x.equals(0.0).where(x, result)  # keeps the sign of zero


def tanh(x: Term) -> Term:
    """t / (t + 2) with t = expm1(2 |x|)."""
    saturated = 10.0 if x.format.width == 32 else 20.0
    small, n = _reduce_exp(x.abs().at_most(saturated) * 2.0)
    scale = _power_of_two(n)
    t = scale.fma(small, scale - 1.0)
    return (t / (t + 2.0)).with_sign_of(x)


def sinh(x: Term) -> Term:
    """(t + t / (t + 1)) / 2 with t = expm1(|x|); near overflow (e^(|x|/2) / 2) e^(|x|/2)."""
    size = x.abs()
    t = expm1(size)
    half = exp(size * 0.5)
    large = size > _exp_limits(x.format)[1] - 20.0
    result = large.where(half * 0.5 * half, (t + t / (t + 1.0)) * 0.5)
    return result.with_sign_of(x)


def cosh(x: Term) -> Term:
    """e/2 + 1/(2e) with e = e^|x|; near overflow (e^(|x|/2) / 2) e^(|x|/2)."""
    size = x.abs()
    e, half = exp(size), exp(size * 0.5)
    large = size > _exp_limits(x.format)[1] - 20.0
    return large.where(half * 0.5 * half, e * 0.5 + 0.5 / e)


# Logarithms.


def _decompose(x: Term) -> tuple[Term, Term]:
    """x = 2^e m with m in [sqrt(1/2), sqrt(2)): e (a float) and m; x positive and finite."""
    format = x.format
    shift = format.mantissa + 1
    tiny = x < format.smallest_normal
    bits = tiny.where(x * 2.0**shift, x).as_bits()
    root = format.bits(0.5**0.5)
    offset = bits - root
    e = (offset >> format.mantissa).to_float()
    m = ((offset & ((1 << format.mantissa) - 1)) + root).as_float()
    return tiny.where(e - float(shift), e), m


def _log_parts(m: Term) -> tuple[Term, Term]:
    """log(m) = f - tail, f = m - 1 exact and the tail small (fdlibm's arrangement)."""
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = f * f * 0.5
    series = z * z.horner(polynomial("LOG", m.format))
    return f, half_square - s * (half_square + series)


def _at_the_edges(x: Term, result: Term) -> Term:
    """The logarithm at infinity, zero and below; NaN stays NaN."""
    result = x.equals(inf).where(x, result)
    result = x.equals(0.0).where(x.like(-inf), result)
    return x.below_or_nan(0.0).where(x.like(nan), result)


def log(x: Term) -> Term:
    """e ln 2 + log(m)."""
    high, low = x.format.split(*LN_2)
    e, m = _decompose(x)
    f, tail = _log_parts(m)
    return _at_the_edges(x, e.fma(high, f - (tail - e * low)))


def log2(x: Term) -> Term:
    """e + log(m) / ln 2, the quotient in two parts."""
    high, low = x.format.split(*LOG2_E)
    e, m = _decompose(x)
    f, tail = _log_parts(m)
    main = f - tail
    rest = (f - main) - tail
    product = main * high
    correction = main.fma(high, -product) + main.fma(low, rest * high)
    return _at_the_edges(x, (e + product) + (correction + ((e - (e + product)) + product)))


def log10(x: Term) -> Term:
    """e log10(2) + log(m) / ln 10."""
    high, low = x.format.split(*LOG10_2)
    main_high, main_low = x.format.split(LOG10_E, 1.098319650216765e-17)
    e, m = _decompose(x)
    f, tail = _log_parts(m)
    main = f - tail
    rest = (f - main) - tail
    small = main.fma(main_low, e.fma(low, rest * main_high))
    return _at_the_edges(x, e.fma(high, main.fma(main_high, small)))


def log1p(x: Term) -> Term:
    """log(u) + (x - (u - 1)) / u with u = 1 + x rounded."""
    u = x + 1.0
    lost = (x > 1.0).where(1.0 - (u - x), x - (u - 1.0))
    result = log(u) + lost / u
    result = x.equals(-1.0).where(x.like(-inf), result)
    result = x.equals(inf).where(x, result)
    return x.equals(0.0).where(x, result)


# Error function.


def erf(x: Term) -> Term:
    """1 - e^q with q = log(erfc(|x|)), as -(2^n expm1(r) + (2^n - 1)), q = n ln 2 + r."""
    size = x.abs().at_most(4.0 if x.format.width == 32 else 6.0)
    high, low = x.format.split(*TWO_BY_ROOT_PI)
    q = size.fma(-high, size * size.horner([-low, *polynomial("ERF", x.format)]))
    n, count = nearest(q, LOG2_E[0])
    scale = _power_of_two(count)
    complement = scale.fma(_expm1_small(n.fma(-LN_2[0], q)), scale - 1.0)
    return complement.with_sign_of(x)


# Trigonometry.


def _reduce_quarter(x: Term) -> tuple[Term, Term]:
    """x = n pi/2 + r with |r| <= pi/4: r and n mod 4; r is NaN if x is not finite.

    Done in f64 with pi/2 in three parts: each n * part is exact inside the `fma`, for |x| < 2^45.
    """
    wide = x if x.format.width == 64 else x.widened()
    moderate = (wide.abs() < LARGE_ANGLE).where(wide, nan)
    n, count = nearest(moderate * (2 / pi))
    r = n.fma(-HALF_PI[1], n.fma(-HALF_PI[0], moderate))
    if x.format.width == 64:
        r = n.fma(-HALF_PI[2], r)
    r, count = reduced(wide, x.format.width, LARGE_ANGLE, r, count)
    if x.format.width == 64:
        return r, count & 3
    return r.narrowed(x.element), count.truncated(32) & 3


def _sine_cosine(r: Term) -> tuple[Term, Term]:
    """sin and cos for |r| <= pi/4."""
    z = r * r
    sine = (r * z).fma(z.horner(polynomial("SIN", r.format)), r)
    half = z * 0.5
    main = 1.0 - half
    rest = (1.0 - main) - half
    cosine = main + (z * z).fma(z.horner(polynomial("COS", r.format)), rest)
    return sine, cosine


def _quadrant(sine: Term, cosine: Term, n: Term) -> Term:
    """sin(r + n pi/2): the cosine in odd quadrants, negative in the second half."""
    chosen = (n & 1).equals(0).where(sine, cosine)
    return (chosen.as_bits() ^ ((n & 2) << (n.format.width - 2))).as_float()


def sin(x: Term) -> Term:
    """From the quarter turn that x is in."""
    r, n = _reduce_quarter(x)
    result = _quadrant(*_sine_cosine(r), n)
    return x.equals(0.0).where(x, result)


def cos(x: Term) -> Term:
    """A sine one quarter further."""
    r, n = _reduce_quarter(x)
    return _quadrant(*_sine_cosine(r), n + 1)


def tan(x: Term) -> Term:
    """sin / cos, or -cos / sin in odd quadrants."""
    r, n = _reduce_quarter(x)
    sine, cosine = _sine_cosine(r)
    even = (n & 1).equals(0)
    result = even.where(sine, -cosine) / even.where(cosine, sine)
    return x.equals(0.0).where(x, result)


def _atan_unit(t: Term) -> Term:
    """atan for 0 <= t <= 1."""
    z = t * t
    return (t * z).fma(z.horner(polynomial("ATAN", t.format)), t)


def _quarter_minus(angle: Term) -> Term:
    """pi/2 - angle."""
    high, low = angle.format.split(*HALF_PI[:2])
    return high - (angle - low)


def atan(x: Term) -> Term:
    """atan(|x|), or pi/2 - atan(1/|x|) beyond 1."""
    size = x.abs()
    beyond = size > 1.0
    angle = _atan_unit(beyond.where(1.0 / size, size))
    return beyond.where(_quarter_minus(angle), angle).with_sign_of(x)


def atan2(y: Term, x: Term) -> Term:
    """The angle of the point (x, y), from the octant it is in."""
    ay, ax = y.abs(), x.abs()
    steep = ay > ax
    short, long = steep.where(ax, ay), steep.where(ay, ax)
    ratio = short / long
    ratio = short.equals(long).where(ratio.like(1.0), ratio)  # also inf / inf
    ratio = long.equals(0.0).where(ratio.like(0.0), ratio)
    angle = _atan_unit(ratio)
    angle = steep.where(_quarter_minus(angle), angle)
    high, low = x.format.split(2 * HALF_PI[0], 2 * HALF_PI[1])
    angle = (x.as_bits() < 0).where(high - (angle - low), angle)
    angle = angle.with_sign_of(y)
    return x.differs(x).where(x, y.differs(y).where(y, angle))


def _legs(x: Term) -> tuple[Term, Term]:
    """x, and sqrt(1 - x^2) as the square root of a product, which does not cancel near 1."""
    return x, _sqrt((1.0 - x) * (x + 1.0))


def asin(x: Term) -> Term:
    """The angle of the point (sqrt(1 - x^2), x)."""
    return atan2(*_legs(x))


def acos(x: Term) -> Term:
    """The angle of the point (x, sqrt(1 - x^2))."""
    return atan2(*reversed(_legs(x)))


# Inverse hyperbolic functions.


def _large(x: Term) -> Term:
    """Whether x^2 + 1 and x^2 are the same number."""
    return x > (2.0**13 if x.format.width == 32 else 2.0**28)


def _log_of_double(x: Term) -> Term:
    """log(2 x), also where 2 x would overflow."""
    return log(x) + LN_2[0]


def asinh(x: Term) -> Term:
    """log1p(s + s^2 / (1 + sqrt(1 + s^2))) with s = |x|; log(2 s) for large ones."""
    size = x.abs()
    large = _large(size)
    square = large.where(size.like(0.0), size * size)
    near = log1p(size + square / (_sqrt(square + 1.0) + 1.0))
    result = large.where(_log_of_double(size), near)
    return x.equals(0.0).where(x, result.with_sign_of(x))


def acosh(x: Term) -> Term:
    """log1p(t + sqrt(t (t + 2))) with t = x - 1; log(2 x) for large ones."""
    t = x - 1.0
    large = _large(x)
    product = large.where(t.like(0.0), t * (t + 2.0))
    result = large.where(_log_of_double(x), log1p(t + _sqrt(product)))
    return x.below_or_nan(1.0).where(x.like(nan), result)


def atanh(x: Term) -> Term:
    """log1p(2 s / (1 - s)) / 2 with s = |x|; below 1/2 the quotient as 2 s + 2 s s / (1 - s)."""
    size = x.abs()
    double, rest = size + size, 1.0 - size
    argument = (size < 0.5).where(double + double * size / rest, double / rest)
    return x.equals(0.0).where(x, (log1p(argument) * 0.5).with_sign_of(x))


# Powers.


def _fast_two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """a + b without error, for |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def _log2_pair(x: Term) -> tuple[Term, Term]:
    """log2(x) in twice the precision, x positive and finite."""
    high, low = x.format.split(*LOG2_E)
    e, m = _decompose(x)
    f = m - 1.0
    denominator = f + 2.0
    s = f / denominator
    lost = (s.fma(-denominator, f) - s * (f - (denominator - 2.0))) / denominator
    z = s * s
    series = z * z.horner(polynomial("LOG", x.format))
    main, rest = _fast_two_sum(s * 2.0, s.fma(series, lost * 2.0))
    product = main * high
    error = main.fma(high, -product) + main.fma(low, rest * high)
    total, correction = _fast_two_sum(e, product)
    total = e.equals(0.0).where(product, total)
    correction = e.equals(0.0).where(correction.like(0.0), correction)
    return _fast_two_sum(total, correction + error)


def pow(x: Term, y: Term) -> Term:
    """2^(y log2 |x|), the product in twice the precision; then the special cases of IEEE 754."""
    size = x.abs()
    main, rest = _log2_pair(size)
    edge = size.equals(0.0).where(size.like(-inf), size)
    special = edge.abs().equals(inf)
    main, rest = special.where(edge, main), special.where(rest.like(0.0), rest)
    product = y * main
    limit = 8.0 * x.format.bias
    error = y.fma(main, -product) + y * rest
    error = (product.abs() < limit).where(error, 0.0)
    low, high = exp2_limits(x.format)
    bounded = product.at_least(low).at_most(high)
    n, count = nearest(bounded)
    result = scaled_exp2((bounded - n) + error, n, count)
    return _pow_special(x, y, size.equals(1.0).where(x.like(1.0), result))


def _pow_special(x: Term, y: Term, size: Term) -> Term:
    """Signs, NaN and the cases that are 1."""
    whole = y.floor().equals(y)
    odd = whole & (y * 0.5).floor().differs(y * 0.5)
    odd = odd & (y.abs() < inf)
    negative = x.as_bits() < 0
    result = (negative & odd).where(-size, size)
    below = (x < 0.0) & (x.abs() < inf)
    result = (below & whole.equals(0)).where(x.like(nan), result)
    result = x.differs(x).where(x, y.differs(y).where(y, result))
    one = y.equals(0.0) | x.equals(1.0)
    return one.where(x.like(1.0), result)


def _sqrt(x: Term) -> Term:
    return x.builder.add(math.SqrtOp(x.value))


def rsqrt(x: Term) -> Term:
    """1 / sqrt(x)."""
    return 1.0 / _sqrt(x)


ACCURACY: dict[type[Operation], float] = {
    math.ExpOp: 1,
    math.Exp2Op: 1.1,
    math.ExpM1Op: 2,
    math.LogOp: 1,
    math.Log2Op: 1,
    math.Log10Op: 1,
    math.Log1pOp: 1.5,
    math.TanhOp: 3,
    math.SinhOp: 3,
    math.CoshOp: 3,
    math.ErfOp: 2,
    math.SinOp: 2,
    math.CosOp: 2,
    math.TanOp: 3.5,
    math.AtanOp: 1.5,
    math.Atan2Op: 1.5,
    math.AsinOp: 2.5,
    math.AcosOp: 2.5,
    math.AsinhOp: 2.5,
    math.AcoshOp: 3,
    math.AtanhOp: 2.5,
    math.PowFOp: 4,
    math.RsqrtOp: 1.5,
}
"""Largest error in ulp; f64 `erf` reaches 5 just above 1, `sin` and `cos` 2.5 beyond 1e5."""

EXPANSIONS: dict[type[Operation], Callable[..., Term]] = {
    math.ExpOp: exp,
    math.Exp2Op: exp2,
    math.ExpM1Op: expm1,
    math.LogOp: log,
    math.Log2Op: log2,
    math.Log10Op: log10,
    math.Log1pOp: log1p,
    math.TanhOp: tanh,
    math.SinhOp: sinh,
    math.CoshOp: cosh,
    math.ErfOp: erf,
    math.SinOp: sin,
    math.CosOp: cos,
    math.TanOp: tan,
    math.AtanOp: atan,
    math.Atan2Op: atan2,
    math.AsinOp: asin,
    math.AcosOp: acos,
    math.AsinhOp: asinh,
    math.AcoshOp: acosh,
    math.AtanhOp: atanh,
    math.PowFOp: pow,
    math.RsqrtOp: rsqrt,
}
"""Operation class -> its expansion, a function of terms."""
