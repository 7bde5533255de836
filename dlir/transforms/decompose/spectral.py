"""Fourier transforms by products with small matrices.

A transform of n = p * q numbers is one of p numbers, q times over, a rotation of every number, and
one of q numbers, p times over (Cooley and Tukey), until what remains is small or a prime number.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import NamedTuple

from xdsl.dialects.builtin import i64

from dlir.diagnostics import fail
from dlir.dialects.dl.ops.base import rank_of, shape_of
from dlir.dialects.dl.ops.binary import CastOp, ModOp
from dlir.dialects.dl.ops.contraction import MatmulOp
from dlir.dialects.dl.ops.linear_algebra import DftOp
from dlir.dialects.dl.ops.math import CosOp, SinOp
from dlir.dialects.dl.ops.movement import ConcatOp, TransposeOp
from dlir.dialects.dl.ops.source import IotaOp
from dlir.dialects.dl.terms import Formula as Make
from dlir.dialects.dl.terms import Term
from dlir.transforms.decompose.constants import indices, numbers
from dlir.transforms.decompose.sizes import product, reshaped, sizes_of, sliced

SMALL = 64
"""So many numbers are transformed by one matrix, which is a constant."""

LARGEST_PRIME = 4096
"""The matrix for a larger prime number would not fit into memory."""


class Complex(NamedTuple):
    """Real and imaginary part."""

    re: Term
    im: Term

    def __mul__(self, other: object) -> Complex:
        assert isinstance(other, Complex)
        (a, b), (c, d) = self, other
        return Complex(a * c - b * d, a * d + b * c)

    def each(self, kind: type, *arguments: object) -> Complex:
        """The same op on both parts."""
        return Complex(self.re.then(kind, *arguments), self.im.then(kind, *arguments))


def dft(op: DftOp, make: Make) -> Term:
    """The axis goes last and all others become rows of a matrix; then all goes back"""
    axis, rank = op.axis.value.data, rank_of(op.x)
    size = shape_of(op.x)[axis]
    largest = max(_prime_factors(size), default=1)
    if largest > LARGEST_PRIME:
        message = (
            f"cannot be written out: expected prime factors up to {LARGEST_PRIME}, got {largest}"
        )
        fail(op, message, rule="dl-decompose", help="pad the axis to another size")
    others = [a for a in range(rank - 1) if a != axis]
    perm = [rank - 1, *others, axis]
    x = make.term(op.x).then(TransposeOp, perm)
    _, *outer, _ = sizes_of(x.value, make)
    rows = product(make, *outer)
    parts = (sliced(x, [i, *[0] * (rank - 1)], [1, *outer, size]) for i in (0, 1))
    transform = Transform(make, 1 if op.inverse is not None else -1)
    y = transform.of(Complex(*(reshaped(part, [rows, size]) for part in parts)), size)
    if op.inverse is not None:
        y = Complex(y.re / float(size), y.im / float(size))
    parts = [reshaped(part, [1, *outer, size]).value for part in y]
    joined = make.apply(ConcatOp(parts, 0))
    return joined.then(TransposeOp, [perm.index(a) for a in range(rank)])


def _prime_factors(number: int) -> list[int]:
    factors: list[int] = []
    factor = 2
    while factor * factor <= number:
        while number % factor == 0:
            factors.append(factor)
            number //= factor
        factor += 1
    return factors + ([number] if number > 1 else [])


@dataclass(frozen=True)
class Transform:
    """Transforms of the rows of a matrix; the sign is that of the exponent."""

    make: Make
    sign: int

    def of(self, x: Complex, size: int) -> Complex:
        """All rows of [rows, size]."""
        p = max((n for n in range(2, SMALL + 1) if size % n == 0), default=size)
        if size <= SMALL or p == size:
            matrix = self._matrix(size)
            return _product(x, matrix)
        q = size // p
        rows = sizes_of(x.re.value, self.make)[0]
        apart = Complex(*(reshaped(part, [rows, p, q]) for part in x))
        turned = _product(self._matrix(p), apart) * self._powers(p, q, size)
        flat = Complex(*(reshaped(t, [product(self.make, rows, p), q]) for t in turned))
        y = self.of(flat, q)
        back = Complex(*(reshaped(part, [rows, p, q]) for part in y)).each(TransposeOp, [0, 2, 1])
        return Complex(*(reshaped(part, [rows, size]) for part in back))

    def _matrix(self, size: int) -> Complex:
        """e^(2 pi i sign j k / size), the same in rows and columns."""
        return self._powers(size, size, size)

    def _powers(self, rows: int, columns: int, size: int) -> Complex:
        """e^(2 pi i sign j k / size) in row j and column k."""
        if rows * columns <= SMALL * SMALL:
            turns = [j * k % size for j in range(rows) for k in range(columns)]
            angles = [self.sign * 2 * pi * turn / size for turn in turns]
            tables = ([f(angle) for angle in angles] for f in (cos, sin))
            return Complex(*(numbers(self.make, table, [rows, columns]) for table in tables))
        j = self.make.apply(IotaOp([rows, 1], 0, i64))
        k = self.make.apply(IotaOp([1, columns], 1, i64))
        turns = (j * k).then(ModOp, indices(self.make, [size], []).value)
        angles = turns.then(CastOp, self.make.element) * (self.sign * 2 * pi / size)
        return Complex(angles.to(CosOp), angles.to(SinOp))


def _product(lhs: Complex, rhs: Complex) -> Complex:
    """The product of two (stacks of) complex matrices."""

    def times(a: Term, b: Term) -> Term:
        return a.then(MatmulOp, b.value)

    (a, b), (c, d) = lhs, rhs
    return Complex(times(a, c) - times(b, d), times(a, d) + times(b, c))
