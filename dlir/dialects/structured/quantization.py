"""The scalar bodies of quantised numbers, each written once and found again.

`requantize`, `quantize` and `dequantize` add the canonical sequence of scalar ops to a body or an
epilogue; `match_requantize`, `match_quantize` and `match_dequantize` recognise it, wherever it
stands between other ops, by comparing with the sequence itself. A zero point is a number that is
written into the sequence, where it is known, else a scalar of the quantised type; 0 is not added.
Signs are those of the `dl` types: an unsigned zero point is extended by `arith.extui`, and to `ui8`
the limits are 0 and 255.

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

from dlir.types import Integer, held_type, is_unsigned, limits_of, unsigned

Add: TypeAlias = Callable[[Operation], SSAValue]
"""Adds an op to the block under construction and gives its result."""
ZeroPoint: TypeAlias = int | SSAValue


def requantize(
    add: Add, x: SSAValue, multiplier: SSAValue, shift: SSAValue, zero_point: ZeroPoint,
    element: Integer = i8,
) -> SSAValue:  # fmt: skip
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
    if zero_point != 0:
        rounded = add(arith.AddiOp(rounded, _zero(add, zero_point, i64)))
    least, greatest = limits_of(element)
    low = add(arith.MaxSIOp(rounded, add(_whole(least))))
    return add(arith.TruncIOp(add(arith.MinSIOp(low, add(_whole(greatest)))), element))


NARROW_SHIFT = 2
"""The least shift of `requantize_in_32_bits`."""


def requantize_in_32_bits(
    add: Add, x: SSAValue, multiplier: SSAValue, shift: SSAValue, zero_point: ZeroPoint,
    limits: tuple[int, int], *, positive: bool = False,
) -> SSAValue:  # fmt: skip
    """What `requantize` computes, for shifts from 2 on: of products only the high half counts.

    A zero point that is no number is an i32. `positive` says that the multiplier is not negative.

    With `p = |x * multiplier| <= 2^62` and `shift >= 2` the half that is added, `2^(30 + shift)`,
    and the divisor, `2^(31 + shift)`, are multiples of 2^32, so the quotient is

        floor((p + 2^(30 + shift)) / 2^(31 + shift))
          = floor((floor(p / 2^32) + 2^(shift - 2)) / 2^(shift - 1))

    whose numbers are below 2^31. Machines have products of 32 bits whose high halves come at once.
    """

    def whole(value: int) -> SSAValue:
        return add(arith.ConstantOp(IntegerAttr(value, i32)))

    factor = multiplier if positive else add(math.AbsIOp(multiplier))
    a, b = (add(arith.ExtUIOp(size, i64)) for size in (add(math.AbsIOp(x)), factor))
    product = add(arith.ShRUIOp(add(arith.MuliOp(a, b)), add(_whole(32))))
    high = add(arith.TruncIOp(product, i32))
    half = add(arith.ShLIOp(whole(1), add(arith.SubiOp(shift, whole(2)))))
    bits = add(arith.SubiOp(shift, whole(1)))
    quotient = add(arith.ShRUIOp(add(arith.AddiOp(high, half)), bits))
    zero = whole(0)
    signs = x if positive else add(arith.XOrIOp(x, multiplier))
    negative = add(arith.CmpiOp(signs, zero, "slt"))
    rounded = add(arith.SelectOp(negative, add(arith.SubiOp(zero, quotient)), quotient))
    if zero_point != 0:
        rounded = add(arith.AddiOp(rounded, _zero(add, zero_point, i32)))
    least, greatest = map(whole, limits)
    low = add(arith.MaxSIOp(rounded, least))
    return add(arith.TruncIOp(add(arith.MinSIOp(low, greatest)), i8))


def quantize(
    add: Add, x: SSAValue, scale: SSAValue, zero_point: ZeroPoint, element: Integer = i8
) -> SSAValue:
    """`saturate(round(x / scale) + zero_point)`, halves to even, NaN as 0; from f32."""
    nearest = add(math.RoundEvenOp(add(arith.DivfOp(x, scale))))
    unordered = add(arith.CmpfOp(nearest, nearest, "uno"))
    number = add(arith.SelectOp(unordered, add(_real(0)), nearest))
    if isinstance(zero_point, SSAValue):
        moved = add(arith.SIToFPOp(_zero(add, zero_point, i32), f32))
        number = add(arith.AddfOp(number, moved))
    elif zero_point:
        number = add(arith.AddfOp(number, add(_real(zero_point))))
    least, greatest = limits_of(element)
    low = add(arith.MaximumfOp(number, add(_real(least))))
    high = add(arith.MinimumfOp(low, add(_real(greatest))))
    kind = arith.FPToUIOp if is_unsigned(element) else arith.FPToSIOp
    return add(kind(high, element))


def dequantize(add: Add, x: SSAValue, scale: SSAValue, zero_point: ZeroPoint) -> SSAValue:
    """`(x - zero_point) * scale`; from an integer to f32."""
    whole = _wide(add, x, i32)
    if zero_point != 0:
        whole = add(arith.SubiOp(whole, _zero(add, zero_point, i32)))
    return add(arith.MulfOp(add(arith.SIToFPOp(whole, f32)), scale))


def _zero(add: Add, zero_point: ZeroPoint, type: Integer) -> SSAValue:
    if isinstance(zero_point, SSAValue):
        return _wide(add, zero_point, type)
    return add(arith.ConstantOp(IntegerAttr(zero_point, type)))


def _wide(add: Add, x: SSAValue, type: Integer) -> SSAValue:
    """An integer extended as its own type says."""
    if x.type == type:
        return x
    return add((arith.ExtUIOp if is_unsigned(x.type) else arith.ExtSIOp)(x, type))


def _whole(value: int) -> Operation:
    return arith.ConstantOp(IntegerAttr(value, i64))


def _real(value: float) -> Operation:
    return arith.ConstantOp(FloatAttr(float(value), f32))


# Recognition


class Requantize(NamedTuple):
    """The pieces of a requantisation: three i32 values, the zero point, and i8 or ui8."""

    x: SSAValue
    multiplier: SSAValue
    shift: SSAValue
    zero_point: ZeroPoint
    element: Integer


class Quantize(NamedTuple):
    """The pieces of a quantisation: two f32 values, the zero point, and i8 or ui8."""

    x: SSAValue
    scale: SSAValue
    zero_point: ZeroPoint
    element: Integer


class Dequantize(NamedTuple):
    """The pieces of a dequantisation: an integer, an f32, the zero point, and i8, ui8 or i32."""

    x: SSAValue
    scale: SSAValue
    zero_point: ZeroPoint
    element: Integer


ui8 = unsigned(8)


def match_requantize(value: SSAValue) -> Requantize | None:
    """The pieces, if this 8-bit value of a body or an epilogue is a requantisation."""
    for element in (i8, ui8):
        if (found := _match(value, requantize, (i32, i32, i32), element, (element,))) is not None:
            return Requantize(*found, element=element)
    return None


def match_quantize(value: SSAValue) -> Quantize | None:
    """The pieces, if this 8-bit value of a body or an epilogue is a quantisation."""
    for element in (i8, ui8):
        if (found := _match(value, quantize, (f32, f32), element, (element,))) is not None:
            return Quantize(*found, element=element)
    return None


def match_dequantize(value: SSAValue) -> Dequantize | None:
    """The pieces, if this f32 value of a body or an epilogue is a dequantisation."""
    for element in (i8, ui8, i32):
        if (found := _match(value, dequantize, (element, f32), element)) is not None:
            return Dequantize(*found, element=element)
    return None


Sequence: TypeAlias = Callable[..., SSAValue]

_ANY = 99
"""The zero point of the sequences that are compared with; any other constant may be there."""


def _match(
    value: SSAValue, sequence: Sequence, types: tuple[Attribute, ...],
    element: Integer, options: tuple[Attribute, ...] = (),
) -> list[Any] | None:  # fmt: skip
    """What stands for the arguments of the sequence, and the zero point."""
    for zero_point in (0, _ANY, None):
        block, result = _example(sequence, types, zero_point, element, options)
        comparison = _Comparison()
        if comparison.same(result, value):
            found = [comparison.values[argument] for argument in block.args]
            return found if zero_point is None else [*found, comparison.zero_point]
    return None


@cache
def _example(
    sequence: Sequence, types: tuple[Attribute, ...], zero_point: int | None,
    element: Integer, options: tuple[Attribute, ...],
) -> tuple[Block, SSAValue]:  # fmt: skip
    """The sequence in a block of its own, and its result; a zero point that is no number is the
    last argument."""
    arguments = types if zero_point is not None else (*types, element)
    block = Block(arg_types=arguments)

    def add(op: Operation) -> SSAValue:
        block.add_op(op)
        return op.results[0]

    last = () if zero_point is None else (zero_point,)
    return block, sequence(add, *block.args, *last, *options)


class _Comparison:
    """An example against a value: the same ops on the same constants, whatever the arguments.

    The example has the types of `dl`, the value those that hold them.
    """

    def __init__(self) -> None:
        self.values: dict[SSAValue, SSAValue] = {}
        self.zero_point = 0

    def same(self, example: SSAValue, value: SSAValue) -> bool:
        if example in self.values:
            return self.values[example] is value
        if held_type(example.type) != value.type:
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
