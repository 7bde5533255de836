"""Expressions over a tile: vector instructions, each over no more points than it needs.

A value is a `View` over the axes of the domain that it varies with; its step along the others is 0.
So a row's mean is computed once per row and a bias once per lane, whatever they are combined with.
Numbers that an instruction can hold (bf16, or 16-bit integers) are immediates, others are rows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TypeAlias

from xdsl.dialects.builtin import bf16, f32, i32
from xdsl.ir import Attribute

from dlir.dialects.accel.attrs import Memory
from dlir.dialects.isa.fields import UNARY
from dlir.lowering.structured_to_accel.emitter import Domain, Emitter, View, dense
from dlir.lowering.structured_to_accel.expression import (
    ROUNDED,
    Arg,
    Call,
    Const,
    Expr,
    Unsupported,
    unrounded,
)
from dlir.types import is_integer

COMMUTES = ("add", "mul", "max", "min")
SPAN = 1 << 15
"""Integers that an instruction holds lie in -SPAN .. SPAN - 1."""

Constant: TypeAlias = Callable[[float, Attribute], View]
"""A row in the scratchpad whose lanes all hold a number."""


@dataclass(frozen=True)
class Value:
    """A value over a tile: a view over all axes of the domain, or one number."""

    view: View
    axes: frozenset[int]
    """The axes that it varies with."""
    owned: bool = False
    """Whether it is a temporary that may be overwritten by its last reader."""

    @property
    def lane(self) -> bool:
        return self.view.lane

    @property
    def is_int(self) -> bool:
        return is_integer(self.view.element)

    @property
    def is_wide(self) -> bool:
        """Whether it is a temporary that holds what the unit computes as it is."""
        return self.owned and self.view.element in (f32, i32)


Operand: TypeAlias = Value | float


@dataclass
class Evaluator:
    """Evaluates expressions over one domain; `arguments` are the block's."""

    emit: Emitter
    domain: Domain
    arguments: Sequence[Value]
    constant: Constant
    _known: dict[Expr, Operand] = field(default_factory=dict[Expr, Operand])
    _uses: dict[Expr, int] = field(default_factory=dict[Expr, int])

    def evaluate(self, expr: Expr, into: View | None = None) -> Operand:
        """The value of an expression; written to `into` where that is given."""
        if into is not None and into.element == bf16:
            expr = unrounded(expr)
        self._count(expr)
        if into is None:
            return self._value(expr)
        axes = frozenset(a for a, n in enumerate(self.domain) if n > 1)
        if not into.lane and not isinstance(expr, Const) and self._is_per_row(expr):
            number = self._value(expr)
            assert isinstance(number, Value)
            row = number.view._replace(lane=False)
            self.emit.binary("fill", row, number.view, into, self.domain)
        elif isinstance(expr, Call) and expr.fn != ROUNDED:
            operands = [self._value(a) for a in expr.args]
            self._call(expr, operands, Value(into, axes))
        else:
            self._copy(self._value(expr), Value(into, axes))
        return Value(into, axes)

    def _is_per_row(self, expr: Expr) -> bool:
        """Whether lane 0 of each row is all that there is of a value."""
        if isinstance(expr, Arg):
            return self.arguments[expr.index].lane
        return isinstance(expr, Const) or all(self._is_per_row(a) for a in expr.args)

    def _count(self, expr: Expr) -> None:
        self._uses[expr] = self._uses.get(expr, 0) + 1
        if isinstance(expr, Call) and self._uses[expr] == 1:
            for part in expr.args:
                self._count(part)

    def _value(self, expr: Expr) -> Operand:
        if isinstance(expr, Const):
            return expr.value
        if isinstance(expr, Arg):
            return self.arguments[expr.index]
        if expr not in self._known:
            rounds = expr.fn == ROUNDED
            self._known[expr] = (
                self._rounded(expr.args[0])
                if rounds
                else self._multiply_add(expr) or self._called(expr)
            )
        return self._known[expr]

    def _rounded(self, expr: Expr) -> Operand:
        """What is written as bf16: by the function that computes it, or by a copy."""
        if not isinstance(expr, Call) or self._uses[expr] > 1:
            x = self._value(expr)
            return self._widened(x, bf16) if isinstance(x, Value) else x
        operands = [self._value(a) for a in expr.args]
        values = [o for o in operands if isinstance(o, Value)]
        axes = frozenset[int]().union(*(v.axes for v in values))
        into = self._temporary(axes, values[0], bf16)
        return self._call(expr, operands, into)

    def _called(self, expr: Call) -> Operand:
        return self._call(expr, [self._value(a) for a in expr.args], None)

    def _multiply_add(self, expr: Call) -> Value | None:
        """`total + x * c` in place of a total that nobody reads again: the same two roundings."""
        if expr.fn != "add":
            return None
        for total, product in (expr.args, expr.args[::-1]):
            if not isinstance(product, Call) or product.fn != "mul":
                continue
            x, c = product.args
            if not isinstance(x, Arg) or not isinstance(c, Const) or self._uses[product] > 1:
                continue
            factor, sum_ = self.arguments[x.index], self._value(total)
            if not isinstance(sum_, Value) or not sum_.is_wide or self._uses.get(total, 0) > 1:
                continue
            alike = factor.axes == sum_.axes and factor.lane == sum_.lane
            if alike and factor.is_int == sum_.is_int and is_immediate(c.value, factor.is_int):
                over, near = self._over(sum_.axes), self._near(factor)
                self.emit.binary("mulacc", near.view, c.value, sum_.view, over)
                return sum_
        return None

    # --- one function -----------------------------------------------------------------------------

    def _call(self, expr: Call, operands: list[Operand], into: Value | None) -> Operand:
        if expr.fn in UNARY:
            return self._unary(expr, operands[0], into)
        if expr.fn == "requant":
            return self._requant(operands, into)
        if expr.fn == "quant":
            return self._quant(operands, into)
        if expr.fn == "float":
            return self._as_float(operands[0], into)
        x, y = operands
        if not isinstance(x, Value) and not isinstance(y, Value):
            raise Unsupported(f"'{expr.fn}' of two constants")
        return self._binary(expr, x, y, into)

    def _unary(self, expr: Call, x: Operand, into: Value | None) -> Operand:
        if not isinstance(x, Value):
            raise Unsupported(f"'{expr.fn}' of a constant")
        d = into or self._target(x, [(expr.args[0], x)])
        self.emit.unary(expr.fn, x.view, d.view, self._over(d.axes | x.axes))
        return replace(d, view=d.view._replace(lane=x.lane))

    def _requant(self, operands: list[Operand], into: Value | None) -> Operand:
        x, multiplier, shift, zero = operands
        assert isinstance(x, Value) and isinstance(multiplier, Value) and isinstance(shift, Value)
        assert isinstance(zero, float)
        d = into or self._temporary(x.axes, x)
        pair = self._adjacent(multiplier, shift)
        self._requantized(x, pair, zero, d)
        return d

    def _quant(self, operands: list[Operand], into: Value | None) -> Operand:
        x, scale, zero = operands
        assert isinstance(x, Value) and isinstance(zero, float)
        if not isinstance(scale, Value):
            scale = self._row(scale, f32)
        if not (scale.axes <= x.axes and (scale.lane or not x.lane)):
            x = self._spread(x, scale.axes)
        x, y = self._same_type(x, scale)
        assert isinstance(y, Value)
        d = into or self._temporary(x.axes, x, i32)
        domain = self._over(d.axes | x.axes)
        self.emit.binary("quant", x.view, y.view, d.view, domain, imm=zero)
        return replace(d, view=d.view._replace(lane=x.lane))

    def _adjacent(self, multiplier: Value, shift: Value) -> Value:
        """Multipliers and shifts row by row, as the instruction reads them."""
        rows = self._over(multiplier.axes)
        tile = self.emit.alloc(Memory.SPM, (prod(rows), 2), i32)
        steps, step = [0] * len(rows), 2
        for axis in reversed(range(len(rows))):
            steps[axis] = step if axis in multiplier.axes else 0
            step *= rows[axis]
        pair = View(tile, 0, tuple(steps))
        self.emit.unary("copy", multiplier.view, pair, rows)
        self.emit.unary("copy", shift.view, pair._replace(base=1), rows)
        return Value(pair, multiplier.axes)

    def _requantized(self, x: Value, pair: Value, zero: float, d: Value) -> None:
        """One instruction for all rows that share a multiplier."""
        shared = [a for a in range(len(self.domain)) if a not in pair.axes]
        order = [a for a in range(len(self.domain)) if a in pair.axes] + shared
        domain = tuple(self.domain[a] for a in order)
        x_view, y_view, d_view = (
            v.with_steps([v.steps[a] for a in order]) for v in (x.view, pair.view, d.view)
        )
        self.emit.binary("requant", x_view, y_view, d_view, domain, imm=zero)

    def _binary(self, expr: Call, x: Operand, y: Operand, into: Value | None) -> Operand:
        fn, sources = expr.fn, list(expr.args)
        if self._turned(x, y):
            if fn == "sub":
                y = self._binary(Call("mul", (sources[1], Const(-1.0))), y, -1.0, None)
                fn = "add"
            elif fn == "div":
                y = self._unary(Call("recip", (sources[1],)), y, None)
                fn = "mul"
            elif fn not in COMMUTES:
                raise Unsupported(f"'{fn}' of a smaller by a larger operand")
            x, y = y, x
            sources.reverse()
        assert isinstance(x, Value)
        if not isinstance(y, Value) and fn == "sub":
            fn, y = "add", -y
        if isinstance(y, Value) and not (y.axes <= x.axes and (y.lane or not x.lane)):
            x = self._spread(x, y.axes)
        y = self._second(y, x)
        x, y = self._same_type(x, y)
        axes = x.axes | (y.axes if isinstance(y, Value) else frozenset[int]())
        d = into or self._target(x, list(zip(sources, (x, y), strict=True)), axes)
        second = y.view if isinstance(y, Value) else y
        self.emit.binary(fn, x.view, second, d.view, self._over(d.axes | axes))
        lane = x.lane and (not isinstance(y, Value) or y.lane)
        return replace(d, view=d.view._replace(lane=lane))

    def _near(self, x: Value) -> Value:
        """A copy of rows that lie apart, where the unit takes several rows in a cycle.

        An instruction of two operands takes whole runs of rows, a copy gathers them.
        """
        machine = self.emit.machine
        apart = self.domain[-1] > 1 and x.view.steps[-1] != 1
        return self._widened(x) if apart and machine.vector.lanes > 2 * machine.array.cols else x

    def _turned(self, x: Operand, y: Operand) -> bool:
        """Whether y should come first: the first operand has a row for every point."""
        if not isinstance(x, Value):
            return True
        if not isinstance(y, Value):
            return False
        if x.lane != y.lane:
            return x.lane
        return len(x.axes) < len(y.axes)

    def _second(self, y: Operand, x: Value) -> Operand:
        """A number that no instruction holds becomes a row."""
        if isinstance(y, Value) or is_immediate(y, x.is_int):
            return y
        return self._row(y, i32 if x.is_int else f32)

    def _row(self, number: float, element: Attribute) -> Value:
        """A number as a row for all points."""
        steps = (0,) * len(self.domain)
        return Value(self.constant(number, element).with_steps(steps), frozenset())

    def _spread(self, x: Value, axes: frozenset[int]) -> Value:
        """x repeated along more axes."""
        d = self._temporary(x.axes | axes, x)
        self.emit.unary("copy", x.view, d.view, self._over(d.axes))
        return replace(d, view=d.view._replace(lane=x.lane))

    def _same_type(self, x: Value, y: Operand) -> tuple[Value, Operand]:
        """Operands in the scratchpad have one type, and both have one kind."""
        if not isinstance(y, Value):
            return x, y
        if x.is_int != y.is_int:
            if x.is_int:
                return self._as_float(x), y
            return x, self._as_float(y)
        in_spm = [v for v in (x, y) if v.view.memory is Memory.SPM]
        if len(in_spm) < 2 or x.view.element == y.view.element:
            return x, y
        wide = i32 if x.is_int else f32  # and the other is narrow
        return (x, self._widened(y)) if x.view.element == wide else (self._widened(x), y)

    def _as_float(self, x: Operand, into: Value | None = None) -> Value:
        """An integer as f32."""
        assert isinstance(x, Value), "numbers are simplified"
        return self._widened(x, f32, into)

    def _widened(
        self, x: Value, element: Attribute | None = None, into: Value | None = None
    ) -> Value:
        """A copy in a type, by default in that of the unit, and in the accumulators if it fits."""
        d = into or self._temporary(x.axes, x, element)
        self.emit.unary("copy", x.view, d.view, self._over(d.axes | x.axes))
        return replace(d, view=d.view._replace(lane=x.lane))

    def _copy(self, x: Operand, d: Value) -> None:
        if not isinstance(x, Value):
            x = self._row(x, i32 if d.is_int else f32)
        self.emit.unary("copy", x.view, d.view, self.domain)

    # --- where results go -------------------------------------------------------------------------

    def _over(self, axes: frozenset[int]) -> Domain:
        """The domain along some axes only."""
        return tuple(n if a in axes else 1 for a, n in enumerate(self.domain))

    def _target(
        self, x: Value, sources: Sequence[tuple[Expr, Operand]], axes: frozenset[int] | None = None
    ) -> Value:
        """In place of an operand that nobody reads again, else a new temporary."""
        axes = x.axes if axes is None else axes
        for expr, value in sources:
            last = self._uses.get(expr, 0) <= 1
            if last and isinstance(value, Value) and value.is_wide and value.axes == axes:
                return value
        return self._temporary(axes, x)

    def _temporary(
        self, axes: frozenset[int], like: Value, element: Attribute | None = None
    ) -> Value:
        """A new tile over some axes, of 32-bit numbers unless the type is said."""
        element = element or (i32 if like.is_int else f32)
        view = temporary(self.emit, self._over(axes), element)
        steps = tuple(s if a in axes else 0 for a, s in enumerate(view.steps))
        return Value(view.with_steps(steps), axes, owned=True)


def temporary(
    emit: Emitter, domain: Domain, element: Attribute, outside: Attribute | None = None
) -> View:
    """A tile of 32-bit numbers: in the accumulators, unless it would take too much of them.

    Then it is in the scratchpad, as numbers of the type `outside`, if there is one. Tiles of other
    numbers are in the scratchpad.
    """
    small = element in (f32, i32) and prod(domain) * 4 <= emit.machine.acc.rows
    if small or outside is None:
        outside = element
    tile = emit.alloc(Memory.ACC if small else Memory.SPM, domain, outside)
    return dense(tile, domain)


def is_immediate(number: float, is_int: bool) -> bool:
    """Whether the 16 bits of an instruction hold it."""
    if is_int:
        return number == int(number) and -SPAN <= number < SPAN
    try:
        bits = struct.unpack("<I", struct.pack("<f", number))[0]
    except OverflowError:
        return False
    exact = struct.unpack("<f", struct.pack("<I", bits))[0]
    return bits & 0xFFFF == 0 and (exact == number or number != number or abs(number) < 1e-30)
