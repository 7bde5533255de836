"""Affine indexing maps read as linear forms: index = sum(coefficient * iterator) + constant.

Every indexing map of `structured` is linear (a window is `2 * oh + kh - 1`), so one small class
answers all questions that lowering, tiling, fusion and verification ask of a map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)


@dataclass(frozen=True)
class Linear:
    """`sum(coefficients[d] * d) + constant` over the iterators d of a structured op."""

    coefficients: tuple[int, ...]
    constant: int

    @cached_property
    def dims(self) -> tuple[int, ...]:
        """The iterators that the index depends on."""
        return tuple(d for d, c in enumerate(self.coefficients) if c)

    @cached_property
    def plain_dim(self) -> int | None:
        """The iterator d if the index is exactly `d`, else None."""
        dims = self.dims
        if len(dims) == 1 and self.coefficients[dims[0]] == 1 and self.constant == 0:
            return dims[0]
        return None

    def bounds(self, extents: Sequence[int]) -> tuple[int, int]:
        """Smallest and largest value over the box `0 <= d < extents[d]` (extents >= 1)."""
        ends = [(c * (n - 1)) for c, n in zip(self.coefficients, extents, strict=True)]
        low = sum(min(0, e) for e in ends) + self.constant
        high = sum(max(0, e) for e in ends) + self.constant
        return low, high

    def text(self) -> str:
        """`16 * d1 + d2 - 1`: iterators in order, the constant last; the affine parser reads it."""
        terms = [(c, f"d{d}") for d, c in enumerate(self.coefficients) if c]
        if self.constant or not terms:
            terms.append((self.constant, ""))
        first, *rest = (_term(c, name) for c, name in terms)
        return first + "".join(f" - {t[1:]}" if t[0] == "-" else f" + {t}" for t in rest)

    def expr(self) -> AffineExpr:
        """The same form as an xDSL affine expression, smallest text first."""
        result: AffineExpr | None = None
        for d in self.dims:
            c = self.coefficients[d]
            term = AffineExpr.dimension(d) if c == 1 else AffineExpr.dimension(d) * c
            result = term if result is None else result + term
        if result is None:
            return AffineExpr.constant(self.constant)
        return result if self.constant == 0 else result + self.constant


def _term(coefficient: int, name: str) -> str:
    """`3 * d0`, `-d0`, or a constant (no name)."""
    if not name:
        return str(coefficient)
    return {1: name, -1: f"-{name}"}.get(coefficient, f"{coefficient} * {name}")


def map_text(affine_map: AffineMap) -> str:
    """`(d0, d1) -> (d0, 16 * d1 + 3)`; a map that is not linear (rule C1) as xDSL writes it."""
    try:
        forms = linear_map(affine_map)
    except ValueError:
        return str(affine_map)
    dims = ", ".join(f"d{d}" for d in range(affine_map.num_dims))
    return f"({dims}) -> ({', '.join(form.text() for form in forms)})"


def linear(expr: AffineExpr, num_dims: int) -> Linear:
    """Read `expr` as a linear form; ValueError if it is not one (mod, floordiv, d0 * d1)."""
    match expr:
        case AffineConstantExpr():
            return Linear((0,) * num_dims, expr.value)
        case AffineDimExpr():
            return Linear(tuple(int(d == expr.position) for d in range(num_dims)), 0)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Add):
            a, b = linear(expr.lhs, num_dims), linear(expr.rhs, num_dims)
            return _combine(a, b)
        case AffineBinaryOpExpr(kind=AffineBinaryOpKind.Mul):
            a, b = linear(expr.lhs, num_dims), linear(expr.rhs, num_dims)
            if a.dims and b.dims:
                raise ValueError(f"'{expr}' is not linear")
            return _scale(b, a.constant) if not a.dims else _scale(a, b.constant)
        case _:
            raise ValueError(f"'{expr}' is not linear in the iterators")


def _combine(a: Linear, b: Linear) -> Linear:
    sums = tuple(x + y for x, y in zip(a.coefficients, b.coefficients, strict=True))
    return Linear(sums, a.constant + b.constant)


def _scale(a: Linear, factor: int) -> Linear:
    return Linear(tuple(c * factor for c in a.coefficients), a.constant * factor)


@lru_cache(maxsize=4096)
def linear_map(affine_map: AffineMap) -> tuple[Linear, ...]:
    """One linear form per result of the map."""
    return tuple(linear(r, affine_map.num_dims) for r in affine_map.results)


def map_of(forms: Iterable[Linear], num_dims: int) -> AffineMap:
    """The affine map whose results are these linear forms."""
    return _map_of(tuple(forms), num_dims)


@lru_cache(maxsize=4096)
def _map_of(forms: tuple[Linear, ...], num_dims: int) -> AffineMap:
    """Layers of a model have the same maps, which are made once."""
    return AffineMap(num_dims, 0, tuple(f.expr() for f in forms))


def projection(num_dims: int, dims: Iterable[int]) -> AffineMap:
    """`(d0, ..) -> (d_i, ..)`: an operand indexed by some of the iterators as they are."""
    return AffineMap(num_dims, 0, tuple(AffineExpr.dimension(d) for d in dims))


def remap(forms: Sequence[Linear], new_position: Sequence[int | None], num_dims: int) -> AffineMap:
    """Rename iterator d to `new_position[d]`; None says that no form uses d."""
    result: list[Linear] = []
    for form in forms:
        coefficients = [0] * num_dims
        for d in form.dims:
            target = new_position[d]
            if target is None:
                raise ValueError(f"iterator d{d} is still in use")
            coefficients[target] += form.coefficients[d]
        result.append(Linear(tuple(coefficients), form.constant))
    return map_of(result, num_dims)
