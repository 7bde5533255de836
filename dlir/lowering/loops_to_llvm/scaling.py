"""`llvm.intr.ldexp`: one instruction of AVX-512 where the power comes from a float.

That instruction takes the power as a float; LLVM would convert it to an integer and back.
"""

from __future__ import annotations

from xdsl.dialects import arith, llvm
from xdsl.dialects.builtin import IntegerAttr, StringAttr, VectorType, f32, i16, i32
from xdsl.ir import Operation, SSAValue

from dlir.dialects.llvm.intrinsics import LoadExpOp
from dlir.dialects.vectorized import element_of
from dlir.lowering.loops_to_llvm.state import Lowering, shape_of

LANES = 16
"""Of a register of 512 bits."""
EVERY_LANE = IntegerAttr(-1, i16)
CURRENT_ROUNDING = IntegerAttr(4, i32)


def convert_load_exponent(low: Lowering, op: Operation) -> None:
    """Row by row."""
    assert isinstance(op, LoadExpOp)
    rows, whole = low.rows(op.val), op.power.owner
    if (
        isinstance(whole, arith.FPToSIOp)
        and whole.input.type == op.val.type
        and element_of(op.val.type) == f32
        and low.module.machine.vector_bits == 32 * LANES
    ):
        columns = zip(rows, low.rows(whole.input), strict=True)
        result = tuple(_by_instruction(low, x, power) for x, power in columns)
    else:
        columns = zip(rows, low.rows(op.power), strict=True)
        result = tuple(low.emit(LoadExpOp, column, column[0].type) for column in columns)
    low.bind(op.res, result)


def _by_instruction(low: Lowering, x: SSAValue, power: SSAValue) -> SSAValue:
    """One row, a register at a time; its last lanes are repeated to fill the last register."""
    (count,) = shape_of(x.type) or (1,)
    registers: list[SSAValue] = []
    for first in range(0, count, LANES):
        lanes = [min(lane, count - 1) for lane in range(first, first + LANES)]
        registers.append(_scaled(low, _taken(low, x, lanes), _taken(low, power, lanes)))
    while len(registers) > 1:
        if len(registers) % 2:
            registers.append(registers[-1])
        (width,) = shape_of(registers[0].type)
        pairs = zip(registers[::2], registers[1::2], strict=True)
        registers = [low.shuffle(a, b, range(2 * width)) for a, b in pairs]
    (row,) = registers
    return row if shape_of(row.type) == (count,) else low.shuffle(row, row, range(count))


def _taken(low: Lowering, row: SSAValue, lanes: list[int]) -> SSAValue:
    """A register with these lanes of a row."""
    if not shape_of(row.type):
        return low.splat(row, LANES)
    return row if shape_of(row.type) == (LANES,) else low.shuffle(row, row, lanes)


def _scaled(low: Lowering, x: SSAValue, power: SSAValue) -> SSAValue:
    register = VectorType(f32, [LANES])
    every_lane = low.constant(EVERY_LANE, i16)
    rounding = low.constant(CURRENT_ROUNDING, i32)
    name = StringAttr("llvm.x86.avx512.mask.scalef.ps.512")
    call = llvm.CallIntrinsicOp(name, (x, power, x, every_lane, rounding), [register])
    return low.add(call).results[0]
