"""Symbolic dimensions: integer polynomials over run-time sizes.

A dimension of a tensor is either a Python `int` or an `Expr`, a polynomial with integer
coefficients over *atoms*. An atom is a `Symbol` (the run-time size of one axis, never negative) or
a `Compound` (a division, remainder, minimum, ... that is no polynomial). Two dimensions that are
the same polynomial are the same size, which is how `Reshape(-1)` finds static sizes behind dynamic
ones: B*S*384 / (B*S*12) = 32.

Errors: `DimError` when a result leaves 64 bits, divides by zero or grows beyond `MAX_TERMS` or
`MAX_NESTING`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

MAX_TERMS = 64
MAX_NESTING = 16
INT64_MAX = 2**63 - 1


class DimError(ValueError):
    """Shape arithmetic that has no answer: division by zero, overflow, or no bound on its size."""


@dataclass(frozen=True)
class Symbol:
    """The run-time size of one axis, or, if it may be negative, an integer of the program.

    `name` is unique within one import.
    """

    name: str
    signed: bool = False


@dataclass(frozen=True)
class Compound:
    """`kind(lhs, rhs)` for a kind of `COMPOUND_KINDS`, kept whole because it is no polynomial."""

    kind: str
    lhs: Dim
    rhs: Dim
    nesting: int


@dataclass(frozen=True)
class Expr:
    """Sum of `coefficient * product(atoms)`; never constant (a constant is a plain `int`)."""

    terms: frozenset[tuple[tuple[Atom, ...], int]]

    def atoms(self) -> set[Atom]:
        return {atom for atoms, _ in self.terms for atom in atoms}

    def ordered(self) -> list[tuple[tuple[Atom, ...], int]]:
        """The terms in an order that does not depend on hashing."""
        return sorted(self.terms, key=lambda term: (-len(term[0]), repr(term)))


Atom: TypeAlias = Symbol | Compound
Dim: TypeAlias = int | Expr
_Terms: TypeAlias = dict[tuple[Atom, ...], int]


def symbol(name: str, signed: bool = False) -> Expr:
    return Expr(frozenset({((Symbol(name, signed),), 1)}))


def symbols(value: Dim) -> set[Symbol]:
    """All symbols in a dimension, also those within compounds."""
    found: set[Symbol] = set()
    for atom in value.atoms() if isinstance(value, Expr) else ():
        found |= {atom} if isinstance(atom, Symbol) else symbols(atom.lhs) | symbols(atom.rhs)
    return found


def is_signed(value: Dim) -> bool:
    """Whether an integer of the program is in it."""
    return any(symbol.signed for symbol in symbols(value))


def _terms(value: Dim) -> _Terms:
    if isinstance(value, Expr):
        return dict(value.terms)
    return {(): value} if value else {}


def _dim(terms: _Terms) -> Dim:
    kept = {atoms: number for atoms, number in terms.items() if number}
    if len(kept) > MAX_TERMS:
        raise DimError(f"shape arithmetic with more than {MAX_TERMS} terms")
    if any(not -INT64_MAX - 1 <= number <= INT64_MAX for number in kept.values()):
        raise DimError("shape arithmetic overflows 64 bits")
    if not kept:
        return 0
    if len(kept) == 1 and () in kept:
        return kept[()]
    return Expr(frozenset(kept.items()))


def add(a: Dim, b: Dim) -> Dim:
    terms = _terms(a)
    for atoms, number in _terms(b).items():
        terms[atoms] = terms.get(atoms, 0) + number
    return _dim(terms)


def mul(a: Dim, b: Dim) -> Dim:
    terms: _Terms = {}
    for left, m in _terms(a).items():
        for right, n in _terms(b).items():
            atoms = tuple(sorted(left + right, key=repr))
            terms[atoms] = terms.get(atoms, 0) + m * n
    return _dim(terms)


def sub(a: Dim, b: Dim) -> Dim:
    return add(a, mul(b, -1))


def product(dims: Iterable[Dim]) -> Dim:
    total: Dim = 1
    for dim in dims:
        total = mul(total, dim)
    return total


def lower_bound(value: Dim) -> int | None:
    """A number that `value` is never below, from symbols >= 0; None when none is known."""
    terms = _terms(value)
    if any(number < 0 for atoms, number in terms.items() if atoms):
        return None
    if any(not _non_negative_atom(atom) for atoms in terms for atom in atoms):
        return None
    return terms.get((), 0)


def non_negative(value: Dim) -> bool:
    bound = lower_bound(value)
    return bound is not None and bound >= 0


def _non_negative_atom(atom: Atom) -> bool:
    if isinstance(atom, Symbol):
        return not atom.signed
    if atom.kind == "max":
        return non_negative(atom.lhs) or non_negative(atom.rhs)
    if atom.kind in ("eq", "lt"):
        return True
    return non_negative(atom.lhs) and non_negative(atom.rhs)


def _nesting(value: Dim) -> int:
    atoms = value.atoms() if isinstance(value, Expr) else ()
    return max((atom.nesting for atom in atoms if isinstance(atom, Compound)), default=0)


def _compound(kind: str, a: Dim, b: Dim) -> Dim:
    nesting = 1 + max(_nesting(a), _nesting(b))
    if nesting > MAX_NESTING:
        raise DimError(f"shape arithmetic nested more than {MAX_NESTING} deep")
    return Expr(frozenset({((Compound(kind, a, b, nesting),), 1)}))


def _exact_quotient(a: Dim, b: Dim) -> Dim | None:
    """`a / b` when `b` is one term that divides every term of `a`."""
    divisor = _terms(b)
    if len(divisor) != 1:
        return 1 if a == b else None
    ((atoms, number),) = divisor.items()
    quotient: _Terms = {}
    for left, coefficient in _terms(a).items():
        rest = list(left)
        for atom in atoms:
            if atom not in rest:
                return None
            rest.remove(atom)
        if coefficient % number:
            return None
        quotient[tuple(rest)] = coefficient // number
    return _dim(quotient)


def div(a: Dim, b: Dim) -> Dim:
    """Integer division that truncates toward zero (ONNX `Div`)."""
    if b == 0:
        raise DimError("division by zero in shape arithmetic")
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    exact = _exact_quotient(a, b)
    return _compound("div", a, b) if exact is None else exact


def mod(a: Dim, b: Dim) -> Dim:
    """Remainder with the sign of the divisor (ONNX `Mod` with fmod = 0)."""
    if b == 0:
        raise DimError("remainder of a division by zero in shape arithmetic")
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if _exact_quotient(a, b) is not None:
        return 0
    if not (non_negative(a) and non_negative(b)):
        raise DimError("remainder of a size that may be negative")
    return _compound("mod", a, b)


def minimum(a: Dim, b: Dim) -> Dim:
    order = less(b, a)
    if order is None:
        return _compound("min", a, b)
    return b if order else a


def maximum(a: Dim, b: Dim) -> Dim:
    order = less(a, b)
    if order is None:
        return _compound("max", a, b)
    return b if order else a


def less(a: Dim, b: Dim) -> bool | None:
    """Whether `a < b`: True, False, or None when it depends on run-time sizes."""
    above, below = lower_bound(sub(b, a)), lower_bound(sub(a, b))
    if above is not None and above > 0:
        return True
    if below is not None and below >= 0:
        return False
    return None


def equal(a: Dim, b: Dim) -> bool | None:
    """Whether `a == b`: True, False, or None when it depends on run-time sizes."""
    if a == b:
        return True
    if less(a, b) or less(b, a):
        return False
    return None


def equal_number(a: Dim, b: Dim) -> Dim:
    """`a == b` as 0 or 1, decided at run time when it must be."""
    known = equal(a, b)
    return _compound("eq", a, b) if known is None else int(known)


def less_number(a: Dim, b: Dim) -> Dim:
    """`a < b` as 0 or 1, decided at run time when it must be."""
    known = less(a, b)
    return _compound("lt", a, b) if known is None else int(known)


def choose(condition: Dim, a: Dim, b: Dim) -> Dim:
    """`a` where `condition` is 1 and `b` where it is 0."""
    return add(mul(condition, a), mul(sub(1, condition), b))


def ceil_div(a: Dim, b: int) -> Dim:
    """`ceil(a / b)` for b > 0 and a >= 0."""
    return div(add(a, b - 1), b)


def evaluate(value: Dim, sizes: Callable[[str], int]) -> int:
    """The number that `value` is when each symbol has the size `sizes(name)`; used by tests."""
    total = 0
    for atoms, number in _terms(value).items():
        for atom in atoms:
            number *= sizes(atom.name) if isinstance(atom, Symbol) else _evaluate(atom, sizes)
        total += number
    return total


def _evaluate(atom: Compound, sizes: Callable[[str], int]) -> int:
    a, b = evaluate(atom.lhs, sizes), evaluate(atom.rhs, sizes)
    return COMPOUND_KINDS[atom.kind](a, b)


def _truncating(a: int, b: int) -> int:
    quotient = div(a, b)
    assert isinstance(quotient, int)
    return quotient


COMPOUND_KINDS: dict[str, Callable[[int, int], int]] = {
    "div": _truncating,
    "mod": lambda a, b: a % b,
    "min": min,
    "max": max,
    "eq": lambda a, b: int(a == b),
    "lt": lambda a, b: int(a < b),
}
