"""Scalar bodies as expressions over the functions of the vector unit.

A body arrives as arith and math ops. What one function of the machine computes as a whole (gelu,
sigmoid, relu, a square root as two) is recognised here, one line of algebra per rule; what none
computes is told by name, and the op stays on the host.
"""

from __future__ import annotations

import math as constants
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TypeAlias

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import bf16, f32, i8, i32
from xdsl.ir import Attribute, Block, Operation, SSAValue

from dlir.dialects.structured.ops import IndexOp, YieldOp
from dlir.dialects.structured.quantization import (
    Quantize,
    Requantize,
    match_quantize,
    match_requantize,
)
from dlir.types import is_number


class Unsupported(Exception):
    """What the machine cannot do; the message says why."""


@dataclass(frozen=True)
class Arg:
    """An argument of the block."""

    index: int


@dataclass(frozen=True)
class Const:
    """A number."""

    value: float


@dataclass(frozen=True)
class Call:
    """A function of the machine (`vs` or `vv`), or one of those that `simplified` removes."""

    fn: str
    args: tuple[Expr, ...]


Expr: TypeAlias = Arg | Const | Call

FUNCTIONS: dict[type[Operation], str] = {
    arith.AddfOp: "add", arith.AddiOp: "add", arith.SubfOp: "sub", arith.SubiOp: "sub",
    arith.MulfOp: "mul", arith.MuliOp: "mul", arith.DivfOp: "ratio",
    arith.MaximumfOp: "max", arith.MaxSIOp: "max", arith.MinimumfOp: "min", arith.MinSIOp: "min",
    math.ExpOp: "exp", math.TanhOp: "tanh", math.RsqrtOp: "rsqrt", math.SqrtOp: "sqrt",
    math.ErfOp: "erf", math.ExpM1Op: "expm1", math.AbsFOp: "abs", arith.NegfOp: "neg",
}  # fmt: skip
"""Scalar op -> function; those that the unit lacks, as `neg`, are rewritten into others."""

CASTS: tuple[type[Operation], ...] = (arith.ExtFOp, arith.TruncFOp, arith.ExtSIOp)
"""Changes of type that the vector unit makes by itself when it reads or writes."""

ORDERED_ABOVE = (2, 3)
"""The predicates `ogt` and `oge` of `arith.cmpf`."""

KEEPING = ("max", "min")
"""Functions that give one of their operands, and so never leave the range of its type."""

ROUNDED = "bf16"
"""Of a call: its operand, rounded to bf16. No function of the unit: writing to bf16 does it."""


def expression(block: Block) -> Expr:
    """What a body yields. Raises Unsupported."""
    last = block.last_op
    assert isinstance(last, YieldOp)
    known: dict[SSAValue, Expr] = {a: Arg(i) for i, a in enumerate(block.args)}
    return simplified(_expression(last.value, known))


def _expression(value: SSAValue, known: dict[SSAValue, Expr]) -> Expr:
    if value not in known:
        found = _translated(value, known)
        rounds = value.type == bf16 and not is_in_bf16(value)
        known[value] = Call(ROUNDED, (found,)) if rounds else found
    return known[value]


def is_in_bf16(value: SSAValue) -> bool:
    """Whether bf16 holds a value as it is, since it is one of the numbers that it is made of."""
    op = value.owner
    if isinstance(op, arith.ConstantOp):
        return value.type == bf16 or _is_zero(value)
    if isinstance(op, arith.ExtFOp | arith.TruncFOp):
        return op.input.type == bf16 or is_in_bf16(op.input)
    if isinstance(op, arith.SelectOp):
        return is_in_bf16(op.lhs) and is_in_bf16(op.rhs)
    if isinstance(op, Operation) and FUNCTIONS.get(type(op)) in KEEPING:
        return all(is_in_bf16(o) for o in op.operands)
    return not isinstance(op, Operation) and value.type == bf16


