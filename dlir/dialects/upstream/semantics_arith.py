"""Semantics of `arith` on scalars, vectors and tensors alike.

Integers wrap at their width; a signless integer is read as signed or unsigned by the op's name.
What MLIR calls poison (a shift by the width or more, a float outside the integer's range, an
overflow that `overflow<nsw>` excludes) and a division by zero raise ValueError. Floats round once,
to nearest even; NaN, infinities and the sign of zero follow IEEE 754.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, DenseResourceAttr
from xdsl.ir import Operation

from dlir.dialects.upstream.rounding import from_integer, narrow
from dlir.dialects.vectorized import RemfOp
from dlir.interpreter import Interpreter, Semantics
from dlir.numpy_types import Value, array_of, choose, dtype_of, scalar_of

Binary = Callable[[Value, Value], Value]


# Constants


def constant(interp: Interpreter, op: arith.ConstantOp) -> Value:
    """The attribute as a value, made once per op."""
    value = interp.constants.get(id(op))
    if value is None:
        attribute = op.value
        if isinstance(attribute, DenseResourceAttr):
            raise ValueError("a dense_resource has no data here; use dense<> or an external weight")
        is_dense = isinstance(attribute, DenseIntOrFPElementsAttr)
        value = array_of(attribute) if is_dense else scalar_of(attribute)
        interp.constants[id(op)] = value
    return value


# Integers


def bit_and(a: Value, b: Value) -> Value:
    """numpy's bitwise operators are right on every width, i1 among them."""
    return a & b


def bit_or(a: Value, b: Value) -> Value:
    """See `bit_and`."""
    return a | b


def bit_xor(a: Value, b: Value) -> Value:
    """See `bit_and`."""
    return a ^ b


def signed(value: Value) -> Value:
    """A value to compute with; the i1 `true` is -1 when read as signed."""
    return -value.view(np.int8) if value.dtype.kind == "b" else value


def unsigned(value: Value) -> Value:
    """The same bits read as an unsigned integer; the i1 `true` is 1."""
    return value.view(np.uint8 if value.dtype.kind == "b" else f"u{value.dtype.itemsize}")


def _back(value: Value, dtype: np.dtype[Any]) -> Value:
    """Keep the low bits that fit into `dtype`."""
    return (value & 1).astype(bool) if dtype.kind == "b" else value.astype(dtype)


def integer(compute: Binary, read: Callable[[Value], Value] = signed) -> Semantics:
    """An op on two integers of one type, with the result of that type."""

    def run(interp: Interpreter, op: Operation, a: Value, b: Value) -> Value:
        return _back(compute(read(a), read(b)), a.dtype)

    return run


def wrapping(compute: Binary) -> Semantics:
    """An op that wraps around, unless its `overflow` flags forbid it."""
    plain = integer(compute)

    def run(interp: Interpreter, op: Any, a: Value, b: Value) -> Value:
        for flag in op.overflow_flags.data:
            _refuse_overflow(flag.value, compute, a, b)
        return plain(interp, op, a, b)

    return run


def _refuse_overflow(flag: str, compute: Binary, a: Value, b: Value) -> None:
    width = 1 if a.dtype.kind == "b" else 8 * a.dtype.itemsize
    read = signed if flag == "nsw" else unsigned
    low, high = (
        (-(1 << width - 1), (1 << width - 1) - 1) if flag == "nsw" else (0, (1 << width) - 1)
    )
    exact = compute(np.asarray(read(a)).astype(object), np.asarray(read(b)).astype(object))
    if np.any((exact < low) | (exact > high)):
        raise ValueError(f"overflows although overflow<{flag}> says it does not")


def _nonzero(divisor: Value) -> None:
    if np.any(divisor == 0):
        raise ValueError("division by zero")


def _divide(a: Value, b: Value) -> Value:
    """Rounds toward zero; the one quotient that does not fit is refused."""
    _nonzero(b)
    if a.dtype.kind == "i" and np.any((a == np.iinfo(a.dtype).min) & (b == -1)):
        raise ValueError("quotient overflows: the smallest integer divided by -1")
    down = a // b
    return down + ((down * b != a) & ((a < 0) != (b < 0)))


def _divide_down(a: Value, b: Value) -> Value:
    _divide(a, b)  # for its refusals
    return a // b


