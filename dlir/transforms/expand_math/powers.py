"""Powers and roots."""

from __future__ import annotations

from math import inf, nan

from dlir.transforms.expand_math.builder import Term
from dlir.transforms.expand_math.constants import LOG2_E, polynomial
from dlir.transforms.expand_math.exponentials import exp2_limits, nearest, scaled_exp2
from dlir.transforms.expand_math.logarithms import decompose


def _fast_two_sum(a: Term, b: Term) -> tuple[Term, Term]:
    """a + b without error, for |a| >= |b|."""
    total = a + b
    return total, b - (total - a)


def _log2_pair(x: Term) -> tuple[Term, Term]:
    """log2(x) in twice the precision, x positive and finite."""
    high, low = x.format.split(*LOG2_E)
    e, m = decompose(x)
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


def rsqrt(x: Term) -> Term:
    """1 / sqrt(x)."""
    return 1.0 / x.sqrt()
