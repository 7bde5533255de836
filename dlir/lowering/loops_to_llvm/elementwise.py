"""`arith` and `math`: each row of the operands gives one row of the result.

`ROW` maps an operation class to a function `(lowering, op, *operand rows) -> result row`; `convert`
applies it row by row.  Scalars are rows too.  Functions of floats do not know bf16, which is
computed in f32; the few of `KNOW_BF16` do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isnan
from typing import Any, cast

from xdsl.dialects import arith, llvm, math
from xdsl.dialects.builtin import (
    BoolAttr,
    DenseIntOrFPElementsAttr,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    bf16,
    f16,
    f64,
    i32,
)
from xdsl.ir import Attribute, Operation, OpResult, SSAValue
from xdsl.irdl import IRDLOperation

from dlir.dialects.llvm import intrinsics
from dlir.dialects.llvm import ops as ours
from dlir.dialects.shared import integer_attr
from dlir.dialects.vectorized import (
    RemfOp,
    as_vector,
    bit_width,
    dense,
    element_of,
    with_element_type,
)
from dlir.lowering.loops_to_llvm.rounding import (
    WRAP,
    bools,
    by_f32,
    fcmp,
    from_bf16,
    from_integer,
    rounded,
    select,
)
from dlir.lowering.loops_to_llvm.state import (
    Lowering,
    Rows,
    fast_math,
    row_type,
    scalar_type,
    shape_of,
    unsupported,
)
from dlir.number_formats import bf16_bits

RowFunction = Callable[..., SSAValue]


def convert(low: Lowering, op: Operation) -> None:
    """Lower an elementwise operation; equal rows (of a broadcast) are computed once."""
    function = ROW[type(op)]
    if type(op) not in KNOW_BF16 and _has_bf16(op):
        function = _in_f32(function)
    count = max(len(low.rows(operand)) for operand in op.operands)
    columns = [
        rows if len(rows) == count else rows * count
        for rows in (low.rows(operand) for operand in op.operands)
    ]
    done: dict[Rows, SSAValue] = {}
    result: list[SSAValue] = []
    for row in zip(*columns, strict=True):
        if row not in done:
            done[row] = function(low, op, *row)
        result.append(done[row])
    low.bind(op.results[0], tuple(result))


def _has_bf16(op: Operation) -> bool:
    return any(element_of(value.type) == bf16 for value in (*op.operands, *op.results))


def _in_f32(function: RowFunction) -> RowFunction:
    """The same on f32 in the place of bf16, rounded where that is the result."""

    def row(low: Lowering, op: Operation, *operands: SSAValue) -> SSAValue:
        if element_of(op.results[0].type) == bf16:
            exact = type(op) in EXACT
            return by_f32(low, partial(function, low, op), *operands, exact=exact)
        return function(low, op, *(from_bf16(low, value) for value in operands))

    return row


def convert_constant(low: Lowering, op: Operation) -> None:
    """Lower `arith.constant`: one `llvm.mlir.constant` per different row."""
    assert isinstance(op, arith.ConstantOp)
    value, type_ = op.value, op.result.type
    if as_vector(type_) is None:
        low.bind(op.result, (_scalar_constant(low, value),))
        return
    value = cast("DenseIntOrFPElementsAttr[Any]", value)
    row = row_type(type_)
    shape = shape_of(type_)
    length = shape[-1] if shape else 1
    numbers = cast("Sequence[float]", value.get_values())
    if element_of(type_) == bf16:
        numbers = [bf16_bits(number) for number in numbers]
    if value.is_splat():
        rows = [low.splat_constant(numbers[0], row)] * max(1, len(numbers) // length)
    else:
        rows = [
            _row_constant(low, numbers[i : i + length], row) for i in range(0, len(numbers), length)
        ]
    low.bind(op.result, tuple(rows))


def _scalar_constant(low: Lowering, value: Attribute) -> SSAValue:
    if isinstance(value, IntegerAttr):
        number = cast("IntegerAttr[Any]", value)
        type_ = scalar_type(number.type)
        return low.integer(number.value.data, cast(IntegerType, type_))
    number = cast("FloatAttr[Any]", value)
    if number.type == bf16:
        return low.splat_constant(bf16_bits(number.value.data), scalar_type(bf16))
    return low.constant(number, number.type)


def _row_constant(low: Lowering, numbers: Any, row: Attribute) -> SSAValue:
    if as_vector(row) is None:
        return low.splat_constant(numbers[0], row)
    return low.constant(dense(row, list(numbers)), row)


def _float(new: type[IRDLOperation]) -> RowFunction:
    """The same operation with the fast-math flags carried over."""

    def row(low: Lowering, op: Operation, *operands: SSAValue) -> SSAValue:
        return low.emit(new, operands, operands[0].type, {"fastmathFlags": fast_math(op)})

    return row


def _integer(new: type[IRDLOperation]) -> RowFunction:
    """The same operation on integers."""

    def row(low: Lowering, op: Operation, *operands: SSAValue) -> SSAValue:
        return low.emit(new, operands, operands[0].type)

    return row


_OVERFLOW = {"nsw": 1, "nuw": 2}


def _wrapping(new: type[IRDLOperation]) -> RowFunction:
    """An integer operation with overflow flags."""

    def row(low: Lowering, op: Operation, *operands: SSAValue) -> SSAValue:
        flags = cast(arith.IntegerOverflowAttr | None, op.properties.get("overflowFlags"))
        bits = sum(_OVERFLOW[flag] for flag in flags.data) if flags is not None else 0
        return low.emit(new, operands, operands[0].type, {"overflowFlags": integer_attr(bits, i32)})

    return row


def _cast(new: type[IRDLOperation]) -> RowFunction:
    """A conversion to the type of the result."""

    def row(low: Lowering, op: Operation, operand: SSAValue) -> SSAValue:
        return low.emit(new, (operand,), row_type(op.results[0].type))

    return row


def _from_integer(new: type[IRDLOperation]) -> RowFunction:
    """A conversion of integers to floats."""

    def row(low: Lowering, op: Operation, operand: SSAValue) -> SSAValue:
        return from_integer(low, new, operand, element_of(op.results[0].type))

    return row


def _compare_integers(low: Lowering, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    return low.emit(llvm.ICmpOp, (a, b), bools(a.type), {"predicate": op.properties["predicate"]})


def _compare_floats(low: Lowering, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    properties = {"predicate": op.properties["predicate"], "fastmathFlags": fast_math(op)}
    return low.emit(ours.FCmpOp, (a, b), bools(a.type), properties)


def _select(low: Lowering, op: Operation, c: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
    return select(low, c, a, b)


def _never_nan(value: SSAValue) -> bool:
    """Whether a value is a constant without NaN."""
    if not isinstance(value, OpResult) or not isinstance(value.op, llvm.ConstantOp):
        return False
    constant = value.op.value
    if isinstance(constant, DenseIntOrFPElementsAttr):
        return not any(isnan(x) for x in cast("Sequence[float]", constant.get_values()))
    return isinstance(constant, FloatAttr) and not isnan(constant.value.data)


def propagating(low: Lowering, wins: str, a: SSAValue, b: SSAValue) -> SSAValue:
    """Maximum (`wins` = ogt) or minimum (olt); NaN if either operand is.

    `b wins a ? b : a` is one instruction on x86 (`maxps b, a`) and gives `a` if either is NaN,
    which is right unless only `b` is NaN.  The sign of a zero result is unspecified.
    """
    if _never_nan(a):
        a, b = b, a
    best = select(low, fcmp(low, wins, b, a), b, a)
    return best if _never_nan(b) else select(low, fcmp(low, "uno", b, b), b, best)


def ignoring(low: Lowering, wins: str, a: SSAValue, b: SSAValue) -> SSAValue:
    """Maximum (`wins` = ogt) or minimum (olt); the other operand if one is NaN."""
    if _never_nan(a):
        a, b = b, a
    best = select(low, fcmp(low, wins, a, b), a, b)
    return best if _never_nan(b) else select(low, fcmp(low, "uno", b, b), a, best)


def _extreme(rule: Callable[..., SSAValue], wins: str) -> RowFunction:
    def row(low: Lowering, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
        return rule(low, wins, a, b)

    return row


def _index_cast(signed: bool) -> RowFunction:
    """index is i64: extend, truncate or do nothing."""

    def row(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
        result = row_type(op.results[0].type)
        change = bit_width(result) - bit_width(value.type)
        if change == 0:
            return value
        extend = llvm.SExtOp if signed else llvm.ZExtOp
        return low.emit(extend if change > 0 else llvm.TruncOp, (value,), result)

    return row


def _bitcast(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
    result = row_type(op.results[0].type)
    return value if result == value.type else low.emit(llvm.BitcastOp, (value,), result)


def _absolute(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
    return low.emit(
        intrinsics.AbsOp, (value,), value.type, {"is_int_min_poison": BoolAttr.from_bool(False)}
    )


def _rounded_division(up: bool) -> RowFunction:
    """floordivsi / ceildivsi: truncate, then correct where the remainder's sign asks for it."""

    def row(low: Lowering, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
        type_ = a.type
        quotient = low.emit(llvm.SDivOp, (a, b), type_)
        remainder = low.emit(llvm.SRemOp, (a, b), type_)
        zero = low.splat_constant(0, type_)
        inexact = low.compare(1, remainder, zero, bools(type_))
        signs = low.emit(llvm.XOrOp, (a, b), type_)
        towards = low.compare(5 if up else 2, signs, zero, bools(type_))
        correct = low.emit(llvm.AndOp, (inexact, towards), bools(type_))
        other = low.emit(
            llvm.AddOp,
            (quotient, low.splat_constant(1 if up else -1, type_)),
            type_,
            WRAP,
        )
        return select(low, correct, other, quotient)

    return row


def _truncate_float(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
    return rounded(low, value, element_of(op.results[0].type))


def _extend_float(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
    result = row_type(op.results[0].type)
    return value if value.type == result else low.emit(llvm.FPExtOp, (value,), result)


def _ceildivui(low: Lowering, op: Operation, a: SSAValue, b: SSAValue) -> SSAValue:
    """a / b, plus one unless the remainder is 0."""
    type_ = a.type
    quotient = low.emit(llvm.UDivOp, (a, b), type_)
    remainder = low.emit(llvm.URemOp, (a, b), type_)
    inexact = low.compare(1, remainder, low.splat_constant(0, type_), bools(type_))
    one_more = low.emit(llvm.ZExtOp, (inexact,), type_)
    return low.emit(llvm.AddOp, (quotient, one_more), type_, WRAP)


def _rsqrt(low: Lowering, op: Operation, value: SSAValue) -> SSAValue:
    flags = {"fastmathFlags": fast_math(op)}
    root = low.emit(llvm.FSqrtOp, (value,), value.type, flags)
    return low.emit(llvm.FDivOp, (low.splat_constant(1.0, value.type), root), value.type, flags)


def multiply_add(low: Lowering, op: Operation, a: SSAValue, b: SSAValue, c: SSAValue) -> SSAValue:
    """`llvm.intr.fma`; of f16 or bf16 in f64, which is exact wherever rounding could be a tie."""
    flags, element = {"fastmathFlags": fast_math(op)}, element_of(op.operands[0].type)
    values = [a, b, c]
    if element not in (f16, bf16):
        return low.emit(llvm.FMAOp, values, a.type, flags)
    if element == bf16:
        values = [from_bf16(low, value) for value in values]
    wide = with_element_type(a.type, f64)
    x, y, z = (low.emit(llvm.FPExtOp, (value,), wide) for value in values)
    product = low.emit(llvm.FMulOp, (x, y), wide, flags)
    return rounded(low, low.emit(llvm.FAddOp, (product, z), wide, flags), element)


ROW: dict[type[Operation], RowFunction] = {
    arith.AddfOp: _float(llvm.FAddOp),
    arith.SubfOp: _float(llvm.FSubOp),
    arith.MulfOp: _float(llvm.FMulOp),
    arith.DivfOp: _float(llvm.FDivOp),
    RemfOp: _float(llvm.FRemOp),  # a call of C's fmod per lane
    arith.NegfOp: _float(llvm.FNegOp),
    arith.MaximumfOp: _extreme(propagating, "ogt"),
    arith.MinimumfOp: _extreme(propagating, "olt"),
    arith.MaxnumfOp: _extreme(ignoring, "ogt"),
    arith.MinnumfOp: _extreme(ignoring, "olt"),
    arith.AddiOp: _wrapping(llvm.AddOp),
    arith.SubiOp: _wrapping(llvm.SubOp),
    arith.MuliOp: _wrapping(llvm.MulOp),
    arith.ShLIOp: _wrapping(llvm.ShlOp),
    arith.DivSIOp: _integer(llvm.SDivOp),
    arith.DivUIOp: _integer(llvm.UDivOp),
    arith.RemSIOp: _integer(llvm.SRemOp),
    arith.RemUIOp: _integer(llvm.URemOp),
    arith.FloorDivSIOp: _rounded_division(up=False),
    arith.CeilDivSIOp: _rounded_division(up=True),
    arith.CeilDivUIOp: _ceildivui,
    arith.ShRUIOp: _integer(llvm.LShrOp),
    arith.ShRSIOp: _integer(llvm.AShrOp),
    arith.AndIOp: _integer(llvm.AndOp),
    arith.OrIOp: _integer(llvm.OrOp),
    arith.XOrIOp: _integer(llvm.XOrOp),
    arith.MaxSIOp: _integer(intrinsics.SMaxOp),
    arith.MinSIOp: _integer(intrinsics.SMinOp),
    arith.MaxUIOp: _integer(intrinsics.UMaxOp),
    arith.MinUIOp: _integer(intrinsics.UMinOp),
    arith.CmpiOp: _compare_integers,
    arith.CmpfOp: _compare_floats,
    arith.SelectOp: _select,
    arith.BitcastOp: _bitcast,
    arith.IndexCastOp: _index_cast(signed=True),
    arith.ExtFOp: _extend_float,
    arith.TruncFOp: _truncate_float,
    arith.SIToFPOp: _from_integer(llvm.SIToFPOp),
    arith.UIToFPOp: _from_integer(ours.UIToFPOp),
    arith.FPToSIOp: _cast(ours.FPToSIOp),
    arith.FPToUIOp: _cast(ours.FPToUIOp),
    arith.ExtSIOp: _cast(llvm.SExtOp),
    arith.ExtUIOp: _cast(llvm.ZExtOp),
    arith.TruncIOp: _cast(llvm.TruncOp),
    math.SqrtOp: _float(llvm.FSqrtOp),
    math.RsqrtOp: _rsqrt,
    math.FmaOp: multiply_add,
    math.AbsFOp: _float(llvm.FAbsOp),
    math.FloorOp: _float(llvm.FFloorOp),
    math.CeilOp: _float(llvm.FCeilOp),
    math.RoundEvenOp: _float(intrinsics.RoundEvenOp),
    math.RoundOp: _float(intrinsics.RoundOp),
    math.TruncOp: _float(intrinsics.FTruncOp),
    math.CopySignOp: _float(llvm.FCopySignOp),
    math.AbsIOp: _absolute,
    math.CtPopOp: _integer(intrinsics.CtPopOp),
}
"""How one row of each elementwise operation is computed."""
KNOW_BF16 = {
    arith.SelectOp,
    arith.BitcastOp,
    arith.TruncFOp,
    arith.SIToFPOp,
    arith.UIToFPOp,
    math.FmaOp,
}
"""Operations that only move bits, or round by themselves."""
EXACT = {
    arith.NegfOp,
    arith.MaximumfOp,
    arith.MinimumfOp,
    arith.MaxnumfOp,
    arith.MinnumfOp,
    math.AbsFOp,
    math.FloorOp,
    math.CeilOp,
    math.RoundEvenOp,
    math.RoundOp,
    math.TruncOp,
    math.CopySignOp,
}
"""Operations that make of bf16 numbers that need no rounding."""


def refuse_math(low: Lowering, op: Operation) -> None:
    """A `math` function that should have become arithmetic before."""
    unsupported(op, "has no machine instruction", help="run 'vector-expand-math' before this pass")