def _divide_up(a: Value, b: Value) -> Value:
    _divide(a, b)
    down = a // b
    return down + (down * b != a)


def _remainder(a: Value, b: Value) -> Value:
    """The sign of the dividend, as in C."""
    _nonzero(b)
    return np.fmod(a, b)


def shift(compute: Binary, read: Callable[[Value], Value]) -> Semantics:
    """A shift; the amount is unsigned and less than the width."""

    def run(interp: Interpreter, op: Any, a: Value, amount: Value) -> Value:
        width = 1 if a.dtype.kind == "b" else 8 * a.dtype.itemsize
        if np.any(unsigned(amount) >= width):
            raise ValueError(f"shift amount must be less than {width}, got {amount}")
        value = read(a)
        return _back(compute(value, amount.astype(value.dtype)), a.dtype)

    return run


def extended(compute: Binary, read: Callable[[Value], Value], flag: bool) -> Semantics:
    """Two results: the low half, and the carry (`flag`) or the high half."""

    def run(interp: Interpreter, op: Operation, a: Value, b: Value) -> tuple[Value, Value]:
        width = 1 if a.dtype.kind == "b" else 8 * a.dtype.itemsize
        exact = compute(np.asarray(read(a)).astype(object), np.asarray(read(b)).astype(object))
        low, high = exact & ((1 << width) - 1), (exact >> width) & ((1 << width) - 1)
        dtype = np.dtype(np.bool_) if flag else a.dtype
        return _from_bits(low, a.dtype), _from_bits(high, dtype)

    return run


def _from_bits(bits: Value, dtype: np.dtype[Any]) -> Value:
    """Python integers below 2^width as values of `dtype`."""
    return np.asarray(bits).astype(np.uint64).astype(dtype)[()]


_CMPI: tuple[tuple[Binary, Callable[[Value], Value]], ...] = (
    (operator.eq, signed),
    (operator.ne, signed),
    (operator.lt, signed),
    (operator.le, signed),
    (operator.gt, signed),
    (operator.ge, signed),
    (operator.lt, unsigned),
    (operator.le, unsigned),
    (operator.gt, unsigned),
    (operator.ge, unsigned),
)


def cmpi(interp: Interpreter, op: arith.CmpiOp, a: Value, b: Value) -> Value:
    """Compare as signed or unsigned, as the predicate says."""
    compare, read = _CMPI[op.predicate.value.data]
    return compare(read(a), read(b))


# Floats


def floating(compute: Callable[..., Value]) -> Semantics:
    """A float op that numpy computes in the operands' own type."""

    def run(interp: Interpreter, op: Operation, *operands: Value) -> Value:
        return compute(*operands)

    return run


def _larger(pick: Binary) -> Binary:
    """`pick` on numbers; of two zeros the positive one."""
    return lambda a, b: choose((a == 0) & (b == 0), a + b, pick(a, b))


def _smaller(pick: Binary) -> Binary:
    """`pick` on numbers; of two zeros the negative one."""
    return lambda a, b: choose((a == 0) & (b == 0), -(-a - b), pick(a, b))


maximum, minimum = _larger(np.maximum), _smaller(np.minimum)  # NaN if any operand is
maxnum, minnum = _larger(np.fmax), _smaller(np.fmin)  # NaN only if both operands are

_COMPARE = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "ne": operator.ne,
}


def _unordered(a: Value, b: Value) -> Value:
    return (a != a) | (b != b)


def cmpf(interp: Interpreter, op: arith.CmpfOp, a: Value, b: Value) -> Value:
    """`o..` is false and `u..` true when an operand is NaN."""
    name = arith.CMPF_COMPARISON_OPERATIONS[op.predicate.value.data]
    unordered = _unordered(a, b)
    if name in ("ord", "uno"):
        return unordered == (name == "uno")
    if name in ("true", "false"):
        return (unordered | True) == (name == "true")
    holds = _COMPARE[name[1:]](a, b)
    return holds & ~unordered if name[0] == "o" else holds | unordered


# Both


def select(interp: Interpreter, op: arith.SelectOp, condition: Value, a: Value, b: Value) -> Value:
    """One condition for the whole value, or one per element."""
    return choose(condition, a, b) if condition.shape else (a if condition else b)


# Conversions: each reads its operand in one way and gives the result's type


