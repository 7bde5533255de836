"""Circular functions and their inverses."""

from __future__ import annotations

from math import nan, pi

from dlir.transforms.expand_math.builder import Term
from dlir.transforms.expand_math.constants import HALF_PI, LARGE_ANGLE, polynomial
from dlir.transforms.expand_math.exponentials import nearest
from dlir.transforms.expand_math.large_angles import reduced


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
    return x, ((1.0 - x) * (x + 1.0)).sqrt()


def asin(x: Term) -> Term:
    """The angle of the point (sqrt(1 - x^2), x)."""
    return atan2(*_legs(x))


def acos(x: Term) -> Term:
    """The angle of the point (x, sqrt(1 - x^2))."""
    return atan2(*reversed(_legs(x)))