def _translated(value: SSAValue, known: dict[SSAValue, Expr]) -> Expr:
    op = value.owner
    assert isinstance(op, Operation), "arguments are known"
    if isinstance(op, arith.ConstantOp) and is_number(op.value):
        return Const(float(op.value.value.data))
    if isinstance(op, arith.SelectOp) and (x := _positive(op.cond)) is not None:
        return Call("ifpos", tuple(_expression(v, known) for v in (x, op.lhs, op.rhs)))
    if isinstance(op, IndexOp):
        raise Unsupported("the machine has no function for 'structured.index'")
    if (parts := match_requantize(value)) is not None:
        operands = [_expression(v, known) for v in parts[:3]]
        return Call("requant", (*operands, _zero_point(parts)))
    if (parts := match_quantize(value)) is not None:
        operands = [_expression(v, known) for v in parts[:2]]
        return Call("quant", (*operands, _zero_point(parts)))
    if isinstance(op, (*CASTS, arith.SIToFPOp)):
        _require_type(op, op.operands[0].type, (i8, i32, bf16, f32))
        _require_type(op, value.type, (i32, bf16, f32))
        x = _expression(op.operands[0], known)
        return Call("float", (x,)) if isinstance(op, arith.SIToFPOp) else x
    fn = "div" if _is_quotient_in_bf16(op) else FUNCTIONS.get(type(op))
    if fn is None:
        raise Unsupported(f"the machine has no function for '{op.name}'")
    _require_type(op, value.type, (i8, i32, bf16, f32) if fn in KEEPING else (i32, bf16, f32))
    return Call(fn, tuple(_expression(o, known) for o in op.operands))


def _is_quotient_in_bf16(op: Operation) -> bool:
    """Whether x / y is only rounded to bf16, and may be halfway between two of its numbers.

    So is the mean of a few numbers. x * (1 / y) has an error, and may be on the other side. Where y
    is of f32 the quotient is inexact, and so is what it is made of.
    """
    if not isinstance(op, arith.DivfOp):
        return False
    constant = isinstance(op.rhs.owner, arith.ConstantOp)
    readers = [use.operation for use in op.result.uses]
    narrow = all(isinstance(r, arith.TruncFOp) and r.result.type == bf16 for r in readers)
    return narrow and (constant or is_in_bf16(op.rhs))


def _zero_point(parts: Requantize | Quantize) -> Const:
    """The number that an instruction holds."""
    if parts.element != i8 or not isinstance(parts.zero_point, int):
        raise Unsupported("the machine quantises to i8, with a zero point that is known")
    return Const(float(parts.zero_point))


def _positive(condition: SSAValue) -> SSAValue | None:
    """x of `x > 0` or `x >= 0`; not a number is neither."""
    op = condition.owner
    if not isinstance(op, arith.CmpfOp) or op.predicate.value.data not in ORDERED_ABOVE:
        return None
    return op.lhs if _is_zero(op.rhs) else None


def _is_zero(value: SSAValue) -> bool:
    op = value.owner
    return isinstance(op, arith.ConstantOp) and is_number(op.value) and op.value.value.data == 0


def _require_type(op: Operation, type: Attribute, allowed: tuple[Attribute, ...]) -> None:
    """The unit computes in 32 bits: what wraps or rounds elsewhere is not its result."""
    if type not in allowed:
        raise Unsupported(f"the machine does not compute '{op.name}' in {type}")


# --- algebra --------------------------------------------------------------------------------------

_ONE, _HALF, _ZERO = Const(1.0), Const(0.5), Const(0.0)
LEAST = 2.0**-126
"""The least normal float32; its inverse is still finite."""


def simplified(expr: Expr) -> Expr:
    """The expression with functions of the machine only. Raises Unsupported."""
    if not isinstance(expr, Call):
        return expr
    for rule in BEFORE:
        if (found := rule(expr)) is not None:
            return simplified(found)
    call = Call(expr.fn, tuple(simplified(a) for a in expr.args))
    if call.fn not in AFTER:
        return call
    return AFTER[call.fn](call)


def _either_order(call: Call) -> Sequence[tuple[Expr, Expr]]:
    a, b = call.args
    return ((a, b), (b, a))


