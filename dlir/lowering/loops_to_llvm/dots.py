"""`vector.dot`: an instruction of the machine's where it has one, else ordinary arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xdsl.dialects import llvm
from xdsl.dialects.builtin import StringAttr, VectorType, bf16, f32, i16, i32
from xdsl.ir import Attribute, Operation, SSAValue

from dlir.dialects.vector_dot import GROUPS, Dot, DotOp
from dlir.dialects.vectorized import with_element_type
from dlir.lowering.loops_to_llvm.rounding import WRAP
from dlir.lowering.loops_to_llvm.state import Lowering, shape_of


class Instruction(NamedTuple):
    """An intrinsic on whole registers, and the type of the numbers it takes.

    It adds to a sum that is its first operand, or leaves that to a following addition.
    """

    name: str
    number: Attribute
    adds: bool = True


X86: dict[int, dict[Dot, Instruction]] = {
    512: {
        Dot.U8S8: Instruction("llvm.x86.avx512.vpdpbusd.512", i32),
        Dot.S16S16: Instruction("llvm.x86.avx512.pmaddw.d.512", i16, adds=False),
        Dot.BF16: Instruction("llvm.x86.avx512bf16.dpbf16ps.512", bf16),
    },
    256: {
        Dot.U8S8: Instruction("llvm.x86.avx512.vpdpbusd.256", i32),
        Dot.S16S16: Instruction("llvm.x86.avx2.pmadd.wd", i16, adds=False),
        Dot.BF16: Instruction("llvm.x86.avx512bf16.dpbf16ps.256", bf16),
    },
}
"""Bits of a register -> kind -> instruction."""


def dot(low: Lowering, op: Operation, a: SSAValue, b: SSAValue, acc: SSAValue) -> SSAValue:
    """One row."""
    assert isinstance(op, DotOp)
    kind, machine = op.kind.data, low.module.machine
    shape = shape_of(acc.type)
    lanes = machine.vector_bits // 32
    if kind not in machine.dots or not shape or shape[0] % lanes:
        return _by_arithmetic(low, kind, a, b, acc)
    instruction = X86[machine.vector_bits][kind]
    pieces = [
        _by_instruction(low, instruction, *(_piece(low, x, first, lanes) for x in (a, b, acc)))
        for first in range(0, shape[0], lanes)
    ]
    return _joined(low, pieces)


def _piece(low: Lowering, row: SSAValue, first: int, lanes: int) -> SSAValue:
    """Some lanes of a row, as one register."""
    if shape_of(row.type) == (lanes,):
        return row
    return low.shuffle(row, row, range(first, first + lanes))


def _joined(low: Lowering, pieces: Sequence[SSAValue]) -> SSAValue:
    """Registers side by side, put together in pairs; an odd one out goes with the first pairs."""
    while len(pieces) > 1:
        (lanes,) = shape_of(pieces[0].type)
        pieces = [
            low.shuffle(x, y, range(2 * lanes))
            for x, y in zip(pieces[::2], pieces[1::2], strict=True)
        ]
    return pieces[0]


def _by_instruction(
    low: Lowering, instruction: Instruction, a: SSAValue, b: SSAValue, acc: SSAValue
) -> SSAValue:
    (lanes,) = shape_of(acc.type)
    a, b = (_as_numbers(low, x, instruction.number, lanes) for x in (a, b))
    arguments = (acc, a, b) if instruction.adds else (a, b)
    call = llvm.CallIntrinsicOp(StringAttr(instruction.name), arguments, [acc.type])
    result = low.add(call).results[0]
    return result if instruction.adds else low.emit(llvm.AddOp, (acc, result), acc.type, WRAP)


def _as_numbers(low: Lowering, row: SSAValue, number: Attribute, lanes: int) -> SSAValue:
    """The numbers that the lanes of a register hold, one by one."""
    if number == i32:
        return row
    return low.emit(llvm.BitcastOp, (row,), VectorType(number, [2 * lanes]))


def _by_arithmetic(low: Lowering, kind: Dot, a: SSAValue, b: SSAValue, acc: SSAValue) -> SSAValue:
    """Each number of a group taken out of its lane, multiplied and added."""
    for place in range(GROUPS[kind].count):
        if kind is Dot.BF16:
            x, y = (_real(low, row, place) for row in (a, b))
            acc = low.emit(llvm.FMAOp, (x, y, acc), acc.type)
            continue
        x = _whole(low, a, place, kind, signed=kind is not Dot.U8S8)
        y = _whole(low, b, place, kind, signed=True)
        product = low.emit(llvm.MulOp, (x, y), acc.type, WRAP)
        acc = low.emit(llvm.AddOp, (acc, product), acc.type, WRAP)
    return acc


def _whole(low: Lowering, row: SSAValue, place: int, kind: Dot, *, signed: bool) -> SSAValue:
    """One integer of each lane: moved to the highest bits, then down with or without sign."""
    bits = GROUPS[kind].bits
    up = low.splat_constant(32 - bits * (place + 1), row.type)
    down = low.splat_constant(32 - bits, row.type)
    high = low.emit(llvm.ShlOp, (row, up), row.type, WRAP)
    return low.emit(llvm.AShrOp if signed else llvm.LShrOp, (high, down), row.type)


def _real(low: Lowering, row: SSAValue, place: int) -> SSAValue:
    """One bf16 of each lane, which are the high bits of an f32."""
    if place == 0:
        high = low.emit(llvm.ShlOp, (row, low.splat_constant(16, row.type)), row.type, WRAP)
    else:
        high = low.emit(llvm.AndOp, (row, low.splat_constant(-65536, row.type)), row.type)
    return low.emit(llvm.BitcastOp, (high,), with_element_type(row.type, f32))
