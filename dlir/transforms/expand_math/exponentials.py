"""Exponentials, and what is made of them: hyperbolic functions and the error function."""

from __future__ import annotations

from dlir.transforms.expand_math.builder import Format, Term
from dlir.transforms.expand_math.constants import LN_2, LOG2_E, TWO_BY_ROOT_PI, polynomial


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
    is raised and the product lowered again, so that it is rounded once. Where the result is 0 for
    sure the value is as well, and nothing else that is normal goes through a subnormal number: many
    processors take a hundred times as long to round to one.
    """
    format = r.format
    gone = n < -0.5 - format.bias - format.mantissa
    zero = r.like(0.0)
    if _has_float_exponents(r):
        return gone.where(zero, r.horner(series)).times_two_to(n)
    doubled = gone.where(zero, r.horner([2 * c for c in series]))
    small = n < 3.0 - format.bias
    exponent = (count << format.mantissa) + ((format.bias - 1) << format.mantissa)
    raised = exponent + (SUBNORMAL_STEP << format.mantissa)
    lowered = small.where(r.like(2.0**-SUBNORMAL_STEP), 1.0)
    return doubled * small.where(raised, exponent).as_float() * lowered


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
    return _scaled_exp(*_reduce(_limited(x, *_exp_limits(x.format))))


def _limited(x: Term, low: float, high: float) -> Term:
    """An argument that `_scaled` can take: of float exponents it knows itself which give 0."""
    return (x if _has_float_exponents(x) else x.at_least(low)).at_most(high)


def _has_float_exponents(x: Term) -> bool:
    """Whether there is an instruction for x 2^n that takes any float n."""
    return x.builder.ldexp and x.format.width == 32


def exp2(x: Term) -> Term:
    """2^x = 2^n 2^r."""
    x = _limited(x, *exp2_limits(x.format))
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


def erf(x: Term) -> Term:
    """1 - e^q with q = log(erfc(|x|)), as -(2^n expm1(r) + (2^n - 1)), q = n ln 2 + r."""
    size = x.abs().at_most(4.0 if x.format.width == 32 else 6.0)
    high, low = x.format.split(*TWO_BY_ROOT_PI)
    q = size.fma(-high, size * size.horner([-low, *polynomial("ERF", x.format)]))
    n, count = nearest(q, LOG2_E[0])
    scale = _power_of_two(count)
    complement = scale.fma(_expm1_small(n.fma(-LN_2[0], q)), scale - 1.0)
    return complement.with_sign_of(x)