def _is_call(expr: Expr, fn: str) -> bool:
    return isinstance(expr, Call) and expr.fn == fn


def _gelu(expr: Call) -> Expr | None:
    """x * 0.5 * (1 + erf(x / sqrt 2)) is gelu(x), whichever two are multiplied first."""
    if expr.fn != "mul":
        return None
    for last, first in _either_order(expr):
        if not (isinstance(first, Call) and first.fn == "mul"):
            continue
        factors = [last, *first.args]
        if _HALF not in factors:
            continue
        factors.remove(_HALF)
        for x, one_plus in permutations(factors):
            if _is_one_plus_erf_of(one_plus, x):
                return Call("gelu", (x,))
    return None


def _is_one_plus_erf_of(expr: Expr, x: Expr) -> bool:
    """1 + erf(x * sqrt 0.5)"""
    if not (isinstance(expr, Call) and expr.fn == "add"):
        return False
    return any(one == _ONE and _is_erf_of(e, x) for one, e in _either_order(expr))


def _is_erf_of(expr: Expr, x: Expr) -> bool:
    """erf(x * sqrt 0.5)"""
    if not (isinstance(expr, Call) and expr.fn == "erf" and _is_call(expr.args[0], "mul")):
        return False
    scaled = expr.args[0]
    assert isinstance(scaled, Call)
    return any(
        a == x and isinstance(c, Const) and abs(c.value - constants.sqrt(0.5)) < 1e-6
        for a, c in _either_order(scaled)
    )


def _sigmoid(expr: Call) -> Expr | None:
    """1 / (1 + exp(-x)) is sigmoid(x)."""
    if expr.fn != "ratio" or expr.args[0] != _ONE or not _is_call(expr.args[1], "add"):
        return None
    below = expr.args[1]
    assert isinstance(below, Call)
    for one, e in _either_order(below):
        if one == _ONE and isinstance(e, Call) and e.fn == "exp":
            inner = e.args[0]
            if isinstance(inner, Call) and inner.fn == "neg":
                return Call("sigmoid", inner.args)
    return None


def _rectified(expr: Call) -> Expr | None:
    """x > 0 ? x : c * x is max(x, c * x), if 0 < c <= 1; c * (e^x - 1): see `_exponential`.

    For other c, also those of a tensor, it is max(x, 0) + c * min(x, 0), as long as c is finite.
    """
    if expr.fn != "ifpos" or expr.args[0] != expr.args[1]:
        return None
    x, _, below = expr.args
    if not _is_call(below, "mul"):
        below = Call("mul", (_ONE, below))
    assert isinstance(below, Call)
    for c, y in _either_order(below):
        known = isinstance(c, Const) and constants.isfinite(c.value)
        if known and y == Call("expm1", (x,)):
            return _exponential(x, c)
        if y == x and isinstance(c, Const) and 0 < c.value <= 1:
            return Call("max", (x, below))
        if y == x and (known or (isinstance(c, Arg) and c != x)):
            return Call("add", (Call("relu", (x,)), Call("mul", (Call("min", (x, _ZERO)), c))))
    return None


def _exponential(x: Expr, c: Expr) -> Expr:
    """x > 0 ? x : c * (e^x - 1) is max(x, 0) + c * (e^min(x, 0) - 1).

    Near 0 the difference is off by 2^-25 at most, which bf16 shows in numbers below 2^-17 only.
    """
    power = Call("exp", (Call("min", (x, _ZERO)),))
    return Call("add", (Call("relu", (x,)), Call("mul", (Call("add", (power, Const(-1.0))), c))))


BEFORE: tuple[Callable[[Call], Expr | None], ...] = (_gelu, _sigmoid, _rectified)
"""Rules that see an expression before its parts are simplified."""


def _divided(call: Call) -> Expr:
    """x / y is x * recip(y); the inverse of a number is a number."""
    x, y = call.args
    if isinstance(y, Const):
        return Call("mul", (x, _inverse(y.value)))
    inverse = Call("recip", (y,))
    return inverse if x == _ONE else Call("mul", (x, inverse))