def convert(read: Callable[[Value], Value]) -> Semantics:
    """Read, then convert as numpy does between numbers (integers keep their low bits)."""

    def run(interp: Interpreter, op: Operation, value: Value) -> Value:
        dtype = dtype_of(op.results[0].type)
        value = read(value)
        if dtype.kind == "b":
            return _back(value, dtype)
        if dtype.kind in "iu":
            return value.astype(dtype)
        is_integer = value.dtype.kind in "iu"
        return from_integer(value, dtype) if is_integer else narrow(value, dtype)

    return run


def float_to_integer(is_signed: bool) -> Semantics:
    """Truncates toward zero; NaN and values outside the range are refused."""

    def run(interp: Interpreter, op: Operation, value: Value) -> Value:
        dtype = dtype_of(op.results[0].type)
        width = 1 if dtype.kind == "b" else 8 * dtype.itemsize
        low, high = (-(2.0 ** (width - 1)), 2.0 ** (width - 1)) if is_signed else (0.0, 2.0**width)
        whole = np.trunc(value.astype(np.float64))
        if not np.all((whole >= low) & (whole < high)):
            raise ValueError(f"value does not fit into {op.results[0].type}: {value}")
        if width == 1:
            return whole != 0
        return whole.astype(dtype if is_signed else f"u{dtype.itemsize}").view(dtype)

    return run


def bitcast(interp: Interpreter, op: arith.BitcastOp, value: Value) -> Value:
    """The same bits as another type of the same width."""
    return np.ascontiguousarray(value).reshape(value.shape).view(dtype_of(op.result.type))[()]


SEMANTICS: dict[type[Any], Any] = {
    arith.ConstantOp: constant,
    arith.AddiOp: wrapping(operator.add),
    arith.SubiOp: wrapping(operator.sub),
    arith.MuliOp: wrapping(operator.mul),
    arith.AddUIExtendedOp: extended(operator.add, unsigned, flag=True),
    arith.MulUIExtendedOp: extended(operator.mul, unsigned, flag=False),
    arith.MulSIExtendedOp: extended(operator.mul, signed, flag=False),
    arith.DivUIOp: integer(_divide, unsigned),
    arith.DivSIOp: integer(_divide),
    arith.FloorDivSIOp: integer(_divide_down),
    arith.CeilDivSIOp: integer(_divide_up),
    arith.CeilDivUIOp: integer(_divide_up, unsigned),
    arith.RemUIOp: integer(_remainder, unsigned),
    arith.RemSIOp: integer(_remainder),
    arith.MinUIOp: integer(np.minimum, unsigned),
    arith.MaxUIOp: integer(np.maximum, unsigned),
    arith.MinSIOp: integer(np.minimum),
    arith.MaxSIOp: integer(np.maximum),
    arith.AndIOp: floating(bit_and),
    arith.OrIOp: floating(bit_or),
    arith.XOrIOp: floating(bit_xor),
    arith.ShLIOp: shift(np.left_shift, signed),
    arith.ShRUIOp: shift(np.right_shift, unsigned),
    arith.ShRSIOp: shift(np.right_shift, signed),
    arith.CmpiOp: cmpi,
    arith.CmpfOp: cmpf,
    arith.SelectOp: select,
    arith.AddfOp: floating(operator.add),
    arith.SubfOp: floating(operator.sub),
    arith.MulfOp: floating(operator.mul),
    arith.DivfOp: floating(np.divide),
    RemfOp: floating(np.fmod),
    arith.NegfOp: floating(operator.neg),
    arith.MaximumfOp: floating(maximum),
    arith.MaxnumfOp: floating(maxnum),
    arith.MinimumfOp: floating(minimum),
    arith.MinnumfOp: floating(minnum),
    arith.BitcastOp: bitcast,
    arith.IndexCastOp: convert(signed),
    arith.FPToSIOp: float_to_integer(is_signed=True),
    arith.FPToUIOp: float_to_integer(is_signed=False),
    arith.SIToFPOp: convert(signed),
    arith.UIToFPOp: convert(unsigned),
    arith.ExtFOp: convert(lambda value: value),
    arith.TruncFOp: convert(lambda value: value),
    arith.TruncIOp: convert(unsigned),
    arith.ExtSIOp: convert(signed),
    arith.ExtUIOp: convert(unsigned),
}
