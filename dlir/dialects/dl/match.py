"""Shapes of `dl` graphs, written as formulas: what terms.py makes, this finds.

    x = Any("x")
    pattern = product(x, 0.5, erf(scaled(x, sqrt(0.5))) + 1.0)
    found = find(pattern, op.result)        # found["x"] is the value that stands for x

A name that stands twice means one value. A number means a constant whose elements all are that
number, to the last digits of the element type. Sums and products are found in either order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any as AnyType
from typing import TypeAlias

from xdsl.dialects.builtin import bf16, f16
from xdsl.ir import Attribute, Operation, OpResult, SSAValue

from dlir.dialects.dl.attrs import Predicate
from dlir.dialects.dl.ops import activation as a
from dlir.dialects.dl.ops import binary as b
from dlir.dialects.dl.ops import math as m
from dlir.dialects.dl.ops.base import DlOp, element_of
from dlir.dialects.dl.ops.movement import ReshapeOp
from dlir.dialects.dl.ops.reduction import ReduceOp
from dlir.dialects.dl.rules import splat

DIGITS: Mapping[Attribute, float] = {f16: 2e-3, bf16: 1e-2}
"""How far, relative to it, a constant may be from the number that is meant; else `DIGITS_F32`."""
DIGITS_F32 = 1e-6


@dataclass(frozen=True)
class Found:
    """What the names stand for, and the ops that were matched, the last one first."""

    names: Mapping[str, AnyType] = field(default_factory=dict[str, AnyType])
    ops: tuple[Operation, ...] = ()

    def __getitem__(self, name: str) -> AnyType:
        return self.names[name]

    def get(self, name: str, default: AnyType = None) -> AnyType:
        return self.names.get(name, default)

    def bind(self, name: str, thing: AnyType) -> Found | None:
        """With the name standing for the thing; None if it stands for something else already."""
        if name in self.names:
            known = self.names[name]
            same = known is thing if isinstance(thing, SSAValue) else known == thing
            return self if same else None
        return Found({**self.names, name: thing}, self.ops)

    def through(self, op: Operation) -> Found:
        """With an op that was matched."""
        return self if op in self.ops else Found(self.names, (*self.ops, op))


Matches: TypeAlias = Iterator[Found]


class Pattern(ABC):
    """What a value may be. Operators and the functions below make larger patterns."""

    @abstractmethod
    def matches(self, value: SSAValue, found: Found) -> Matches:
        """Every way in which the value is this, given what was found before."""

    def roots(self) -> tuple[type[DlOp], ...]:
        """The classes of the ops that may end it; of any op, for a pattern that asks for none."""
        return (DlOp,)

    def __add__(self, other: PatternLike) -> Pattern:
        return _commuting(b.AddOp, self, other)

    def __sub__(self, other: PatternLike) -> Pattern:
        return Node((b.SubOp,), (self, pattern(other)))

    def __mul__(self, other: PatternLike) -> Pattern:
        return _commuting(b.MulOp, self, other)

    def __truediv__(self, other: PatternLike) -> Pattern:
        return Node((b.DivOp,), (self, pattern(other)))

    def __pow__(self, other: PatternLike) -> Pattern:
        return Node((b.PowOp,), (self, pattern(other)))

    def __rtruediv__(self, number: float) -> Pattern:
        return pattern(number) / self

    def __or__(self, other: Pattern) -> Pattern:
        return Either((self, other))


PatternLike: TypeAlias = Pattern | float


@dataclass(frozen=True)
class Any(Pattern):
    """Any value; all that have one name are the same value."""

    name: str

    def matches(self, value: SSAValue, found: Found) -> Matches:
        if (bound := found.bind(self.name, value)) is not None:
            yield bound


@dataclass(frozen=True)
class Number(Pattern):
    """A constant filled with one number: the given one, or any one, which gets the name."""

    number: float | None = None
    name: str = ""

    def matches(self, value: SSAValue, found: Found) -> Matches:
        if (known := splat(value)) is None:
            return
        if self.number is None:
            bound = found.bind(self.name, float(known))
            if bound is not None:
                yield bound
        elif abs(float(known) - self.number) <= abs(self.number) * _digits(value):
            yield found


def _digits(value: SSAValue) -> float:
    return DIGITS.get(element_of(value), DIGITS_F32)


@dataclass(frozen=True)
class Node(Pattern):
    """The result of an op of one of these classes on such operands; the op may get a name."""

    kinds: tuple[type[DlOp], ...]
    operands: tuple[Pattern, ...]
    name: str = ""

    def roots(self) -> tuple[type[DlOp], ...]:
        return self.kinds

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if not isinstance(op, self.kinds) or len(op.operands) != len(self.operands):
            return
        states = [found.through(op)]
        if self.name:
            states = [bound for s in states if (bound := s.bind(self.name, op)) is not None]
        for state in states:
            yield from _all_of(self.operands, tuple(op.operands), state)


def _all_of(patterns: tuple[Pattern, ...], values: tuple[SSAValue, ...], found: Found) -> Matches:
    if not patterns:
        yield found
        return
    for first in patterns[0].matches(values[0], found):
        yield from _all_of(patterns[1:], values[1:], first)


@dataclass(frozen=True)
class Either(Pattern):
    """One of several patterns, the first that leads on."""

    patterns: tuple[Pattern, ...]

    def roots(self) -> tuple[type[DlOp], ...]:
        return tuple(dict.fromkeys(kind for option in self.patterns for kind in option.roots()))

    def matches(self, value: SSAValue, found: Found) -> Matches:
        for option in self.patterns:
            yield from option.matches(value, found)


@dataclass(frozen=True)
class Over(Pattern):
    """A reduction that keeps its axes as ones; all with one name are over the same axes."""

    kind: type[ReduceOp]
    x: Pattern
    axes: str

    def roots(self) -> tuple[type[DlOp], ...]:
        return (self.kind,)

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if not isinstance(op, self.kind) or op.keepdims is None:
            return
        bound = found.through(op).bind(self.axes, op.axes.get_values())
        if bound is not None:
            yield from self.x.matches(op.x, bound)


@dataclass(frozen=True)
class Named(Pattern):
    """What a pattern matches, under a name."""

    x: Pattern
    name: str

    def roots(self) -> tuple[type[DlOp], ...]:
        return self.x.roots()

    def matches(self, value: SSAValue, found: Found) -> Matches:
        if (bound := found.bind(self.name, value)) is not None:
            yield from self.x.matches(value, bound)


@dataclass(frozen=True)
class Reshaped(Pattern):
    """x under another shape, whatever sizes that takes."""

    x: Pattern

    def roots(self) -> tuple[type[DlOp], ...]:
        return (ReshapeOp,)

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if isinstance(op, ReshapeOp):
            yield from self.x.matches(op.x, found.through(op))


@dataclass(frozen=True)
class Compared(Pattern):
    """x P y, for one of these predicates P."""

    predicates: tuple[Predicate, ...]
    x: Pattern
    y: Pattern

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if isinstance(op, b.CompareOp) and op.predicate.data in self.predicates:
            yield from _all_of((self.x, self.y), (op.lhs, op.rhs), found.through(op))


@dataclass(frozen=True)
class Clip(Pattern):
    """A clip between two numbers."""

    x: Pattern
    low: float
    high: float

    def roots(self) -> tuple[type[DlOp], ...]:
        return (a.ClipOp,)

    def matches(self, value: SSAValue, found: Found) -> Matches:
        op = value.op if isinstance(value, OpResult) else None
        if not isinstance(op, a.ClipOp) or op.min is None or op.max is None:
            return
        if (op.min.value.data, op.max.value.data) == (self.low, self.high):
            yield from self.x.matches(op.x, found.through(op))


def pattern(thing: PatternLike) -> Pattern:
    """A number as a pattern."""
    return thing if isinstance(thing, Pattern) else Number(float(thing))


def _commuting(kind: type[DlOp], left: PatternLike, right: PatternLike) -> Pattern:
    left, right = pattern(left), pattern(right)
    return Node((kind,), (left, right)) | Node((kind,), (right, left))


def unary(kind: type[DlOp]) -> Callable[[Pattern], Pattern]:
    """The function that a unary op is."""
    return lambda x: Node((kind,), (x,))


exp, log, sqrt, rsqrt, erf, tanh = map(
    unary, (m.ExpOp, m.LogOp, m.SqrtOp, m.RsqrtOp, m.ErfOp, m.TanhOp)
)
absolute, expm1, log1p = map(unary, (m.AbsOp, m.Expm1Op, m.Log1pOp))
sigmoid, softplus = map(unary, (a.SigmoidOp, a.SoftplusOp))


def negative(x: Pattern) -> Pattern:
    """-x, or x * -1."""
    return Node((m.NegOp,), (x,)) | (x * -1.0)


def larger(x: PatternLike, y: PatternLike) -> Pattern:
    """max(x, y)."""
    return _commuting(b.MaxOp, x, y)


def smaller(x: PatternLike, y: PatternLike) -> Pattern:
    """min(x, y)."""
    return _commuting(b.MinOp, x, y)


def clipped(x: Pattern, low: float, high: float) -> Pattern:
    """min(max(x, low), high), in any form."""
    return Clip(x, low, high) | smaller(larger(x, low), high) | larger(smaller(x, high), low)


def if_positive(x: Pattern, then: Pattern, otherwise: Pattern) -> Pattern:
    """then where x > 0, otherwise where x < 0, either at 0."""
    above = Compared((Predicate.GT, Predicate.GE), x, Number(0.0))
    below = Compared((Predicate.LT, Predicate.LE), x, Number(0.0))
    return Node((b.SelectOp,), (above, then, otherwise)) | Node(
        (b.SelectOp,), (below, otherwise, then)
    )


def product(*factors: PatternLike) -> Pattern:
    """The factors multiplied in any order, two by two."""
    if len(factors) == 1:
        return pattern(factors[0])
    options: list[Pattern] = []
    places = range(len(factors))
    for size in range(1, len(factors)):
        for left in combinations(places, size):
            right = [factors[at] for at in places if at not in left]
            parts = product(*(factors[at] for at in left)), product(*right)
            options.append(Node((b.MulOp,), parts))
    return Either(tuple(options))


def scaled(x: Pattern, number: float) -> Pattern:
    """x * number, or x / (1 / number)."""
    return (x * number) | (x / (1 / number))


def square(x: Pattern) -> Pattern:
    """x^2."""
    return (x * x) | (x**2.0)


def cube(x: Pattern) -> Pattern:
    """x^3."""
    return product(x, x, x) | (x**3.0)


def divided(x: Pattern, by: Pattern) -> Pattern:
    """x / by, or x times the reciprocal."""
    return (x / by) | (x * inverse(by))


def inverse(x: Pattern) -> Pattern:
    """1 / x."""
    return Node((m.ReciprocalOp,), (x,)) | (1.0 / x)


def find(wanted: Pattern, value: SSAValue) -> Found | None:
    """The first way in which the value is what is wanted, with no part of it used elsewhere."""
    for found in wanted.matches(value, Found()):
        if _hidden(found.ops, value):
            return found
    return None


def _hidden(ops: tuple[Operation, ...], root: SSAValue) -> bool:
    """Whether only the ops themselves use what they make, but for the root."""
    inside = set(ops)
    return all(
        use.operation in inside
        for op in ops
        for result in op.results
        if result is not root
        for use in result.uses
    )
