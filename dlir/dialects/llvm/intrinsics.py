"""Intrinsics of the `llvm` dialect that xDSL 0.74 lacks or restricts, with upstream's syntax."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from xdsl.dialects.builtin import (
    I1,
    BoolAttr,
    IntegerAttr,
    IntegerType,
    SignlessIntegerConstraint,
    UnitAttr,
    VectorType,
    i32,
)
from xdsl.dialects.llvm import (
    FastMathAttr,
    LLVMPointerType,
)
from xdsl.ir import SSAValue
from xdsl.irdl import (
    AnyAttr,
    IRDLOperation,
    ParsePropInAttrDict,
    VarConstraint,
    irdl_op_definition,
    operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from dlir.dialects.llvm.ops import FLOAT, INTEGER

_INTRINSIC_FORMAT = "`(` operands `)` attr-dict `:` functional-type(operands, results)"


class IntegerBinaryIntrinsic(IRDLOperation, ABC):
    """An integer intrinsic of two operands: `llvm.intr.smax(%a, %b) : (i32, i32) -> i32`."""

    T: ClassVar = VarConstraint("T", INTEGER)

    a = operand_def(T)
    b = operand_def(T)
    res = result_def(T)
    traits = traits_def(Pure())
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, a: SSAValue, b: SSAValue):
        super().__init__(operands=[a, b], result_types=[a.type])


@irdl_op_definition
class SMaxOp(IntegerBinaryIntrinsic):
    """The larger of two signed integers."""

    name = "llvm.intr.smax"


@irdl_op_definition
class SMinOp(IntegerBinaryIntrinsic):
    """The smaller of two signed integers."""

    name = "llvm.intr.smin"


@irdl_op_definition
class UMaxOp(IntegerBinaryIntrinsic):
    """The larger of two unsigned integers."""

    name = "llvm.intr.umax"


@irdl_op_definition
class UMinOp(IntegerBinaryIntrinsic):
    """The smaller of two unsigned integers."""

    name = "llvm.intr.umin"


@irdl_op_definition
class AbsOp(IRDLOperation):
    """Absolute value; the most negative integer stays (or is poison, if the flag says so).

    Example: `"llvm.intr.abs"(%a) <{is_int_min_poison = false}> : (i32) -> i32`
    """

    T: ClassVar = VarConstraint("T", INTEGER)

    name = "llvm.intr.abs"
    val = operand_def(T)
    is_int_min_poison = prop_def(IntegerAttr[I1])
    res = result_def(T)
    traits = traits_def(Pure())

    def __init__(self, val: SSAValue, is_int_min_poison: bool = False):
        super().__init__(
            operands=[val],
            result_types=[val.type],
            properties={"is_int_min_poison": BoolAttr.from_bool(is_int_min_poison)},
        )


class IntegerUnaryIntrinsic(IRDLOperation, ABC):
    """An integer intrinsic of one operand: `llvm.intr.ctpop(%a) : (i32) -> i32`."""

    T: ClassVar = VarConstraint("T", INTEGER)

    val = operand_def(T)
    res = result_def(T)
    traits = traits_def(Pure())
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, val: SSAValue):
        super().__init__(operands=[val], result_types=[val.type])


@irdl_op_definition
class CtPopOp(IntegerUnaryIntrinsic):
    """The number of set bits."""

    name = "llvm.intr.ctpop"


class FloatUnaryIntrinsic(IRDLOperation, ABC):
    """A float intrinsic of one operand: `llvm.intr.trunc(%a) : (f32) -> f32`."""

    T: ClassVar = VarConstraint("T", FLOAT)

    val = operand_def(T)
    fastmathFlags = prop_def(FastMathAttr, default_value=FastMathAttr(None))
    res = result_def(T)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, val: SSAValue):
        super().__init__(operands=[val], result_types=[val.type])


@irdl_op_definition
class FTruncOp(FloatUnaryIntrinsic):
    """Rounds towards zero."""

    name = "llvm.intr.trunc"


@irdl_op_definition
class RoundEvenOp(FloatUnaryIntrinsic):
    """Rounds to the nearest integer, ties to even."""

    name = "llvm.intr.roundeven"


@irdl_op_definition
class RoundOp(FloatUnaryIntrinsic):
    """Rounds to the nearest integer, ties away from zero."""

    name = "llvm.intr.round"


class FloatBinaryIntrinsic(IRDLOperation, ABC):
    """A float intrinsic of two operands: `llvm.intr.maximum(%a, %b) : (f32, f32) -> f32`."""

    T: ClassVar = VarConstraint("T", FLOAT)

    a = operand_def(T)
    b = operand_def(T)
    fastmathFlags = prop_def(FastMathAttr, default_value=FastMathAttr(None))
    res = result_def(T)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, a: SSAValue, b: SSAValue):
        super().__init__(operands=[a, b], result_types=[a.type])


@irdl_op_definition
class MaximumOp(FloatBinaryIntrinsic):
    """The larger float; NaN if either is NaN; +0 is larger than -0."""

    name = "llvm.intr.maximum"


@irdl_op_definition
class MinimumOp(FloatBinaryIntrinsic):
    """The smaller float; NaN if either is NaN; -0 is smaller than +0."""

    name = "llvm.intr.minimum"


@irdl_op_definition
class LoadExpOp(IRDLOperation):
    """`val * 2^power`, rounded once: `llvm.intr.ldexp(%x, %n) : (f32, i32) -> f32`."""

    T: ClassVar = VarConstraint("T", FLOAT)

    name = "llvm.intr.ldexp"
    val = operand_def(T)
    power = operand_def(INTEGER)
    res = result_def(T)
    traits = traits_def(Pure())
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, val: SSAValue, power: SSAValue):
        super().__init__(operands=[val, power], result_types=[val.type])


@irdl_op_definition
class FMulAddOp(IRDLOperation):
    """`a * b + c`, rounded once or twice as is faster: `llvm.intr.fmuladd(%a, %b, %c) : ...`."""

    T: ClassVar = VarConstraint("T", FLOAT)

    name = "llvm.intr.fmuladd"
    a = operand_def(T)
    b = operand_def(T)
    c = operand_def(T)
    fastmathFlags = prop_def(FastMathAttr, default_value=FastMathAttr(None))
    res = result_def(T)
    traits = traits_def(Pure())
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = _INTRINSIC_FORMAT

    def __init__(self, a: SSAValue, b: SSAValue, c: SSAValue):
        super().__init__(operands=[a, b, c], result_types=[a.type])


@irdl_op_definition
class MaskedLoadOp(IRDLOperation):
    """Loads the lanes whose mask is set; the others come from `pass_thru` and touch no memory.

    Example: `llvm.intr.masked.load %p, %m, %v {alignment = 4 : i32}
        : (!llvm.ptr, vector<8xi1>, vector<8xf32>) -> vector<8xf32>`
    """

    T: ClassVar = VarConstraint("T", AnyAttr())

    name = "llvm.intr.masked.load"
    data = operand_def(LLVMPointerType)
    mask = operand_def(VectorType[I1])
    pass_thru = operand_def(T)
    alignment = prop_def(IntegerAttr[IntegerType])
    nontemporal = opt_prop_def(UnitAttr)
    res = result_def(T)
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"

    def __init__(self, data: SSAValue, mask: SSAValue, pass_thru: SSAValue, alignment: int):
        super().__init__(
            operands=[data, mask, pass_thru],
            result_types=[pass_thru.type],
            properties={"alignment": IntegerAttr(alignment, i32)},
        )


@irdl_op_definition
class MaskedStoreOp(IRDLOperation):
    """Stores the lanes whose mask is set; touches no other memory.

    Example: `llvm.intr.masked.store %v, %p, %m {alignment = 4 : i32}
        : vector<8xf32>, vector<8xi1> into !llvm.ptr`
    """

    name = "llvm.intr.masked.store"
    value = operand_def(VectorType)
    data = operand_def(LLVMPointerType)
    mask = operand_def(VectorType[I1])
    alignment = prop_def(IntegerAttr[IntegerType])
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = (
        "$value `,` $data `,` $mask attr-dict `:` type($value) `,` type($mask) `into` type($data)"
    )

    def __init__(self, value: SSAValue, data: SSAValue, mask: SSAValue, alignment: int):
        super().__init__(
            operands=[value, data, mask],
            properties={"alignment": IntegerAttr(alignment, i32)},
        )


@irdl_op_definition
class PrefetchOp(IRDLOperation):
    """Asks for the cache line that a pointer points into; any pointer will do.

    `rw` is 0 for reads, `hint` goes from 0 (no reuse) to 3 (stay in the first cache), `cache` is 1
    for data.

    Example: `"llvm.intr.prefetch"(%p) <{cache = 1 : i32, hint = 2 : i32, rw = 0 : i32}>
        : (!llvm.ptr) -> ()`
    """

    name = "llvm.intr.prefetch"
    addr = operand_def(LLVMPointerType)
    rw = prop_def(IntegerAttr[IntegerType])
    hint = prop_def(IntegerAttr[IntegerType])
    cache = prop_def(IntegerAttr[IntegerType])

    def __init__(self, address: SSAValue, *, write: bool, hint: int, data: bool):
        numbers = {"rw": int(write), "hint": hint, "cache": int(data)}
        super().__init__(
            operands=[address],
            properties={name: IntegerAttr(n, i32) for name, n in numbers.items()},
        )


@irdl_op_definition
class MemcpyOp(IRDLOperation):
    """Copies `len` bytes between memory that does not overlap.

    Example: `"llvm.intr.memcpy"(%d, %s, %n) <{isVolatile = false}>
        : (!llvm.ptr, !llvm.ptr, i64) -> ()`
    """

    name = "llvm.intr.memcpy"
    dst = operand_def(LLVMPointerType)
    src = operand_def(LLVMPointerType)
    len = operand_def(SignlessIntegerConstraint)
    isVolatile = prop_def(IntegerAttr[I1])

    def __init__(self, dst: SSAValue, src: SSAValue, length: SSAValue):
        super().__init__(
            operands=[dst, src, length],
            properties={"isVolatile": BoolAttr.from_bool(False)},
        )
