"""Floats rounded to narrower types, once and to nearest even, whatever the machine has.

A bf16 is the upper half of an f32, and to LLVM an integer of 16 bits; it is computed with as f32.
"""

from __future__ import annotations

from collections.abc import Callable

from xdsl.dialects import arith, llvm
from xdsl.dialects.builtin import IntegerAttr, bf16, f16, f32, f64, i1, i16, i32, i64
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import IRDLOperation

from dlir.dialects.llvm import ops as ours
from dlir.dialects.shared import integer_attr
from dlir.dialects.vectorized import bit_width, element_of, with_element_type
from dlir.lowering.loops_to_llvm.state import Lowering

WRAP = {"overflowFlags": IntegerAttr(0, i32)}
_EXACT = {"fastmathFlags": llvm.FastMathAttr(None)}
_KEEP = {"overflowFlags": llvm.OverflowAttr("none")}


def bools(type_: Attribute) -> Attribute:
    """`i1`, or as many of them as the type has elements."""
    return with_element_type(type_, i1)


def fcmp(low: Lowering, predicate: str, a: SSAValue, b: SSAValue) -> SSAValue:
    """A float comparison by its mnemonic."""
    number = arith.CMPF_COMPARISON_OPERATIONS.index(predicate)
    properties = {"predicate": integer_attr(number, i64), **_EXACT}
    return low.emit(ours.FCmpOp, (a, b), bools(a.type), properties)


def select(low: Lowering, c: SSAValue, a: SSAValue, b: SSAValue) -> SSAValue:
    """`c ? a : b`."""
    return low.emit(ours.SelectOp, (c, a, b), a.type, _EXACT)


def rounded(low: Lowering, value: SSAValue, element: Attribute) -> SSAValue:
    """A float in a narrower type; `llvm.fptrunc` where that rounds once and exactly."""
    if element_of(value.type) == f64 and element in (f16, bf16):
        value = _rounded_to_odd(low, value)
    if element == bf16:
        return _rounded_to_bf16(low, value)
    return low.emit(llvm.FPTruncOp, (value,), with_element_type(value.type, element))


def from_bf16(low: Lowering, value: SSAValue) -> SSAValue:
    """A bf16 as an f32."""
    bits = with_element_type(value.type, i32)
    wide = low.emit(llvm.ZExtOp, (value,), bits)
    upper = low.emit(llvm.ShlOp, (wide, low.splat_constant(16, bits)), bits, WRAP)
    return low.emit(llvm.BitcastOp, (upper,), with_element_type(bits, f32))


def upper_half(low: Lowering, value: SSAValue) -> SSAValue:
    """An f32 that is a bf16 as one."""
    bits = with_element_type(value.type, i32)
    return _upper_half(low, low.emit(llvm.BitcastOp, (value,), bits))


def by_f32(
    low: Lowering, compute: Callable[..., SSAValue], *values: SSAValue, exact: bool = False
) -> SSAValue:
    """bf16 computed from others, rounded unless the result is one, `exact`, as it is."""
    result = compute(*(from_bf16(low, value) for value in values))
    return upper_half(low, result) if exact else _rounded_to_bf16(low, result)


def from_integer(
    low: Lowering, kind: type[IRDLOperation], value: SSAValue, element: Attribute
) -> SSAValue:
    """An integer as a float (`kind`: of signed or unsigned ones); as bf16 by way of f64.

    In f32 wide integers would be rounded a first time.
    """
    if element != bf16:
        return low.emit(kind, (value,), with_element_type(value.type, element))
    if bit_width(value.type) == 64:
        value = _sticky(low, value)
    exact = f64 if bit_width(value.type) >= 32 else f32
    return rounded(low, low.emit(kind, (value,), with_element_type(value.type, exact)), bf16)


def _sticky(low: Lowering, value: SSAValue) -> SSAValue:
    """i64 that fits into f64 and rounds alike: of large ones the last 16 bits become one bit."""
    type_ = value.type
    last, half = low.splat_constant(0xFFFF, type_), low.splat_constant(0x8000, type_)
    rest = low.emit(llvm.AndOp, (value, last), type_)
    whole = low.emit(llvm.XOrOp, (value, rest), type_)
    marked = low.emit(llvm.OrOp, (whole, half), type_)
    small = low.splat_constant(1 << 40, type_)
    shifted = low.emit(llvm.AddOp, (value, small), type_, WRAP)
    exact = low.compare(6, shifted, low.splat_constant(1 << 41, type_), bools(type_))
    exact = low.emit(
        llvm.OrOp,
        (exact, low.compare(0, rest, low.splat_constant(0, type_), bools(type_))),
        bools(type_),
    )
    return select(low, exact, value, marked)


def _rounded_to_odd(low: Lowering, value: SSAValue) -> SSAValue:
    """f64 as f32: towards zero, with the last bit set if inexact.

    That keeps enough to make the next rounding, to f16 or bf16, right: S. Boldo, G. Melquiond,
    "When double rounding is odd" (2005). There is no instruction for both at once.
    """
    single = with_element_type(value.type, f32)
    bits = with_element_type(value.type, i32)
    near = low.emit(llvm.FPTruncOp, (value,), single)
    back = low.emit(llvm.FPExtOp, (near,), value.type)
    size, back_size = (low.emit(llvm.FAbsOp, (x,), x.type, _EXACT) for x in (value, back))
    number = low.emit(llvm.BitcastOp, (near,), bits)
    away = fcmp(low, "ogt", back_size, size)
    down = low.emit(llvm.AddOp, (number, low.splat_constant(-1, bits)), bits, WRAP)
    down = select(low, away, down, number)
    odd = low.emit(llvm.OrOp, (down, low.splat_constant(1, bits)), bits)
    number = select(low, fcmp(low, "one", back, value), odd, number)
    return low.emit(llvm.BitcastOp, (number,), single)


def _rounded_to_bf16(low: Lowering, value: SSAValue) -> SSAValue:
    """f32 as bf16, which is its upper half: half a unit is added, less one if that half is even.

    The instruction of x86 makes subnormal numbers zero; this keeps them.
    """
    bits = with_element_type(value.type, i32)
    number = low.emit(llvm.BitcastOp, (value,), bits)
    shift, one = low.splat_constant(16, bits), low.splat_constant(1, bits)
    upper = low.emit(llvm.LShrOp, (number, shift), bits)
    last = low.emit(llvm.AndOp, (upper, one), bits)
    unit = low.emit(llvm.AddOp, (last, low.splat_constant(0x7FFF, bits)), bits, WRAP)
    total = low.emit(llvm.AddOp, (number, unit), bits, WRAP)
    quiet = low.emit(llvm.OrOp, (number, low.splat_constant(0x400000, bits)), bits)
    total = select(low, fcmp(low, "uno", value, value), quiet, total)
    return _upper_half(low, total)


def _upper_half(low: Lowering, bits: SSAValue) -> SSAValue:
    upper = low.emit(llvm.LShrOp, (bits, low.splat_constant(16, bits.type)), bits.type)
    return low.emit(llvm.TruncOp, (upper,), with_element_type(bits.type, i16), _KEEP)
