"""The scalar bodies of affine int8, each written once and found again.

`requantize`, `quantize` and `dequantize` add the canonical sequence of scalar ops to a body or an
epilogue; `match_requantize`, `match_quantize` and `match_dequantize` recognise it, wherever it
stands between other ops, by comparing with the sequence itself. A zero point of 0 is not added.

    y = saturate(zero_point + x * multiplier / 2^(31 + shift))       requantize: i32 i32 i32 -> i8

    %x64 = arith.extsi %x : i32 to i64
    %m64 = arith.extsi %m : i32 to i64
    %product = arith.muli %x64, %m64 : i64
    %s64 = arith.extsi %s : i32 to i64
    %bits = arith.addi %s64, 31 : i64
    %power = arith.shli 1, %bits : i64
    %half = arith.shrui %power, 1 : i64
    %negative = arith.cmpi slt, %product, 0 : i64
    %minus = arith.subi 0, %product : i64
    %size = arith.select %negative, %minus, %product : i64
    %more = arith.addi %size, %half : i64
    %quotient = arith.shrui %more, %bits : i64
    %opposite = arith.subi 0, %quotient : i64
    %rounded = arith.select %negative, %opposite, %quotient : i64
    %moved = arith.addi %rounded, zero_point : i64
    %low = arith.maxsi %moved, -128 : i64
    %high = arith.minsi %low, 127 : i64
    %y = arith.trunci %high : i64 to i8
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, TypeAlias, cast

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import FloatAttr, IntegerAttr, f32, i8, i32, i64
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue

Add: TypeAlias = Callable[[Operation], SSAValue]
"""Adds an op to the block under construction and gives its result."""


def requantize(
    add: Add, x: SSAValue, multiplier: SSAValue, shift: SSAValue, zero_point: int
) -> SSAValue:
    """`saturate(zero_point + x * multiplier / 2^(31 + shift))`, halves away from zero."""
    zero = add(_whole(0))
    one = add(_whole(1))
    product = add(arith.MuliOp(add(arith.ExtSIOp(x, i64)), add(arith.ExtSIOp(multiplier, i64))))
    bits = add(arith.AddiOp(add(arith.ExtSIOp(shift, i64)), add(_whole(31))))
    half = add(arith.ShRUIOp(add(arith.ShLIOp(one, bits)), one))
    negative = add(arith.CmpiOp(product, zero, "slt"))
    size = add(arith.SelectOp(negative, add(arith.SubiOp(zero, product)), product))
    quotient = add(arith.ShRUIOp(add(arith.AddiOp(size, half)), bits))
    rounded = add(arith.SelectOp(negative, add(arith.SubiOp(zero, quotient)), quotient))
    if zero_point:
        rounded = add(arith.AddiOp(rounded, add(_whole(zero_point))))
    low = add(arith.MaxSIOp(rounded, add(_whole(-128))))
    return add(arith.TruncIOp(add(arith.MinSIOp(low, add(_whole(127)))), i8))


def quantize(add: Add, x: SSAValue, scale: SSAValue, zero_point: int) -> SSAValue:
    """`saturate(round(x / scale) + zero_point)`, halves to even, NaN as 0; f32 to i8."""
    nearest = add(math.RoundEvenOp(add(arith.DivfOp(x, scale))))
    unordered = add(arith.CmpfOp(nearest, nearest, "uno"))
    number = add(arith.SelectOp(unordered, add(_real(0)), nearest))
    if zero_point:
        number = add(arith.AddfOp(number, add(_real(zero_point))))
    low = add(arith.MaximumfOp(number, add(_real(-128))))
    return add(arith.FPToSIOp(add(arith.MinimumfOp(low, add(_real(127)))), i8))


def dequantize(add: Add, x: SSAValue, scale: SSAValue, zero_point: int) -> SSAValue:
    """`(x - zero_point) * scale`; i8 or i32 to f32."""
    whole = x if x.type == i32 else add(arith.ExtSIOp(x, i32))
    if zero_point:
        whole = add(arith.SubiOp(whole, add(arith.ConstantOp(IntegerAttr(zero_point, i32)))))
    return add(arith.MulfOp(add(arith.SIToFPOp(whole, f32)), scale))


def _whole(value: int) -> Operation:
    return arith.ConstantOp(IntegerAttr(value, i64))


def _real(value: float) -> Operation:
    return arith.ConstantOp(FloatAttr(float(value), f32))


# Recognition


class Requantize(NamedTuple):
    """The pieces of a requantisation: three i32 values and the zero point."""

    x: SSAValue
    multiplier: SSAValue
    shift: SSAValue
    zero_point: int


class Quantize(NamedTuple):
    """The pieces of a quantisation: two f32 values and the zero point."""

    x: SSAValue
    scale: SSAValue
    zero_point: int


class Dequantize(NamedTuple):
    """The pieces of a dequantisation: an i8 or i32, an f32 and the zero point."""

    x: SSAValue
    scale: SSAValue
    zero_point: int


def match_requantize(value: SSAValue) -> Requantize | None:
    """The pieces, if this i8 value of a body or an epilogue is a requantisation."""
    found = _match(value, requantize, (i32, i32, i32))
    return None if found is None else Requantize(*found[0], zero_point=found[1])


def match_quantize(value: SSAValue) -> Quantize | None:
    """The pieces, if this i8 value of a body or an epilogue is a quantisation."""
    found = _match(value, quantize, (f32, f32))
    return None if found is None else Quantize(*found[0], zero_point=found[1])


def match_dequantize(value: SSAValue) -> Dequantize | None:
    """The pieces, if this f32 value of a body or an epilogue is a dequantisation."""
    found = _match(value, dequantize, (i8, f32)) or _match(value, dequantize, (i32, f32))
    return None if found is None else Dequantize(*found[0], zero_point=found[1])


Sequence: TypeAlias = Callable[..., SSAValue]

_ANY = 99
"""The zero point of the sequences that are compared with; any other constant may be there."""


def _match(
    value: SSAValue, sequence: Sequence, types: tuple[Attribute, ...]
) -> tuple[list[SSAValue], int] | None:
    """(what stands for the arguments of the sequence, the zero point)."""
    for zero_point in (0, _ANY):
        block, result = _example(sequence, types, zero_point)
        comparison = _Comparison()
        if comparison.same(result, value):
            return [comparison.values[argument] for argument in block.args], comparison.zero_point
    return None


@cache
def _example(
    sequence: Sequence, types: tuple[Attribute, ...], zero_point: int
) -> tuple[Block, SSAValue]:
    """The sequence in a block of its own, and its result."""
    block = Block(arg_types=types)

    def add(op: Operation) -> SSAValue:
        block.add_op(op)
        return op.results[0]

    return block, sequence(add, *block.args, zero_point)


class _Comparison:
    """An example against a value: the same ops on the same constants, whatever the arguments."""

    def __init__(self) -> None:
        self.values: dict[SSAValue, SSAValue] = {}
        self.zero_point = 0

    def same(self, example: SSAValue, value: SSAValue) -> bool:
        if example in self.values:
            return self.values[example] is value
        if example.type != value.type:
            return False
        self.values[example] = value
        if isinstance(example, BlockArgument):
            return True
        a, b = cast(OpResult, example).op, value.owner
        if not isinstance(b, Operation) or type(a) is not type(b):
            return False
        if isinstance(a, arith.ConstantOp):
            return self._same_constant(_number(a), _number(b))
        pairs = zip(a.operands, b.operands, strict=True)
        return a.properties == b.properties and all(self.same(x, y) for x, y in pairs)

    def _same_constant(self, example: float, number: float | None) -> bool:
        if example != _ANY or number is None or not float(number).is_integer():
            return number == example
        self.zero_point = int(number)
        return True


def _number(op: Operation) -> Any:
    """The number of a scalar constant."""
    attribute = cast(arith.ConstantOp, op).value
    if isinstance(attribute, IntegerAttr | FloatAttr):
        return cast(Any, attribute).value.data
    return None
