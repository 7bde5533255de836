"""Logarithms, and the inverse hyperbolic functions, which are made of them."""

from __future__ import annotations

from math import inf, nan

from dlir.transforms.expand_math.builder import Term
from dlir.transforms.expand_math.constants import LN_2, LOG2_E, LOG10_2, LOG10_E, polynomial


def decompose(x: Term) -> tuple[Term, Term]:
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
    e, m = decompose(x)
    f, tail = _log_parts(m)
    return _at_the_edges(x, e.fma(high, f - (tail - e * low)))


def log2(x: Term) -> Term:
    """e + log(m) / ln 2, the quotient in two parts."""
    high, low = x.format.split(*LOG2_E)
    e, m = decompose(x)
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
    e, m = decompose(x)
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
    near = log1p(size + square / ((square + 1.0).sqrt() + 1.0))
    result = large.where(_log_of_double(size), near)
    return x.equals(0.0).where(x, result.with_sign_of(x))


def acosh(x: Term) -> Term:
    """log1p(t + sqrt(t (t + 2))) with t = x - 1; log(2 x) for large ones."""
    t = x - 1.0
    large = _large(x)
    product = large.where(t.like(0.0), t * (t + 2.0))
    result = large.where(_log_of_double(x), log1p(t + product.sqrt()))
    return x.below_or_nan(1.0).where(x.like(nan), result)


def atanh(x: Term) -> Term:
    """log1p(2 s / (1 - s)) / 2 with s = |x|; below 1/2 the quotient as 2 s + 2 s s / (1 - s)."""
    size = x.abs()
    double, rest = size + size, 1.0 - size
    argument = (size < 0.5).where(double + double * size / rest, double / rest)
    return x.equals(0.0).where(x, (log1p(argument) * 0.5).with_sign_of(x))