def _quotient(call: Call) -> Expr:
    """x / y as it is, unless another function gives the same."""
    x, y = call.args
    if x == _ONE:
        return Call("recip", (y,))
    power_of_two = isinstance(y, Const) and abs(constants.frexp(y.value)[0]) == 0.5
    return _divided(call) if power_of_two else call


def _inverse(number: float) -> Const:
    """1 / c, if it is a normal float32."""
    if number == 0:
        return Const(constants.copysign(constants.inf, number))
    if constants.isfinite(number) and not LEAST <= abs(1 / number) <= 1 / LEAST:
        raise Unsupported(f"the inverse of {number} is no normal number")
    return Const(1 / number)


def _as_float(call: Call) -> Expr:
    """A number is what it is."""
    return call.args[0] if isinstance(call.args[0], Const) else call


def _maximum(call: Call) -> Expr:
    """max(x, 0) is relu(x)."""
    for x, zero in _either_order(call):
        if zero == _ZERO:
            return Call("relu", (x,))
    return call


def _lacks(name: str, known: str) -> Callable[[Call], Expr]:
    """A function that is known as a part of others only."""

    def rule(call: Call) -> Expr:
        raise Unsupported(f"the machine has no function for '{name}' outside of {known}")

    return rule


AFTER: dict[str, Callable[[Call], Expr]] = {
    "div": _quotient,
    "ratio": _divided,
    "float": _as_float,
    "max": _maximum,
    "neg": lambda c: Call("mul", (c.args[0], Const(-1.0))),
    "abs": lambda c: Call("max", (c.args[0], Call("mul", (c.args[0], Const(-1.0))))),
    # sqrt x = 1 / rsqrt x, which is right at 0 and at infinity, too
    "sqrt": lambda c: Call("recip", (Call("rsqrt", c.args),)),
    "erf": _lacks("math.erf", "a gelu"),
    "expm1": _lacks("math.expm1", "an elu"),
    "ifpos": _lacks("arith.select", "a leaky relu or an elu"),
}
"""Rules for functions whose parts are simplified."""


def unrounded(expr: Expr) -> Expr:
    """An expression that has the same value where its result is rounded to bf16 anyway.

    The larger of two rounded numbers is the larger one, rounded.
    """
    if isinstance(expr, Call) and expr.fn == ROUNDED:
        return unrounded(expr.args[0])
    if isinstance(expr, Call) and expr.fn in (*KEEPING, "relu"):
        return Call(expr.fn, tuple(unrounded(a) for a in expr.args))
    return expr


def roundings(expr: Expr) -> int:
    """How often an expression rounds to bf16 on its way to a result."""
    if not isinstance(expr, Call):
        return 0
    return (expr.fn == ROUNDED) + sum(roundings(a) for a in expr.args)


def arguments(expr: Expr) -> set[int]:
    """The block arguments that an expression reads."""
    if isinstance(expr, Arg):
        return {expr.index}
    return set[int]().union(*(arguments(a) for a in expr.args)) if isinstance(expr, Call) else set()


def substituted(expr: Expr, renamed: dict[int, Expr]) -> Expr:
    """The expression with arguments replaced."""
    if isinstance(expr, Arg):
        return renamed[expr.index]
    if isinstance(expr, Call):
        return Call(expr.fn, tuple(substituted(a, renamed) for a in expr.args))
    return expr


def only_in(expr: Expr, allowed: set[Expr], index: int) -> bool:
    """Whether an argument occurs in the allowed expressions only."""
    if expr in allowed:
        return True
    if isinstance(expr, Arg):
        return expr.index != index
    return not isinstance(expr, Call) or all(only_in(a, allowed, index) for a in expr.args)


def replaced(expr: Expr, scaled: set[Expr]) -> Expr:
    """The expression with `acc * c` as acc."""
    if expr in scaled:
        return Arg(0)
    if isinstance(expr, Call):
        return Call(expr.fn, tuple(replaced(a, scaled) for a in expr.args))
    return expr
